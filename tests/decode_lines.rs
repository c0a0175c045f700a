//! What is said of messages that no sample holds: in a line each, and in the tree.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use std::fs;

use program::capture::{RAW, cut_pcap, datagram, hexadecimal, pcap, request};
use program::shown;

/// What `decode --show messages` with these options prints of a capture.
fn decoded(capture: &[u8], options: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("capture.pcap");
    fs::write(&path, capture).unwrap();
    shown(&format!("decode --show messages {options} {}", path.display()))
}

/// What the line of a message from 192.0.2.10, port 40000, says after its endpoints.
fn line(message: &[u8]) -> String {
    let text = decoded(&pcap(RAW, &[datagram(40_000, 434, message)]), "");
    let line = text.lines().nth(1).unwrap();
    let (_, said) = line.split_once("198.51.100.1:434").unwrap();
    said.trim_start().to_owned()
}

/// The tree of the same.
fn tree(message: &[u8]) -> String {
    decoded(&pcap(RAW, &[datagram(40_000, 434, message)]), "-v")
}

/// A reply to the request of these tests that grants 600 s, with extensions.
fn reply(code: u8, extensions: &str) -> Vec<u8> {
    let mut octets = hexadecimal("030002580a010001c6336401ea056fa000000000");
    octets[1] = code;
    octets.extend(hexadecimal(extensions));
    octets
}

/// The request with these extensions, whose line begins with the fixed part.
fn asked(extensions: &str) -> String {
    let line = line(&request(&hexadecimal(extensions)));
    line.strip_prefix("RRQ  10.1.0.1 at 192.0.2.10 for 600 s [DT]").expect("the fixed part").to_owned()
}

#[test]
fn extensions_in_a_line() {
    for (extension, told) in [
        // Multipath (RFC 7629 §4.1): IF-ATT, IF-Label, BID, then B and O.
        ("9a01 0004 08 02 07 00", " · BID 7 E-UTRAN label 2"),
        ("9a01 0004 08 02 07 80", " · BID 7 E-UTRAN label 2 BULK"),
        ("9a01 0004 08 02 07 40", " · BID 7 E-UTRAN label 2 OVERWRITE"),
        ("9a01 0004 08 02 07 c0", " · BID 7 E-UTRAN label 2 BULK OVERWRITE"),
        ("9a01 0004 c8 02 07 00", " · BID 7 access 200 label 2"),
        // Flow-Binding (RFC 7629 §4.2): Action, BID Count, BIDs, TS Format, and for format 1 a selector of UDP.
        ("9a02 000a 01 02 07 09 01 00080000 11", " · forward 7,9: proto udp"),
        ("9a02 0009 00 01 ff 01 00080000 11", " · drop: proto udp"),
        ("9a02 0009 63 01 07 01 00080000 11", " · action 99 7: proto udp"),
        // The end of a range of source ports (flag H) without its start (G).
        ("9a02 000a 00 01 ff 01 01000000 03f2", " · drop: nothing (sport ?-1010)"),
        ("9a02 000b 01 01 07 01 01080000 03f2 11", " · forward 7: nothing (proto udp sport ?-1010)"),
        ("9a02 0006 01 01 07 fa abcd", " · forward 7: selector of format 250"),
        // UDP Tunnel Request (RFC 3519 §3.1.1), without and with F.
        ("9006 00 00 00 00 0000", " · UDP tunnel asked for"),
        ("9006 00 00 80 00 0000", " · UDP tunnel asked for, forced"),
        // Mobile Network Request (RFC 5177 §4.1.1).
        ("9406 00 1c cb0071e0", " · network 203.0.113.224/28"),
        // A NAI (RFC 2794 §3) with a tab in it, which would move the cursor.
        ("8303 610962", r" · a\tb"),
        // Of a type that nobody has assigned, 128 and above being skippable.
        ("c800", " · unknown extension 200"),
    ] {
        assert_eq!(asked(extension), told, "{extension}");
    }
}

