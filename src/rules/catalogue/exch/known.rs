//! Which BIDs a home agent can find when it judges the FORWARD lists of a request (RFC 7629 §5.2).

use crate::rules::facts::{Answering, OctetSet};
use crate::rules::memory::Asked;
use crate::rules::words::bids;
use crate::state::{Bid, Binding};

/// The BIDs of live bindings just before a reply, and that of the request it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KnownBids {
    /// All of these BIDs.
    all: OctetSet,
    own: Option<u8>,
}

impl KnownBids {
    /// The BIDs before a reply; for a later copy of the reply that decided the request, those before that first reply.
    pub(super) fn of(answering: &Answering<'_, '_, '_>, asked: &Asked) -> Self {
        Self::among(answering.live_before().chain(answering.ended_by_first_reply(asked)), asked)
    }

    /// The BIDs of these live bindings and of a request.
    pub(super) fn among<'b>(live: impl Iterator<Item = &'b Binding>, asked: &Asked) -> Self {
        let own = asked.usable_bid();
        Self { all: live.filter_map(|binding| binding.bid().map(Bid::octet)).chain(own).collect(), own }
    }

    /// Only the BID of the request, without those of live bindings, which Overwrite ends.
    pub(super) fn without_live(self) -> Self {
        Self { all: self.own.into_iter().collect(), ..self }
    }

    /// Whether a BID is known.
    pub(super) fn has(&self, bid: u8) -> bool {
        self.all.has(bid)
    }

    /// Whether at least one of these BIDs is known.
    pub(super) fn has_any(&self, bids: &OctetSet) -> bool {
        bids.meets(&self.all)
    }

    /// Whether all of these BIDs are known.
    pub(super) fn has_all(&self, bids: &OctetSet) -> bool {
        bids.is_within(&self.all)
    }

    /// The known BIDs, in words.
    pub(super) fn title(&self) -> String {
        if self.all.is_empty() {
            "no BID is live".to_owned()
        } else {
            format!("only {} can be found", bids(self.all.iter()))
        }
    }
}
