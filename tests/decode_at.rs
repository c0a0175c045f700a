//! `decode --at`: what is shown is what a capture that ends there shows.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod history;
mod program;
#[path = "rules/scene.rs"]
mod scene;

use std::path::PathBuf;

use history::pcap;
use program::{run, shown};
use scene::{Registration, Scene};
use serde_json::Value;
use tempfile::TempDir;

const SAMPLES: [&str; 5] = ["figure3", "tunnels", "extensions", "foreign-agent", "malformed"];

/// What `decode` can show as JSON.
const SECTIONS: &str = "messages,exchanges,nodes,flows,traffic,findings,stats";

/// A classic pcap file, little-endian with microseconds, taken apart into its frames.
struct Capture {
    header: Vec<u8>,
    frames: Vec<Vec<u8>>,
}

impl Capture {
    fn of(octets: &[u8]) -> Self {
        assert_eq!(octets[..4], [0xd4, 0xc3, 0xb2, 0xa1]);
        let (header, mut rest) = octets.split_at(24);
        let mut frames = Vec::new();
        while !rest.is_empty() {
            let length = 16 + usize::try_from(word(rest, 8)).unwrap();
            frames.push(rest[..length].to_vec());
            rest = &rest[length..];
        }
        Self { header: header.to_vec(), frames }
    }

    fn sample(name: &str) -> Self {
        Self::of(&std::fs::read(format!("samples/{name}.pcap")).unwrap())
    }

    /// The time of a frame, in microseconds since 1970.
    fn time(&self, frame: usize) -> u64 {
        let record = &self.frames[frame - 1];
        u64::from(word(record, 0)) * 1_000_000 + u64::from(word(record, 4))
    }

    /// The first so many frames, as octets of a file.
    fn first(&self, count: usize) -> Vec<u8> {
        [&self.header[..], &self.frames[..count].concat()].concat()
    }
}

fn word(octets: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(octets[at..at + 4].try_into().unwrap())
}

/// Everything that `decode` tells of a file, but for the file's name.
fn told(options: &str, file: &str) -> Value {
    let mut document: Value = serde_json::from_str(&shown(&format!(
        "decode --format json --show {SECTIONS} --key {} {options} {file}",
        program::KEY
    )))
    .unwrap();
    assert!(document["capture"].as_object_mut().unwrap().remove("files").is_some());
    document
}

/// Files that are there as long as this is.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn save(&self, octets: &[u8]) -> String {
        let path: PathBuf = self.0.path().join("first.pcap");
        std::fs::write(&path, octets).unwrap();
        path.display().to_string()
    }
}

#[test]
fn at_a_frame_it_is_as_in_a_capture_that_ends_with_it() {
    let files = Files::new();
    for name in SAMPLES {
        let capture = Capture::sample(name);
        let all = capture.frames.len();
        // Between a request and its reply, after that, in the middle, and around the end.
        for frame in [1, 2, all / 3, all / 2, all - 1, all] {
            let ended = told("", &files.save(&capture.first(frame)));
            let at = told(&format!("--at #{frame}"), &format!("samples/{name}.pcap"));
            assert_eq!(at, ended, "{name} at frame {frame}");
            assert_eq!(at["capture"]["packets"], frame);
        }
    }
}

#[test]
fn beyond_the_end_is_the_end() {
    for name in SAMPLES {
        let file = format!("samples/{name}.pcap");
        let all = Capture::sample(name).frames.len();
        assert_eq!(told(&format!("--at #{}", all + 1), &file), told("", &file), "{name}");
        assert_eq!(told("--at #18446744073709551615", &file), told("", &file), "{name}");
    }
}

#[test]
fn before_the_first_frame_there_is_nothing() {
    // Five seconds are those after the beginning of 1970.
    for at in ["#0", "2024-06-01T09:59:59Z", "5"] {
        let run = run(&format!("decode --format json --show {SECTIONS} --at {at} samples/figure3.pcap"));
        let begin =
            "--at: nothing was captured until then; the first frame is of 2024-06-01T10:00:00.000000Z\n";
        assert_eq!((run.code, run.error.as_str()), (0, if at == "#0" { "" } else { begin }));
        let document: Value = serde_json::from_str(&run.out).unwrap();
        for section in ["messages", "nodes", "flows", "findings"] {
            assert_eq!(document[section], Value::Array(Vec::new()), "{section} at {at}");
        }
        assert_eq!(document["capture"]["packets"], 0);
    }
}

