//! The `stats` section as text.

use std::io::{self, Write};

use super::{Clock, Look, Palette, Summary};
use crate::counted::{counted, grouped};
use crate::rules::Findings;
use crate::wire::{MessageType, ReplyCode};

/// How many files are named one by one at most: a ring of captures can have a thousand.
const MOST_NAMES: usize = 8;

/// Writes all counters of the summary.
pub(super) fn write(
    out: &mut dyn Write,
    summary: &Summary<'_>,
    clock: &mut Clock,
    look: &Look,
) -> io::Result<()> {
    let palette = &look.palette;
    let heading = palette.heading;
    let counts = summary.counts;
    writeln!(out, "{heading}Capture{heading:#}")?;
    let mut row = |title: &str, value: String| writeln!(out, "  {title:<20}{value}");
    let names: Vec<String> =
        summary.files.iter().map(|file| look.glyphs.text(file.as_bytes()).to_string()).collect();
    let names = match names.as_slice() {
        [first, .., last] if names.len() > MOST_NAMES => {
            format!("{}, the first {first}, the last {last}", grouped(names.len() as u64))
        }
        names => names.join(" "),
    };
    // Only a live capture can lose packets, and its names are those of interfaces.
    row(if summary.lost.is_some() { "interfaces" } else { "files" }, names)?;
    row("link types", summary.link_type_names().join(" "))?;
    row("packets", format!("{} ({:#})", grouped(counts.packets), counted(counts.bytes, "octet")))?;
    if let (Some(first), Some(last)) = (counts.first, counts.last) {
        row("first", clock.rfc3339(first, counts.precision).to_owned())?;
        row("last", clock.rfc3339(last, counts.precision).to_owned())?;
    }
    row("registrations", grouped(counts.registrations()))?;
    row("tunnelled", grouped(summary.observer.tunnelled()))?;
    let network = &summary.network;
    for (title, count) in [
        ("fragments", network.fragments),
        ("  given up", summary.lost_fragments()),
        ("  still waiting", network.pending_fragments),
        ("undecodable", network.undecodable),
        ("cut by snaplen", counts.truncated),
        ("clock backwards", summary.clock_backwards),
    ] {
        if count > 0 {
            row(title, grouped(count))?;
        }
    }
    write_evictions(out, summary, palette)?;
    write_messages(out, summary, palette)
}

/// Writes how many entries bounded tables dropped; writes nothing if none did.
fn write_evictions(out: &mut dyn Write, summary: &Summary<'_>, palette: &Palette) -> io::Result<()> {
    let evictions = summary.observer.evictions();
    let counts = [
        (evictions.nodes, "mobile nodes"),
        (evictions.exchanges, "exchanges"),
        (evictions.legs, "packets of exchanges"),
        (evictions.flows, "flows"),
        (evictions.bindings, "ended bindings"),
        (evictions.rules, "rules"),
        (summary.findings.map_or(0, Findings::evicted), "findings"),
        (evictions.others, "prefixes, addresses, revocations and tunnels"),
        (summary.findings.map_or(0, Findings::forgotten), "addresses, names and reports that rules remember"),
    ];
    if counts.iter().all(|(count, _)| *count == 0) {
        return Ok(());
    }
    let doubtful = palette.doubtful;
    writeln!(out, "{doubtful}Forgotten, because tables are bounded{doubtful:#}")?;
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        writeln!(out, "  {:>12}  {what}", grouped(count))?;
    }
    Ok(())
}

fn write_messages(out: &mut dyn Write, summary: &Summary<'_>, palette: &Palette) -> io::Result<()> {
    let heading = palette.heading;
    let counts = summary.counts;
    let seen: Vec<(MessageType, u64)> = (0..=u8::MAX)
        .map(|octet| (MessageType(octet), counts.of_type(MessageType(octet))))
        .filter(|(_, count)| *count > 0)
        .collect();
    if seen.is_empty() && counts.empty_messages == 0 {
        return Ok(());
    }
    writeln!(out, "{heading}Messages{heading:#}")?;
    for (kind, count) in seen {
        writeln!(out, "  {:>12}  {} ({})", grouped(count), kind.title(), kind.0)?;
    }
    if counts.empty_messages > 0 {
        writeln!(out, "  {:>12}  without any octet", grouped(counts.empty_messages))?;
    }
    let codes: Vec<(u8, u64)> =
        (0..=u8::MAX).zip(counts.reply_codes).filter(|(_, count)| *count > 0).collect();
    if codes.is_empty() {
        return Ok(());
    }
    writeln!(out, "{heading}Replies by code{heading:#}")?;
    for (code, count) in codes {
        let name = ReplyCode(code).name(summary.numbers);
        writeln!(out, "  {:>12}  {code} {name}", grouped(count))?;
    }
    Ok(())
}
