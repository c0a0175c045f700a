//! Any octets on a Mobile IP port: everything is read, described and printed, whole or cut by a snapshot length.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use mipflow_fuzz::{laws, numbers};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    older_numbers: bool,
    not_captured: u8,
    payload: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    let numbers = numbers(input.older_numbers);
    laws::wire::every_octet_is_told_once(input.payload, 0, numbers);
    laws::wire::every_octet_is_told_once(input.payload, input.not_captured.into(), numbers);
});
