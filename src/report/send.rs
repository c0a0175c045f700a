//! Reports of `send`: a line a step for people, JSON, JUnit and TAP for programs.

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

/// What is about to happen.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// Whether nothing is sent, whatever there is to send.
    pub is_dry: bool,
    /// The ways requests will take; none when nothing will be sent.
    pub routes: Vec<Route>,
    /// The names of the entries to come.
    pub names: Vec<String>,
    /// The numbers messages are read under.
    pub numbers: Numbers,
    /// The least grave level of findings for which the run fails; `None` for never.
    pub fail_on: Option<Level>,
}

/// One of the output formats: told of what is about to happen, of each entry when it is done, and of the end.
pub trait SendReport {
    /// Takes what is about to happen, before anything is sent.
    fn begin(&mut self, announcement: &Announcement) -> io::Result<()>;

    /// Takes the next entry, and what the rules found since the last one.
    fn entry(&mut self, entry: &Entry, found: &[Finding]) -> io::Result<()>;

    /// Takes the end, and what could be judged only then.
    fn finish(&mut self, found: &[Finding]) -> io::Result<()>;
}

/// A line for each way requests will take.
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

/// The message of a packet, as a capture of it would show it.
fn with_message<T>(
    packet: &SentOrReceived,
    numbers: Numbers,
    tell: impl FnOnce(&SeenMessage<'_>) -> T,
) -> Option<T> {
    // Both ports: what comes from elsewhere is shown too.
    let mut trace = Trace::new(&packet.ports(), numbers, false);
    match trace.take(&packet.frame()) {
        Seen::Message(seen) => Some(tell(&seen)),
        Seen::Tunnelled(_) | Seen::Fragment(_) | Seen::Nothing => None,
    }
}

/// What did not hold, or stood in the way, a line each.
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

/// Why what came was not taken for the answer that a failed step wanted, a line for each reason.
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

/// What is said of what was not taken and is not shown.
fn beyond(outcome: &Outcome) -> Option<String> {
    let more = counted(outcome.ignored_beyond, "more datagram");
    let (are, they_are) = (more.verb("is", "are"), more.verb("it is", "they are"));
    (!more.is_none()).then(|| format!("{more} came that {are} no answer; {they_are} not shown"))
}

/// What the rules found, a line each, for those who read no colours.
fn finding_lines<'f>(found: impl IntoIterator<Item = &'f Finding>) -> impl Iterator<Item = String> {
    found.into_iter().map(|Finding { rule, level, place, message, .. }| {
        format!("{} {} #{}: {message}", level.name(), rule.id, place.frame)
    })
}

/// What is told of an entry besides its name.
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
