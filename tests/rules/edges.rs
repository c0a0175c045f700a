//! Rules at edges that cannot be reached without breaking another must-rule, so that no pair can show them.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::state;
use mipflow::time::Precision;

use crate::history::{CORRESPONDENT, HOME_AGENT, NODE, Packet, care_of, ipv4, minimal_header, moment, udp};
use crate::scene::{
    Registration, Scene, flow_binding, forward, long, multipath, multipath_with, short, timestamp,
    udp_to_port,
};
use crate::{findings, judged_by};

/// BID 1 lives for 10 s with a rule for it; a minute after the policy has ended with it, BID 2 comes with the same rule,
/// which finds no binding, and BID 3, which goes again.
fn again(scene: &mut Scene) {
    let rule = || forward(&[1], &udp_to_port(5060));
    scene.exchange(0.0, &Registration { lifetime: 10, ..Registration::request(1) }.with(rule()), 0);
    scene.exchange(70.0, &Registration::request(2).with(rule()), 0);
    scene.exchange(72.0, &Registration::request(3), 0);
    scene.exchange(74.0, &Registration { lifetime: 0, ..Registration::request(3) }, 0);
    scene.wait_until(80.0);
}

#[test]
fn a_rule_without_a_live_binding_is_told_of_each_policy() {
    assert_eq!(told("FB-017", again), [8]);
}

/// A request whose Multipath extension is one octet short, and so soon after it one with the same extension or with
/// none.
fn broken_and_again(scene: &mut Scene, broken_again: bool) {
    let broken = Registration::plain(1).with(long(154, 1, &[4, 1, 1]));
    scene.send(0.0, &broken);
    scene.send(0.5, &if broken_again { broken } else { Registration::plain(1) });
    scene.wait_until(15.0);
}

#[test]
fn a_multipath_extension_that_cannot_be_read_is_not_the_absence_of_one() {
    assert_eq!(told("REG-015", |scene: &mut Scene| broken_and_again(scene, true)), [2]);
    assert_eq!(told("REG-017", |scene: &mut Scene| broken_and_again(scene, true)), [2]);
    assert_eq!(told("REG-015", |scene: &mut Scene| broken_and_again(scene, false)), [0; 0]);
    assert_eq!(told("REG-017", |scene: &mut Scene| broken_and_again(scene, false)), [1, 2]);
}

/// The selector "any", and one whose flags tell of the end of a protocol range (N) that is not there (TS-005).
const ANY: [u8; 4] = [0, 0, 0, 0];
const CUT_SHORT: [u8; 4] = [0, 0x04, 0, 0];

/// The request has one rule, the reply another with another list.
fn supplied(scene: &mut Scene, asked: &[u8], answered: &[u8]) {
    let sent = scene.send(0.0, &Registration::request(1).with(forward(&[1], asked)));
    scene.send(0.02, &sent.reply(0).with(forward(&[1, 1], answered)));
}

#[test]
fn a_selector_that_is_cut_short_is_like_no_other() {
    assert_eq!(told("EXCH-013", |scene: &mut Scene| supplied(scene, &ANY, &ANY)), [2]);
    assert_eq!(told("EXCH-013", |scene: &mut Scene| supplied(scene, &CUT_SHORT, &ANY)), [0; 0]);
    assert_eq!(told("EXCH-013", |scene: &mut Scene| supplied(scene, &ANY, &CUT_SHORT)), [0; 0]);
    assert_eq!(told("EXCH-013", |scene: &mut Scene| supplied(scene, &CUT_SHORT, &CUT_SHORT)), [0; 0]);
}

/// The request says these lists for one selector, the reply each of those.
fn says(scene: &mut Scene, asked: &[&[u8]], answered: &[&[u8]]) {
    let with = |registration: Registration, lists: &[&[u8]]| {
        lists.iter().fold(registration, |registration, bids| registration.with(forward(bids, &ANY)))
    };
    let sent = scene.send(0.0, &with(Registration::request(1), asked));
    scene.send(0.02, &with(sent.reply(0), answered));
}

