//! Judges by the rules what a run of `send` sent and received.

use std::hash::{BuildHasher as _, RandomState};

use crate::craft::{Outcome, SentOrReceived};
use crate::pipeline::Pipeline;
use crate::rules::{self, Choice, Finding};
use crate::state::Options;
use crate::trace::Trace;
use crate::wire::Numbers;

/// The observer and the rules behind it, fed with the packets of a run as `decode` feeds them with a capture's.
pub(super) struct Judge {
    pipeline: Pipeline,
}

impl Judge {
    /// A judge of conversations with agents on these UDP ports. Of what was registered before the run nothing is known,
    /// unless `cold_start` says that nothing was.
    pub(super) fn new(ports: Vec<u16>, numbers: Numbers, choice: Choice, cold_start: bool) -> Self {
        let seed = || RandomState::new().hash_one(0u8);
        let trace = Trace::new(&ports, numbers, false);
        let observer = Options { seed: seed(), ..Options::default() };
        let rules = rules::Options { cold_start, ports, choice, seed: seed(), ..rules::Options::default() };
        Self { pipeline: Pipeline::new(trace, observer, Some(rules)) }
    }

    /// Takes what was sent and received for a step, and gives what was found since the last.
    pub(super) fn take(&mut self, outcome: &Outcome) -> Vec<Finding> {
        for packet in &outcome.packets {
            self.pipeline.take(&packet.frame(), &outcome.keys, |_| ());
        }
        let mut found = self.pipeline.take_findings();
        if outcome.asks_many {
            found.retain(|finding| !is_mirrored(finding, outcome));
        }
        found
    }

    /// Ends the run, and gives what could be decided only now. What its rule gives more time than the run took is not
    /// decided.
    pub(super) fn close(&mut self) -> Vec<Finding> {
        self.pipeline.close();
        self.pipeline.take_findings()
    }
}

/// Whether a finding says only that somebody answered from an address of its own a request that went to many. The rule
/// makes that exception, but from a packet alone it cannot know the broadcast addresses of this host's networks.
fn is_mirrored(finding: &Finding, outcome: &Outcome) -> bool {
    let packet = |number| outcome.packets.iter().find(|packet| packet.number == number);
    let ports = |packet: &SentOrReceived| packet.ports();
    let reply = packet(finding.place.frame).map(ports);
    let request = outcome.request_packet().map(ports);
    // What came to the socket went to where the request came from.
    finding.rule.id == "REG-021" && reply == request.map(|[source, destination]| [destination, source])
}
