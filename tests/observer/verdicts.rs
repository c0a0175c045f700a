//! Verdicts on flows, each with its boundaries: judged packet by packet by the policy of its own moment, and not
//! within a second of a change.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::wire::Action;

use crate::history::table::{flows, node, verdict, verdicts};
use crate::history::{
    Ask, HOME_AGENT, History, NODE, Packet, care_of, gre, ip_in_ip, minimal, revocation,
    revocation_acknowledgement, selector_octets, udp_tunnel,
};

const NANOSECOND: f64 = 1e-9;

/// Bindings 1 and 2, registered long before 100 s, with these rules.
fn ruled(rules: impl FnOnce(Ask) -> Ask) -> History {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).lifetime(1000));
    history.accepted(2.0, &rules(Ask::bid(2, 2).lifetime(1000)));
    history
}

/// Bindings 1 and 2 without a rule.
fn unruled() -> History {
    ruled(|ask| ask)
}

/// Packets to these interfaces, 100 ms apart.
fn spray(history: &mut History, start: f64, interfaces: &[u8], packet: &Packet) {
    for (index, interface) in interfaces.iter().enumerate() {
        history.down(start + index as f64 / 10.0, care_of(*interface), packet);
    }
}

#[test]
fn in_the_tunnel_of_its_rule_it_conforms() {
    let mut history = ruled(|ask| ask.forward(&[2, 1], "proto udp"));
    spray(&mut history, 100.0, &[2, 2, 2], &Packet::new());
    history.up(101.0, care_of(2), &Packet::new().back());
    assert_eq!(verdict(&history.observe()), "conforms");
}

#[test]
fn once_in_another_tunnel_it_strays() {
    let mut history = ruled(|ask| ask.forward(&[2, 1], "proto udp"));
    spray(&mut history, 100.0, &[2, 1, 2, 2], &Packet::new());
    assert_eq!(flows(&history.observe()), ["1 2 strays [2 3/384 0/0] [1 1/128 0/0]"]);
    let mut history = ruled(|ask| ask.forward(&[2, 1], "proto udp"));
    history.up(100.0, care_of(1), &Packet::new().back());
    assert_eq!(verdict(&history.observe()), "strays");
}

#[test]
fn seen_although_dropped_it_leaks() {
    let mut history = ruled(|ask| ask.drop("proto udp"));
    history.down(100.0, care_of(1), &Packet::new());
    assert_eq!(flows(&history.observe()), ["1 - leaks [1 1/128 0/0]"]);
}

#[test]
fn seen_although_none_of_its_bindings_is_active_it_is_exhausted() {
    let mut history = ruled(|ask| ask.forward(&[7, 8], "proto udp"));
    history.down(100.0, care_of(1), &Packet::new());
    assert_eq!(flows(&history.observe()), ["1 - exhausted [1 1/128 0/0]"]);
}

#[test]
fn two_bindings_at_one_care_of_address_are_one_place() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[1], "proto udp"));
    history.accepted(2.0, &Ask::bid(2, 2).at(care_of(1)).forward(&[2], "proto tcp"));
    history.down(100.0, care_of(1), &Packet::new());
    history.down(100.1, care_of(1), &Packet::new().protocol(6));
    assert_eq!(verdicts(&history.observe()), ["conforms", "conforms"]);
}

#[test]
fn a_failover_is_normal() {
    let mut history = ruled(|ask| ask.forward(&[1, 2], "proto udp"));
    spray(&mut history, 100.0, &[1, 1], &Packet::new());
    history.accepted(200.0, &Ask::bid(1, 3).lifetime(0));
    spray(&mut history, 205.0, &[2, 2], &Packet::new());
    history.accepted(300.0, &Ask::bid(1, 4));
    spray(&mut history, 305.0, &[1, 1], &Packet::new());
    assert_eq!(verdict(&history.observe()), "conforms");
}

