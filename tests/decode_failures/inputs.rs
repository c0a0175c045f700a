//! Captures that cannot be read, or not to their end.

use std::io::Write as _;

use super::{FIGURE3, Scratch, sample, told};
use crate::program::capture::{RAW, datagram, hexadecimal, pcap, request};
use crate::program::{Run, environment, finished, mipflow, run};

#[test]
fn a_list_that_is_not_there_is_empty_and_not_null() {
    let scratch = Scratch::new();
    // Flow-Bindings without an octet, with an action alone, and with a count of one.
    for extension in ["9a020000", "9a02000101", "9a0200020101"] {
        let message = datagram(434, 434, &request(&hexadecimal(extension)));
        let file = scratch.file("short.pcap", &pcap(RAW, &[message]));
        let run = run(&format!("decode --format json --show messages {file}"));
        let document: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        let found = &document["messages"][0]["extensions"][0];
        assert_eq!((&found["name"], &found["bids"]), (&"flow-binding".into(), &serde_json::json!([])));
        assert!(found["malformed"].is_string(), "{found}");
    }
}

#[test]
fn files_that_are_no_captures() {
    let scratch = Scratch::new();
    let missing = scratch.path("missing.pcap").display().to_string();
    let directory = scratch.directory.path().display().to_string();
    let empty = scratch.file("empty.pcap", b"");
    let text = scratch.file("notes.txt", b"hello, this is text\n");
    for (file, expected) in [
        (&missing, format!("`{missing}` does not exist")),
        (
            &directory,
            format!(
                "`{directory}` is a directory, not a capture | name the captures in it: {directory}/*.pcap"
            ),
        ),
        (
            &empty,
            format!(
                "`{empty}` is empty: it has not even a capture header | nothing was written to it; was the \
                 capture started with the right interface and permissions?"
            ),
        ),
        (
            &text,
            format!(
                "`{text}` is not a capture: it begins with 68 65 6c 6c 6f 2c 20 74 | it looks like text; \
                 mipflow reads pcap and pcapng captures; write one with `tcpdump -w FILE`"
            ),
        ),
    ] {
        let run = run(&format!("decode {file}"));
        assert_eq!((run.code, told(&run)), (3, expected));
        assert_eq!(run.out, "", "of a capture that was not read, nothing is said");
    }
}

#[test]
fn formats_that_are_known_and_not_read_are_named_with_the_way_out() {
    let scratch = Scratch::new();
    // An archive begins with the name of the first file in it, in 100 octets; its mark is at octet 257.
    let mut archive = b"site/figure3.pcap".to_vec();
    archive.resize(257, 0);
    archive.extend(b"ustar\x0000");
    archive.resize(512, 0);
    archive.extend(sample("figure3"));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&archive).unwrap();
    let unpack = "unpack the captures in it first";
    let convert = "convert it with `editcap -F pcap OLD NEW`";
    let decompress = "decompress it first, or compress with gzip or zstd";
    for (name, content, format, way_out) in [
        ("site.tar", archive.clone(), "a tar archive", unpack),
        ("site.tar.gz", encoder.finish().unwrap(), "a tar archive", unpack),
        ("site.tar.zst", zstd::encode_all(&archive[..], 0).unwrap(), "a tar archive", unpack),
        ("site.zip", b"PK\x03\x04\x14\0\0\0".to_vec(), "a zip archive", unpack),
        ("old.snoop", b"snoop\0\0\0\0\0\0\x02".to_vec(), "a snoop capture", convert),
        ("a.pcap.xz", b"\xfd7zXZ\0\0\x04".to_vec(), "compressed with xz", decompress),
        ("a.pcap.bz2", b"BZh91AY&SY".to_vec(), "compressed with bzip2", decompress),
    ] {
        let file = scratch.file(name, &content);
        let run = run(&format!("decode {file}"));
        let expected = format!("`{file}` is {format}, which mipflow does not read | {way_out}");
        assert_eq!((run.code, told(&run)), (3, expected));
    }
}

#[test]
fn a_program_gets_its_document_even_of_a_file_that_is_missing() {
    let run = run("decode --format json missing.pcap");
    assert_eq!(run.code, 3);
    let document: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(document["messages"], serde_json::json!([]));
    assert_eq!(document["capture"]["packets"], 0);
}

