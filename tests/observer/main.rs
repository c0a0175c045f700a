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
mod ownership;
mod policy;
mod tunnels;
mod verdicts;
