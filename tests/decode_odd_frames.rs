//! Frames that were cut, and frames whose parts contradict each other: what is said of each in JSON and CSV.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use std::fs;

use program::capture::{RAW, cut_pcap, datagram, hexadecimal, request};
use program::shown;
use serde_json::{Value, json};

/// The UDP checksum of a request without extensions, from port 40000.
const CHECKSUM: u16 = 0x221a;

/// What `mipflow` with these arguments prints of these frames, each with the octets it had on its link.
fn printed(frames: &[(Vec<u8>, usize)], arguments: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("capture.pcap");
    fs::write(&path, cut_pcap(RAW, frames)).unwrap();
    let section = if arguments.contains("--show") { "" } else { "--show messages" };
    shown(&format!("decode {section} {arguments} {}", path.display()))
}

fn document(frames: &[(Vec<u8>, usize)]) -> Value {
    serde_json::from_str(&printed(frames, "--format json")).unwrap()
}

/// The one message of a frame.
fn message(frame: Vec<u8>, on_link: usize) -> Value {
    document(&[(frame, on_link)])["messages"][0].clone()
}

/// A frame whose IP length claims `ip` octets more than it has, and whose UDP length `udp` more.
fn overstated(mut frame: Vec<u8>, ip: u16, udp: u16) -> Vec<u8> {
    for (at, more) in [(2, ip), (24, udp)] {
        let length = u16::from_be_bytes([frame[at], frame[at + 1]]) + more;
        frame[at..at + 2].copy_from_slice(&length.to_be_bytes());
    }
    frame
}

#[test]
fn what_no_link_carried_was_cut_by_no_snapshot_length() {
    // The fixed part of 24 octets, and 6 of the 8 octets of a Multipath extension.
    let mut frame = datagram(40_000, 434, &request(&hexadecimal("9a0100040803")));
    frame = overstated(frame, 2, 2);
    let on_link = frame.len();
    let whole = document(&[(frame.clone(), on_link)]);
    let found = &whole["messages"][0];
    assert_eq!(
        (&found["malformed"], &found["truncated"]),
        (&json!("extension 154 takes 8 octets and the datagram has 6 left (offset 24)"), &json!(false))
    );
    assert_eq!(whole["capture"]["truncated"], 0);
    // The same octets where the link carried the other two.
    let cut = document(&[(frame, on_link + 2)]);
    let found = &cut["messages"][0];
    assert_eq!((&found["malformed"], &found["truncated"]), (&Value::Null, &json!(true)));
    assert_eq!(cut["capture"]["truncated"], 1);
}

#[test]
fn a_fixed_part_that_no_link_carried_whole_is_malformed() {
    let mut frame = datagram(40_000, 434, &request(&[]));
    let length = frame.len();
    frame.truncate(length - 4);
    let found = message(frame, length - 4);
    assert_eq!(
        (&found["malformed"], &found["truncated"]),
        (&json!("20 octets are fewer than the 24 of the fixed part (offset 0)"), &json!(false))
    );
}

#[test]
fn a_checksum_is_verified_where_only_the_ip_length_is_too_long() {
    let mut frame = overstated(datagram(40_000, 434, &request(&[])), 10, 0);
    let length = frame.len();
    // tshark 4 finds 0x221a good over these octets, the UDP length being 32.
    for (field, verdict) in [(CHECKSUM, "correct"), (CHECKSUM - 1, "wrong"), (0, "absent")] {
        frame[26..28].copy_from_slice(&field.to_be_bytes());
        assert_eq!(message(frame.clone(), length)["udp_checksum"], verdict);
    }
    frame[26..28].copy_from_slice(&CHECKSUM.to_be_bytes());
    assert_eq!(message(overstated(frame, 0, 10), length)["udp_checksum"], "unverified");
}