#[test]
fn who_stays_behind_strays() {
    let mut history = ruled(|ask| ask.forward(&[1, 2], "proto udp"));
    history.accepted(200.0, &Ask::bid(1, 3).lifetime(0));
    spray(&mut history, 205.0, &[1], &Packet::new());
    assert_eq!(flows(&history.observe()), ["1 2 strays [1 1/128 0/0]"]);
}

/// The verdict on one packet at `at` to the tunnel of binding 2, with binding 1 preferred, and something at
/// 200 s that changes the way of packets.
fn around(at: f64, wrong: u8, change: impl FnOnce(&mut History) -> u64) -> &'static str {
    let mut history = ruled(|ask| ask.forward(&[1, 2], "proto udp"));
    if at < 200.0 {
        history.down(at, care_of(wrong), &Packet::new());
        change(&mut history);
    } else {
        change(&mut history);
        history.down(at, care_of(wrong), &Packet::new());
    }
    history.tick(500.0);
    verdict(&history.observe())
}

#[test]
fn within_a_second_of_a_change_nothing_is_judged() {
    type Change = fn(&mut History) -> u64;
    let changes: [(&str, Change); 8] = [
        ("new binding", |history| history.accepted(200.0, &Ask::bid(3, 9))),
        ("moved", |history| history.accepted(200.0, &Ask::bid(2, 9).lifetime(1000).at(care_of(9)))),
        ("label", |history| history.accepted(200.0, &Ask::bid(2, 9).lifetime(1000).label(9))),
        ("flags", |history| history.accepted(200.0, &Ask::bid(2, 9).lifetime(1000).flags(0x22))),
        ("new rule", |history| {
            history.accepted(200.0, &Ask::bid(2, 9).lifetime(1000).forward(&[1], "proto tcp"))
        }),
        ("other rule", |history| {
            history.accepted(200.0, &Ask::bid(2, 9).lifetime(1000).forward(&[1, 3], "proto udp"))
        }),
        ("overwrite", |history| {
            let ask = Ask::bid(1, 9).lifetime(1000).overwrite();
            history.accepted(200.0, &ask)
        }),
        ("revoked", |history| {
            let ask = Ask::bid(2, 0);
            history.message(199.9, ask.destination, ask.source, &revocation(care_of(2), 5));
            history.message(200.0, ask.source, ask.destination, &revocation_acknowledgement(5))
        }),
    ];
    // Interface 2 is where the packet must not go, before and after each of these.
    for (name, change) in changes {
        assert_eq!(around(199.0 - NANOSECOND, 2, change), "strays", "{name}, long before");
        assert_eq!(around(199.0, 2, change), "conforms", "{name}, a second before");
        assert_eq!(around(200.0, 2, change), "conforms", "{name}, at once");
        assert_eq!(around(201.0, 2, change), "conforms", "{name}, a second after");
        assert_eq!(around(201.0 + 10.0 * NANOSECOND, 2, change), "strays", "{name}, long after");
    }
}

#[test]
fn what_changes_nothing_has_no_grace() {
    type NoChange = fn(&mut History) -> u64;
    let no_changes: [(&str, NoChange); 6] = [
        ("refresh", |history| history.accepted(200.0, &Ask::bid(1, 9).lifetime(1000))),
        ("bulk refresh", |history| history.accepted(200.0, &Ask::bid(1, 9).lifetime(1000).bulk())),
        ("same rule", |history| {
            history.accepted(200.0, &Ask::bid(1, 9).lifetime(1000).forward(&[1, 2], "proto udp"))
        }),
        ("denied", |history| history.answered(200.0, &Ask::bid(3, 9), 129)),
        ("unsolicited", |history| history.answer(200.0, &Ask::bid(3, 9).answer(0))),
        ("nothing to end", |history| history.accepted(200.0, &Ask::bid(3, 9).lifetime(0))),
    ];
    for (name, no_change) in no_changes {
        for at in [199.5, 200.5] {
            assert_eq!(around(at, 2, no_change), "strays", "{name}, {at}");
        }
    }
}

