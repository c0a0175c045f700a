//! Multipath (MP), by itself.

use std::net::SocketAddrV4;

use super::{says, told};
use crate::history::{NODE, care_of};
use crate::scene::{Registration, Scene, long, multipath, multipath_with, short};

/// BID with these flags, B or O.
fn with_flags(bid: u8, flags: u8) -> Registration {
    Registration::plain(bid).with(multipath_with(4, bid, bid, flags))
}

/// So many BIDs are live, registered a second apart; then this request comes 10 s after the first.
fn then(live: u8, request: Registration) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        for bid in 1..=live {
            scene.exchange(f64::from(bid - 1), &Registration::request(bid), 0);
        }
        scene.exchange(10.0, &request, 0);
    }
}

#[test]
fn which_subtypes_are_reserved_is_told() {
    for (subtype, kind) in [(0, "reserved"), (255, "reserved"), (3, "unassigned"), (254, "unassigned")] {
        let one = |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::plain(1).with(long(154, subtype, &[1, 2])), 134);
        };
        says("MP-002", &format!("is {subtype}, which is {kind};"), one);
    }
}

#[test]
fn what_nothing_authenticates_is_told_by_its_own_octets() {
    let build = |scene: &mut Scene| {
        let other = Registration::plain(1).with(short(131, b"a@b.example"));
        scene.exchange(0.0, &Registration { key: None, ..other.with(multipath(1)) }, 134);
    };
    says("MP-006", "a Multipath extension", build);
    let found = crate::findings(build, true);
    let octets = found.iter().find(|finding| finding.rule.id == "MP-006").unwrap().octets.clone();
    // The fixed part, 13 octets of the NAI, and 8 of the Multipath extension.
    assert_eq!(octets, Some(37..45));
}

/// Lifetime 0 is no registration, and 1 is one.
#[test]
fn a_lifetime_of_one_second_registers() {
    let for_lifetime = |live: u8, request: fn() -> Registration| {
        move |lifetime: u16| then(live, Registration { lifetime, ..request() })
    };
    let moved = for_lifetime(1, || Registration::plain(9).with(multipath(1)));
    assert_eq!((told("MP-014", moved(1)), told("MP-014", moved(0))), (vec![3], vec![]));
    let renumbered = for_lifetime(1, || Registration::plain(1).with(multipath(2)));
    assert_eq!((told("MP-015", renumbered(1)), told("MP-015", renumbered(0))), (vec![3], vec![]));
    let relabelled = for_lifetime(1, || Registration::plain(1).with(multipath_with(4, 9, 1, 0)));
    assert_eq!((told("MP-017", relabelled(1)), told("MP-017", relabelled(0))), (vec![3], vec![]));
    let refreshed = for_lifetime(1, || Registration::plain(1));
    assert_eq!((told("MP-018", refreshed(1)), told("MP-018", refreshed(0))), (vec![3], vec![]));
    let overwritten = for_lifetime(2, || with_flags(1, 0x40));
    assert_eq!((told("MP-019", overwritten(1)), told("MP-019", overwritten(0))), (vec![6], vec![]));
    let bulk = for_lifetime(1, || with_flags(2, 0x80));
    assert_eq!((told("MP-021", bulk(1)), told("MP-021", bulk(0))), (vec![3], vec![]));
    let plain = for_lifetime(1, || Registration::plain(9));
    assert_eq!((told("MP-025", plain(1)), told("MP-025", plain(0))), (vec![3], vec![]));
    says("MP-025", "while BID 1 is live;", plain(1));
    says("MP-025", "while BID 1, 2 are live;", then(2, Registration::plain(9)));
    let other_flags = for_lifetime(1, || Registration { octet: 0x2a, ..Registration::request(1) });
    assert_eq!((told("MP-028", other_flags(1)), told("MP-028", other_flags(0))), (vec![3], vec![]));
}

