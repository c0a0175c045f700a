//! Framing (EXT), by itself.

use super::{says, told};
use crate::scene::{Registration, Scene, forward, multipath, short, udp_to_port};

/// A refused request with this extension in front.
fn one(extension: Vec<u8>) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::plain(1).with(extension.clone()), 134);
    }
}

/// Extensions begin at octet 24 of a request.
#[test]
fn a_legacy_agent_resumes_at_the_octet_that_the_subtype_leads_to() {
    says("EXT-004", "resumes at octet 27, at a bogus Type 4", one(multipath(1)));
    says("EXT-004", "resumes at octet 28, at the Action octet", one(forward(&[1], &udp_to_port(5060))));
    // Type, 8-bit Length 5, Sub-Type 1 and four octets more: that is skipped as a whole.
    says("EXT-004", "Length of 5 and goes on at octet 31", one(vec![154, 5, 1, 4, 1, 1, 0]));
}

#[test]
fn revocation_support_has_a_length_of_6_at_least() {
    assert_eq!(told("EXT-007", one(short(137, &[0; 6]))), [0; 0]);
    assert_eq!(told("EXT-007", one(short(137, &[0; 5]))), [1]);
    says("EXT-007", "Length is 5 and must be 6 or more", one(short(137, &[0; 5])));
}

/// The header of an extension that is cut short, and its data.
#[test]
fn where_a_datagram_ends_too_soon_is_told() {
    let behind = |octets: &'static [u8]| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::plain(1).with_after(octets.to_vec()), 134);
        }
    };
    // Behind the fixed part and 22 octets of Type 32.
    says(
        "EXT-001",
        "at octet 46 needs 2 octets for its header alone, and the datagram has 1 left",
        behind(&[133]),
    );
    says(
        "EXT-001",
        "at octet 46 needs 4 octets for its header alone, and the datagram has 3 left",
        behind(&[36, 1, 0]),
    );
    says(
        "EXT-001",
        "at octet 46 needs 11 octets with its Length, and the datagram has 4 left",
        behind(&[133, 9, 0, 0]),
    );
    assert_eq!(told("EXT-001", behind(&[0])), [0; 0]);
    assert_eq!(told("EXT-001", behind(&[133, 0])), [0; 0]);
}

#[test]
fn of_a_subtype_that_nobody_knows_it_is_not_said_what_an_agent_meets() {
    says("EXT-004", "resumes at octet 33, and drops", one(crate::scene::long(154, 7, &[0; 4])));
}