#[test]
fn another_nodes_change_is_no_grace() {
    let other = std::net::Ipv4Addr::new(10, 1, 0, 2);
    let change = |history: &mut History| history.accepted(200.0, &Ask::bid(1, 9).home(other));
    assert_eq!(around(200.5, 2, change), "strays");
}

#[test]
fn an_expiry_is_a_change() {
    // Binding 1 expires at 200 s; before that its tunnel is right, after that the other one.
    let verdict_of = |at: f64, interface: u8| {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1).lifetime(199));
        history.accepted(2.0, &Ask::bid(2, 2).lifetime(1000).forward(&[1, 2], "proto udp"));
        history.down(at, care_of(interface), &Packet::new());
        history.tick(500.0);
        verdict(&history.observe())
    };
    for (at, interface, expected) in [
        (100.0, 2, "strays"),
        (199.0 - 10.0 * NANOSECOND, 2, "strays"),
        (199.0, 2, "conforms"),
        (200.0, 2, "conforms"),
        (200.5, 1, "conforms"),
        (201.0, 1, "conforms"),
        (201.0 + 10.0 * NANOSECOND, 1, "strays"),
        (201.5, 2, "conforms"),
    ] {
        assert_eq!(verdict_of(at, interface), expected, "{at} to {interface}");
    }
}

#[test]
fn the_end_of_the_capture_judges_what_it_has_seen() {
    let mut history = ruled(|ask| ask.forward(&[1, 2], "proto udp"));
    history.down(100.0, care_of(2), &Packet::new());
    assert_eq!(verdict(&history.observe()), "strays");
    history.accepted(100.9, &Ask::bid(1, 3).lifetime(0));
    assert_eq!(verdict(&history.observe()), "conforms");
}

#[test]
fn an_expiry_beyond_the_end_of_the_capture_acquits_nobody() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).lifetime(199));
    history.accepted(2.0, &Ask::bid(2, 2).lifetime(1000).forward(&[1, 2], "proto udp"));
    history.down(199.5, care_of(2), &Packet::new());
    assert_eq!(verdict(&history.observe()), "strays");
    history.tick(200.0 + 10.0 * NANOSECOND);
    assert_eq!(verdict(&history.observe()), "conforms");
}

#[test]
fn each_packet_is_judged_by_the_policy_of_its_own_moment() {
    let mut history = ruled(|ask| ask.forward(&[1], "proto udp"));
    history.down(100.0, care_of(1), &Packet::new());
    history.accepted(200.0, &Ask::bid(2, 3).lifetime(1000).forward(&[2], "proto udp"));
    history.down(300.0, care_of(2), &Packet::new());
    assert_eq!(verdict(&history.observe()), "conforms");
}

#[test]
fn the_worst_comes_first() {
    // Dropped at first, then a stray, then exhausted, then fine.
    let mut history = ruled(|ask| ask.drop("proto udp"));
    let leaks = history.down(100.0, care_of(1), &Packet::new());
    history.accepted(200.0, &Ask::bid(2, 3).lifetime(1000).forward(&[2], "proto udp"));
    history.down(210.0, care_of(1), &Packet::new());
    assert_eq!(verdict(&history.observe_until(leaks)), "leaks");
    assert_eq!(verdict(&history.observe()), "leaks");

    let mut history = ruled(|ask| ask.forward(&[7], "proto udp"));
    let exhausted = history.down(100.0, care_of(1), &Packet::new());
    history.accepted(200.0, &Ask::bid(2, 3).lifetime(1000).forward(&[2], "proto udp"));
    let fine = history.down(210.0, care_of(2), &Packet::new());
    let strays = history.down(220.0, care_of(1), &Packet::new());
    assert_eq!(verdict(&history.observe_until(exhausted)), "exhausted");
    assert_eq!(verdict(&history.observe_until(fine)), "exhausted");
    assert_eq!(verdict(&history.observe_until(strays)), "strays");
}