/// BIDs 1 and 2 are live; a request with O for BID 1 is granted this lifetime. Without any, it ends BID 1 alone (D9).
#[test]
fn an_overwrite_that_is_granted_nothing_removes_no_sibling() {
    let granted = |lifetime: u16| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 0);
            scene.exchange(1.0, &Registration::request(2), 0);
            let sent = scene.send(10.0, &with_flags(1, 0x40));
            scene.send(10.02, &Registration { lifetime, ..sent.reply(0) });
        }
    };
    assert_eq!(told("MP-019", granted(1)), [6]);
    assert_eq!(told("MP-019", granted(0)), [0; 0]);
}

#[test]
fn each_flag_of_the_tunnel_counts_and_no_other() {
    // S B D M G r T x, of D and T.
    for (octet, at) in [
        (0x02, &[3][..]),
        (0x32, &[3]),
        (0x2a, &[3]),
        (0x20, &[3]),
        (0xa2, &[]),
        (0x62, &[]),
        (0x26, &[]),
        (0x23, &[]),
    ] {
        assert_eq!(
            told("MP-028", then(1, Registration { octet, ..Registration::request(1) })),
            at,
            "{octet:#x}"
        );
    }
}

#[test]
fn a_type_or_a_label_is_changed_by_itself() {
    let changed =
        |technology, label| then(1, Registration::plain(1).with(multipath_with(technology, label, 1, 0)));
    assert_eq!(told("MP-017", changed(5, 1)), [3]);
    assert_eq!(told("MP-017", changed(4, 2)), [3]);
    assert_eq!(told("MP-017", changed(4, 1)), [0; 0]);
}

#[test]
fn a_multipath_extension_that_cannot_be_read_names_no_bid_and_is_not_missing() {
    let broken =
        |lifetime| Registration { lifetime, ..Registration::plain(1) }.with(long(154, 1, &[4, 1, 1]));
    assert_eq!(told("MP-020", then(1, broken(0))), [0; 0]);
    assert_eq!(told("MP-018", then(1, broken(600))), [0; 0]);
    assert_eq!(told("MP-020", then(1, Registration { lifetime: 0, ..Registration::plain(1) })), [3]);
}

#[test]
fn the_source_of_a_request_is_named_where_another_tunnel_ends_there() {
    let from = |interface: u8| {
        let source = SocketAddrV4::new(care_of(interface), 434);
        then(1, Registration { source, ..Registration::request(2) })
    };
    says("MP-024", "comes from 192.0.2.1, the end of the tunnel of BID 1;", from(1));
    says("MP-024", "comes from 192.0.2.7; it has to leave", from(7));
    let plain = |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::plain(1), 0);
        let source = SocketAddrV4::new(care_of(1), 434);
        scene.exchange(5.0, &Registration { source, ..Registration::request(2) }, 0);
    };
    says("MP-024", "192.0.2.1, the end of the tunnel of another binding;", plain);
}

/// BIDs 1 and 2 are granted 600 s at 0.02 s and 1.02 s; B for BID 1 is granted this lifetime at 10.02 s.
#[test]
fn a_bulk_renewal_shortens_other_bindings_by_more_than_a_second() {
    let bulk = |lifetime| then(2, Registration { lifetime, ..with_flags(1, 0x80) });
    // BID 2 ends at 601.02 s, a second after 600.02 s.
    assert_eq!(told("MP-022", bulk(590)), [0; 0]);
    assert_eq!(told("MP-022", bulk(589)), [6]);
    // Its own binding is no other.
    assert_eq!(told("MP-022", then(1, Registration { lifetime: 100, ..with_flags(1, 0x80) })), [0; 0]);
    says("MP-022", "gives 589 s, and BID 2 had", bulk(589));
}

#[test]
fn a_registration_from_home_is_no_deregistration_of_one_and_all() {
    let from_home = |lifetime| {
        let source = SocketAddrV4::new(NODE, 434);
        then(2, Registration { lifetime, care_of_address: NODE, source, ..Registration::request(1) })
    };
    assert_eq!(told("MP-027", from_home(0)), [5]);
    assert_eq!(told("MP-027", from_home(600)), [0; 0]);
}

