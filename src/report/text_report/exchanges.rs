//! The `exchanges` section as text: one row for each request with its answer.

use std::io::{self, Write};

use anstyle::Style;

use super::Page;
use super::nodes::lifetime;
use crate::report::look::painted;
use crate::report::text_table::{Group, TextTable};
use crate::state::{Bid, Exchange, Kind, ReplyOrder, Status, Step};
use crate::wire::{Numbers, ReplyCode};

const EXCHANGES: [Group; 6] = [
    Group::apart(&["Time", "frames"]).whole(),
    Group::apart(&["Node", "care-of address"]),
    Group::joined(&["Kind", "BID"], " "),
    Group::apart(&["Outcome"]).words(),
    Group::joined(&["Asked", "granted"], " / ").right().whole(),
    Group::joined(&["Round trip", "copies"], ", ").right().words(),
];

/// How many characters of a NAI a table shows at most, broken into lines.
pub(super) const NAI: usize = 64;

/// Writes all selected exchanges.
pub(super) fn write(out: &mut dyn Write, page: &mut Page<'_, '_>) -> io::Result<()> {
    let mut table = TextTable::new(&page.look, 0, &EXCHANGES);
    let selection = page.selection.clone();
    for exchange in selection.exchanges() {
        table.row(out, Style::new())?;
        fill(&mut table, page, exchange);
    }
    if table.is_empty() { page.nothing(out, "no registration exchanges") } else { table.write(out) }
}

/// Adds the texts of a row.
fn fill(table: &mut TextTable, page: &mut Page<'_, '_>, exchange: &Exchange) {
    let look = page.look;
    table.maybe(exchange.legs.first().map(|leg| page.moment(leg.time)));
    let frames = [list(exchange.request_frames()), list(exchange.reply_frames())];
    let between = look.glyphs.arrow;
    match (frames[0].as_str(), frames[1].as_str()) {
        (request, "") => table.text(format_args!("#{request}")),
        ("", reply) => table.text(format_args!("{between}#{reply}")),
        (request, reply) => table.text(format_args!("#{request}{between}#{reply}")),
    }
    match (&exchange.nai, exchange.home_address.is_unspecified()) {
        (Some(nai), true) => table.text(look.glyphs.short_nai(nai, NAI)),
        _ => table.text(exchange.home_address),
    }
    table.maybe(exchange.care_of_address);
    table.text(exchange.kind.map_or("-", Kind::name));
    table.maybe(exchange.bid.map(|bid| format!("BID {}", Bid::octet(bid))));
    table.text(outcome(page, exchange));
    match exchange.requested {
        Some(requested) => table.text(lifetime(requested)),
        None => table.text("-"),
    }
    table.maybe(exchange.granted.map(lifetime));
    table.maybe(exchange.round_trip.map(milliseconds));
    table.text(copies(exchange));
}

/// The status with the code, and the name of the code unless it is 0.
fn outcome(page: &Page<'_, '_>, exchange: &Exchange) -> String {
    let palette = &page.look.palette;
    let style = match exchange.status {
        Status::Accepted => palette.good,
        Status::Denied => palette.bad,
        Status::Unanswered | Status::Unsolicited => palette.doubtful,
    };
    let status = painted(style, exchange.status.name());
    match (exchange.status, exchange.code) {
        (Status::Accepted, Some(ReplyCode::ACCEPTED)) => format!("{status}, code 0"),
        (_, Some(code)) => format!("{status}, code {}", named(code, page.numbers)),
        (_, None) => status,
    }
}

/// A code with its name.
pub(super) fn named(code: ReplyCode, numbers: Numbers) -> String {
    format!("{} {}", code.0, code.name(numbers))
}

/// Frame numbers, separated by commas.
fn list(frames: impl Iterator<Item = u64>) -> String {
    let frames: Vec<String> = frames.map(|frame| frame.to_string()).collect();
    frames.join(",")
}

/// The counts of retransmissions, of relayed copies, and of replies after the deciding one, in words.
fn copies(exchange: &Exchange) -> String {
    let requests = exchange.legs.iter().filter(|leg| leg.step == Step::Request).count();
    let of = |wanted| exchange.replies().filter(|(_, _, order)| *order == wanted).count();
    let counts = [
        (exchange.retransmissions as usize, "resent"),
        (requests.saturating_sub(1).max(of(ReplyOrder::Relayed)), "relayed"),
        (of(ReplyOrder::Again), "answered again"),
        (of(ReplyOrder::Other), "answered otherwise"),
    ];
    let words = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    words.collect::<Vec<_>>().join(", ")
}

/// Nanoseconds as milliseconds with three decimals.
fn milliseconds(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let microseconds = nanoseconds.unsigned_abs() / 1000;
    format!("{sign}{}.{:03} ms", microseconds / 1000, microseconds % 1000)
}