#[test]
fn without_a_rule_it_is_per_flow() {
    let mut history = unruled();
    spray(&mut history, 100.0, &[1, 1, 1], &Packet::new());
    assert_eq!(verdict(&history.observe()), "per-flow");
    // One switch between living tunnels is neither a move nor too many.
    spray(&mut history, 110.0, &[2, 2], &Packet::new());
    history.tick(200.0);
    assert_eq!(verdict(&history.observe()), "per-flow");
}

#[test]
fn four_switches_in_twenty_packets_are_per_packet() {
    let packet = Packet::new();
    for (interfaces, expected) in [
        (vec![1, 2, 1, 2], "per-flow"), // three
        (vec![1, 2, 1, 2, 1], "per-packet"),
        // The switches are at the second, third, fourth and n-th packet; the window ends with the last of them.
        ([vec![1, 2, 1], vec![2; 17], vec![1]].concat(), "per-packet"), // packets 2 to 21
        ([vec![1, 2, 1], vec![2; 18], vec![1]].concat(), "per-flow"),   // the first has left the window
    ] {
        let mut history = unruled();
        spray(&mut history, 100.0, &interfaces, &packet);
        assert_eq!(verdict(&history.observe()), expected, "{interfaces:?}");
    }
}

#[test]
fn directions_are_counted_apart() {
    let mut history = unruled();
    for (index, interface) in [1, 2, 1, 2].into_iter().enumerate() {
        let second = 100.0 + index as f64;
        history.down(second, care_of(interface), &Packet::new());
        history.up(second + 0.5, care_of(3 - interface), &Packet::new().back());
    }
    assert_eq!(verdict(&history.observe()), "per-flow"); // three and three
    history.up(110.0, care_of(2), &Packet::new().back());
    assert_eq!(verdict(&history.observe()), "per-packet");
}

#[test]
fn icmp_and_later_fragments_are_ignored() {
    let sprayed = [1, 2, 1, 2, 1, 2, 1];
    for (packet, expected) in [
        (Packet::new().protocol(1), "per-flow"),
        (Packet::new().later_fragment(), "per-flow"),
        (Packet::new().protocol(50), "per-packet"),
    ] {
        let mut history = unruled();
        spray(&mut history, 100.0, &sprayed, &packet);
        assert_eq!(verdict(&history.observe()), expected, "{packet:?}");
    }
}

#[test]
fn a_switch_across_an_accepted_exchange_does_not_count() {
    let mut history = unruled();
    spray(&mut history, 100.0, &[1, 2, 1, 2], &Packet::new());
    history.accepted(101.0, &Ask::bid(1, 3).lifetime(1000)); // a mere refresh
    spray(&mut history, 102.0, &[1], &Packet::new());
    assert_eq!(verdict(&history.observe()), "per-flow");
    spray(&mut history, 103.0, &[2], &Packet::new());
    assert_eq!(verdict(&history.observe()), "per-packet");

    let mut history = unruled();
    spray(&mut history, 100.0, &[1, 2, 1, 2], &Packet::new());
    history.answered(101.0, &Ask::bid(1, 3), 129); // a denied one is not accepted
    spray(&mut history, 102.0, &[1], &Packet::new());
    assert_eq!(verdict(&history.observe()), "per-packet");
}

#[test]
fn only_tunnels_of_living_bindings_count() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).lifetime(10));
    history.accepted(2.0, &Ask::bid(2, 2).lifetime(1000));
    spray(&mut history, 100.0, &[1, 2, 1, 2, 1, 2, 1], &Packet::new());
    assert_eq!(verdict(&history.observe()), "moved");
}