#[test]
fn a_run_whose_input_or_output_failed_is_no_success_in_sarif_and_junit() {
    let scratch = Scratch::new();
    let missing = scratch.path("missing.pcap").display().to_string();
    let cut = scratch.file("cut.pcap", &sample("figure3")[..380]);
    let unknown = scratch.file("unknown.pcap", &pcap(147, &[datagram(40_000, 434, &request(&[]))]));
    let ethernet = format!("{} {FIGURE3}", scratch.file("raw.pcap", &pcap(RAW, &[datagram(1, 434, &[])])));
    let full = format!("-w {} {ethernet}", scratch.path("out.pcap").display());
    for (arguments, code, reasons, skipped) in [
        (missing.as_str(), 3, &["does not exist"][..], 160),
        (&cut, 3, &["is cut off"], 0),
        (&unknown, 3, &["frames of link type 147 cannot be read"], 160),
        (&format!("{missing} {cut}"), 3, &["does not exist", "is cut off"], 0),
        // Two link types do not go into one pcap.
        (&full, 3, &["out.pcap"], 0),
        // What could be read beside them is no failure, as the exit code says.
        (&format!("{unknown} {FIGURE3}"), 0, &[], 0),
    ] {
        let sarif = run(&format!("decode --format sarif {arguments}"));
        assert_eq!(sarif.code, code, "{arguments}: {}", sarif.error);
        let document: serde_json::Value = serde_json::from_str(&sarif.out).unwrap();
        let invocation = &document["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], code == 0, "{arguments}");
        let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!(notifications.len(), reasons.len(), "{arguments}");
        let junit = run(&format!("decode --format junit {arguments}")).out;
        let counts = format!("skipped=\"{skipped}\" failures=\"0\" errors=\"{}\"", reasons.len());
        assert!(junit.lines().nth(1).unwrap().contains(&counts), "{arguments}: {junit}");
        for (notification, reason) in notifications.iter().zip(reasons) {
            let text = notification["message"]["text"].as_str().unwrap();
            assert!(notification["level"] == "error" && text.contains(reason), "{arguments}: {text}");
            assert!(junit.contains(&format!("<error message=\"{text}\"/>")), "{arguments}: {junit}");
        }
    }
}

#[test]
fn a_cut_capture_is_read_as_far_as_it_goes() {
    let scratch = Scratch::new();
    // Frames 1 to 4 of figure3.pcap end at octet 24 + 2·(16+42) + (16+111) + (16+84) = 367.
    let file = scratch.file("cut.pcap", &sample("figure3")[..380]);
    let run = run(&format!("decode --show messages {file}"));
    assert_eq!(run.code, 3);
    assert_eq!(run.out.lines().count(), 3, "the day, a request and its reply:\n{}", run.out);
    assert_eq!(
        told(&run),
        format!(
            "`{file}` is cut off: what begins at offset 367 needs 16 octets and 13 are there | the capture was \
             probably still being written, or the disk filled up, or it was not copied whole; the 4 packets \
             before were read"
        )
    );
}

#[test]
fn zeros_behind_a_compressed_capture_are_no_failure() {
    let scratch = Scratch::new();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&sample("figure3")).unwrap();
    let mut compressed = encoder.finish().unwrap();
    // As a tape fills up its last block: `gzip -t` finds nothing wrong with it.
    compressed.resize(compressed.len().next_multiple_of(10_240), 0);
    let file = scratch.file("tape.pcap.gz", &compressed);
    let padded = run(&format!("decode --show messages {file}"));
    assert_eq!((padded.code, padded.error.as_str(), padded.out.lines().count()), (0, "", 9));
    compressed.extend(b"no member of a gzip file");
    let file = scratch.file("other.pcap.gz", &compressed);
    let other = run(&format!("decode --show messages {file}"));
    assert_eq!((other.code, other.out.lines().count()), (3, 9));
    assert!(other.error.contains("cannot be decompressed further"), "{}", other.error);
}