#[test]
fn the_tree_says_which_length_is_wrong() {
    for (ip, udp, told) in [
        (10, 10, Some("the IP length claims 10 octets that were not there")),
        (10, 0, Some("the IP length claims 10 octets that were not there")),
        (0, 10, Some("Length does not fit the IP packet")),
        (0, 0, None),
    ] {
        let frame = overstated(datagram(40_000, 434, &request(&[])), ip, udp);
        let length = frame.len();
        let text = printed(&[(frame, length)], "-v");
        let complaints: Vec<&str> =
            text.lines().map(str::trim).filter(|line| line.starts_with('[')).collect();
        assert_eq!(complaints, told.map(|told| format!("[{told}]")).into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn an_extension_that_was_cut_has_no_octets_left_over() {
    // A Mobile-Home Authentication extension of Length 20: three octets of its SPI were captured.
    let whole = datagram(40_000, 434, &request(&hexadecimal("20140000010000112233445566778899aabbccddeeff")));
    let cut = [(whole[..whole.len() - 17].to_vec(), whole.len())];
    let extension = document(&cut)["messages"][0]["extensions"][0].clone();
    assert_eq!(
        extension,
        json!({
            "type": 32, "subtype": null, "length": 20, "offset": 24, "name": "mobile-home-auth",
            "spi": null, "authenticator": null, "malformed": null, "verdict": null,
        })
    );
    assert!(printed(&cut, "-v").contains("Octets before the cut: 000001\n"));
}

/// A Registration Revocation of the home agent 198.51.100.1 for 10.1.0.1 at 192.0.2.10, identifier 7, to be told.
const REVOCATION: &str = "0700c0000a010001c6336401c000020a00000007";

#[test]
fn a_short_message_has_the_keys_of_its_type() {
    let keys = |payload: &[u8]| {
        let frame = datagram(434, 434, payload);
        let on_link = frame.len();
        message(frame, on_link)
    };
    let revocation = hexadecimal(REVOCATION);
    // Home Domain Address and all before it; the Foreign Domain Address ends after two octets.
    let found = keys(&revocation[..14]);
    let fields = ["home_address", "from_home_agent", "inform", "home_domain_address"];
    assert_eq!(
        fields.map(|field| found[field].clone()),
        [json!("10.1.0.1"), json!(true), json!(true), json!("198.51.100.1")]
    );
    for absent in ["foreign_domain_address", "revocation_identifier"] {
        assert_eq!(found.get(absent), Some(&Value::Null), "{absent}");
    }
    assert_eq!(found["data"], "0700c0000a010001c6336401c000");
    // An acknowledgement (RFC 3543 section 3.4) has I and Home Address before its identifier.
    let found = keys(&hexadecimal("0f0080000a010001"));
    assert_eq!((&found["inform"], &found["home_address"]), (&json!(true), &json!("10.1.0.1")));
    assert_eq!(found.get("revocation_identifier"), Some(&Value::Null));
    // Tunnel Data (RFC 3519 section 3.3), type and Next Header alone, and type alone.
    let found = keys(&hexadecimal("0404"));
    assert_eq!((&found["next_header"], found.get("inner")), (&json!(4), Some(&Value::Null)));
    let found = keys(&hexadecimal("04"));
    assert_eq!((found.get("next_header"), found.get("inner")), (Some(&Value::Null), Some(&Value::Null)));
}

#[test]
fn an_extension_that_ends_in_its_header_has_the_keys_of_its_type() {
    for (octets, keys) in [("20", &["spi", "authenticator", "verdict"][..]), ("83", &["nai"])] {
        let frame = datagram(40_000, 434, &request(&hexadecimal(octets)));
        let on_link = frame.len();
        let extension = message(frame, on_link)["extensions"][0].clone();
        for key in keys.iter().chain(&["length"]) {
            assert_eq!(extension.get(key), Some(&Value::Null), "{key} of {extension}");
        }
    }
}

/// The cells of the first line of a table of messages, by the names in its heading.
fn cells(frame: Vec<u8>, on_link: usize, columns: &[&str]) -> Vec<String> {
    let text = printed(&[(frame, on_link)], "--format csv");
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let of = |column: &&str| lines[1][lines[0].iter().position(|name| name == column).unwrap()].to_owned();
    columns.iter().map(of).collect()
}

#[test]
fn a_table_has_what_can_be_read_of_a_message_that_ends_early() {
    let columns =
        ["flags", "lifetime", "home_address", "home_agent", "care_of_address", "identification", "truncated"];
    // 14 octets: flags D and T, 600 seconds, home address and home agent, and half of the care-of address.
    let whole = datagram(40_000, 434, &request(&[]));
    let short = datagram(40_000, 434, &request(&[])[..14]);
    let (cut, length) = (whole[..28 + 14].to_vec(), short.len());
    for (frame, on_link, truncated) in [(short, length, "false"), (cut, whole.len(), "true")] {
        assert_eq!(
            cells(frame, on_link, &columns),
            ["DT", "600", "10.1.0.1", "198.51.100.1", "", "", truncated]
        );
    }
    // 20 octets: the care-of address is whole, and half of the Identification is there.
    let short = datagram(40_000, 434, &request(&[])[..20]);
    let length = short.len();
    assert_eq!(cells(short, length, &columns[4..6]), ["192.0.2.10", ""]);
    // A Registration Reply of 12 octets: denied with 133, no lifetime, home address and home agent.
    let reply = datagram(434, 40_000, &hexadecimal("038500000a010001c6336401"));
    let length = reply.len();
    assert_eq!(cells(reply, length, &["code", "lifetime", "home_agent"]), ["133", "0", "198.51.100.1"]);
}

#[test]
fn a_table_has_what_can_be_read_of_an_extension_that_is_not_whole() {
    let columns = ["bid", "nai", "extensions"];
    let frame = |octets: &str| datagram(40_000, 434, &request(&hexadecimal(octets)));
    // A NAI of five octets, and a Multipath extension whose last octet was cut: its BID is the one before.
    let whole = frame("83056140622e639a01000408030700");
    let cut = whole[..whole.len() - 1].to_vec();
    assert_eq!(cells(cut, whole.len(), &columns), ["7", "a@b.c", "nai multipath"]);
    // Without the BID there is none, and not a zero.
    let cut = whole[..whole.len() - 2].to_vec();
    assert_eq!(cells(cut, whole.len(), &columns), ["", "a@b.c", "nai multipath"]);
    // A Length that must be 4.
    let odd = frame("9a0100050803070000");
    let length = odd.len();
    assert_eq!(cells(odd, length, &["bid", "extensions"]), ["7", "multipath"]);
}

#[test]
fn a_flow_label_is_told_without_the_octet_above_it() {
    // BID 1, and: forward to it what has, by TS Format 2 and flag G, flow label 5. The octet above is 0x42.
    let asked = request(&hexadecimal("9a010004080301009a02000c010101020200000042000005"));
    let granted = hexadecimal("030002580a010001c6336401ea056fa0000000009a01000408030100");
    let frames = [datagram(40_000, 434, &asked), datagram(434, 40_000, &granted)];
    let frames = frames.map(|frame| (frame.clone(), frame.len()));
    let binding = document(&frames)["messages"][0]["extensions"][1].clone();
    assert_eq!((&binding["selector_text"], &binding["malformed"]), (&json!("label 5"), &Value::Null));
    assert_eq!(binding["selector"]["flow_label"], json!([5, 5]));
    let nodes = printed(&frames, "--format json --show nodes");
    let rule = serde_json::from_str::<Value>(&nodes).unwrap()["nodes"][0]["policy"][0].clone();
    assert_eq!(
        (&rule["selector_text"], &rule["selector"]["flow_label"]),
        (&json!("label 5"), &json!([5, 5]))
    );
    // The tree tells the field as it was: 0x42000005.
    assert!(printed(&frames, "-v").contains("Flow Label, start: 1107296261\n"));
}
