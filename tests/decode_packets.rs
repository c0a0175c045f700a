//! Packets whose headers leave something open: which of them are messages, and which cannot be read.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use std::fs;

use program::capture::{RAW, cut_pcap, datagram, hexadecimal, request};
use program::shown;
use serde_json::{Value, json};

const ETHERNET: u32 = 1;

/// Source and destination of the packets of IPv6.
const ADDRESSES: &str = "20010db8000000000000000000000001 20010db8000000000000000000000002";

/// What is read of these frames, each with the octets it had on its link.
fn document(link_type: u32, frames: &[(Vec<u8>, usize)]) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("capture.pcap");
    fs::write(&path, cut_pcap(link_type, frames)).unwrap();
    let text = shown(&format!("decode --show messages --format json {}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// What is read of frames that were captured whole.
fn read(link_type: u32, frames: &[Vec<u8>]) -> Value {
    let frames: Vec<_> = frames.iter().map(|frame| (frame.clone(), frame.len())).collect();
    document(link_type, &frames)
}

/// The one message, which has to be a whole request.
fn request_of(document: &Value) -> &Value {
    let [message] = &document["messages"].as_array().unwrap()[..] else { panic!("{document}") };
    let told = ["type", "care_of_address", "malformed", "truncated"].map(|key| message[key].clone());
    assert_eq!(told, [json!("rrq"), json!("192.0.2.10"), Value::Null, json!(false)], "{document}");
    message
}

/// The UDP datagram of an IPv4 packet without options in an IPv6 packet, behind these extension headers.
fn over_ipv6(packet: &[u8], first: u8, extension_headers: &[u8]) -> Vec<u8> {
    let payload = [extension_headers, &packet[20..]].concat();
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[0x60, 0, 0, 0, length[0], length[1], first, 64], &hexadecimal(ADDRESSES)[..], &payload].concat()
}

/// A frame of Ethernet.
fn ethernet(packet: &[u8]) -> Vec<u8> {
    [&hexadecimal("020000000002 020000000001 0800"), packet].concat()
}

#[test]
fn a_length_that_is_left_to_the_network_card_is_all_there_is() {
    let four = datagram(40_000, 434, &request(&[]));
    let six = over_ipv6(&four, 17, &[]);
    // Total Length of IPv4, and Payload Length of IPv6.
    for (mut packet, length) in [(four, 2..4), (six, 4..6)] {
        packet[length].fill(0);
        let document = read(RAW, &[packet]);
        request_of(&document);
        assert_eq!(document["capture"]["undecodable"], 0);
    }
}

#[test]
fn a_frame_that_says_it_was_shorter_than_it_is_was_not() {
    let four = datagram(40_000, 434, &request(&[]));
    let six = over_ipv6(&four, 17, &[]);
    for packet in [four, six] {
        for on_link in [0, 30, packet.len() - 1] {
            let document = document(RAW, &[(packet.clone(), on_link)]);
            request_of(&document);
            assert_eq!(document["capture"]["truncated"], 0);
        }
    }
}

#[test]
fn the_header_of_the_link_is_no_room_for_a_packet() {
    // Both lengths count the last two octets of a Multipath extension, which no link carried.
    let mut packet = datagram(40_000, 434, &request(&hexadecimal("9a0100040803")));
    packet[3] += 2;
    packet[25] += 2;
    let found = read(ETHERNET, &[ethernet(&packet)])["messages"][0].clone();
    assert_eq!(
        (&found["malformed"], &found["truncated"]),
        (&json!("extension 154 takes 8 octets and the datagram has 6 left (offset 24)"), &json!(false))
    );
}

#[test]
fn one_octet_that_no_link_carried_is_told() {
    let mut packet = datagram(40_000, 434, &request(&[]));
    packet[3] += 1;
    let frames = [(packet.clone(), packet.len())];
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("capture.pcap");
    fs::write(&path, cut_pcap(RAW, &frames)).unwrap();
    let text = shown(&format!("decode --show messages -v {}", path.display()));
    assert!(text.contains("[the IP length claims 1 octet that was not there]"), "{text}");
}

#[test]
fn a_capture_lasts_from_its_earliest_frame_to_its_latest() {
    // A second apart, but that the clock was ten seconds ahead at the first, which has no octet in its message.
    let frames = [&[][..], &request(&[])].map(|payload| datagram(40_000, 434, payload));
    let frames = frames.map(|frame| (frame.clone(), frame.len()));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("capture.pcap");
    let mut octets = cut_pcap(RAW, &frames);
    octets[24] += 10;
    fs::write(&path, octets).unwrap();
    let text = shown(&format!("decode --show stats --format json {}", path.display()));
    let capture = &serde_json::from_str::<Value>(&text).unwrap()["capture"];
    let told = ["first", "last", "clock_backwards"].map(|key| capture[key].clone());
    let [first, last] = ["2024-06-01T10:00:01.000000Z", "2024-06-01T10:00:10.000000Z"];
    assert_eq!(told, [json!(first), json!(last), json!(1)]);
    let text = shown(&format!("decode --show stats {}", path.display()));
    let counts = |line: &str| line.split_whitespace().eq(["1", "without", "any", "octet"]);
    assert!(text.lines().any(counts), "{text}");
}

#[test]
fn each_link_type_has_its_name() {
    for (number, name) in [
        (0, "NULL"),
        (1, "Ethernet"),
        (12, "RAW"),
        (14, "RAW"),
        (51, "PPPoE"),
        (101, "RAW"),
        (108, "NULL"),
        (113, "SLL"),
        (228, "IPV4"),
        (229, "IPV6"),
        (276, "SLL2"),
    ] {
        assert_eq!(read(number, &[])["capture"]["link_types"], json!([name]), "{number}");
    }
}

#[test]
fn ports_are_those_within_the_packet() {
    // The IP length ends the packet so many octets into its datagram; what stands behind it is padding of the link.
    let cut = |packet: &[u8], at: usize, fixed: usize, there: usize| {
        let mut packet = packet.to_vec();
        packet[at..at + 2].copy_from_slice(&u16::try_from(fixed + there).unwrap().to_be_bytes());
        packet
    };
    // Foreign ports make a packet that is none of ours even where the rest of their header is missing; without its ports
    // a datagram might be one, and cannot be read. With 8 octets it is a message without a single octet.
    for (port, messages, unread) in [(434, 1, 1..8), (5060, 0, 1..4)] {
        let four = datagram(40_000, port, &request(&[]));
        let six = over_ipv6(&four, 17, &[]);
        for frames in [
            (1..=8).map(|there| cut(&four, 2, 20, there)).collect(),
            (1..=8).map(|there| cut(&six, 4, 0, there)).collect::<Vec<_>>(),
        ] {
            let document = read(RAW, &frames);
            assert_eq!(document["messages"].as_array().unwrap().len(), messages, "port {port}");
            assert_eq!(document["capture"]["undecodable"], unread.len(), "port {port}");
        }
    }
}

#[test]
fn what_is_behind_extension_headers_is_ours_by_its_ports() {
    // Hop-by-hop options of 8 octets, then UDP; and a fragment header, of a first fragment and of one that is all.
    let [hop_by_hop, first_fragment, only_fragment] =
        ["11 00 01 04 00000000", "11 00 0001 00000007", "11 00 0000 00000007"].map(hexadecimal);
    for (port, is_ours) in [(434, true), (5060, false)] {
        let packet = datagram(40_000, port, &request(&[]));
        for (first, header) in [(0, &hop_by_hop), (44, &only_fragment)] {
            let document = read(RAW, &[over_ipv6(&packet, first, header)]);
            assert_eq!(document["capture"]["undecodable"], 0, "port {port}");
            if is_ours {
                assert_eq!(request_of(&document)["destination"], "[2001:db8::2]:434");
            } else {
                assert_eq!(document["messages"], json!([]), "port {port}");
            }
        }
        // Fragments of IPv6 are not put together: those of a message are told to be unreadable.
        let document = read(RAW, &[over_ipv6(&packet, 44, &first_fragment)]);
        assert_eq!(document["messages"], json!([]));
        assert_eq!(document["capture"]["undecodable"], u8::from(is_ours), "port {port}");
    }
}
