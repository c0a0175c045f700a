//! Which BIDs a home agent can find when it judges the FORWARD lists of a request (RFC 7629 §5.2).

use crate::rules::facts::{Answering, OctetSet};
use crate::rules::memory::Asked;
use crate::rules::words::bids;
use crate::state::{Bid, Binding};

/// The BIDs of live bindings just before a reply, and that of the request it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KnownBids {
    live: OctetSet,
    own: Option<u8>,
}

impl KnownBids {
    pub(super) fn of(answering: &Answering<'_, '_, '_>, asked: &Asked) -> Self {
        Self::among(answering.live_before(), asked)
    }

    /// Those of some live bindings and of a request.
    pub(super) fn among<'b>(live: impl Iterator<Item = &'b Binding>, asked: &Asked) -> Self {
        let live = live.filter_map(|binding| binding.bid().map(Bid::octet)).collect();
        Self { live, own: asked.usable_bid() }
    }

    /// Without the bindings that are live: Overwrite ends them.
    pub(super) fn without_live(self) -> Self {
        Self { live: OctetSet::default(), ..self }
    }

    /// Whether a BID is one of them.
    pub(super) fn has(&self, bid: u8) -> bool {
        self.live.has(bid) || self.own == Some(bid)
    }

    /// What there is, in words.
    pub(super) fn title(&self) -> String {
        let all: OctetSet = self.live.iter().chain(self.own).collect();
        if all.is_empty() {
            "no BID is live".to_owned()
        } else {
            format!("only {} can be found", bids(all.iter()))
        }
    }
}
