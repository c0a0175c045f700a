//! Tunnels and what is in them (TUN), by themselves.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};

use super::{says, told, told_late};
use crate::history::{
    HOME_AGENT, NODE, Packet, care_of, gre, ip_in_ip, ipv4, revocation, revocation_acknowledgement, udp,
};
use crate::scene::{Registration, Scene, flow_binding, forward, multipath_with, short, udp_to_port};

/// Where no tunnel ends.
const NOBODY: Ipv4Addr = care_of(77);

/// BIDs 1 to `count`, a second apart: two frames each.
fn bids(scene: &mut Scene, count: u8) {
    for bid in 1..=count {
        scene.exchange(f64::from(bid - 1), &Registration::request(bid), 0);
    }
}

/// BID 1 and BID 2, who has this rule for UDP to port 7000: frames 1 to 4.
fn with_rule(scene: &mut Scene, rule: Vec<u8>) {
    scene.exchange(0.0, &Registration::request(1), 0);
    scene.exchange(1.0, &Registration::request(2).with(rule), 0);
}

fn to_1() -> Vec<u8> {
    forward(&[1], &udp_to_port(7000))
}

fn drop_all() -> Vec<u8> {
    flow_binding(0, &[255], 1, &udp_to_port(7000))
}

/// A packet down the tunnel of an interface at 10 s, which nothing follows.
fn last_down(rule: Vec<u8>, interface: u8) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        with_rule(scene, rule.clone());
        scene.history.down(10.0, care_of(interface), &Packet::new());
    }
}

/// BID 1 ends at 100.02 s.
#[test]
fn an_expired_binding_is_given_a_whole_second() {
    let used = |seconds| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration { lifetime: 100, ..Registration::request(1) }, 0);
            scene.exchange(1.0, &Registration::request(2), 0);
            scene.history.down(seconds, care_of(1), &Packet::new());
        }
    };
    assert_eq!(told("TUN-002", used(101.02)), [0; 0]);
    assert_eq!(told("TUN-002", used(101.03)), [5]);
}

/// BID 1, and what ends it 4 s later, is told with the reason.
#[test]
fn the_reason_of_a_removal_is_told() {
    let removed = |by: Registration| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 0);
            scene.exchange(1.0, &Registration::request(3), 0);
            scene.exchange(4.0, &by, 0);
            scene.history.down(8.02, care_of(1), &Packet::new());
        }
    };
    let overwrite = Registration::plain(2).with(multipath_with(4, 2, 2, 0x40));
    let reasons = [
        (Registration { lifetime: 0, ..Registration::request(1) }, "was de-registered"),
        (overwrite, "was overwritten by the O flag"),
        (Registration::plain(2), "was replaced by a plain registration"),
    ];
    for (by, reason) in reasons {
        says("TUN-003", &format!("192.0.2.1, where BID 1 {reason} in #6, 4 s before"), removed(by));
    }
    let revoked = |scene: &mut Scene| {
        let sent = scene.exchange(0.0, &Registration::request(1), 0);
        scene.exchange(1.0, &Registration::request(3), 0);
        scene.datagram(3.0, &sent.reply(0), &revocation(care_of(1), 5));
        scene.datagram(4.02, &sent, &revocation_acknowledgement(5));
        scene.history.down(8.02, care_of(1), &Packet::new());
    };
    says("TUN-003", "192.0.2.1, where BID 1 was revoked in #6, 4 s before", revoked);
}

/// A second, before and after, in which a packet that goes up may use a tunnel.
#[test]
fn a_reverse_tunnel_is_used_a_second_before_and_after_its_binding() {
    let before = |accepted: f64| {
        move |scene: &mut Scene| {
            bids(scene, 1);
            let sent = scene.send(5.9, &Registration::request(2));
            scene.history.up(6.0, care_of(2), &Packet::new().back());
            scene.send(accepted, &sent.reply(0));
            scene.wait_until(12.0);
        }
    };
    assert_eq!(told("TUN-004", before(7.0)), [0; 0]);
    assert_eq!(told("TUN-004", before(7.01)), [4]);
    // BID 1 moves to interface 9 at 5.02 s.
    let after = |seconds: f64| {
        move |scene: &mut Scene| {
            bids(scene, 1);
            let moved = Registration::plain(9).with(multipath_with(4, 1, 1, 0x40));
            scene.exchange(5.0, &moved, 0);
            scene.history.up(seconds, care_of(1), &Packet::new().back());
            scene.wait_until(12.0);
        }
    };
    assert_eq!(told("TUN-004", after(6.02)), [0; 0]);
    assert_eq!(told("TUN-004", after(6.03)), [5]);
    // BID 2 expires at 7.02 s.
    let expired = |seconds: f64| {
        move |scene: &mut Scene| {
            bids(scene, 1);
            scene.exchange(1.0, &Registration { lifetime: 6, ..Registration::request(2) }, 0);
            scene.history.up(seconds, care_of(2), &Packet::new().back());
            scene.wait_until(12.0);
        }
    };
    assert_eq!(told("TUN-004", expired(8.02)), [0; 0]);
    assert_eq!(told("TUN-004", expired(8.03)), [5]);
}