#[test]
fn a_compressed_capture_says_how_far_it_could_be_decompressed() {
    let scratch = Scratch::new();
    // Stored as it is behind the 10 octets of gzip's header and the 5 of the block's, so that it can be cut at octet 380
    // of what is compressed, as above.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(&sample("figure3")).unwrap();
    let stored = encoder.finish().unwrap();
    assert!(stored[15..].starts_with(&sample("figure3")[..380]));
    let file = scratch.file("cut.pcap.gz", &stored[..15 + 380]);
    let cut = told(&run(&format!("decode --show messages {file}")));
    let begin = format!("`{file}` cannot be decompressed further than offset 380: ");
    assert!(cut.starts_with(&begin), "{cut}");
    assert!(
        cut.ends_with(" (gzip) | the compressed file is cut off; the 4 packets before were read"),
        "{cut}"
    );
    // What stands behind is neither a frame of zstd nor a member of gzip; all 46 packets are before it.
    let whole = sample("figure3");
    for (name, compressed) in [("zstd", zstd::encode_all(&whole[..], 0).unwrap()), ("gzip", stored)] {
        let file = scratch.file("more.pcap", &[&compressed[..], b"nothing that is compressed"].concat());
        let run = run(&format!("decode --show messages {file}"));
        assert_eq!((run.code, run.out.lines().count()), (3, 9), "{name}");
        let told = told(&run);
        let begin = format!("`{file}` cannot be decompressed further than offset {}: ", whole.len());
        assert!(told.starts_with(&begin), "{told}");
        let end = format!(" ({name}) | check it with `{name} -t`; the 46 packets before were read");
        assert!(told.ends_with(&end), "{told}");
    }
}

#[test]
fn one_bad_file_does_not_hide_the_others() {
    let scratch = Scratch::new();
    let missing = scratch.path("missing.pcap").display().to_string();
    let run = run(&format!("decode --show messages samples/figure3.pcap {missing}"));
    assert_eq!((run.code, run.out.lines().count()), (3, 9));
    assert_eq!(told(&run), format!("`{missing}` does not exist"));
}

#[test]
fn fragments_whose_others_never_came_are_counted() {
    let scratch = Scratch::new();
    let mut first = datagram(40_000, 434, &request(&[]));
    // More fragments follow.
    first[6] |= 0x20;
    let file = scratch.file("fragment.pcap", &pcap(RAW, &[first]));
    let run = run(&format!("decode --show stats {file}"));
    assert!(run.out.contains("\n  fragments           1\n    still waiting     1\n"), "{}", run.out);
    assert!(!run.out.contains("given up"), "{}", run.out);
}

#[test]
fn unknown_link_types() {
    let scratch = Scratch::new();
    let frames = [datagram(40_000, 434, &request(&[]))];
    let alone = scratch.file("alone.pcap", &pcap(147, &frames));
    let run_alone = run(&format!("decode --show messages {alone}"));
    assert_eq!(run_alone.code, 3, "nothing else could be read");
    assert_eq!(
        told(&run_alone),
        format!(
            "{alone}: frames of link type 147 cannot be read | mipflow reads Ethernet, Linux cooked (SLL, SLL2), \
             raw IP, PPPoE and BSD loopback frames; capture on such an interface, or convert with editcap -T"
        )
    );
    let beside = run(&format!("decode --show messages samples/figure3.pcap {alone}"));
    assert_eq!((beside.code, beside.out.lines().count()), (0, 9));
    // The other file was read.
    assert!(told(&beside).starts_with(&format!("{alone}: frames of link type 147")), "{}", beside.error);
}