#[test]
fn per_packet_comes_before_conforms_and_moved() {
    let mut history = unruled();
    spray(&mut history, 100.0, &[1, 2, 1, 2, 1], &Packet::new());
    history.accepted(200.0, &Ask::bid(1, 3).lifetime(0));
    spray(&mut history, 210.0, &[2], &Packet::new());
    assert_eq!(verdict(&history.observe()), "per-packet");
    history.accepted(220.0, &Ask::bid(2, 4).lifetime(1000).forward(&[2], "any"));
    spray(&mut history, 230.0, &[2], &Packet::new());
    assert_eq!(verdict(&history.observe()), "per-packet");
}

#[test]
fn it_moved_when_its_tunnel_ended() {
    type Ending = fn(&mut History) -> u64;
    let endings: [Ending; 4] = [
        |history| history.accepted(200.0, &Ask::bid(1, 3).lifetime(0)),
        |history| history.accepted(200.0, &Ask::bid(2, 3).lifetime(1000).overwrite()),
        |history| history.accepted(200.0, &Ask::bid(1, 3).lifetime(1000).at(care_of(9))),
        |history| history.tick(1001.5), // expired at 1001 s
    ];
    for (index, ending) in endings.into_iter().enumerate() {
        let mut history = unruled();
        spray(&mut history, 100.0, &[1, 1], &Packet::new());
        ending(&mut history);
        spray(&mut history, 1001.6, &[2, 2], &Packet::new());
        assert_eq!(verdict(&history.observe()), "moved", "{index}");
    }
}

#[test]
fn it_moved_although_the_data_was_seen_before_the_reply() {
    for (left, expected) in
        [(199.5, "moved"), (199.0, "moved"), (199.0 - 10.0 * NANOSECOND, "per-flow"), (150.0, "per-flow")]
    {
        let mut history = unruled();
        spray(&mut history, 100.0, &[1, 1], &Packet::new());
        history.down(left, care_of(2), &Packet::new());
        history.accepted(200.0, &Ask::bid(1, 3).lifetime(0));
        history.down(210.0, care_of(2), &Packet::new());
        assert_eq!(verdict(&history.observe()), expected, "{left}");
    }
}

#[test]
fn it_moved_in_whatever_direction() {
    let mut history = unruled();
    history.down(100.0, care_of(1), &Packet::new());
    history.accepted(200.0, &Ask::bid(1, 3).lifetime(0));
    history.up(210.0, care_of(2), &Packet::new().back());
    assert_eq!(verdict(&history.observe()), "moved");
}

#[test]
fn staying_in_a_tunnel_that_ended_is_no_move() {
    let mut history = unruled();
    history.down(100.0, care_of(1), &Packet::new());
    history.accepted(200.0, &Ask::bid(1, 3).lifetime(0));
    history.down(210.0, care_of(1), &Packet::new());
    assert_eq!(verdict(&history.observe()), "per-flow");
    assert_eq!(history.observe().nodes().next().unwrap().home_address, Some(NODE));
}

#[test]
fn once_ruled_it_conforms_though_the_policy_is_gone() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[1], "any"));
    history.down(100.0, care_of(1), &Packet::new());
    history.accepted(200.0, &Ask::bid(1, 2).lifetime(0));
    history.down(210.0, care_of(1), &Packet::new());
    assert_eq!(flows(&history.observe()), ["- - conforms [1 2/256 0/0]"]);
}

/// The home agent has the last word, each time the same; that the node asks for something else changes nothing.
#[test]
fn what_is_asked_and_taken_back_in_one_exchange_is_no_change() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(2, 1));
    for round in 0..10u8 {
        let second = 2.0 + 1.5 * f64::from(round);
        let ask = Ask::bid(1, 2 + u64::from(round)).forward(&[1], "dport 80");
        history.ask(second, &ask);
        history.answer(second + 0.02, &ask.answer(0).forward(&[2], "dport 80"));
        history.down(second + 0.75, care_of(1), &Packet::new().ports(9, 80));
    }
    let observer = history.observe();
    assert_eq!(verdict(&observer), "strays");
    let rule = &node(&observer, NODE).policy().rules()[0];
    assert_eq!((rule.bids(), rule.frame), ([2].as_slice(), 4));
}