#[test]
fn where_the_capture_began_in_the_middle_no_tunnel_and_no_policy_is_known_to_be_whole() {
    let up = |scene: &mut Scene| {
        bids(scene, 1);
        scene.history.up(5.0, NOBODY, &Packet::new().back());
        scene.wait_until(9.0);
    };
    assert_eq!((told("TUN-004", up), told_late("TUN-004", up)), (vec![3], vec![]));
    for (rule, binding, interface) in [("TUN-005", to_1(), 2), ("TUN-007", drop_all(), 1)] {
        let build = last_down(binding, interface);
        assert_eq!((told(rule, &build), told_late(rule, &build)), (vec![5], vec![]), "{rule}");
    }
    let build = last_down(forward(&[9], &udp_to_port(7000)), 1);
    assert_eq!((told("TUN-026", &build), told_late("TUN-026", &build)), (vec![5], vec![]));
}

/// The last packet of a capture, and the last before a change comes too soon to tell.
#[test]
fn the_last_packet_of_a_capture_is_settled_where_nothing_follows() {
    let then_changed = |rule: Vec<u8>, interface: u8| {
        move |scene: &mut Scene| {
            last_down(rule.clone(), interface)(scene);
            scene.exchange(10.5, &Registration::request(3), 0);
            scene.wait_until(20.0);
        }
    };
    let cases = [
        ("TUN-005", to_1(), 2),
        ("TUN-007", drop_all(), 1),
        ("TUN-026", forward(&[9], &udp_to_port(7000)), 1),
    ];
    for (rule, binding, interface) in cases {
        assert_eq!(told(rule, last_down(binding.clone(), interface)), [5], "{rule}");
        assert_eq!(told(rule, then_changed(binding, interface)), [0; 0], "{rule}");
    }
}

/// A revocation and its acknowledgement, 0.4 s before the packet: only one that ends a binding unsettles it (D14).
#[test]
fn a_revocation_that_names_no_binding_unsettles_nothing() {
    let revoked = |number: u8| {
        move |scene: &mut Scene| {
            with_rule(scene, drop_all());
            let answer = Registration::request(number).reply(0);
            scene.datagram(9.5, &answer, &revocation(care_of(number), 5));
            scene.datagram(9.6, &Registration::request(number), &revocation_acknowledgement(5));
            scene.history.down(10.0, care_of(1), &Packet::new());
            scene.wait_until(20.0);
        }
    };
    assert_eq!(told("TUN-007", revoked(2)), [0; 0]);
    assert_eq!(told("TUN-007", revoked(9)), [7]);
}

#[test]
fn a_policy_says_where_packets_go_among_tunnels_that_there_are() {
    let to_nobody = |rule: Vec<u8>| {
        move |scene: &mut Scene| {
            with_rule(scene, rule.clone());
            scene.history.down(10.0, NOBODY, &Packet::new());
        }
    };
    assert_eq!(told("TUN-005", to_nobody(to_1())), [0; 0]);
    assert_eq!(told("TUN-026", to_nobody(forward(&[9], &udp_to_port(7000)))), [0; 0]);
    // DROP asks for no tunnel.
    assert_eq!(told("TUN-007", to_nobody(drop_all())), [5]);
}

/// BID 1 for 20 s, whose rule it is, and BID 2 with these flags at 5 s; at 15 s and at 30 s a packet goes to BID 2.
#[test]
fn a_chosen_binding_that_lives_by_a_bulk_renewal_is_named_as_such() {
    let strays = |seconds: f64, flags| {
        move |scene: &mut Scene| {
            // Of all that live the chosen one counts, and not the first.
            scene.exchange(0.0, &Registration::request(3), 0);
            let first = Registration { lifetime: 20, ..Registration::request(1) };
            scene.exchange(0.5, &first.with(to_1()), 0);
            scene.exchange(5.0, &Registration::plain(2).with(multipath_with(4, 2, 2, flags)), 0);
            scene.history.down(seconds, care_of(2), &Packet::new());
        }
    };
    says("TUN-005", "(FORWARD 1) wants BID 1, alive only by a bulk renewal (RFC", strays(30.0, 0x80));
    says("TUN-005", "(FORWARD 1) wants BID 1 (RFC", strays(15.0, 0x80));
    assert_eq!(told("TUN-005", strays(30.0, 0)), [0; 0]);
}