/// A pcapng capture with interfaces of these link types, and a request in a frame of each of these interfaces.
fn pcapng(link_types: &[u16], frames: &[u32]) -> Vec<u8> {
    let frame = datagram(40_000, 434, &request(&[]));
    let block = |kind: u32, body: &[u8]| {
        let length = u32::try_from(12 + body.len()).unwrap().to_le_bytes();
        [&kind.to_le_bytes()[..], &length, body, &length].concat()
    };
    // Byte-order magic, version 1.0, length of the section unknown.
    let section = [&0x1a2b_3c4du32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let mut octets = block(0x0a0d_0d0a, &section);
    for link_type in link_types {
        octets.extend(block(1, &[&link_type.to_le_bytes()[..], &[0; 6]].concat()));
    }
    for interface in frames {
        let length = u32::try_from(frame.len()).unwrap();
        let words = [*interface, 0, 0, length, length].map(u32::to_le_bytes).concat();
        octets.extend(block(6, &[&words[..], &frame, &vec![0; frame.len().wrapping_neg() % 4]].concat()));
    }
    octets
}

#[test]
fn a_link_type_without_frames_is_not_told() {
    let scratch = Scratch::new();
    let raw = u16::try_from(RAW).unwrap();
    for (name, capture, unread) in [
        ("none.pcapng", pcapng(&[147, raw], &[1]), ""),
        ("one.pcapng", pcapng(&[147, raw], &[1, 0]), "147"),
        // The second interface is not named.
        ("another.pcapng", pcapng(&[147, 148, raw], &[2, 0]), "147"),
        ("empty.pcap", pcap(147, &[]), ""),
    ] {
        let file = scratch.file(name, &capture);
        for arguments in ["decode --show messages", "watch --headless"] {
            let run = run(&format!("{arguments} {file}"));
            assert_eq!(run.code, 0, "{arguments} {name}: {}", run.error);
            if unread.is_empty() {
                assert_eq!(run.error, "", "{arguments} {name}");
            } else {
                let expected = format!("{file}: frames of link type {unread} cannot be read");
                assert!(told(&run).starts_with(&expected), "{arguments} {name}: {}", run.error);
            }
        }
    }
    // A filter does not hide it.
    let file = scratch.file("filtered.pcap", &pcap(147, &[datagram(40_000, 434, &request(&[]))]));
    assert_eq!(run(&format!("decode --show messages --bpf udp {file}")).code, 3);
}

#[test]
fn lengths_of_cut_frames_are_not_taken_for_those_on_the_link() {
    let scratch = Scratch::new();
    let mut capture = pcap(RAW, &[datagram(40_000, 434, &request(&[]))]);
    let whole = scratch.file("whole.pcap", &capture);
    // The original length of the only record, after the header of the file and its times and captured length.
    capture[36..40].copy_from_slice(&500_u32.to_le_bytes());
    let cut = scratch.file("cut.pcap", &capture);
    let of = |file: &str, filter: &str| {
        let mut command = mipflow("decode --show messages --format csv --bpf");
        finished(command.args([filter, file]))
    };
    // 20 octets of IP, 8 of UDP and 24 of the request are shorter than 100.
    assert_eq!(of(&whole, "less 100").out.lines().count(), 2);
    let refused = of(&cut, "less 100");
    let expected = "the filter `less 100` asks for lengths of frames, and frame #1 was cut when it was captured | in \
                    place of `len`, `greater` and `less`, compare the length in the IP header; for example \
                    `ip[2:2] >= 500`";
    assert_eq!((refused.code, told(&refused)), (2, expected.to_owned()));
    assert_eq!(of(&cut, "ip[2:2] < 100").out.lines().count(), 2);
}

#[test]
fn more_files_than_may_be_open_at_first_are_read_and_those_beyond_the_limit_are_told() {
    const FILES: usize = 100;
    let limited = |limit: &str| {
        let mut command = environment::command("sh");
        let script = format!("ulimit {limit} && exec \"$0\" decode --show stats --format json \"$@\"");
        command.args(["-c", &script, environment::PROGRAM]).args([FIGURE3; FILES]);
        finished(&mut command)
    };
    let run = limited("-S -n 40");
    assert_eq!((run.code, run.error.as_str()), (0, ""));
    let packets = |run: &Run| {
        let document: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        document["capture"]["packets"].as_u64().unwrap()
    };
    assert_eq!(packets(&run), 46 * FILES as u64);
    // Neither soft nor hard are there enough.
    let run = limited("-n 40");
    assert_eq!(run.code, 3);
    assert!(run.error.contains("Too many open files"), "{}", run.error);
    // Each of the first few is told, and the rest of the hundred together.
    let advice = "raise the limit with `ulimit -n`, or read fewer";
    assert_eq!(run.error.matches(advice).count(), 3 + 1, "{}", run.error);
    let unopened = FILES as u64 - packets(&run) / 46;
    assert!(run.error.contains(&format!("{} more files are like that", unopened - 3)), "{}", run.error);
    assert!((46..46 * 40).contains(&packets(&run)), "what could be opened is read");
}
