//! The report of `send` that a person reads: one line per step, followed by what differed from the expectations.

use std::io::{self, Write};

use super::{Announcement, Milliseconds, SendReport, Tally, beyond, complaints, route_line, with_message};
use crate::craft::{Entry, Ignored, Outcome, SentOrReceived};
use crate::report::message_line::{Granted, MessageLine};
use crate::report::{Clock, Look, Printable, TimeStyle, hex_dump};
use crate::rules::Finding;
use crate::wire::{Header, Numbers, ReplyCode};

/// How much of each exchange is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SendDepth {
    /// Every message, not only those of steps that failed.
    pub messages: bool,
    /// A hex dump of every message, which is then also shown.
    pub hex: bool,
}

/// A report whose lines are written as steps are done.
pub struct SendText<W> {
    out: W,
    look: Look,
    depth: SendDepth,
    clock: Clock,
    numbers: Numbers,
    tally: Tally,
    width: usize,
    scenario: Option<String>,
    section: Option<String>,
    failed: Vec<String>,
    silent: u64,
    /// Whether all entries counted in `silent` expected no reply.
    wanted_silence: bool,
    unauthentic: u64,
    not_taken: u64,
    mismatched: u64,
    not_allowed: u64,
    skipped: u64,
    plain_answered: u64,
    multipath_answered: u64,
    multipath_silent: u64,
}

impl<W: Write> SendText<W> {
    /// A report on `out`.
    pub fn new(out: W, look: Look, depth: SendDepth) -> Self {
        Self {
            out,
            look,
            depth,
            clock: Clock::new(TimeStyle::Utc),
            numbers: Numbers::default(),
            tally: Tally::default(),
            width: 0,
            scenario: None,
            section: None,
            failed: Vec::new(),
            silent: 0,
            wanted_silence: true,
            unauthentic: 0,
            not_taken: 0,
            mismatched: 0,
            not_allowed: 0,
            skipped: 0,
            plain_answered: 0,
            multipath_answered: 0,
            multipath_silent: 0,
        }
    }

    fn headings(&mut self, entry: &Entry) -> io::Result<()> {
        let heading = self.look.palette.heading;
        if entry.scenario != self.scenario {
            self.scenario.clone_from(&entry.scenario);
            if let Some(scenario) = &self.scenario {
                writeln!(self.out, "{heading}{}{heading:#}", Printable(scenario.as_bytes()))?;
            }
        }
        let section = entry.case.as_ref().map(|case| case.section.clone());
        if section != self.section {
            self.section = section;
            if let Some(section) = &self.section {
                writeln!(self.out, "{heading}{section}{heading:#}")?;
            }
        }
        Ok(())
    }

    fn line(&mut self, entry: &Entry) -> io::Result<()> {
        let palette = self.look.palette;
        let (style, verdict) = match entry.passed() {
            Some(true) => (palette.good, "ok"),
            Some(false) => (palette.bad, "FAIL"),
            None if entry.skipped().is_some() => (palette.doubtful, "skip"),
            None => (palette.quiet, "-"),
        };
        let name = Printable(entry.name().as_bytes()).to_string();
        let what = match &entry.case {
            Some(case) => case.title.clone(),
            None => entry.deciding().map(|outcome| self.result(outcome)).unwrap_or_default(),
        };
        let width = self.width;
        writeln!(self.out, "{style}{verdict:<4}{style:#}  {name:<width$}  {what}")
    }

    /// The result of a step, in a few words.
    fn result(&self, outcome: &Outcome) -> String {
        let attempts = match outcome.attempts {
            0 | 1 => String::new(),
            several => format!(" {} {several} attempts", self.look.glyphs.between),
        };
        let answered = outcome.reply_packet().and_then(|packet| {
            with_message(packet, self.numbers, |seen| match &seen.message.header {
                Header::Reply(reply) => {
                    let name = reply.code.name(self.numbers);
                    let granted = Some(Granted(reply.lifetime)).filter(|_| reply.code.is_accepted());
                    let granted = granted.map(|granted| granted.to_string()).unwrap_or_default();
                    format!("code {} {name}{granted}", reply.code.0)
                }
                _ => String::new(),
            })
        });
        match (answered, outcome.attempts) {
            (Some(answered), _) => {
                let round_trip = outcome.round_trip.map(Milliseconds);
                let after = round_trip.map(|time| format!(" {} {time} ms", self.look.glyphs.between));
                format!("{answered}{}{attempts}", after.unwrap_or_default())
            }
            (None, 0) if outcome.trouble.is_none() => "not sent".to_owned(),
            (None, _) if !outcome.ignored.is_empty() => format!("no reply that counts{attempts}"),
            (None, _) => format!("no reply{attempts}"),
        }
    }

