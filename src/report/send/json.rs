//! The JSON document of `send`: `mipflow-send/1`.

use std::io::{self, Write};

use super::{Announcement, Milliseconds, SendReport, Tally, with_message};
use crate::craft::{CaseFacts, Entry, Judgement, Outcome, SentOrReceived};
use crate::report::findings_json::FindingJson;
use crate::report::json_writer::{Null, Object, Text, ToJson, Word, array};
use crate::report::message_json::MessageJson;
use crate::report::{Clock, TimeStyle};
use crate::rules::Finding;
use crate::wire::{KeyRing, Numbers};

/// One JSON document. Each step is written when it is done.
pub struct SendJson<W> {
    out: W,
    numbers: Numbers,
    tally: Tally,
    begun: bool,
}

impl<W: Write> SendJson<W> {
    /// A document on `out`.
    pub fn new(out: W) -> Self {
        Self { out, numbers: Numbers::default(), tally: Tally::default(), begun: false }
    }
}

impl<W: Write> SendReport for SendJson<W> {
    fn begin(&mut self, announcement: &Announcement) -> io::Result<()> {
        self.numbers = announcement.numbers;
        self.out.write_all(b"{\"schema\":\"mipflow-send/1\",\n\"steps\":[")?;
        self.out.flush()
    }

    fn entry(&mut self, entry: &Entry, found: &[Finding]) -> io::Result<()> {
        self.tally.count(entry);
        let mut text = if self.begun { b",\n".to_vec() } else { b"\n".to_vec() };
        self.begun = true;
        EntryJson { entry, found, numbers: self.numbers }.write(&mut text);
        self.out.write_all(&text)?;
        self.out.flush()
    }

    fn finish(&mut self, found: &[Finding]) -> io::Result<()> {
        let Tally { passed, failed } = self.tally;
        let end = if self.begun { "\n]" } else { "]" };
        let mut findings = Vec::new();
        Findings(found).write(&mut findings);
        write!(self.out, "{end},\n\"passed\":{passed},\"failed\":{failed},\n\"findings\":")?;
        self.out.write_all(&findings)?;
        self.out.write_all(b"}\n")?;
        self.out.flush()
    }
}

struct EntryJson<'e> {
    entry: &'e Entry,
    found: &'e [Finding],
    numbers: Numbers,
}

impl ToJson for EntryJson<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let Self { entry, found, numbers } = *self;
        let mut object = Object::begin(out);
        object.entry("name", Text(entry.name()));
        if let Some(outcome) = entry.deciding() {
            outcome_entries(&mut object, outcome, numbers);
        }
        object.entry("passed", entry.passed());
        object.entry("findings", Findings(found));
        object.entry("scenario", entry.scenario.as_ref().map(Text));
        if let Some(CaseFacts { title, section, rule, .. }) = &entry.case {
            object.entry("title", Text(title));
            object.entry("section", Text(section));
            object.entry("rule", rule.as_ref().map(Text));
            object.entry("exchanges", ExchangeList { outcomes: &entry.outcomes, numbers });
        }
        object.end();
    }
}

/// All steps of a case, including those that only prepare it.
struct ExchangeList<'o> {
    outcomes: &'o [Outcome],
    numbers: Numbers,
}

impl ToJson for ExchangeList<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        array(out, self.outcomes.iter().map(|outcome| ExchangeJson { outcome, numbers: self.numbers }));
    }
}

struct ExchangeJson<'o> {
    outcome: &'o Outcome,
    numbers: Numbers,
}

impl ToJson for ExchangeJson<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        object.entry("name", Text(&self.outcome.name));
        outcome_entries(&mut object, self.outcome, self.numbers);
        object.entry("passed", self.outcome.passed());
        object.end();
    }
}

fn outcome_entries(object: &mut Object<'_>, outcome: &Outcome, numbers: Numbers) {
    let keys = &outcome.keys;
    let packet = |packet| PacketJson { packet, keys, numbers };
    object.entry("request", outcome.request_packet().map(packet));
    object.entry("reply", outcome.reply_packet().map(packet));
    object.entry("attempts", outcome.attempts);
    object.entry("round_trip_ms", outcome.round_trip.map(Milliseconds));
    object.entry("expectations", Judgements(&outcome.judgements));
    object.entry("error", outcome.trouble.as_ref().map(Text));
    object.entry("skipped", outcome.skipped.as_ref().map(Text));
    object.entry("ignored", IgnoredList { outcome, numbers });
    object.entry("ignored_beyond", outcome.ignored_beyond);
}

impl ToJson for Milliseconds {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.to_string().as_bytes());
    }
}

struct Judgements<'j>(&'j [Judgement]);

impl ToJson for Judgements<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        array(out, self.0.iter().map(JudgementJson));
    }
}

struct JudgementJson<'j>(&'j Judgement);

impl ToJson for JudgementJson<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let Judgement { expect, held, got } = self.0;
        let mut object = Object::begin(out);
        object.entry("expect", Text(expect));
        object.entry("held", *held);
        object.entry("got", got.as_ref().map(Text));
        object.end();
    }
}

/// The findings of the rules, as `decode` prints them.
struct Findings<'f>(&'f [Finding]);

impl ToJson for Findings<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut clock = Clock::new(TimeStyle::Utc);
        array(out, self.0.iter().map(|finding| FindingJson::new(finding, &mut clock)));
    }
}

struct IgnoredList<'o> {
    outcome: &'o Outcome,
    numbers: Numbers,
}

impl ToJson for IgnoredList<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let Self { outcome, numbers } = *self;
        let listed = outcome.ignored.iter().filter_map(|(index, ignored)| {
            let packet = outcome.packets.get(*index)?;
            let message = PacketJson { packet, keys: &outcome.keys, numbers };
            Some(IgnoredJson { why: ignored.name(), message })
        });
        array(out, listed);
    }
}

struct IgnoredJson<'o> {
    why: &'static str,
    message: PacketJson<'o>,
}

impl ToJson for IgnoredJson<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        object.entry("why", Word(self.why));
        object.entry("message", &self.message);
        object.end();
    }
}

/// The message in a packet as `decode` prints it; `null` if the packet holds none.
struct PacketJson<'o> {
    packet: &'o SentOrReceived,
    keys: &'o KeyRing,
    numbers: Numbers,
}

impl ToJson for PacketJson<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let Self { packet, keys, numbers } = *self;
        let mut clock = Clock::new(TimeStyle::Utc);
        let written = with_message(packet, numbers, |seen| {
            let time = clock.rfc3339(seen.time, seen.precision);
            MessageJson { seen, time, keys }.write(out);
        });
        if written.is_none() {
            Null.write(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{CATALOGUE, Level, Place, Subject};
    use crate::time::{Precision, Timestamp};

    #[test]
    fn a_finding_moves_no_terminal() {
        let finding = Finding {
            rule: CATALOGUE.iter().find(|rule| rule.id == "MP-008").unwrap(),
            level: Level::Must,
            place: Place { frame: 7, time: Timestamp::default(), precision: Precision::SECONDS },
            subject: Subject::MobileNode,
            node: None,
            home_address: None,
            message: "\u{1b}[2J \u{202e}\u{9b}".into(),
            octets: None,
        };
        let mut out = Vec::new();
        Findings(std::slice::from_ref(&finding)).write(&mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(r#""message":"\u001b[2J \u202e\u009b","#), "{text}");
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read[0]["message"], *finding.message.text());
    }
}
