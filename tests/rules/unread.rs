//! Messages of which so little was captured that they could not be read: what they may have said is held against nobody.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::edges::told;
use crate::history::{NODE, Packet, care_of, revocation, revocation_acknowledgement};
use crate::scene::{Registration, Scene, forward, multipath, multipath_with, short, udp_to_port};
use crate::unseen::cut_if;

/// An exchange of which so many octets of either message were captured.
fn unread_exchange(scene: &mut Scene, seconds: f64, request: &Registration, kept: Option<usize>) {
    let sent = scene.send(seconds, request);
    cut_if(scene, kept);
    scene.send(seconds + 0.02, &sent.reply(0));
    cut_if(scene, kept);
}

/// How much is captured of the message that a scene is about: all of it, which is sound; nothing; its type; and its Home
/// Address.
const UNREAD: [Option<usize>; 4] = [None, Some(0), Some(6), Some(15)];

/// A rule finds nothing, however little of a message was captured.
fn spares(rule: &str, scene: impl Fn(&mut Scene, Option<usize>)) {
    for kept in UNREAD {
        assert_eq!(told(rule, |built: &mut Scene| scene(built, kept)), [0; 0], "{kept:?}");
    }
}

#[test]
fn the_first_registration_of_a_node_that_was_not_read_has_made_a_binding() {
    spares("TUN-001", |scene, kept| {
        unread_exchange(scene, 0.0, &Registration::request(1), kept);
        scene.exchange(5.0, &Registration::request(2), 0);
        scene.history.down(20.0, care_of(1), &Packet::new());
        scene.wait_until(25.0);
    });
}

#[test]
fn a_node_of_which_nothing_was_read_may_be_at_the_same_foreign_agent() {
    let other = Ipv4Addr::new(10, 1, 0, 9);
    spares("TUN-012", |scene, kept| {
        scene.exchange(0.0, &Registration::relayed(1), 0);
        let request = Registration { home_address: other, ..Registration::relayed(1) };
        unread_exchange(scene, 15.0, &request, kept);
        scene.history.up(20.0, care_of(1), &Packet::new().to(other).back());
    });
}

#[test]
fn a_binding_may_have_been_revoked_by_what_was_not_read() {
    spares("MP-014", |scene, kept| {
        scene.exchange(0.0, &Registration::request(1), 0);
        scene.datagram(20.0, &Registration::plain(1).reply(0), &revocation(care_of(1), 5));
        cut_if(scene, kept);
        scene.datagram(20.1, &Registration::plain(1), &revocation_acknowledgement(5));
        let elsewhere = Registration { extensions: vec![multipath(1)], ..Registration::plain(2) };
        scene.exchange(40.0, &elsewhere, 0);
    });
}

/// The reply to one interface has the Identification of the request of another one.
#[test]
fn a_reply_may_be_to_a_request_from_elsewhere_that_was_not_read() {
    spares("REG-010", |scene, kept| {
        let first = scene.send(0.0, &Registration::request(1));
        let second = scene.send(0.1, &Registration::request(2));
        cut_if(scene, kept);
        let reply = Registration { identification: second.identification, ..first.reply(0) };
        scene.send(0.2, &reply);
    });
}

/// A node without a home address, whose NAI was cut on the foreign agent's leg.
#[test]
fn a_reply_of_a_foreign_agent_to_a_request_whose_nai_was_cut_is_not_the_home_agents() {
    let nobody = Ipv4Addr::UNSPECIFIED;
    let scene = |cut: Option<usize>| {
        move |scene: &mut Scene| {
            let nai = short(131, b"node@example.org");
            let request = Registration { home_address: nobody, ..Registration::relayed(1) }.with(nai.clone());
            let Registration { identification, .. } = scene.send(0.0, &request.to_foreign_agent());
            cut_if(scene, cut);
            let sent = scene.send(0.02, &Registration { identification, ..request });
            let reply =
                Registration { home_address: crate::history::NODE, ..sent.reply(0) }.with(nai.clone());
            scene.send(0.04, &reply);
            let source = SocketAddrV4::new(care_of(1), 434);
            let destination = SocketAddrV4::new(Ipv4Addr::BROADCAST, 40001);
            scene.send(0.06, &Registration { source, destination, ..reply });
        }
    };
    for cut in [None, Some(0), Some(15), Some(25)] {
        assert_eq!(told("REG-021", scene(cut)), [0; 0], "{cut:?}");
    }
}

/// A request that was not read, and its reply, which goes elsewhere.
#[test]
fn a_reply_may_be_asked_for_from_elsewhere_by_what_was_not_read() {
    spares("REG-011", |scene, kept| {
        scene.exchange(0.0, &Registration::request(1), 0);
        let sent = scene.send(20.0, &Registration::request(2));
        cut_if(scene, kept);
        let destination = SocketAddrV4::new(care_of(77), 434);
        scene.send(20.1, &Registration { destination, ..sent.reply(0) });
    });
}

/// A reply that was not read, and half a second after its request another one for the same binding from another port.
#[test]
fn a_request_may_have_been_answered_at_the_port_that_it_came_from() {
    spares("REG-015", |scene, kept| {
        let source = SocketAddrV4::new(care_of(1), 40_000);
        let sent = scene.send(0.0, &Registration { source, ..Registration::request(1) });
        scene.send(0.1, &sent.reply(0));
        cut_if(scene, kept);
        scene.exchange(0.5, &Registration::request(1), 0);
    });
}