#[test]
fn of_several_rules_with_one_selector_any_can_be_contradicted() {
    let contradicted = |asked: &[&[u8]], answered: &[&[u8]]| {
        told("EXCH-013", |scene: &mut Scene| says(scene, asked, answered)) == [2]
    };
    let (one, twice, thrice): (&[u8], &[u8], &[u8]) = (&[1], &[1, 1], &[1, 1, 1]);
    assert!(!contradicted(&[one, one, one], &[one, one]));
    assert!(contradicted(&[one, one, twice], &[one]));
    assert!(contradicted(&[one, twice, thrice], &[thrice]));
    assert!(contradicted(&[one, one], &[one, twice]));
}

#[test]
fn a_selector_that_is_cut_short_stands_for_no_rule_in_force() {
    let then = |scene: &mut Scene, selector: &[u8]| {
        scene.exchange(0.0, &Registration::request(1).with(forward(&[1], &ANY)), 0);
        scene.exchange(5.0, &Registration::request(1).with(forward(&[1], selector)), 0);
    };
    assert_eq!(told("FB-014", |scene: &mut Scene| then(scene, &ANY)), [0; 0]);
    assert_eq!(told("FB-014", |scene: &mut Scene| then(scene, &CUT_SHORT)), [3]);
}

/// A request with this extension is accepted, and the reply says nothing of mobile networks.
fn network_accepted(scene: &mut Scene, extension: Vec<u8>) {
    scene.exchange(0.0, &Registration::request(1).with(extension), 0);
}

#[test]
fn a_network_that_is_asked_for_badly_is_asked_for() {
    // Sub-Type 0, Prefix Length 24, the prefix, and one octet too many; then one that answers.
    let long_one = || short(148, &[0, 24, 10, 50, 1, 0, 0x78]);
    let answer = || short(148, &[1, 0, 24, 0, 10, 50, 1, 0]);
    assert_eq!(told("NEMO-003", |scene: &mut Scene| network_accepted(scene, long_one())), [2]);
    assert_eq!(told("NEMO-003", |scene: &mut Scene| network_accepted(scene, answer())), [0; 0]);
}

/// The home agent refuses multipath, a foreign agent gives up on another request by itself, a third is accepted.
fn refused_and_given_up(scene: &mut Scene) {
    let relayed = Registration::relayed(1).with(multipath(1));
    scene.exchange(0.0, &relayed, 152);
    let at_node = Registration { identification: Some(timestamp(2.0)), ..relayed.to_foreign_agent() };
    let sent = scene.send(2.0, &at_node);
    scene.send(2.05, &Registration { key: None, ..sent.reply(78) });
    scene.exchange(4.0, &relayed, 0);
}

#[test]
fn what_a_foreign_agent_says_by_itself_is_not_the_home_agents_last_word() {
    assert_eq!(told("EXCH-002", refused_and_given_up), [6]);
}

/// A reply with a rule for IPv6; its request asks for a prefix in an extension whose Length is one short.
fn asked_badly(scene: &mut Scene) {
    let request = Registration::request(1).with(short(152, &[&[1, 48][..], &[0x20; 15]].concat()));
    with_ipv6(scene, &request);
}

/// The same where no prefix is asked for.
fn not_asked(scene: &mut Scene) {
    with_ipv6(scene, &Registration::request(1));
}

fn with_ipv6(scene: &mut Scene, request: &Registration) {
    // Letter O, the next header: UDP.
    let rule = flow_binding(1, &[1], 2, &[0, 2, 0, 0, 17]);
    let sent = scene.send(0.0, request);
    scene.send(0.02, &sent.reply(0).with(rule));
}

#[test]
fn a_prefix_that_is_asked_for_badly_is_asked_for() {
    assert_eq!(told("FB-010", asked_badly), [0; 0]);
    assert_eq!(told("FB-010", not_asked), [2]);
}

