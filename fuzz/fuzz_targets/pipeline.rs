//! Histories of operations whose frames are damaged, through all rooms on every way there is, with all rules.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use mipflow_fuzz::history::{Damage, History, Operation};
use mipflow_fuzz::laws;

#[derive(Arbitrary, Debug)]
struct Input {
    cold_start: bool,
    operations: Vec<[u8; 6]>,
    damages: Vec<[u8; 6]>,
}

fuzz_target!(|input: Input| {
    // More operations than these say nothing new and only take longer.
    let operations: Vec<Operation> = input.operations.into_iter().take(80).map(Operation).collect();
    let (mut history, _) = History::of(&operations);
    for damage in input.damages.into_iter().take(80) {
        Damage(damage).befall(&mut history);
    }
    let pipeline = laws::pipeline::ways_agree_as_far_as_time_goes_on(&history.frames(), input.cold_start);
    laws::observer::tables_agree(pipeline.observer());
});