/// A packet that is not of a node where its tunnel is: neither of the one there nor from one that is elsewhere.
#[test]
fn an_inner_address_is_that_of_a_node_whose_binding_is_at_the_far_end() {
    let other = Ipv4Addr::new(10, 1, 0, 2);
    let at = |interface: u8, source: Ipv4Addr| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 0);
            scene.exchange(1.0, &Registration { home_address: other, ..Registration::request(2) }, 0);
            scene.history.up(5.0, care_of(interface), &Packet::new().back().from(source));
            scene.history.down(6.0, care_of(interface), &Packet::new().to(source));
        }
    };
    for (interface, address, is_strange) in
        [(1, NODE, false), (2, other, false), (1, other, true), (2, NODE, true)]
    {
        let frames = |frame| if is_strange { vec![frame] } else { vec![] };
        assert_eq!(told("TUN-012", at(interface, address)), frames(5), "{address} at {interface}");
        assert_eq!(told("TUN-013", at(interface, address)), frames(6), "{address} at {interface}");
    }
}

#[test]
fn link_local_addresses_are_nobodys() {
    let through = |local: Ipv6Addr| {
        move |scene: &mut Scene| {
            bids(scene, 1);
            let global = Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, 1);
            let down = Packet::new().from(global).to(local);
            scene.history.packet(5.0, ipv4(HOME_AGENT, care_of(1), 41, &down.octets()));
            scene.history.packet(6.0, ipv4(care_of(1), HOME_AGENT, 41, &down.back().octets()));
        }
    };
    let both = |local| (told("TUN-012", through(local)), told("TUN-013", through(local)));
    assert_eq!(both(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)), (vec![], vec![]));
    assert_eq!(both(Ipv6Addr::new(0xfebf, 0xffff, 0, 0, 0, 0, 0, 1)), (vec![], vec![]));
    assert_eq!(both(Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 1)), (vec![4], vec![3]));
    assert_eq!(both(Ipv6Addr::new(0x2001, 0xdb8, 7, 0, 0, 0, 0, 1)), (vec![4], vec![3]));
}

/// A tunnel in UDP that comes from elsewhere is not one of those that a home agent has to begin itself.
#[test]
fn a_tunnel_in_udp_may_begin_at_another_address() {
    let other = Ipv4Addr::new(198, 51, 100, 2);
    let from = |in_udp: bool| {
        move |scene: &mut Scene| {
            let source = SocketAddrV4::new(care_of(3), 5000);
            let request = Registration { source, ..Registration::request(3) }.with(short(144, &[0; 6]));
            let sent = scene.send(0.0, &request);
            scene.send(0.02, &sent.reply(0).with(short(44, &[0, 0, 0, 0, 0, 110])));
            scene.exchange(1.0, &Registration::request(1), 0);
            // Another node has that home agent.
            let node = Ipv4Addr::new(10, 1, 0, 2);
            let agent = SocketAddrV4::new(other, 434);
            let registered = Registration {
                home_address: node,
                home_agent: other,
                destination: agent,
                ..Registration::request(4)
            };
            scene.exchange(2.0, &registered, 0);
            let inner = Packet::new().octets();
            let data = [&[4, 4, 0, 0][..], &inner].concat();
            let packet = if in_udp { udp(agent, source, &data) } else { ip_in_ip(other, care_of(1), &inner) };
            scene.history.packet(10.0, packet);
        }
    };
    assert_eq!(told("TUN-015", from(true)), [0; 0]);
    assert_eq!(told("TUN-015", from(false)), [7]);
}

#[test]
fn a_care_of_address_behind_a_nat_is_told_with_the_end_of_its_tunnel() {
    let build = |scene: &mut Scene| {
        let source = SocketAddrV4::new(care_of(9), 5000);
        let request = Registration { source, ..Registration::request(3) }.with(short(144, &[0; 6]));
        let sent = scene.send(0.0, &request);
        scene.send(0.02, &sent.reply(0).with(short(44, &[0, 0, 0, 0, 0, 110])));
        scene.history.down(5.0, care_of(3), &Packet::new());
    };
    says("TUN-001", "192.0.2.3, a care-of address whose tunnel ends at 192.0.2.9:5000 (RFC 3519", build);
    let nobody = |scene: &mut Scene| {
        bids(scene, 1);
        scene.history.packet(5.0, gre(HOME_AGENT, NOBODY, None, &Packet::new().octets()));
    };
    says("TUN-001", "192.0.2.77, which the node never registered;", nobody);
}