/// Two replies of the home agent to one request, of which the foreign agent passes on the first, before the second or after
/// it.
#[test]
fn a_reply_is_compared_with_what_was_cut_of_none() {
    let scene = |kept: Option<usize>, passed_on: f64| {
        move |scene: &mut Scene| {
            let request = Registration { octet: 0x02, ..Registration::request(1) };
            let outside = scene.send(0.0, &request.to_foreign_agent());
            let inside =
                scene.send(0.02, &Registration { identification: outside.identification, ..request });
            let first = inside.reply(0);
            let second = Registration { lifetime: 300, ..first.clone() };
            let Registration { source, destination, .. } = outside.reply(0);
            let outwards = Registration { source, destination, ..first.clone() };
            scene.send(0.04, &first);
            cut_if(scene, kept);
            let mut then = [(0.06, second), (passed_on, outwards)];
            then.sort_by(|one, other| one.0.total_cmp(&other.0));
            for (seconds, reply) in then {
                scene.send(seconds, &reply);
            }
        }
    };
    for kept in [None, Some(20), Some(30)] {
        for passed_on in [0.05, 0.07] {
            assert_eq!(told("REG-027", scene(kept, passed_on)), [0; 0], "{kept:?} {passed_on}");
        }
    }
}

/// A revocation of the home agent and its acknowledgement, and later one of the foreign agent with the same identifier.
#[test]
fn a_revocation_of_either_agent_may_have_been_acknowledged() {
    spares("REV-002", |scene, kept| {
        let downwards = Registration::plain(1).reply(0);
        scene.exchange(0.0, &Registration::request(1), 0);
        scene.datagram(20.0, &downwards, &revocation(care_of(1), 5));
        scene.datagram(20.1, &Registration::plain(1), &revocation_acknowledgement(5));
        cut_if(scene, kept);
        scene.exchange(30.0, &Registration::request(1), 0);
        scene.datagram(50.0, &Registration::plain(1), &revocation(care_of(1), 5));
        scene.datagram(50.1, &downwards, &revocation_acknowledgement(5));
    });
}

/// Two routers at two care-of addresses that were given one network; the request of the second was not read.
#[test]
fn a_network_may_be_reached_where_what_was_not_read_came_from() {
    spares("TUN-001", |scene, kept| {
        for (interface, kept) in [(1, None), (2, kept)] {
            let home_address = Ipv4Addr::new(10, 1, 0, interface);
            let network = short(148, &[0, 24, 10, 99, 0, 0]);
            let request = Registration { home_address, ..Registration::plain(interface) }.with(network);
            let sent = scene.send(interface.into(), &request);
            cut_if(scene, kept);
            let granted = short(148, &[1, 0, 24, 0, 10, 99, 0, 0]);
            scene.send(f64::from(interface) + 0.02, &sent.reply(0).with(granted));
        }
        scene.history.down(10.0, care_of(2), &Packet::new().to(Ipv4Addr::new(10, 99, 0, 5)));
        scene.wait_until(15.0);
    });
}

/// BID 1 with T and BID 2 without, at one care-of address: of the second, the fixed part alone is seen where it is cut.
#[test]
fn the_binding_that_asked_for_a_reverse_tunnel_may_be_among_what_was_cut() {
    for kept in [None, Some(24)] {
        let two = |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 0);
            let without = Registration { octet: 0x20, ..Registration::plain(1) };
            let sent = scene.send(1.0, &without.with(multipath(2)));
            cut_if(scene, kept);
            scene.send(1.02, &sent.reply(0));
            scene.history.up(5.0, care_of(1), &Packet::new().back());
        };
        assert_eq!(told("TUN-011", two), [0; 0], "{kept:?}");
    }
}

/// A broadcast to a binding without B; what was not read may have registered it with B.
#[test]
fn broadcasts_may_be_asked_for_by_what_was_not_read() {
    spares("TUN-014", |scene, kept| {
        scene.exchange(0.0, &Registration::plain(1), 0);
        // B, D and T.
        unread_exchange(scene, 10.0, &Registration { octet: 0x62, ..Registration::plain(1) }, kept);
        scene.history.down(20.0, care_of(1), &Packet::new().to(Ipv4Addr::BROADCAST));
    });
}

/// A rule for BID 1, and BID 3 that replaces all and takes the rule over; where it is cut, that is not seen.
#[test]
fn a_rule_may_be_taken_over_by_what_was_cut() {
    for kept in [None, Some(24 + 8)] {
        let replaced = |scene: &mut Scene| {
            let rule = |bid| forward(&[bid], &udp_to_port(7000));
            scene.exchange(0.0, &Registration::request(1).with(rule(1)), 0);
            let over = Registration::plain(3).with(multipath_with(4, 3, 3, 0x40)).with(rule(3));
            let sent = scene.send(5.0, &over);
            cut_if(scene, kept);
            scene.send(5.02, &sent.reply(0));
            scene.wait_until(10.0);
        };
        assert_eq!(told("FB-017", replaced), [0; 0], "{kept:?}");
    }
}

/// A binding that was not read ends with all others; a packet that was on its way there comes after that.
#[test]
fn what_ended_unread_is_given_a_second() {
    let then = |seconds: f64, up: bool| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(2), 0);
            unread_exchange(scene, 5.0, &Registration::request(1), Some(15));
            let at_home = Registration { lifetime: 0, care_of_address: NODE, ..Registration::plain(3) };
            scene.exchange(10.0, &at_home, 0);
            if up {
                scene.history.up(seconds, care_of(1), &Packet::new().back());
            } else {
                scene.history.down(seconds, care_of(1), &Packet::new());
            }
            scene.wait_until(20.0);
        }
    };
    for (rule, up) in [("TUN-001", false), ("TUN-004", true)] {
        assert_eq!(told(rule, then(11.02, up)), [0; 0], "{rule}");
        assert_eq!(told(rule, then(11.03, up)), [7], "{rule}");
    }
}