/// The same with a single binding, and from the care-of address.
#[test]
fn a_deregistration_of_one_and_all_has_two_to_choose_from() {
    let end = |live: u8, address| {
        let source = SocketAddrV4::new(address, 434);
        then(live, Registration { lifetime: 0, care_of_address: address, source, ..Registration::request(1) })
    };
    assert_eq!(told("MP-027", end(2, NODE)), [5]);
    assert_eq!(told("MP-027", end(1, NODE)), [0; 0]);
    assert_eq!(told("MP-027", end(2, care_of(1))), [0; 0]);
}

#[test]
fn flags_of_a_tunnel_that_are_all_clear_are_none() {
    says(
        "MP-028",
        "with tunnel flags D T and is refreshed with none without",
        then(1, Registration { octet: 0, ..Registration::request(1) }),
    );
}

#[test]
fn a_bulk_flag_for_a_binding_from_before_the_capture_is_no_news() {
    assert_eq!(told("MP-021", then(1, with_flags(2, 0x80))), [3]);
    assert_eq!(super::told_late("MP-021", then(1, with_flags(2, 0x80))), [0; 0]);
}

/// Refused with 152, and then BID 1 is accepted after all; then the node comes without Multipath.
#[test]
fn a_refusal_before_the_binding_excuses_nothing() {
    let plain = |interface| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 152);
            scene.exchange(0.5, &Registration::request(1), 0);
            scene.exchange(10.0, &Registration::plain(interface), 0);
        }
    };
    assert_eq!(told("MP-018", plain(1)), [5]);
    assert_eq!(told("MP-025", plain(9)), [5]);
}

#[test]
fn a_deregistration_of_all_needs_no_bid_of_its_own() {
    let end = |bid, flags| {
        then(1, Registration { lifetime: 0, care_of_address: care_of(1), ..with_flags(bid, flags) })
    };
    assert_eq!(told("MP-020", end(2, 0)), [3]);
    assert_eq!(told("MP-020", end(2, 0x80)), [0; 0]);
    // The home address as care-of address, where it was registered as one (REG-002), ends all, too.
    let home = |scene: &mut Scene| {
        let source = SocketAddrV4::new(NODE, 434);
        let at_home = Registration { care_of_address: NODE, source, ..Registration::request(1) };
        scene.exchange(0.0, &at_home, 0);
        scene.exchange(
            5.0,
            &Registration { lifetime: 0, care_of_address: NODE, source, ..Registration::plain(1) },
            0,
        );
    };
    assert_eq!(told("MP-020", home), [0; 0]);
}

/// BID 1 behind a NAT, and its refresh from there without a UDP Tunnel Request: its own tunnel is no other.
#[test]
fn the_end_of_its_own_tunnel_is_not_that_of_another() {
    let build = |scene: &mut Scene| {
        let source = SocketAddrV4::new(care_of(9), 434);
        let request = Registration { source, ..Registration::request(1) };
        let sent = scene.send(0.0, &request.clone().with(short(144, &[0; 6])));
        scene.send(0.02, &sent.reply(0).with(short(44, &[0, 0, 0, 0, 0, 110])));
        scene.exchange(5.0, &request, 0);
    };
    says("MP-024", "comes from 192.0.2.9; it has to leave", build);
}

/// What is said of a binding at its own address is not said where it moves, nor where O lets it change.
#[test]
fn a_binding_that_moves_or_is_overwritten_may_change() {
    let changed = |interface, flags| {
        let request = Registration::plain(interface).with(multipath_with(5, 2, 1, flags));
        then(1, Registration { octet: 0x2a, ..request })
    };
    for (rule, here, there) in [("MP-014", &[][..], &[3][..]), ("MP-017", &[3], &[]), ("MP-028", &[3], &[])] {
        assert_eq!(told(rule, changed(1, 0)), here, "{rule}");
        assert_eq!(told(rule, changed(9, 0)), there, "{rule}");
        assert_eq!(told(rule, changed(1, 0x40)), [0; 0], "{rule}");
    }
}
