//! Selectors as text: any text, and the text of any binary selector.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use mipflow::wire::{Discard, Reader, TrafficSelector};
use mipflow_fuzz::laws;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Text(&'a str),
    Octets { ipv6: bool, octets: &'a [u8] },
}

fuzz_target!(|input: Input<'_>| {
    match input {
        Input::Text(text) => laws::wire::text_settles(text),
        Input::Octets { ipv6, octets } => {
            let mut sink = Discard;
            let mut reader = Reader::new(octets, 0, 0, &mut sink);
            if let Some(selector) = TrafficSelector::read(&mut reader, if ipv6 { 2 } else { 1 }) {
                laws::wire::selector_text_reads_back(&selector);
            }
        }
    }
});
