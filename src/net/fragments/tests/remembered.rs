//! What is remembered of a datagram once its fragments are collected no more.

use super::*;

#[test]
fn foreign_ports_let_the_rest_pass_until_ours_appear() {
    let mut foreign = RRQ_IPV4;
    foreign[22..24].copy_from_slice(&[0, 53]);
    let parts = pieces(&foreign, 8);
    let mut dissector = Dissector::new(&[434]);
    assert_eq!(dissector.dissect(&at(1, &parts[2])), Packet::Held(None));
    assert_eq!(dissector.dissect(&at(1, &parts[0])), Packet::Other);
    assert_eq!(dissector.counters().pending_fragments, 0);
    assert_eq!(dissector.dissect(&at(1, &parts[1])), Packet::Other);
    assert_eq!(dissector.dissect(&at(1, &parts[3])), Packet::Other);
    let ours = pieces(&RRQ_IPV4, 16);
    assert_eq!(dissector.dissect(&at(2, &ours[0])), Packet::Held(None));
    assert!(matches!(dissector.dissect(&at(2, &ours[1])), Packet::Datagram(_)));
    assert_eq!(dissector.counters(), Counters { fragments: 6, ..Counters::default() });
}

#[test]
fn the_oldest_foreign_one_is_forgotten_first() {
    let foreign = |identification| {
        let mut octets = renumbered(&RRQ_IPV4, identification);
        octets[22..24].copy_from_slice(&[0, 53]);
        pieces(&octets, 16)
    };
    let limits = FragmentLimits { datagrams: 3, ..FragmentLimits::default() };
    let mut dissector = Dissector::new(&[434]).with_limits(limits);
    // The first comes twice, so that the second is the oldest when there are four.
    for identification in [1, 2, 3, 1, 4] {
        assert_eq!(dissector.dissect(&at(1, &foreign(identification)[0])), Packet::Other);
    }
    // What is forgotten could be a message's.
    for (identification, found) in
        [(1, Packet::Other), (2, Packet::Held(None)), (3, Packet::Other), (4, Packet::Other)]
    {
        assert_eq!(dissector.dissect(&at(1, &foreign(identification)[1])), found, "{identification}");
    }
}

/// As a span port shows them: the copy of the last one comes when the datagram is complete already.
#[test]
fn a_copy_of_the_last_fragment_is_not_the_start_of_another_datagram() {
    let parts = pieces(&UDP_TUNNEL_IPIP, 24);
    let (last, others) = parts.split_last().unwrap();
    let mut dissector = Dissector::new(&[434]);
    for part in others.iter().chain(others) {
        assert_eq!(dissector.dissect(&at(1, part)), Packet::Held(None));
    }
    assert!(matches!(dissector.dissect(&at(1, last)), Packet::Datagram(_)));
    assert_eq!(dissector.dissect(&at(1, last)), Packet::Held(None));
    assert_eq!(dissector.counters().pending_fragments, 0);
    // Another datagram of that number: its last fragment is still to come.
    for part in others {
        assert_eq!(dissector.dissect(&at(3, part)), Packet::Held(None));
    }
    assert_eq!(dissector.counters().pending_fragments, others.len() as u64);
    assert_eq!(dissector.counters().evicted_fragments, 0);
}