/// A time is written in seconds since 1970, or as RFC 3339 has it.
#[test]
fn at_a_time_it_is_as_after_the_last_frame_until_then() {
    let files = Files::new();
    for name in SAMPLES {
        let capture = Capture::sample(name);
        let file = format!("samples/{name}.pcap");
        let all = capture.frames.len();
        for frame in [2, all / 3, all / 2, all - 1] {
            let (this, next) = (capture.time(frame), capture.time(frame + 1));
            assert!(this < next, "{name}: frames {frame} and {} are at one time", frame + 1);
            let ended = told("", &files.save(&capture.first(frame)));
            // At the frame's own time, and a microsecond before the next one's.
            let seconds =
                |microseconds: u64| format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000);
            assert_eq!(told(&format!("--at {}", seconds(this)), &file), ended, "{name} at frame {frame}");
            assert_eq!(
                told(&format!("--at {}", seconds(next - 1)), &file),
                ended,
                "{name} before {}",
                frame + 1
            );
            let after = told(&format!("--at {}", seconds(next)), &file);
            assert_ne!(after, ended, "{name}: frame {} is in it", frame + 1);
        }
    }
    let figure3 = |at: &str| told(&format!("--at {at}"), "samples/figure3.pcap");
    assert_eq!(figure3("2024-06-01T10:00:07Z"), figure3("1717236007"));
    assert_eq!(figure3("2024-06-01T12:00:07.5+02:00"), figure3("1717236007.5"));
}

/// BID 1 is accepted for 10 s at 0.02 s; a request of BID 2 at 2 s is answered at 2.5 s, and one of BID 3 at 4 s
/// never. The next frame comes a minute later.
fn a_minute_of_silence() -> Vec<u8> {
    let mut scene = Scene::default();
    scene.exchange(0.0, &Registration { lifetime: 10, ..Registration::request(1) }, 0);
    let sent = scene.send(2.0, &Registration::request(2));
    scene.send(2.5, &sent.reply(0));
    scene.send(4.0, &Registration::request(3));
    scene.wait_until(64.0);
    pcap(&scene.history.shots)
}

