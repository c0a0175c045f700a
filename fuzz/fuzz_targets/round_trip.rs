//! Whatever reads without fault is emitted again to the same octets, and what a prefix shows the whole shows too.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use mipflow_fuzz::{laws, numbers};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    older_numbers: bool,
    payload: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    let numbers = numbers(input.older_numbers);
    laws::wire::what_reads_well_is_emitted_again(input.payload, numbers);
    // Each prefix is read again, so a long payload would only make this slow.
    if input.payload.len() <= 128 {
        laws::wire::prefixes_agree(input.payload, numbers);
    }
});
