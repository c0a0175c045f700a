//! What `mipflow watch --headless` writes to files, and where it cannot.

// Helpers of tests may fail loudly, as the tests themselves may; they wait by the clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::disallowed_methods)]

mod program;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use program::capture::{RAW, datagram, fragments, hexadecimal, pcap, request};
use program::watching::{Watching, content};
use program::{mipflow, run, shown};
use serde_json::Value;

#[test]
fn what_passed_the_filter_can_be_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.pcap");
    let path = path.to_str().unwrap();
    shown(&format!("watch --headless -f udp -w {path} samples/tunnels.pcap"));
    let of =
        |command: &str| -> Value { serde_json::from_str(shown(command).lines().last().unwrap()).unwrap() };
    let udp = of("decode --format ndjson -f udp --show messages samples/tunnels.pcap");
    let written = of(&format!("decode --format ndjson --show messages {path}"));
    assert_eq!(written["registrations"], udp["registrations"]);
    // One node's alone: what decode writes for it.
    shown(&format!("watch --headless --node 10.1.0.3 -w {path} samples/tunnels.pcap"));
    let by_watch = content(path);
    shown(&format!("decode --node 10.1.0.3 --show stats --format ndjson -w {path} samples/tunnels.pcap"));
    assert_eq!(by_watch, content(path));
}

#[test]
fn a_packet_behind_a_reassembled_one_is_written_itself() {
    let between = |[source, destination]: [[u8; 4]; 2], mut packet: Vec<u8>| {
        packet[12..20].copy_from_slice([source, destination].as_flattened());
        packet
    };
    let (care_of_address, home_agent) = ([192, 0, 2, 10], [198, 51, 100, 1]);
    let granted = hexadecimal("030002580a010001c6336401ea056fa000000000");
    let reply = between([home_agent, care_of_address], datagram(434, 40_000, &granted));
    // The same request once more, in two fragments of 16 octets.
    let whole = datagram(40_000, 434, &request(&[]));
    let [first, last] = [(0x20, 0, 20..36), (0, 2, 36..52)].map(|(flags, offset, octets)| {
        let mut part = [&whole[..20], &whole[octets]].concat();
        (part[3], part[6], part[7]) = (36, flags, offset);
        part
    });
    // IP in IP, from the home agent to the node.
    let inner = between([[203, 0, 113, 1], [10, 1, 0, 1]], datagram(5060, 7000, b"data"));
    let mut tunnelled = between([home_agent, care_of_address], [&whole[..20], &inner].concat());
    (tunnelled[3], tunnelled[9]) = (52, 4);
    let octets = pcap(RAW, &[whole, reply.clone(), first, last, reply, tunnelled]);
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    fs::write(path("in.pcap"), &octets).unwrap();
    shown(&format!("watch --headless --node 10.1.0.1 -w {} {}", path("out.pcap"), path("in.pcap")));
    assert!(content(&path("out.pcap")) == octets);
}

#[test]
fn what_cannot_be_written_is_told_and_the_records_are_there() {
    let run = run("watch --headless -w /dev/full samples/figure3.pcap");
    assert_eq!(run.code, 3);
    assert!(run.error.contains("`/dev/full` cannot be written"), "{}", run.error);
    assert_eq!(run.out, shown("watch --headless samples/figure3.pcap"));
}

#[test]
fn a_ring_that_finds_no_room_says_so_once_and_leaves_no_empty_files() {
    // 68 octets each, and 24 of the file's header: 59 of them are in a file of 4096 octets. The second cannot be written
    // at its end, or when the third has to begin.
    for frames in [60, 130] {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        std::fs::write(path("in.pcap"), pcap(RAW, &vec![datagram(1024, 434, &request(&[])); frames]))
            .unwrap();
        std::os::unix::fs::symlink("/dev/full", path("ring.1.pcap")).unwrap();
        let run = run(&format!("watch --headless -w {} --ring 4Kx4 {}", path("ring.pcap"), path("in.pcap")));
        assert_eq!((run.code, run.error.matches("cannot be written").count()), (3, 1), "{}", run.error);
        let mut names: Vec<_> =
            directory.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["in.pcap", "ring.0.pcap", "ring.1.pcap"]);
    }
}

