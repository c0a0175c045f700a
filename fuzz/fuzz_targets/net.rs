//! Frames of any octets under any link type, taken apart to the innermost packet.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use mipflow_fuzz::laws;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    link_type: u8,
    missing: u8,
    frames: Vec<&'a [u8]>,
}

fuzz_target!(|input: Input<'_>| {
    let types = laws::net::LINK_TYPES;
    let link_type = types[usize::from(input.link_type) % types.len()];
    laws::net::frames_come_apart(link_type, &input.frames, input.missing.into());
});
