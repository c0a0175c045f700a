//! The observer, table by table and sentence by sentence of what it promises to infer: small histories, and the
//! tables that follow from them as worked out by hand.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// Small counts that become seconds.
#![allow(clippy::cast_precision_loss)]

#[path = "../history/mod.rs"]
mod history;

mod bindings;
mod changes;
mod clock;
mod cut;
mod exchanges;
mod flows;
mod identity;
mod limits;
mod names;
mod nat;
mod ownership;
mod policy;
mod revocations;
mod translated;
mod tunnels;
mod verdicts;

use history::{Ask, History};

/// Bindings 1 and 2 without a policy, registered at 1 s and 2 s for 600 s by the replies in frames 2 and 4.
fn two() -> History {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(2, 2));
    history
}
