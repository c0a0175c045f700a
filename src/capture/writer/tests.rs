use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use proptest::prelude::*;

use super::super::samples::{Seen, frames, pcap};
use super::super::{Next, Timeline};
use super::*;

fn frame(seen: &Seen) -> Frame<'_> {
    Frame {
        number: seen.number,
        file: seen.file,
        time: Timestamp::from_nanoseconds(seen.nanoseconds),
        precision: Precision::new(seen.digits),
        link_type: LinkType(seen.link_type),
        data: &seen.data,
        original_length: seen.original_length,
    }
}

fn seen(nanoseconds: i64, digits: u8, link_type: u32, data: &[u8], original_length: u32) -> Seen {
    Seen { number: 1, file: 0, nanoseconds, digits, link_type, data: data.to_vec(), original_length }
}

const NO_INPUTS: [&str; 0] = [];

/// Writes frames to a file of this name; gives its octets.
fn write(name: &str, frames: &[Seen]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let mut writer = Writer::create(&path, &NO_INPUTS).unwrap();
    for seen in frames {
        writer.write(&frame(seen)).unwrap();
    }
    assert_eq!(writer.frames(), frames.len() as u64);
    writer.finish().unwrap();
    fs::read(path).unwrap()
}

#[test]
fn writes_microseconds() {
    let octets = write("a.pcap", &[seen(10_000_123_456_789, 6, 113, &[7, 8, 9], 60)]);
    let expected = [
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 113, 0, 0, 0, // header
        0x10, 0x27, 0, 0, 0x40, 0xe2, 1, 0, 3, 0, 0, 0, 60, 0, 0, 0, 7, 8, 9,
    ];
    assert_eq!(octets, expected);
}

#[test]
fn writes_nanoseconds_when_the_first_frame_has_them() {
    let octets = write("a", &[seen(1_000_000_002, 9, 1, &[], 0), seen(3_000_004_000, 6, 1, &[], 0)]);
    assert_eq!(octets[..4], [0x4d, 0x3c, 0xb2, 0xa1]);
    assert_eq!(octets[24..32], [1, 0, 0, 0, 2, 0, 0, 0]);
    assert_eq!(octets[40..48], [3, 0, 0, 0, 0xa0, 0xf, 0, 0]);
}

#[test]
fn writes_an_empty_capture() {
    let octets = write("a.pcap", &[]);
    assert_eq!(octets.len(), 24);
    assert_eq!(octets[20..], [1, 0, 0, 0]);
    let octets = write("a.pcapng", &[]);
    assert_eq!(octets.len(), 28);
}

#[test]
fn writes_the_nearest_time_there_is() {
    let early = seen(-1, 6, 1, &[], 0);
    let late = seen(4_294_967_296_000_000_000, 6, 1, &[], 0);
    let octets = write("a.pcap", &[early.clone(), late.clone()]);
    assert_eq!(octets[24..32], [0; 8]);
    assert_eq!(octets[40..48], [0xff, 0xff, 0xff, 0xff, 0x3f, 0x42, 0xf, 0]);
    let epoch = seen(0, 6, 1, &[], 0);
    assert_eq!(write("a.pcapng", &[early, late.clone()]), write("a.pcapng", &[epoch, late]));
}

#[test]
fn writes_an_interface_for_each_link_type_and_precision() {
    let octets = write(
        "a.PCAPNG",
        &[
            seen(5_000_000_007, 9, 1, &[1, 2, 3, 4, 5], 64),
            seen(6_007_000_000, 3, 101, &[6], 1),
            seen(8, 9, 1, &[], 0),
        ],
    );
    let expected = [
        0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, // section
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0, //
        1, 0, 0, 0, 32, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0,
        0, //
        6, 0, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 7, 0xf2, 5, 0x2a, // 5 * 10^9 = 0x1_2a05_f200
        5, 0, 0, 0, 64, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 40, 0, 0, 0, //
        1, 0, 0, 0, 32, 0, 0, 0, 101, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0,
        0, //
        6, 0, 0, 0, 36, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x77, 0x17, 0, 0, // 6007 ms
        1, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 36, 0, 0, 0, //
        6, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0,
    ];
    assert_eq!(octets, expected);
}