    fn details(&mut self, entry: &Entry) -> io::Result<()> {
        let (bad, doubtful) = (self.look.palette.bad, self.look.palette.doubtful);
        let failed = entry.passed() == Some(false);
        for outcome in &entry.outcomes {
            let of = match &entry.case {
                Some(_) => format!("{}: ", Printable(outcome.name.as_bytes())),
                None => String::new(),
            };
            if let Some(reason) = &outcome.skipped {
                let reason = Printable(reason.as_bytes());
                writeln!(self.out, "      {of}cannot be judged: {reason}")?;
                continue;
            }
            for complaint in complaints(outcome) {
                writeln!(self.out, "      {bad}{of}{}{bad:#}", Printable(complaint.as_bytes()))?;
            }
        }
        if let (Some(case), true) = (&entry.case, failed) {
            let rule = case.rule.as_ref().map(|rule| format!(" ({rule})")).unwrap_or_default();
            for line in case.text.trim().lines() {
                writeln!(self.out, "      {}", line.trim())?;
            }
            writeln!(self.out, "      {}{rule}", case.section)?;
        }
        for outcome in &entry.outcomes {
            let is_dry = outcome.attempts == 0;
            if self.depth.messages || self.depth.hex || failed || is_dry {
                self.exchange(outcome)?;
            } else {
                for (index, ignored) in &outcome.ignored {
                    if let Some(packet) = outcome.packets.get(*index) {
                        self.packet(outcome, packet, Some(*ignored))?;
                    }
                }
            }
            if let Some(line) = beyond(outcome) {
                writeln!(self.out, "      {doubtful}{line}{doubtful:#}")?;
            }
        }
        Ok(())
    }

    fn exchange(&mut self, outcome: &Outcome) -> io::Result<()> {
        for (index, packet) in outcome.packets.iter().enumerate() {
            let ignored = outcome.ignored.iter().find(|(at, _)| *at == index).map(|(_, ignored)| *ignored);
            self.packet(outcome, packet, ignored)?;
        }
        Ok(())
    }

    fn packet(
        &mut self,
        outcome: &Outcome,
        packet: &SentOrReceived,
        ignored: Option<Ignored>,
    ) -> io::Result<()> {
        let Self { out, look, clock, numbers, depth, .. } = self;
        let (quiet, doubtful, arrow) = (look.palette.quiet, look.palette.doubtful, look.glyphs.arrow);
        with_message(packet, *numbers, |seen| {
            let time = clock.styled(seen.time, crate::time::Precision::new(3));
            let ends = format!("{} {arrow} {}", seen.datagram.source, seen.datagram.destination);
            let line = MessageLine { seen, keys: &outcome.keys, look };
            writeln!(out, "      {quiet}#{} {time}{quiet:#}  {ends}  {line}", packet.number)?;
            if let Some(ignored) = ignored {
                writeln!(out, "      {doubtful}not taken: {ignored}{doubtful:#}")?;
            }
            if depth.hex {
                hex_dump::write(out, packet.payload(), 8, &look.palette)?;
            }
            Ok(())
        })
        .unwrap_or(Ok(()))
    }

    /// Writes the findings of the rules, the gravest first, `indent` spaces from the left.
    fn findings(&mut self, found: &[Finding], indent: usize) -> io::Result<()> {
        let Self { out, look, .. } = self;
        let mut found: Vec<&Finding> = found.iter().collect();
        found.sort_by_key(|finding| (finding.level, finding.place.frame));
        for Finding { rule, level, subject, place, message, .. } in found {
            let style = look.palette.level(*level);
            let (frame, message) = (place.frame, look.glyphs.wording(message));
            let (level, subject) = (level.name(), subject.short());
            writeln!(
                out,
                "{:indent$}{style}{level:<6}{style:#}  {:<8}  #{frame}  {subject}  {message}",
                "", rule.id
            )?;
        }
        Ok(())
    }

    /// Counts the replies by which the advice at the end recognises an agent that does not know the Multipath
    /// extensions or does not allow them, or that expects another Identification.
    fn observe(&mut self, entry: &Entry) {
        let not_allowed = ReplyCode(self.numbers.multipath_not_allowed);
        let is_not_allowed =
            |header: &Header<'_>| matches!(header, Header::Reply(reply) if reply.code == not_allowed);
        let is_mismatch = |header: &Header<'_>| matches!(header, Header::Reply(reply) if reply.code == ReplyCode::IDENTIFICATION_MISMATCH);
        for outcome in entry.outcomes.iter().filter(|outcome| outcome.attempts > 0) {
            let has_multipath = outcome.request_packet().and_then(|packet| {
                with_message(packet, self.numbers, |seen| {
                    seen.message.extensions().any(|found| found.is_family())
                })
            });
            let count = match (has_multipath, outcome.reply_packet()) {
                (Some(false), Some(_)) => &mut self.plain_answered,
                (Some(true), Some(_)) => &mut self.multipath_answered,
                (Some(true), None) => &mut self.multipath_silent,
                _ => continue,
            };
            *count = count.saturating_add(1);
            let code =
                |packet| with_message(packet, self.numbers, |seen| is_not_allowed(&seen.message.header));
            if outcome.reply_packet().and_then(code) == Some(true) && entry.case.is_some() {
                self.not_allowed = self.not_allowed.saturating_add(1);
            }
            let mismatch =
                |packet| with_message(packet, self.numbers, |seen| is_mismatch(&seen.message.header));
            if outcome.passed() == Some(false) && outcome.reply_packet().and_then(mismatch) == Some(true) {
                self.mismatched = self.mismatched.saturating_add(1);
            }
        }
    }

