//! Any octets as a capture file, whole and in pieces.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use mipflow_fuzz::laws;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    piece: u8,
    octets: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    laws::capture::pieces_make_no_difference(input.octets, input.piece.into());
});