#[test]
fn replies_in_a_line() {
    for (code, extension, told) in [
        (0, "", "accepted for 600 s"),
        (1, "", "accepted, simultaneous bindings unsupported (1) for 600 s"),
        (128, "", "denied 128 reason unspecified (home agent)"),
        // UDP Tunnel Reply (RFC 3519 §3.1.2): granted, and declined with 64; a keepalive each 110 s.
        (0, "2c06 00 00 0000 006e", "accepted for 600 s · UDP tunnel granted"),
        (0, "2c06 00 40 0000 006e", "accepted for 600 s · UDP tunnel declined"),
        // Mobile Network Acknowledgement (RFC 5177 §4.2) with a code it has not.
        (0, "9408 01 63 1c 00 cb0071e0", "accepted for 600 s · network 203.0.113.224/28 unassigned code"),
    ] {
        assert_eq!(line(&reply(code, extension)), format!("RRP  10.1.0.1 {told}"), "{code} {extension}");
    }
    let mut ends = reply(0, "");
    ends[2..4].copy_from_slice(&[0, 0]);
    assert_eq!(line(&ends), "RRP  10.1.0.1 accepted, de-registered");
    let mut never = reply(0, "");
    never[2..4].copy_from_slice(&[0xff, 0xff]);
    assert_eq!(line(&never), "RRP  10.1.0.1 accepted for ever");
}

/// An IPv4 packet of 28 octets from 203.0.113.7 to 10.1.0.1, which claims `length`.
fn inner(protocol: u8, length: u16) -> Vec<u8> {
    let mut octets = hexadecimal("4500 0000 0000 0000 40 00 0000 cb007107 0a010001 1388 1389 0008 0000");
    octets[2..4].copy_from_slice(&length.to_be_bytes());
    octets[9] = protocol;
    octets
}

#[test]
fn tunnel_data_in_a_line_and_in_the_tree() {
    // Type, Next Header 4 for IP in IP, and two reserved octets (RFC 3519 §3.3).
    let data = |inner: Vec<u8>| [hexadecimal("04 04 0000"), inner].concat();
    assert_eq!(line(&data(inner(17, 28))), "DATA udp 203.0.113.7:5000 → 10.1.0.1:5001, 28 octets");
    assert_eq!(line(&data(inner(253, 28))), "DATA protocol 253 203.0.113.7 → 10.1.0.1, 28 octets");
    assert_eq!(line(&hexadecimal("04 fd 0000 0102")), "DATA next header 253, 2 octets");

    let text = tree(&data(inner(17, 28)));
    let expected = "     4  Tunnelled packet (ipip), Src: 203.0.113.7:5000, Dst: 10.1.0.1:5001, Protocol: 17 (udp), \
                    28 octets";
    assert_eq!(text.lines().rfind(|line| !line.is_empty()), Some(expected), "{text}");
    let text = tree(&data(inner(253, 28)));
    assert!(text.contains("Src: 203.0.113.7, Dst: 10.1.0.1, Protocol: 253, 28 octets\n"), "{text}");

    // IPv6 in IPv4: a header, 9 octets of UDP, and brackets where a port follows the address.
    let ipv6 = "60000000 0009 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002";
    let data = hexadecimal(&format!("04 29 0000 {ipv6} 13c4 13c5 0009 0000 78"));
    assert_eq!(line(&data), "DATA udp [2001:db8::1]:5060 → [2001:db8::2]:5061, 49 octets");
    assert!(tree(&data).contains("Src: [2001:db8::1]:5060, Dst: [2001:db8::2]:5061, "), "{}", tree(&data));
}

#[test]
fn messages_that_are_not_read_field_by_field() {
    let handoff = hexadecimal("10 00 01 02 03");
    assert_eq!(line(&handoff), "Handoff Request (type 16), 5 octets");
    let text = tree(&handoff);
    assert!(text.contains("Mobile IP, Handoff Request, 5 octets\n"), "{text}");
    // All but the type.
    assert!(text.contains("\n        [4 octets that mipflow does not read field by field]\n"), "{text}");
}

/// How the clock of the sender went, from the identification of a request that was captured at 10:00:00.
fn clock(ahead: i64) -> String {
    let mut message = request(&[]);
    // 2024-06-01T10:00:00Z in seconds since 1900 (RFC 5944 §5.7.1), in the high half.
    let seconds = u32::try_from(0xea05_6fa0 + ahead).unwrap();
    message[16..20].copy_from_slice(&seconds.to_be_bytes());
    let text = tree(&message);
    let line =
        text.lines().find(|line| line.contains("Identification: 0x") && !line.contains("TTL")).unwrap();
    line.split_once(&format!("0x{seconds:08x}00000000")).unwrap().1.to_owned()
}