    fn advice(&mut self) -> io::Result<()> {
        let doubtful = self.look.palette.doubtful;
        let entries = self.tally.passed.saturating_add(self.tally.failed).saturating_add(self.skipped);
        let mut advice = |text: &str| writeln!(self.out, "{doubtful}{text}{doubtful:#}");
        if self.silent > 0 && self.silent == entries && self.unauthentic > 0 {
            advice(
                "What was answered is not authentic. Is it the right key, with its SPI and algorithm (--key)? \
                 --accept-unauthenticated takes such replies.",
            )?;
        } else if self.mismatched > 1 {
            advice(
                "The agent answered code 133 again and again, also to its own time: perhaps it wants nonces \
                 (--replay nonce), or timestamps where nonces were sent.",
            )?;
        } else if self.silent > 0 && self.silent == entries && self.not_taken > 0 {
            advice(
                "Nothing that came back is an answer, and why stands with each. For those that come late, --timeout \
                 waits longer.",
            )?;
        } else if self.silent > 0 && self.silent == entries && !self.wanted_silence {
            advice(
                "Nothing was answered. Is this the agent's address and port (--ha, --port), does it know the node \
                 (--home-address, --nai), and is it the right key (--key)? An agent drops in silence what it cannot \
                 authenticate.",
            )?;
        } else if self.plain_answered > 0 && self.multipath_silent > 0 && self.multipath_answered == 0 {
            advice(
                "Plain requests were answered, and none with a Multipath or Flow-Binding extension: the agent seems not \
                 to know them, or not at this type (--ext-type).",
            )?;
        } else if self.not_allowed > 0 {
            advice(
                "The agent answered MULTIPATH_NOT_ALLOWED: several care-of addresses are not enabled for this node, \
                 and cases that need them cannot pass.",
            )?;
        }
        Ok(())
    }
}

impl<W: Write> SendReport for SendText<W> {
    fn begin(&mut self, announcement: &Announcement) -> io::Result<()> {
        self.numbers = announcement.numbers;
        let widest = announcement.names.iter().map(|name| name.chars().count()).max();
        self.width = widest.unwrap_or_default().min(48);
        if announcement.is_dry {
            writeln!(self.out, "dry run: nothing is sent")?;
        } else if announcement.routes.is_empty() {
            writeln!(self.out, "there is nothing to send")?;
        }
        for route in &announcement.routes {
            writeln!(self.out, "{}", route_line(route))?;
        }
        self.out.flush()
    }

    fn entry(&mut self, entry: &Entry, found: &[Finding]) -> io::Result<()> {
        self.tally.count(entry);
        if entry.skipped().is_some() {
            self.skipped = self.skipped.saturating_add(1);
        }
        if entry.passed() == Some(false) {
            self.failed.push(entry.name().to_owned());
        }
        let sent = || entry.outcomes.iter().filter(|outcome| outcome.attempts > 0);
        let is_silent = |outcome: &Outcome| {
            outcome.reply.is_none() && outcome.trouble.is_none() && !outcome.is_interrupted
        };
        if sent().count() > 0 && sent().all(is_silent) {
            self.silent = self.silent.saturating_add(1);
            self.wanted_silence &= entry.passed() == Some(true);
            let is_unauthentic = |(_, why): &(usize, Ignored)| matches!(why, Ignored::Unauthenticated(_));
            if sent().any(|outcome| outcome.ignored.iter().any(is_unauthentic)) {
                self.unauthentic = self.unauthentic.saturating_add(1);
            } else if sent().any(|outcome| !outcome.ignored.is_empty()) {
                self.not_taken = self.not_taken.saturating_add(1);
            }
        }
        self.observe(entry);
        self.headings(entry)?;
        self.line(entry)?;
        self.details(entry)?;
        self.findings(found, 6)?;
        self.out.flush()
    }

    fn finish(&mut self, found: &[Finding]) -> io::Result<()> {
        let Tally { passed, failed } = self.tally;
        let (good, bad) = (self.look.palette.good, self.look.palette.bad);
        let skipped = match self.skipped {
            0 => String::new(),
            skipped => format!(", {skipped} skipped"),
        };
        if passed.saturating_add(failed).saturating_add(self.skipped) > 1 {
            match failed {
                0 => writeln!(self.out, "{good}{passed} passed{good:#}{skipped}")?,
                _ => writeln!(self.out, "{passed} passed, {bad}{failed} failed{bad:#}{skipped}")?,
            }
        }
        if !self.failed.is_empty() && passed.saturating_add(failed) > 10 {
            for name in &self.failed {
                writeln!(self.out, "  {}", Printable(name.as_bytes()))?;
            }
        }
        if !found.is_empty() {
            let heading = self.look.palette.heading;
            writeln!(self.out, "{heading}Found at the end{heading:#}")?;
            self.findings(found, 2)?;
        }
        self.advice()?;
        self.out.flush()
    }
}
