//! What a home agent refused of mobile networks (NEMO-002).

use std::net::Ipv4Addr;

use super::Answer;
use crate::time::Timestamp;
use crate::wire::{MobileNetwork, ReplyCode};

/// The most refused prefixes of a session that are remembered.
const MOST: usize = 32;

/// The refusals of mobile networks to one session; the earliest of each counts.
#[derive(Debug, Default)]
pub(in crate::rules) struct RefusedNetworks {
    /// When code 148 was first sent to the node since mobile networks were last accepted.
    pub all: Option<Timestamp>,
    /// The prefixes refused with code 147 since then.
    pub prefixes: Vec<(Timestamp, Ipv4Addr, u8)>,
    /// When mobile networks were last accepted.
    accepted: Option<Timestamp>,
}

impl RefusedNetworks {
    /// Whether a reply says something of mobile networks that has to be noted.
    pub fn are_told_of(answer: &Answer) -> bool {
        answer.reply.code == ReplyCode::MOBILE_NETWORK_DISALLOWED
            || !answer.said.seldom().networks_answered.is_empty()
    }

    /// Notes what a reply says; `accepts` says whether it is the one that accepted its request, which alone ends
    /// refusals.
    pub fn note(&mut self, answer: &Answer, accepts: bool) {
        let time = answer.place.time;
        if answer.reply.code == ReplyCode::MOBILE_NETWORK_DISALLOWED {
            self.all.get_or_insert(time);
        }
        // The part of an acceptance that was not captured may have accepted them.
        if answer.said.hides_something && accepts {
            self.end(time);
        }
        for network in &answer.said.seldom().networks_answered {
            let MobileNetwork::Acknowledgement { explicit: true, code, prefix, prefix_length, .. } = network
            else {
                continue;
            };
            if code.is_success() && accepts {
                self.end(time);
            } else if !code.is_success()
                && answer.reply.code == ReplyCode::MOBILE_NETWORK_ERROR
                && self.prefixes.len() < MOST
                && !self.prefixes.iter().any(|(_, of, its)| (of, its) == (prefix, prefix_length))
            {
                self.prefixes.push((time, *prefix, *prefix_length));
            }
        }
    }

    fn end(&mut self, time: Timestamp) {
        *self = Self { accepted: Some(time), ..Self::default() };
    }

    /// Takes over the refusals under another name of the node (D7): those that an acceptance under either name did not
    /// end.
    pub fn absorb(&mut self, other: Self) {
        self.accepted = self.accepted.max(other.accepted);
        let accepted = self.accepted;
        let stands = |refused: &Timestamp| accepted.is_none_or(|accepted| *refused > accepted);
        self.all = self.all.into_iter().chain(other.all).filter(stands).min();
        self.prefixes.extend(other.prefixes);
        self.prefixes.retain(|(refused, ..)| stands(refused));
        self.prefixes.truncate(MOST);
    }
}