#[test]
fn a_time_moves_the_clock_where_no_packet_comes() {
    let files = Files::new();
    let file = files.save(&a_minute_of_silence());
    let states = |at: &str| {
        let document = told(&format!("--at {at}"), &file);
        let bindings = document["nodes"][0]["bindings"].as_array().unwrap();
        let states = bindings.iter().map(|binding| binding["state"].as_str().unwrap().to_owned());
        states.collect::<Vec<_>>()
    };
    assert_eq!(states("2024-06-01T10:00:10.01Z"), ["active", "active"]);
    assert_eq!(states("2024-06-01T10:00:10.03Z"), ["expired", "active"]);
    // A frame leaves the clock where it is.
    assert_eq!(states("#5"), ["active", "active"]);
    // Nobody has to answer sooner than in ten seconds.
    let unanswered = |at: &str| {
        let document = told(&format!("--at {at}"), &file);
        let findings = document["findings"].as_array().unwrap().clone();
        let of_rule = findings.into_iter().filter(|finding| finding["rule"] == "REG-017");
        of_rule.map(|finding| finding["frame"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(unanswered("2024-06-01T10:00:13.9Z"), [0; 0]);
    assert_eq!(unanswered("2024-06-01T10:00:14.1Z"), [5]);
    assert_eq!(unanswered("#5"), [0; 0]);
}

#[test]
fn a_reply_that_comes_later_is_none() {
    let files = Files::new();
    let file = files.save(&a_minute_of_silence());
    let status = |at: &str| {
        let document = told(&format!("--at {at}"), &file);
        document["exchanges"][1]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status("#3"), "unanswered");
    assert_eq!(status("2024-06-01T10:00:02.499Z"), "unanswered");
    assert_eq!(status("#4"), "accepted");
    assert_eq!(status("2024-06-01T10:00:02.5Z"), "accepted");
}

/// Seconds of the first of four frames: the third is earlier than the second.
#[test]
fn a_clock_that_goes_back_later_has_not_gone_back_yet() {
    let files = Files::new();
    let file = files.save(&at_times(&[100, 110, 105, 120]));
    let capture = |at: &str| told(&format!("--at {at}"), &file)["capture"].clone();
    for (at, packets, backwards) in [("#0", 0, 0), ("#1", 1, 0), ("#2", 2, 0), ("#3", 3, 1), ("#9", 4, 1)] {
        let capture = capture(at);
        assert_eq!(
            (&capture["packets"], &capture["clock_backwards"]),
            (&packets.into(), &backwards.into()),
            "{at}"
        );
    }
}

/// A pcapng interface whose clock began ten seconds before 1970, and frames of one octet 4, 5 and 9.75 s later.
#[test]
fn a_time_before_1970_has_its_fraction_on_the_far_side_of_the_second() {
    let block = |kind: u32, body: Vec<u8>| {
        let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
        [&kind.to_le_bytes()[..], &length, &body, &length].concat()
    };
    let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    // Raw IP; if_tsoffset is option 14 of 8 octets.
    let interface = [&[101, 0, 0, 0, 0, 0, 0, 0, 14, 0, 8, 0][..], &(-10i64).to_le_bytes(), &[0; 4]].concat();
    let frame = |microseconds: u32| {
        let words = [0, 0, microseconds, 1, 1, 0].map(u32::to_le_bytes);
        block(6, words.concat())
    };
    let frames = [4_000_000, 5_000_000, 9_750_000].map(frame).concat();
    let files = Files::new();
    let file = files.save(&[block(0x0a0d_0d0a, section), block(1, interface), frames].concat());
    for (at, packets) in [("-6", 1), ("-5.25", 1), ("-5", 2), ("-0.26", 2), ("-0.25", 3), ("0.25", 3)] {
        assert_eq!(told(&format!("--at {at}"), &file)["capture"]["packets"], packets, "{at}");
    }
}

/// The first frame of figure3.pcap at these times.
fn at_times(times: &[u32]) -> Vec<u8> {
    let Capture { header, frames } = Capture::sample("figure3");
    let frame = |time: &u32| [&time.to_le_bytes()[..], &[0; 4], &frames[0][8..]].concat();
    [header, times.iter().flat_map(frame).collect()].concat()
}

#[test]
fn a_time_of_day_is_that_of_the_first_frame() {
    // 2024-06-01T00:00:00Z, and some hours after that.
    let midnight = 1_717_200_000;
    let files = Files::new();
    let file = files.save(&at_times(&[22, 23, 25, 47, 71].map(|hours| midnight + hours * 3600)));
    let packets = |zone: &str, options: &str| {
        let arguments = format!("decode --format json --show stats {options} {file}");
        let run = program::finished(program::mipflow(&arguments).env("TZ", zone));
        assert_eq!(run.code, 0, "{options}");
        let document: Value = serde_json::from_str(&run.out).unwrap();
        let packets = document["capture"]["packets"].as_u64().unwrap();
        let is_told =
            run.error.starts_with("--at: nothing was captured until then") && run.error.lines().count() == 1;
        assert!(if packets == 0 { is_told } else { run.error.is_empty() }, "{options}: {}", run.error);
        packets
    };
    for (at, expected) in [
        ("22:00", 1),
        ("22:59:59.999999999", 1),
        ("23:00:00", 2),
        // An hour before the first frame there is nothing. What is farther away is of the next day.
        ("21:00:00", 0),
        ("20:59:59", 3),
        ("00:59", 2),
        ("01:00", 3),
    ] {
        assert_eq!(packets("UTC", &format!("--at {at}")), expected, "{at}");
        // Half past three in the morning there, five and a half hours east. Only local times are local.
        assert_eq!(packets("IST-5:30", &format!("--at {at}")), expected, "{at}");
    }
    for (at, expected) in [("03:29:59", 0), ("03:30", 1), ("04:30", 2), ("06:30", 3), ("02:00", 3)] {
        assert_eq!(packets("IST-5:30", &format!("--time local --at {at}")), expected, "{at} there");
    }
    // With a date it is of that day, and nothing else is.
    for (at, utc, there) in [
        ("2024-06-01T23:00", 2, 0),
        ("2024-06-01T23:00:00Z", 2, 2),
        ("2024-06-02T04:30+05:30", 2, 2),
        ("2024-06-02T04:30:00", 3, 2),
        ("2024-06-02", 2, 0),
        ("2024-06-01", 0, 0),
        ("2023-01-01T23:00:00", 0, 0),
        ("2031-01-01T23:00:00", 5, 5),
    ] {
        assert_eq!(packets("IST-5:30", &format!("--at {at}")), utc, "{at}");
        assert_eq!(packets("IST-5:30", &format!("--time local --at {at}")), there, "{at} there");
    }
    for time in ["10:00:05-03:00", "20240601T10:00:05", "2024-06-01T10:00:05[Asia/Kolkata]"] {
        let refused = program::run(&format!("decode --at {time} samples/figure3.pcap"));
        assert_eq!(refused.code, 2, "{time} would be another time");
    }
    for time in ["9999-12-31T23:59:59", "1492-08-03T06:00", "2500-01-01T00:00:00Z"] {
        let refused = program::run(&format!("decode --at {time} samples/figure3.pcap"));
        assert_eq!(refused.code, 2);
        assert!(refused.error.contains("captures have no such time"), "{time}: {}", refused.error);
    }
    let refused = program::run("decode --at 25:00 samples/figure3.pcap");
    assert_eq!(refused.code, 2);
    // Numbers are digits alone, as everywhere.
    for text in ["#+5", "+1717236000", "1717236000.+5", "#", "-", "."] {
        let refused = program::run(&format!("decode --at {text} samples/figure3.pcap"));
        assert_eq!(refused.code, 2, "{text}: {}", refused.error);
    }
    for at in ["--at=-5.25", "--at -5.25"] {
        let command = format!("decode {at} --show stats samples/figure3.pcap");
        assert_eq!(program::run(&command).code, 0, "{at}, before 1970");
    }
    assert!(refused.error.contains("as a time of day as in 10:00:30.25"), "{}", refused.error);
}