/// The filler of a DROP means nothing.
#[test]
fn another_filler_is_no_change() {
    let drop = |filler: u8, identification: u64| {
        let selector = selector_octets("dport 80");
        Ask::bid(1, identification).rule(Action::Drop, &[filler], 1, &selector)
    };
    let mut history = History::new();
    history.accepted(1.0, &drop(255, 1));
    history.accepted(10.0, &drop(1, 2));
    history.down(10.5, care_of(1), &Packet::new().ports(9, 80));
    let observer = history.observe();
    assert_eq!(verdict(&observer), "leaks");
    assert_eq!(node(&observer, NODE).policy().rules()[0].bids(), [1]);
}

/// A tunnel is a home agent, a care-of address and an encapsulation: under another BID it is still the same way.
#[test]
fn a_flow_that_goes_to_the_same_end_has_not_moved() {
    let here = |ask: Ask| ask.at(care_of(1));
    let others: [(Ask, &str); 4] = [
        (Ask::bid(1, 2), "per-flow"),
        (here(Ask::bid(2, 2)).overwrite(), "per-flow"),
        (here(Ask::bid(2, 2)).overwrite().flags(0x28), "moved"), // G
        (Ask::bid(2, 2).overwrite(), "moved"),
    ];
    for (other, expected) in others {
        let mut history = History::new();
        history.accepted(1.0, &Ask::plain(1, 1));
        history.down(5.0, care_of(1), &Packet::new());
        history.accepted(10.0, &other);
        let inner = Packet::new().octets();
        let is_gre = other.flags & 0x08 != 0;
        let wrapped = if is_gre {
            gre(HOME_AGENT, other.care_of_address, None, &inner)
        } else {
            ip_in_ip(HOME_AGENT, other.care_of_address, &inner)
        };
        history.packet(15.0, wrapped);
        history.tick(20.0);
        assert_eq!(verdict(&history.observe()), expected);
    }
}

/// Two tunnels with the same ends are two where their encapsulation tells which of them a packet is in.
#[test]
fn a_packet_strays_in_the_other_encapsulation_of_two_at_the_same_end() {
    let foreign_agent = Ipv4Addr::new(192, 0, 2, 200);
    let inner = Packet::new().octets();
    let wrapped = [
        (gre(HOME_AGENT, foreign_agent, None, &inner), "strays"),
        (ip_in_ip(HOME_AGENT, foreign_agent, &inner), "conforms"),
        // Neither has it.
        (minimal(HOME_AGENT, foreign_agent, &inner), "conforms"),
    ];
    for (packet, expected) in wrapped {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1).flags(0x08).at(foreign_agent)); // G
        history.accepted(2.0, &Ask::bid(2, 2).flags(0).at(foreign_agent).forward(&[2], "any"));
        history.packet(10.0, packet);
        history.tick(20.0);
        assert_eq!(verdict(&history.observe()), expected);
    }
}

/// The former end of a binding that left a NAT, and its tunnel in UDP, is not where it ends now.
#[test]
fn a_packet_strays_in_the_tunnel_that_its_binding_had_before() {
    let nat = SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 99), 50_000);
    let inside = Ask::bid(1, 1).from(nat).udp_tunnel().forward(&[1], "any");
    for (leaves, expected) in [(false, "conforms"), (true, "strays")] {
        let mut history = History::new();
        history.ask(0.9, &inside);
        history.answer(1.0, &inside.answer(0).udp_tunnel(0));
        if leaves {
            history.accepted(5.0, &Ask::bid(1, 2));
        }
        history.packet(15.0, udp_tunnel(SocketAddrV4::new(HOME_AGENT, 434), nat, &Packet::new().octets()));
        history.tick(20.0);
        assert_eq!(verdict(&history.observe()), expected);
    }
}
