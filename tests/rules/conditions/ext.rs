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
