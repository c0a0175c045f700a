//! All 256 extension types.

use crate::findings;
use crate::scene::{Registration, Scene, long, short};

/// Known types with a header of four octets, and the others; Type 0 is one octet without a header.
const LONG: [u8; 12] = [36, 37, 38, 40, 41, 42, 43, 47, 48, 50, 139, 154];
const SHORT: [std::ops::RangeInclusive<u8>; 11] = [
    0..=0,
    32..=34,
    44..=46,
    49..=49,
    128..=134,
    136..=138,
    140..=142,
    144..=145,
    147..=149,
    151..=153,
    255..=255,
];

fn is_known(kind: u8) -> bool {
    LONG.contains(&kind) || SHORT.iter().any(|range| range.contains(&kind))
}

/// A refused request with an extension of this type behind its authenticator, and octets behind that.
fn with(scene: &mut Scene, kind: u8) {
    let extension = match kind {
        0 => vec![0],
        _ if LONG.contains(&kind) => long(kind, 1, &[0, 0, 0, 9]),
        _ => short(kind, &[0, 0, 0, 9]),
    };
    // Type 77 is nobody's: it is met only where the extension before it has the header that it should have.
    let request = Registration::plain(1).with_after(extension).with_after(short(77, &[]));
    scene.exchange(0.0, &request, 134);
}

#[test]
fn a_type_that_no_document_has_is_told_of_and_one_that_is_known_is_not() {
    // 32-34, 36-38, 40-50, 128-134, 136-142, 144, 145, 147-149, 151-154, 255 and 0.
    assert_eq!((0..=255).filter(|kind| is_known(*kind)).count(), 3 + 3 + 11 + 7 + 7 + 2 + 3 + 4 + 2);
    for kind in 0..=255u8 {
        let found = findings(|scene: &mut Scene| with(scene, kind), true);
        let of_rule = found.iter().filter(|finding| finding.rule.id == "EXT-003");
        let told: Vec<_> = of_rule.map(|finding| finding.message.text()).collect();
        let names =
            |number: u8| told.iter().filter(|message| message.contains(&format!("Type {number} "))).count();
        let expected = if is_known(kind) || kind == 77 { 1 } else { 2 };
        assert_eq!(told.len(), expected, "Type {kind}: {told:?}");
        assert_eq!((names(77), names(kind) > 0), (1, !is_known(kind)), "Type {kind}: {told:?}");
        if !is_known(kind) {
            let message = told.iter().find(|message| message.contains(&format!("Type {kind} "))).unwrap();
            assert_eq!(message.contains("whole message"), kind < 128, "{message}");
        }
    }
}