#[test]
fn refuses_a_second_link_type_in_classic_pcap() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(&folder.path().join("out.pcap"), &NO_INPUTS).unwrap();
    writer.write(&frame(&seen(0, 6, 1, &[], 0))).unwrap();
    let error = writer.write(&frame(&seen(0, 6, 101, &[], 0))).unwrap_err();
    assert!(matches!(
        error,
        WriteError::SecondLinkType { first: LinkType::ETHERNET, second: LinkType::RAW, .. }
    ));
    assert!(error.help().unwrap().ends_with("out.pcapng`"));
    // What was written stays.
    assert_eq!(writer.frames(), 1);
    writer.finish().unwrap();
}

#[test]
fn never_writes_over_an_input() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.pcap");
    fs::write(&input, pcap(&[1])).unwrap();
    let link = folder.path().join("link.pcap");
    symlink(&input, &link).unwrap();
    let hard = folder.path().join("hard.pcap");
    fs::hard_link(&input, &hard).unwrap();
    let inputs = [PathBuf::from("-"), folder.path().join("missing.pcap"), input.clone()];
    for output in [&input, &link, &hard, &folder.path().join("./in.pcap")] {
        let error = Writer::create(output, &inputs).map(|_| ()).unwrap_err();
        assert!(
            matches!(&error, WriteError::IsInput { input: named, .. } if named.ends_with("in.pcap")),
            "{error}"
        );
    }
    assert_eq!(fs::read(&input).unwrap(), pcap(&[1]));
    // An older output is replaced, and so is an input that does not exist.
    let other = folder.path().join("other.pcap");
    fs::write(&other, [0; 1000]).unwrap();
    Writer::create(&other, &inputs).unwrap().finish().unwrap();
    assert_eq!(fs::read(&other).unwrap().len(), 24);
}

#[test]
fn says_what_cannot_be_written() {
    assert!(matches!(Writer::create(Path::new("-"), &NO_INPUTS), Err(WriteError::StandardOutput)));
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Writer::create(folder.path(), &NO_INPUTS), Err(WriteError::Create { .. })));
    // Who unpacks it later would be told that it is broken.
    let compressed = folder.path().join("a.pcapng.GZ");
    for refused in
        [Writer::create(&compressed, &NO_INPUTS).err(), Writer::check(&compressed, &NO_INPUTS).err()]
    {
        let plain = folder.path().join("a.pcapng");
        let help = format!("write to `{}`, and compress that", plain.display());
        assert_eq!(refused.and_then(|refused| refused.help()), Some(help));
    }
    assert!(!compressed.exists());
    // A device that is always full: nothing is known before the buffer goes out.
    let full = Writer::create(Path::new("/dev/full"), &NO_INPUTS).unwrap();
    let error = full.finish().unwrap_err();
    assert!(matches!(&error, WriteError::Write { .. }));
    assert!(error.to_string().starts_with("`/dev/full` cannot be written: "), "{error}");
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        written in proptest::collection::vec(
            (0..4_000_000_000_000_000_000_i64, 0..10_u8, 0..300_u32, proptest::collection::vec(any::<u8>(), 0..40), any::<u32>()),
            0..20,
        ),
    ) {
        let mut written: Vec<Seen> = written
            .into_iter()
            .map(|(nanoseconds, digits, link_type, data, original_length)| {
                let unit = 10_i64.pow(9 - u32::from(digits));
                Seen { number: 0, file: 0, nanoseconds: nanoseconds / unit * unit, digits, link_type, data, original_length }
            })
            .collect();
        (1..).zip(&mut written).for_each(|(number, seen)| seen.number = number);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pcapng");
        let mut writer = Writer::create(&path, &NO_INPUTS).unwrap();
        for seen in &written {
            writer.write(&frame(seen)).unwrap();
        }
        writer.finish().unwrap();
        let mut timeline = Timeline::open(&[path]);
        prop_assert_eq!(frames(&mut timeline), written);
        prop_assert!(timeline.errors().is_empty());
        prop_assert!(matches!(timeline.next(), Next::End));
    }
}