/// A binding without a BID cannot stand beside Multipath.
#[test]
fn a_plain_binding_gives_way_to_another_registration() {
    let build = |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::plain(1), 0);
        scene.exchange(4.0, &Registration::request(2), 0);
        scene.history.down(8.02, care_of(1), &Packet::new());
    };
    says(
        "TUN-003",
        "where the binding of 192.0.2.1 was replaced by another registration in #4, 4 s before",
        build,
    );
}

/// BID 1 is de-registered at 4.02 s.
#[test]
fn a_removed_binding_is_given_a_whole_second() {
    let used = |seconds| {
        move |scene: &mut Scene| {
            bids(scene, 2);
            scene.exchange(4.0, &Registration { lifetime: 0, ..Registration::request(1) }, 0);
            scene.history.down(seconds, care_of(1), &Packet::new());
        }
    };
    assert_eq!(told("TUN-003", used(5.02)), [0; 0]);
    assert_eq!(told("TUN-003", used(5.03)), [7]);
}

/// A node that breaks its own rule until its binding expires, and nothing until more than a second later: what goes up
/// before the expiry came from a node that was registered, however late it is judged.
#[test]
fn packets_before_an_expiry_are_of_a_live_binding() {
    const OTHER: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 2);
    let build = |count: u32, until: f64| {
        move |scene: &mut Scene| {
            let short = Registration { lifetime: 20, ..Registration::relayed(9) };
            scene.exchange(0.0, &short.with(multipath_with(4, 1, 1, 0)).with(drop_all()), 0);
            let other = Registration { home_address: OTHER, ..Registration::relayed(9) };
            scene.exchange(1.0, &other.with(multipath_with(4, 1, 1, 0)), 0);
            for number in 0..count {
                let seconds = until - f64::from(count - number) * 0.005;
                scene.history.up(seconds, care_of(9), &Packet::new().back());
            }
            scene.wait_until(22.0);
        }
    };
    // The binding ends at 20.02 s.
    assert_eq!(told("TUN-012", build(100, 20.02)), [0; 0]);
    assert_eq!(told("TUN-012", build(2, 20.03)), [6]);
}

/// A mobile router with 10.99.0.0/24 and BID 1, and a node of that network which may have asked to register from
/// elsewhere, was refused, and is at home behind the router: frames 1 to 4.
#[test]
fn a_node_at_home_in_a_mobile_network_is_no_stranger_there() {
    const AT_HOME: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 5);
    let packet = |address: Ipv4Addr| {
        move |scene: &mut Scene| {
            let asked = Registration::request(1).with(short(148, &[0, 24, 10, 99, 0, 0]));
            let sent = scene.send(0.0, &asked);
            scene.send(0.02, &sent.reply(0).with(short(148, &[1, 0, 24, 0, 10, 99, 0, 0])));
            let elsewhere = Registration { home_address: AT_HOME, ..Registration::request(7) };
            scene.exchange(1.0, &elsewhere, 131);
            scene.history.up(10.0, care_of(1), &Packet::new().to(address).back());
            scene.history.down(11.0, care_of(1), &Packet::new().to(address));
        }
    };
    assert_eq!(told("TUN-012", packet(AT_HOME)), [0; 0]);
    assert_eq!(told("TUN-013", packet(AT_HOME)), [0; 0]);
    assert_eq!(told("TUN-012", packet(Ipv4Addr::new(10, 98, 0, 5))), [5]);
    assert_eq!(told("TUN-013", packet(Ipv4Addr::new(10, 98, 0, 5))), [6]);
}

/// Two bindings that expire 0.3 s apart while in use, after a packet that the rule drops; nothing is captured between
/// the two expiries.
#[test]
fn each_of_two_bindings_that_expire_is_noticed() {
    let expires = |seconds: f64| {
        move |scene: &mut Scene| {
            let for_20 = |bid: u8| Registration { lifetime: 20, ..Registration::request(bid) };
            scene.exchange(0.0, &for_20(1).with(drop_all()), 0);
            scene.exchange(0.3, &for_20(2), 0);
            // A packet that is counted by itself, and so is suspected at once.
            scene.history.down(19.4, care_of(1), &Packet::new().later_fragment());
            scene.history.down(19.41, care_of(1), &Packet::new());
            for tenth in [5, 6] {
                let other = Packet::new().ports(1, 2).back();
                scene.history.up(19.0 + f64::from(tenth) / 10.0, care_of(tenth - 4), &other);
            }
            scene.wait_until(seconds);
            scene.wait_until(30.0);
        }
    };
    assert_eq!(told("REG-018", expires(20.1)), [2, 4]);
    assert_eq!(told("REG-018", expires(21.2)), [2, 4]);
}
