//! Findings as JSON: the `finding` objects of the contract.

use std::net::Ipv4Addr;

use serde::Serialize;

use super::{Clock, Selection, Summary};
use crate::rules::Finding;

/// A `finding` object.
#[derive(Serialize)]
pub(super) struct FindingJson<'f> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<&'static str>,
    rule: &'static str,
    level: &'static str,
    frame: u64,
    time: String,
    subject: &'static str,
    home_address: Option<Ipv4Addr>,
    message: &'f str,
    source: &'static str,
}

impl<'f> FindingJson<'f> {
    pub fn new(finding: &'f Finding, clock: &mut Clock) -> Self {
        Self {
            record: None,
            rule: finding.rule.id,
            level: finding.level.name(),
            frame: finding.place.frame,
            time: clock.rfc3339(finding.place.time, finding.place.precision).to_owned(),
            subject: finding.subject.name(),
            home_address: finding.home_address,
            message: &finding.message,
            source: finding.rule.source,
        }
    }

    /// The kept findings of a run, narrowed to its target.
    pub fn all(summary: &Summary<'f>, clock: &mut Clock) -> Vec<Self> {
        let selection = Selection::new(summary);
        let kept = summary.findings.map(crate::rules::Findings::kept).unwrap_or_default();
        kept.iter()
            .filter(|finding| selection.has_finding(finding))
            .map(|finding| Self::new(finding, clock))
            .collect()
    }
}
