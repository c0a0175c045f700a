//! Fragments of IPv4: which of them are put together, and what is told of those that are not.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod program;

use std::fs;

use program::capture::{RAW, datagram, hexadecimal, pcap, request};
use program::shown;
use serde_json::{Value, json};

/// What `mipflow` prints of these packets, each at so many milliseconds.
fn printed(packets: &[(u32, Vec<u8>)], arguments: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("capture.pcap");
    let frames: Vec<Vec<u8>> = packets.iter().map(|(_, packet)| packet.clone()).collect();
    let mut octets = pcap(RAW, &frames);
    let mut record = 24;
    for (milliseconds, packet) in packets {
        let time = [1_717_236_000 + milliseconds / 1000, milliseconds % 1000 * 1000];
        octets[record..record + 8].copy_from_slice(&time.map(u32::to_le_bytes).concat());
        record += 16 + packet.len();
    }
    fs::write(&path, octets).unwrap();
    shown(&format!("decode {arguments} {}", path.display()))
}

/// The messages among these packets, and the number of fragments that were given up.
fn read(packets: &[(u32, Vec<u8>)]) -> (usize, Value) {
    let document: Value = serde_json::from_str(&printed(packets, "--show messages --format json")).unwrap();
    (document["messages"].as_array().unwrap().len(), document["capture"]["evicted"]["fragments"].clone())
}

/// How many fragments still wait for others at the end.
fn waiting(packets: &[(u32, Vec<u8>)]) -> u32 {
    let text = printed(packets, "--show stats");
    let line = text.lines().find_map(|line| line.trim().strip_prefix("still waiting"));
    line.map_or(0, |count| count.trim().parse().unwrap())
}

/// The octets from `start` to `end` of what an IPv4 packet carries, as a fragment.
fn fragment(packet: &[u8], start: usize, end: usize) -> Vec<u8> {
    let mut part = [&packet[..20], &packet[20 + start..20 + end]].concat();
    let more = if 20 + end < packet.len() { 0x2000 } else { 0 };
    let length = u16::try_from(part.len()).unwrap();
    part[2..4].copy_from_slice(&length.to_be_bytes());
    part[6..8].copy_from_slice(&(u16::try_from(start / 8).unwrap() | more).to_be_bytes());
    part
}

/// A packet whose payload has 32 octets, as two fragments of 16.
fn halves(packet: &[u8]) -> [Vec<u8>; 2] {
    [fragment(packet, 0, 16), fragment(packet, 16, packet.len() - 20)]
}

/// A Registration Request to this port, in the two fragments of a datagram of this identification.
fn request_to(port: u16, identification: u8) -> [Vec<u8>; 2] {
    let mut packet = datagram(40_000, port, &request(&[]));
    packet[5] = identification;
    halves(&packet)
}

#[test]
fn datagrams_of_one_number_are_told_apart_by_their_protocol() {
    let packet = datagram(40_000, 434, &request(&[]));
    // IP in IP between the same addresses, with the same identification: an empty datagram and four octets.
    let inner = datagram(7, 7, &[0; 4]);
    let mut tunnel = [&packet[..20], &inner].concat();
    tunnel[3] = 52;
    tunnel[9] = 4;
    let ([first, last], [tunnel_first, tunnel_last]) = (halves(&packet), halves(&tunnel));
    let packets = [(0, first), (1, tunnel_first), (2, last), (3, tunnel_last)];
    assert_eq!(read(&packets), (1, json!(0)));
    assert_eq!(waiting(&packets), 0);
}

#[test]
fn two_fragments_that_both_end_the_datagram_refuse_it() {
    // 40 octets of payload: an extension of 8 octets behind the request.
    let packet = datagram(40_000, 434, &request(&hexadecimal("9a01000408030100")));
    let [first, last] = [fragment(&packet, 0, 16), fragment(&packet, 24, 40)];
    let mut between = fragment(&packet, 16, 24);
    // As it is, all three are the request.
    let whole = |between: &Vec<u8>| [(0, last.clone()), (1, between.clone()), (2, first.clone())];
    assert_eq!(read(&whole(&between)), (1, json!(0)));
    // It ends the datagram where other octets of it follow.
    between[6] = 0;
    assert_eq!(read(&whole(&between)), (0, json!(1)));
}

#[test]
fn ours_that_takes_the_number_of_another_has_all_its_time() {
    let [foreign, _] = request_to(53, 7);
    let [first, last] = request_to(434, 7);
    assert_eq!(read(&[(0, foreign), (100, first), (2100, last)]), (1, json!(0)));
}

#[test]
fn copies_of_a_datagram_that_took_its_time_do_not_wait() {
    // The last fragment comes after ten seconds, and once more at once.
    let [first, last] = request_to(434, 7);
    let packets = [(0, first), (10_000, last.clone()), (10_100, last)];
    assert_eq!(read(&packets), (1, json!(0)));
    assert_eq!(waiting(&packets), 0);
}

#[test]
fn nothing_is_missing_where_a_copy_stays_incomplete() {
    // A span port saw the first fragment twice, and the second once. Then others come, of which half is there.
    let [first, last] = request_to(434, 7);
    let [other, _] = request_to(434, 8);
    let complete = [(0, first.clone()), (100, last), (200, first)];
    assert_eq!((read(&complete), waiting(&complete)), ((1, json!(0)), 0));
    // While the copy is there, and after it was given up.
    for second in [300, 2000] {
        let packets: Vec<_> = complete.iter().cloned().chain([(second, other.clone())]).collect();
        assert_eq!((read(&packets), waiting(&packets)), ((1, json!(0)), 1), "{second}");
    }
}

#[test]
fn each_datagram_that_is_put_together_is_itself() {
    let of = |source: u16| {
        let mut packet = datagram(source, 434, &request(&[]));
        packet[5] = u8::try_from(source - 1000).unwrap();
        halves(&packet)
    };
    let ([first, last], [other_first, other_last]) = (of(1001), of(1002));
    let packets = [(0, first), (1, other_first), (2, other_last), (3, last)];
    let document: Value = serde_json::from_str(&printed(&packets, "--show messages --format json")).unwrap();
    let sources = [0, 1].map(|index| document["messages"][index]["source"].clone());
    assert_eq!(sources, ["192.0.2.10:1002", "192.0.2.10:1001"]);
    assert_eq!(document["messages"].as_array().unwrap().len(), 2);
}

#[test]
fn what_waited_too_long_is_given_up_when_another_fragment_comes() {
    // 30 seconds is the longest; 31 later all that came at the beginning is given up, and the third waits.
    let [a, b, c] = [1, 2, 3].map(|identification| request_to(434, identification)[0].clone());
    for (last, given_up, left) in [(30_000, 0, 3), (31_000, 2, 1)] {
        let packets = [(0, a.clone()), (500, b.clone()), (last, c.clone())];
        assert_eq!((read(&packets), waiting(&packets)), ((0, json!(given_up)), left));
    }
}