#[test]
fn a_clock_is_told_as_far_as_it_goes_wrong_by_a_day() {
    assert_eq!(clock(0), " (NTP 2024-06-01T10:00:00Z, as in the capture)");
    assert_eq!(clock(1), " (NTP 2024-06-01T10:00:01Z, 1 s ahead of the capture)");
    assert_eq!(clock(-1), " (NTP 2024-06-01T09:59:59Z, 1 s behind the capture)");
    assert_eq!(clock(86_400), " (NTP 2024-06-02T10:00:00Z, 86400 s ahead of the capture)");
    assert_eq!(clock(-86_400), " (NTP 2024-05-31T10:00:00Z, 86400 s behind the capture)");
    // Beyond, it is no timestamp.
    assert_eq!((clock(86_401), clock(-86_401)), (String::new(), String::new()));
}

#[test]
fn flags_of_a_selector_have_their_letters() {
    let flags = |ts_format: u8, selector: &str| {
        let selector = hexadecimal(selector);
        let length = u8::try_from(4 + selector.len()).unwrap();
        let binding = [&[0x9a, 2, 0, length, 1, 1, 7, ts_format][..], &selector].concat();
        let text = tree(&request(&binding));
        let line = text.lines().find(|line| line.contains("Flags A-"));
        line.unwrap_or_else(|| panic!("{text}")).trim().to_owned()
    };
    // RFC 6088 §3.2, Figure 2: O and P are the ends of a range of next headers, bits 17 and 16.
    assert_eq!(flags(2, "00030000 06 11").split_once("  ").unwrap().1.trim(), "Flags A-P: 0x00030000 (O, P)");
    // §3.1, Figure 1: there these two bits are reserved, and the last letter is N.
    assert!(
        flags(1, "000e0000 06 11").ends_with("Flags A-N: 0x000e0000 (M, N), reserved bits 0x20000 set"),
        "{}",
        flags(1, "000e0000 06 11")
    );
}

#[test]
fn what_was_cut_says_so() {
    let frame = datagram(40_000, 434, &request(&hexadecimal("9a01 0004 08 02 07 00")));
    let cut = cut_pcap(RAW, &[(frame[..frame.len() - 3].to_vec(), frame.len())]);
    let text = decoded(&cut, "");
    assert!(text.ends_with(" · multipath (cut)  cut by the snapshot length\n"), "{text}");
    let text = decoded(&cut, "-v");
    assert!(text.contains("\n        [3 more octets were not captured]\n"), "{text}");
}

#[test]
fn the_line_of_an_ip_header_says_whether_it_may_be_fragmented() {
    let mut frame = datagram(40_000, 434, &request(&[]));
    let header = |frame: &[u8]| {
        let text = decoded(&pcap(RAW, &[frame.to_vec()]), "-v");
        text.lines().find(|line| line.starts_with("Internet Protocol")).unwrap().to_owned()
    };
    let rest = |fragment: &str| {
        format!(
            "Internet Protocol Version 4, Src: 192.0.2.10, Dst: 198.51.100.1, TTL: 64, Identification: 0x0001{fragment}, \
             52 octets [octet 0 of the frame]"
        )
    };
    assert_eq!(header(&frame), rest(""));
    frame[6] = 0x40;
    assert_eq!(header(&frame), rest(", Don't fragment"));
}

/// Captures that differ in their precision have their messages in one column, once the widest time was there.
#[test]
fn times_of_other_precision_move_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let files = [0xa1b2_3c4du32, 0xa1b2_c3d4].map(|magic| {
        let mut octets = pcap(RAW, &[datagram(40_000, 434, &request(&[]))]);
        octets[..4].copy_from_slice(&magic.to_le_bytes());
        let path = folder.path().join(format!("{magic:x}.pcap"));
        std::fs::write(&path, octets).unwrap();
        path.display().to_string()
    });
    let text = program::shown(&format!("decode --show messages {}", files.join(" ")));
    let columns: Vec<usize> = text.lines().filter_map(|line| line.find("192.0.2.10:")).collect();
    assert!(columns.len() == 2 && columns[0] == columns[1], "{text}");
    assert!(text.contains("10:00:00.000000000  192") && text.contains("10:00:00.000000  192"), "{text}");
}

/// As `tcpdump -vv` and `-xx` are written.
#[test]
fn a_flag_given_twice_is_given() {
    assert_eq!(shown("decode -vvxx samples/tunnels.pcap"), shown("decode -vx samples/tunnels.pcap"));
    assert_ne!(shown("decode -vx samples/tunnels.pcap"), shown("decode -v samples/tunnels.pcap"));
}
