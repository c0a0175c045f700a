//! Messages of which a snapshot length cut off the end: what is missing says nothing against the sender.

use mipflow::wire::{Malformed, Message, Numbers, Problem};

use super::{octets, parse, request};

/// A NAI, a Multipath, a Flow-Binding and a Mobile-Home Authentication extension: 5, 8, 16 and 22 octets.
const EXTENSIONS: &str = "83 03 614062   9a 01 0004 08 03 07 00   9a 02 000c 01 02 07 09 01 00880000 13c4 11
    20 14 00000100 000102030405060708090a0b0c0d0e0f";

/// Where each extension begins and ends, and the octets of its header.
const PLACES: [(usize, usize, usize); 4] = [(24, 29, 2), (29, 37, 4), (37, 53, 4), (53, 75, 2)];

#[test]
fn a_cut_capture_has_no_fault_wherever_it_is_cut() {
    let whole = request(EXTENSIONS);
    assert_eq!(whole.len(), 75);
    for captured in 24..75 {
        let message = Message::parse(&whole[..captured], 75 - captured, Numbers::default());
        assert_eq!(message.malformed(), None, "cut to {captured}");
        let extensions: Vec<_> = message.extensions().collect();
        let begun = PLACES.iter().filter(|(start, ..)| *start < captured).count();
        assert_eq!(extensions.len(), begun, "cut to {captured}");
        for (extension, (start, end, header)) in extensions.iter().zip(PLACES) {
            let fault = (end > captured).then(|| {
                // Without its Length, only the rest of the header is known to be missing.
                let known = if captured < start + header { start + header } else { end };
                Malformed { offset: start, problem: Problem::NotCaptured { missing: known - captured } }
            });
            assert_eq!(extension.cut, fault, "cut to {captured}");
            assert_eq!(extension.content().err(), fault, "cut to {captured}");
        }
    }
}

#[test]
fn the_same_octets_from_a_short_datagram_are_a_fault_within_an_extension() {
    let whole = request(EXTENSIONS);
    for captured in 24..=75 {
        let message = parse(&whole[..captured]);
        let inside = PLACES.iter().find(|(start, end, _)| *start < captured && captured < *end);
        let fault = inside.map(|(start, end, header)| {
            let known = if captured < start + header { *header } else { end - start };
            let problem =
                Problem::PastEnd { extension: whole[*start], needed: known, left: captured - start };
            Malformed { offset: *start, problem }
        });
        assert_eq!(message.malformed(), fault, "cut to {captured}");
    }
}

#[test]
fn an_extension_past_the_end_of_the_datagram_is_a_fault_even_when_cut() {
    // Length 10; three octets captured, four more were on the link, which makes nine of the twelve needed.
    let payload = request("83 0a 616263");
    let message = Message::parse(&payload, 4, Numbers::default());
    let problem = Problem::PastEnd { extension: 131, needed: 12, left: 9 };
    assert_eq!(message.malformed(), Some(Malformed { offset: 24, problem }));
    // Seven octets on the link are what it needs.
    assert_eq!(Message::parse(&payload, 7, Numbers::default()).malformed(), None);
}

#[test]
fn the_short_layout_is_recognised_though_its_end_was_not_captured() {
    let payload = [request(""), octets("9a 05 01 08")].concat();
    let message = Message::parse(&payload, 3, Numbers::default());
    let extension = message.extensions().next().unwrap();
    assert_eq!(extension.layout, mipflow::wire::Layout::FamilyAsShort);
    let problem = Problem::NotCaptured { missing: 3 };
    assert_eq!(extension.content().err(), Some(Malformed { offset: 24, problem }));
}

#[test]
fn a_capture_that_ends_between_two_extensions_shows_the_ones_before() {
    let payload = request("83 01 61");
    let message = Message::parse(&payload, 100, Numbers::default());
    assert_eq!(message.extensions().map(|extension| extension.cut).collect::<Vec<_>>(), [None]);
    assert_eq!((message.malformed(), message.not_captured), (None, 100));
}
