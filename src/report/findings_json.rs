//! Findings as JSON: the `finding` objects of the contract.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use serde::Serialize;

use super::json_writer::{Object, ToJson, Word};
use super::{Clock, Selection, Summary};
use crate::rules::Finding;

/// A `finding` object. Serde writes it where it is part of another object. The findings of a run, which are many, are
/// written straight into a buffer.
#[derive(Clone, Serialize)]
pub(super) struct FindingJson<'f> {
    rule: &'static str,
    level: &'static str,
    frame: u64,
    time: String,
    subject: &'static str,
    home_address: Option<Ipv4Addr>,
    message: Cow<'f, str>,
    source: &'static str,
}

impl<'f> FindingJson<'f> {
    pub fn new(finding: &'f Finding, clock: &mut Clock) -> Self {
        Self {
            rule: finding.rule.id,
            level: finding.level.name(),
            frame: finding.place.frame,
            time: clock.rfc3339(finding.place.time, finding.place.precision).to_owned(),
            subject: finding.subject.name(),
            home_address: finding.home_address,
            message: finding.message.text(),
            source: finding.rule.source,
        }
    }

    /// The kept findings of a run, narrowed to its target.
    pub fn all(summary: &Summary<'f>, clock: &mut Clock) -> impl Iterator<Item = Self> {
        let selection = Selection::new(summary);
        let kept = summary.findings.map(crate::rules::Findings::kept).unwrap_or_default();
        kept.iter()
            .filter(move |finding| selection.has_finding(finding))
            .map(|finding| Self::new(finding, clock))
    }
}

impl ToJson for FindingJson<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        object.entry("rule", Word(self.rule));
        object.entry("level", Word(self.level));
        object.entry("frame", self.frame);
        object.entry("time", Word(&self.time));
        object.entry("subject", Word(self.subject));
        object.entry("home_address", self.home_address);
        object.entry("message", &*self.message);
        object.entry("source", Word(self.source));
        object.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::json_writer::serialize;

    #[test]
    fn both_ways_of_writing_say_the_same() {
        let whole = FindingJson {
            rule: "TUN-005",
            level: "must",
            frame: 7,
            time: "2024-06-01T10:00:00Z".to_owned(),
            subject: "ha",
            home_address: Some(Ipv4Addr::new(10, 0, 0, 1)),
            message: "\"a\\b\"\n of 300 octets in all, so that there is more than one piece of it (RFC 7629 §4.2) \u{202e}".into(),
            source: "RFC 7629 §4.2",
        };
        let bare = FindingJson { home_address: None, ..whole.clone() };
        for finding in [whole, bare] {
            let (mut written, mut serialized) = (Vec::new(), Vec::new());
            finding.write(&mut written);
            serialize(&mut serialized, &finding).unwrap();
            assert_eq!(String::from_utf8(written), String::from_utf8(serialized));
        }
    }
}