#[test]
fn an_input_is_not_written_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("trace.pcap");
    std::fs::copy("samples/figure3.pcap", &path).unwrap();
    let name = path.to_str().unwrap();
    for arguments in [format!("watch --headless -w {name} {name}"), format!("watch --headless -w {name} -")] {
        let stdin = std::fs::File::open(&path).unwrap();
        let output = mipflow(&arguments).stdin(stdin).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{arguments}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("which writing would destroy"));
        assert_eq!(content(name), content("samples/figure3.pcap"));
    }
    // A name that is no text, as of an archive from another system.
    let odd = directory.path().join(OsStr::from_bytes(b"trac\xe9.pcap"));
    std::fs::copy("samples/figure3.pcap", &odd).unwrap();
    let output = mipflow("watch --headless -w").arg(&odd).arg(&odd).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(std::fs::read(&odd).unwrap() == content("samples/figure3.pcap"));
    // Nor are the other files of a ring that it is from.
    let of_ring = |number: u8| directory.path().join(format!("ring.{number}.pcap")).display().to_string();
    for number in 0..2 {
        std::fs::copy("samples/figure3.pcap", of_ring(number)).unwrap();
    }
    let ring = directory.path().join("ring.pcap").display().to_string();
    let refused = run(&format!("watch --headless -w {ring} --ring 1Mx2 {}", of_ring(1)));
    assert!(refused.code == 3 && refused.error.contains("which writing would destroy"), "{}", refused.error);
    assert_eq!(content(&of_ring(0)), content("samples/figure3.pcap"));
    let keys = directory.path().join("keys.toml").display().to_string();
    std::fs::write(&keys, "[[key]]\nspi = 256\ntext = \"secret\"\n").unwrap();
    let run = run(&format!("watch --headless --key-file {keys} -w {keys} {name}"));
    assert_eq!(run.code, 3);
    assert!(run.error.contains("which writing would destroy"), "{}", run.error);
    assert!(std::fs::read_to_string(&keys).unwrap().starts_with("[[key]]"));
}

#[test]
fn a_ring_that_is_full_loses_its_oldest_file() {
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join("long.pcap");
    // Each takes 16 octets and 52 of its own: of 4096 octets, 24 are the file's header and the rest has room for 59.
    std::fs::write(&input, pcap(RAW, &vec![datagram(1024, 434, &request(&[])); 4 * 59 + 10])).unwrap();
    let ring = directory.path().join("ring.pcap");
    let arguments = format!("watch --headless -w {} --ring 4kx2 {}", ring.display(), input.display());
    let ended = Watching::start(&mut mipflow(&arguments)).wait();
    assert_eq!((ended.code, ended.told.as_slice()), (Some(0), &[][..]));
    let mut names: Vec<_> =
        directory.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["long.pcap", "ring.0.pcap", "ring.1.pcap"]);
    // A second apart from 10:00:00: the fifth file, of frames 237 to 246, took the place of the third, which had taken
    // that of the first; the fourth, of frames 178 to 236, that of the second.
    for (name, count, first, last) in
        [("ring.0.pcap", 10, "10:03:56", "10:04:05"), ("ring.1.pcap", 59, "10:02:57", "10:03:55")]
    {
        let path = directory.path().join(name);
        let text = shown(&format!("decode --show messages --format csv {}", path.display()));
        let rows: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(rows.len(), count, "{name}");
        assert!(rows[0].contains(first) && rows[count - 1].contains(last), "{name}\n{text}");
    }
}

#[test]
fn each_fragment_of_a_message_of_the_node_is_written_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let [first, last] = fragments(1001);
    let frames = [first, last, datagram(5, 5, &[])];
    std::fs::write(path("in.pcap"), pcap(RAW, &frames)).unwrap();
    shown(&format!("watch --headless --node 10.1.0.1 -w {} {}", path("out.pcap"), path("in.pcap")));
    assert!(content(&path("out.pcap")) == pcap(RAW, &frames[..2]));
}