/// BID 1 for 100 s, the first choice of a rule; then BID 3 for 50 s and BID 2, the second choice, for as long as ever.
#[test]
fn one_expiry_is_told_once() {
    let expires = |scene: &mut Scene| {
        let first = Registration { lifetime: 100, ..Registration::request(1) };
        scene.exchange(0.0, &first.with(forward(&[1, 2], &udp_to_port(5060))), 0);
        scene.exchange(1.0, &Registration { lifetime: 50, ..Registration::request(3) }, 0);
        scene.exchange(2.0, &Registration::request(2), 0);
        scene.wait_until(250.0);
    };
    assert_eq!(told("FB-016", expires), [2]);
}

/// A request of a node with a co-located care-of address, from a foreign agent's address to the home agent; a quarter
/// of a minute before, where `seen` says so, the node sent it to the foreign agent.
fn late_relay(scene: &mut Scene, request: &Registration, seen: bool) {
    let foreign_agent = SocketAddrV4::new(care_of(9), 434);
    let request = Registration { identification: Some(timestamp(0.0)), ..request.clone() };
    if seen {
        scene.send(0.0, &Registration { destination: foreign_agent, ttl: 255, ..request.clone() });
    }
    scene.wait_until(14.0);
    scene.send(15.0, &Registration { source: foreign_agent, ..request });
}

#[test]
fn a_request_that_is_relayed_late_was_not_sent_from_elsewhere() {
    let multipath = |seen| move |scene: &mut Scene| late_relay(scene, &Registration::request(1), seen);
    let plain = |seen| move |scene: &mut Scene| late_relay(scene, &Registration::plain(1), seen);
    assert_eq!(told("MP-024", multipath(true)), [0; 0]);
    assert_eq!(told("MP-024", multipath(false)), [2]);
    assert_eq!(told("REG-019", plain(true)), [0; 0]);
    assert_eq!(told("REG-019", plain(false)), [2]);
}

/// Tunnel data with a minimal forwarding header, in two fragments; one bit of the header changed where `wrong` says so.
fn fragmented_tunnel_data(scene: &mut Scene, wrong: bool) {
    let behind_nat = SocketAddrV4::new(care_of(3), 5000);
    let agent = SocketAddrV4::new(HOME_AGENT, 434);
    let request = Registration { source: behind_nat, ..Registration::request(3) };
    // UDP Tunnel Request with encapsulation 55, and the reply that grants it.
    let sent = scene.send(0.0, &request.with(short(144, &[0, 0, 0, 55, 0, 0])));
    scene.send(0.02, &sent.reply(0).with(short(44, &[0, 0, 0, 0, 0, 110])));
    let mut header = minimal_header(&Packet::new().octets(), false);
    header[1] ^= u8::from(wrong);
    let data = [&[4, 55, 0, 0], &header[..], &[0x5a; 40]].concat();
    let whole = udp(agent, behind_nat, &data);
    let (front, back) = whole[20..].split_at(24);
    for (offset, more, part) in [(0u8, 0x20, front), (3, 0, back)] {
        let mut fragment = ipv4(HOME_AGENT, care_of(3), 17, part);
        fragment[4..6].copy_from_slice(&[0x12, 0x34]);
        (fragment[6], fragment[7]) = (more, offset);
        scene.history.raw(moment(5.0 + f64::from(offset) / 100.0), fragment);
    }
}

#[test]
fn a_minimal_header_in_fragments_of_tunnel_data_is_judged_with_the_last_one() {
    assert_eq!(told("TUN-023", |scene: &mut Scene| fragmented_tunnel_data(scene, true)), [4]);
    assert_eq!(told("TUN-023", |scene: &mut Scene| fragmented_tunnel_data(scene, false)), [0; 0]);
}

