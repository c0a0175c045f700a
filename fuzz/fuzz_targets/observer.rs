//! Histories of operations: whatever happened in whatever order, the tables agree with each other at the end, and at
//! a frame before it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mipflow::state::{Limits, Options};
use mipflow_fuzz::history::{History, Operation};
use mipflow_fuzz::laws;

fuzz_target!(|octets: &[u8]| {
    let Some((room, operations)) = octets.split_first() else { return };
    let (operations, _) = operations.as_chunks::<6>();
    // More than these say nothing new and only take longer.
    let operations: Vec<Operation> = operations.iter().take(80).copied().map(Operation).collect();
    let (history, starts) = History::of(&operations);
    let mut options = Options::default();
    if room & 1 == 1 {
        let room = usize::from(room >> 1) % 8;
        options.limits = Limits {
            nodes: room,
            rules: room,
            pending: room,
            exchanges: room,
            flows: room,
            flows_of_one_node: 3,
            flow_binding_octets: 40,
            unknown_tunnels: 2,
        };
    }
    let observer = history.observe_with(options);
    laws::observer::tables_agree(&observer);
    laws::observer::times_agree(&observer);
    if let Some(start) = starts.get(starts.len() / 2) {
        laws::observer::tables_agree(&history.observe_until(*start as u64));
    }
});
