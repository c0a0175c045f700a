//! Reports of `send`: one line per step for people; JSON, `JUnit` and TAP for programs.

mod grave;
mod json;
mod junit;
mod tap;
mod text;

pub use json::SendJson;
pub use junit::SendJunit;
pub use tap::SendTap;
pub use text::{SendDepth, SendText};

use std::fmt::Display;
use std::io;

use crate::counted::counted;
use crate::craft::{Entry, Ignored, Outcome, Route, SentOrReceived};
use crate::rules::{Finding, Level};
use crate::trace::{Seen, SeenMessage, Trace};
use crate::wire::Numbers;

/// What `send` is about to do.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// Whether this is a dry run, which sends nothing.
    pub is_dry: bool,
    /// The routes that requests will take; empty if nothing will be sent.
    pub routes: Vec<Route>,
    /// The names of the entries to come, in order.
    pub names: Vec<String>,
    /// The assigned numbers by which messages are read.
    pub numbers: Numbers,
    /// The least grave level at which a finding makes the run fail; `None` if findings never do.
    pub fail_on: Option<Level>,
}

/// An output format of `send`: it takes what is about to happen, each entry when it is done, and the end.
pub trait SendReport {
    /// Takes what is about to happen, before anything is sent.
    fn begin(&mut self, announcement: &Announcement) -> io::Result<()>;

    /// Takes the next entry, and what the rules found since the last one.
    fn entry(&mut self, entry: &Entry, found: &[Finding]) -> io::Result<()>;

    /// Takes the end of the run, and the findings that could be made only then.
    fn finish(&mut self, found: &[Finding]) -> io::Result<()>;
}

/// The line that announces a route.
pub fn route_line(route: &Route) -> String {
    let Route { source, interface, destination, steps } = route;
    let by = interface.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
    let requests = counted(*steps, "request");
    format!("sending {requests} to {destination} from {source}{by}")
}

/// How many entries passed and failed.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    fn count(&mut self, entry: &Entry) {
        match entry.passed() {
            Some(true) => self.passed = self.passed.saturating_add(1),
            Some(false) => self.failed = self.failed.saturating_add(1),
            None => {}
        }
    }
}

/// Calls `tell` with the message in a packet, read as from a capture; `None` if the packet holds no message.
fn with_message<T>(
    packet: &SentOrReceived,
    numbers: Numbers,
    tell: impl FnOnce(&SeenMessage<'_>) -> T,
) -> Option<T> {
    // Both ports of the packet count as Mobile IP ports, so that a packet from an unexpected port is shown too.
    let mut trace = Trace::new(&packet.ports(), numbers, false);
    match trace.take(&packet.frame()) {
        Seen::Message(seen) => Some(tell(&seen)),
        Seen::Tunnelled(_) | Seen::Fragment(_) | Seen::Nothing => None,
    }
}

/// The trouble that an entry met and its expectations that did not hold, one line each.
fn complaints(outcome: &Outcome) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if let Some(trouble) = &outcome.trouble {
        lines.push(trouble.to_string());
    }
    let failed = outcome.judgements.iter().filter(|judgement| judgement.held == Some(false));
    lines.extend(failed.map(|judgement| {
        let got = judgement.got.as_deref().unwrap_or("nothing");
        format!("expected {}, got {got}", judgement.expect)
    }));
    lines
}

/// Why datagrams that came were not taken for the answer to a failed step, one line per reason.
fn not_taken(outcome: &Outcome) -> Vec<String> {
    if outcome.passed() != Some(false) {
        return Vec::new();
    }
    let mut reasons: Vec<(Ignored, u64)> = Vec::new();
    for (_, why) in &outcome.ignored {
        match reasons.iter_mut().find(|(known, _)| known == why) {
            Some((_, times)) => *times = times.saturating_add(1),
            None => reasons.push((*why, 1)),
        }
    }
    let line = |(why, times)| match times {
        1 => format!("not taken: {why}"),
        _ => format!("not taken, {times} times: {why}"),
    };
    reasons.into_iter().map(line).collect()
}

/// A line about the further datagrams that were not taken and are not shown; `None` if there were none.
fn beyond(outcome: &Outcome) -> Option<String> {
    let more = counted(outcome.ignored_beyond, "more datagram");
    let (are, they_are) = (more.verb("is", "are"), more.verb("it is", "they are"));
    (!more.is_none()).then(|| format!("{more} came that {are} no answer; {they_are} not shown"))
}

/// Findings as plain text without colours, one line each.
fn finding_lines<'f>(found: impl IntoIterator<Item = &'f Finding>) -> impl Iterator<Item = String> {
    found.into_iter().map(|Finding { rule, level, place, message, .. }| {
        format!("{} {} #{}: {message}", level.name(), rule.id, place.frame)
    })
}

/// The title of an entry: id and title of its case, or else its name.
fn title(entry: &Entry) -> String {
    match &entry.case {
        Some(case) => format!("{} {}", case.id, case.title),
        None => entry.name().to_owned(),
    }
}

/// A duration in milliseconds, to the microsecond.
struct Milliseconds(std::time::Duration);

impl Display for Milliseconds {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let microseconds = self.0.as_micros();
        write!(formatter, "{}.{:03}", microseconds / 1000, microseconds % 1000)
    }
}