/// So many nodes at one foreign agent, the last of which asked for broadcasts, nested; then a broadcast, as it is.
fn crowd(scene: &mut Scene, count: u16, last: u8) {
    for number in 0..count {
        let [high, low] = number.to_be_bytes();
        let octet = if number + 1 == count { last } else { 0x02 };
        let request =
            Registration { home_address: Ipv4Addr::new(10, 1, high, low), octet, ..Registration::relayed(1) };
        scene.exchange(f64::from(number) / 10.0, &request, 0);
    }
    scene.history.down(200.0, care_of(1), &Packet::new().to(Ipv4Addr::BROADCAST));
}

#[test]
fn a_broadcast_to_more_nodes_than_are_remembered_is_not_judged() {
    // B, D and T. Where a node is missing it may be the one that asked.
    let asked = 0x62;
    assert_eq!(told("TUN-014", |scene: &mut Scene| crowd(scene, 1_000, asked)), [0; 0]);
    assert_eq!(told("TUN-014", |scene: &mut Scene| crowd(scene, 1_000, 0x02)), [2_001]);
    assert_eq!(told("TUN-014", |scene: &mut Scene| crowd(scene, 1_100, asked)), [0; 0]);
}

#[test]
fn those_that_went_make_room_for_others() {
    let gone = |scene: &mut Scene| {
        for number in 0..1_100u16 {
            let [high, low] = number.to_be_bytes();
            let home_address = Ipv4Addr::new(10, 2, high, low);
            let request = Registration { home_address, lifetime: 5, ..Registration::relayed(1) };
            scene.exchange(-1_000.0 + f64::from(number) / 10.0, &request, 0);
        }
        crowd(scene, 10, 0x02);
    };
    assert_eq!(told("TUN-014", gone), [2_221]);
}

/// A refused request without Type 32 that has a Type 36 of this Sub-Type, before or behind this extension. That Type 36
/// has no Type 32 before it is another matter (AUTH-010).
fn with_generalized(scene: &mut Scene, subtype: u8, extension: Vec<u8>, is_behind: bool) {
    // SPI 0x2222, for which there is no key.
    let generalized = long(36, subtype, &[&[0, 0, 0x22, 0x22][..], &[9; 16]].concat());
    let extensions = if is_behind { vec![generalized, extension] } else { vec![extension, generalized] };
    scene.exchange(0.0, &Registration { key: None, extensions, ..Registration::plain(1) }, 134);
}

#[test]
fn where_there_is_no_type_32_the_first_generalized_authenticator_stands_for_it() {
    for (rule, extension) in [("MP-005", multipath(1)), ("FB-006", forward(&[1], &udp_to_port(5060)))] {
        let with = |subtype, is_behind| {
            let extension = extension.clone();
            move |scene: &mut Scene| with_generalized(scene, subtype, extension.clone(), is_behind)
        };
        assert_eq!(told(rule, with(1, true)), [1]);
        assert_eq!(told(rule, with(1, false)), [0; 0]);
        assert_eq!(told("MP-006", with(1, true)), [0; 0]);
        assert_eq!(told("MP-006", with(1, false)), [0; 0]);
        // Sub-Type 2 is for a foreign agent: it authorizes nothing (AUTH-001).
        assert_eq!(told(rule, with(2, true)), [0; 0]);
        assert_eq!(told("MP-006", with(2, true)), [1]);
    }
}

/// A request with nothing but its fixed part: it is not authorized (AUTH-001), and it is no runt.
#[test]
fn a_request_of_24_octets_has_its_fixed_part() {
    let bare = |octets: usize| {
        move |scene: &mut Scene| {
            let request = Registration { identification: Some(timestamp(0.0)), ..Registration::plain(1) };
            let payload = request.payload();
            scene.datagram(0.0, &request, &payload[..octets]);
        }
    };
    assert_eq!(told("EXT-002", bare(24)), [0; 0]);
    assert_eq!(told("AUTH-001", bare(24)), [1]);
    assert_eq!(told("EXT-002", bare(23)), [1]);
    assert_eq!(told("AUTH-001", bare(23)), [0; 0]);
}

