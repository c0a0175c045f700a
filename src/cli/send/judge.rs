//! Judges by the rules what a run of `send` sent and received.

use std::hash::{BuildHasher as _, RandomState};

use crate::craft::{Outcome, SentOrReceived};
use crate::rules::{self, Choice, Finding, Validator};
use crate::state::{Observer, Options};
use crate::trace::{Seen, Trace};
use crate::wire::{KeyRing, Numbers};

/// The observer and the rules behind it, fed with the packets of a run as `decode` feeds them with a capture's.
pub(super) struct Judge {
    trace: Trace,
    observer: Observer,
    validator: Validator,
}

impl Judge {
    /// A judge of conversations with agents on these UDP ports. Of what was registered before the run nothing is known,
    /// unless `cold_start` says that nothing was.
    pub(super) fn new(ports: Vec<u16>, numbers: Numbers, choice: Choice, cold_start: bool) -> Self {
        let seed = || RandomState::new().hash_one(0u8);
        Self {
            trace: Trace::new(&ports, numbers, false),
            observer: Observer::new(Options { keep_before: true, seed: seed(), ..Options::default() }),
            validator: Validator::new(rules::Options {
                cold_start,
                ports,
                choice,
                seed: seed(),
                ..rules::Options::default()
            }),
        }
    }

    /// Takes what was sent and received for a step, and gives what was found since the last.
    pub(super) fn take(&mut self, outcome: &Outcome) -> Vec<Finding> {
        for packet in &outcome.packets {
            self.packet(packet, &outcome.keys);
        }
        let mut found = self.validator.take_findings();
        if outcome.asks_many {
            found.retain(|finding| !is_mirrored(finding, outcome));
        }
        found
    }

    fn packet(&mut self, packet: &SentOrReceived, keys: &KeyRing) {
        let Self { trace, observer, validator } = self;
        let frame = packet.frame();
        observer.advance(frame.time);
        validator.advance(frame.time, observer);
        // A socket gives datagrams, and whole ones: there is nothing else to judge.
        if let Seen::Message(seen) = trace.take(&frame) {
            let event = seen.event(keys);
            let attribution = observer.message(&event);
            validator.message(&event, attribution, keys, observer);
        }
    }

    /// Ends the run, and gives what could be decided only now. What its rule gives more time than the run took is not
    /// decided.
    pub(super) fn close(&mut self) -> Vec<Finding> {
        self.validator.close(&mut self.observer);
        self.validator.take_findings()
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
