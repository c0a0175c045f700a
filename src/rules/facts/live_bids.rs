//! The bindings that are live at one moment, by their BIDs: they decide what the rules of a policy do.

use super::OctetSet;
use crate::state::{Bid, Binding, Effect, Rule};

/// The BIDs of the live bindings of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::rules) struct LiveBids {
    bids: OctetSet,
    /// Whether any binding is live, even one without a BID.
    any: bool,
}

impl LiveBids {
    /// The BIDs of some bindings.
    pub fn of<'b>(bindings: impl IntoIterator<Item = &'b Binding>) -> Self {
        let mut live = Self::default();
        for binding in bindings {
            live.any = true;
            if let Some(bid) = binding.bid().map(Bid::octet) {
                live.bids.add(bid);
            }
        }
        live
    }

    /// Whether the binding with this BID is live.
    pub fn has(&self, bid: u8) -> bool {
        self.bids.has(bid)
    }

    /// Whether no binding is live, with a BID or without.
    pub fn is_empty(&self) -> bool {
        !self.any
    }

    /// Whether a rule is exhausted: it forwards, but to none of these BIDs.
    pub fn exhaust(&self, rule: &Rule) -> bool {
        rule.effect(|bid| self.has(bid)) == Effect::Exhausted
    }
}