/// Type 154 whose second octet, as an 8-bit Length, is 4 or 5, followed by enough octets for any reading: of 5 it is
/// the short layout, of 4 it is a Sub-Type that nobody knows, with a 16-bit Length of 260.
#[test]
fn the_short_layout_has_a_length_of_5_at_least() {
    let with_second = |octet: u8| {
        move |scene: &mut Scene| {
            let extension = [&[154, octet, 1, 4][..], &[0; 260]].concat();
            scene.exchange(0.0, &Registration::plain(1).with(extension), 134);
        }
    };
    assert_eq!((told("EXT-005", with_second(5)), told("MP-002", with_second(5))), (vec![1], vec![]));
    assert_eq!((told("EXT-005", with_second(4)), told("MP-002", with_second(4))), (vec![], vec![1]));
    // With nothing behind it, Length 4 leads out of the datagram.
    let cut = |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::plain(1).with_after(vec![154, 4, 1, 4, 1, 1]), 134);
    };
    assert_eq!((told("EXT-005", cut), told("EXT-001", cut)), (vec![], vec![1]));
}

/// The frames on which a rule fires.
pub fn told(rule: &str, build: impl Fn(&mut Scene)) -> Vec<u64> {
    let found = findings(build, true);
    found.iter().filter(|finding| finding.rule.id == rule).map(|finding| finding.place.frame).collect()
}

#[test]
fn a_binding_that_expires_in_use_is_told_with_a_packet_not_with_the_last_one() {
    // Accepted at 0.02 s for 100 s, so that it expires at 100.02 s.
    let found = findings(
        |scene: &mut Scene| {
            scene.exchange(0.0, &Registration { lifetime: 100, ..Registration::request(1) }, 0);
            for seconds in [50.02, 55.02] {
                scene.history.up(seconds, care_of(1), &Packet::new().from(NODE).to(CORRESPONDENT));
            }
            scene.wait_until(150.0);
        },
        true,
    );
    let told: Vec<_> = found
        .iter()
        .filter(|finding| finding.rule.id == "REG-018")
        .map(|finding| finding.message.to_string())
        .collect();
    let [told] = &told[..] else { panic!("{told:?}") };
    // Packets like one that was looked at are not looked at one by one.
    let of_packets = ["50 s", "45 s"].map(|time| {
        format!(
            "BID 1 at 192.0.2.1 expired 100 s after this reply, and a packet used it {time} before its end; the node should \
             register again in time (RFC 5944 §3.6.2.2)"
        )
    });
    assert!(of_packets.iter().any(|wanted| wanted == told), "{told}");
}

#[test]
fn a_binding_that_expires_after_a_bulk_renewal_is_told_with_its_reply() {
    let mut scene = Scene::default();
    scene.exchange(0.0, &Registration { lifetime: 300, ..Registration::request(1) }, 0);
    // BID 2 gives all 100 s from 50.02 s on.
    let bulk = Registration { lifetime: 100, ..Registration::plain(2) }.with(multipath_with(4, 2, 2, 0x80));
    scene.exchange(50.0, &bulk, 0);
    scene.history.up(140.02, care_of(1), &Packet::new().from(NODE).to(CORRESPONDENT));
    scene.wait_until(200.0);
    // The renewal was captured by another interface.
    let precision = |frame| if frame < 3 { Precision::MICROSECONDS } else { Precision::NANOSECONDS };
    let found = judged_by(&scene, true, state::Options::default(), precision);
    let told: Vec<_> = found
        .iter()
        .filter(|finding| finding.rule.id == "REG-018")
        .map(|finding| (finding.place.frame, finding.place.precision, finding.message.to_string()))
        .collect();
    let message = "BID 1 at 192.0.2.1 expired 100 s after this reply, and a packet used it 10 s before its end; the node \
                   should register again in time (RFC 5944 §3.6.2.2)";
    assert_eq!(told, [(4, Precision::NANOSECONDS, message.to_owned())]);
}
