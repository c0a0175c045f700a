use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::sync::atomic::AtomicUsize;

use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::super::samples::{Order, Pieces, Seen, file, frames, pcap, read};
use super::*;

/// Numbers, files and microseconds of frames.
fn order(seen: &[Seen]) -> Vec<(u64, u32, i64)> {
    seen.iter().map(|frame| (frame.number, frame.file, frame.nanoseconds / 1000)).collect()
}

fn merge(files: &[&[u64]]) -> (Vec<(u64, u32, i64)>, u64) {
    let mut timeline = Timeline::from_sources(files.iter().map(|times| file(pcap(times))).collect());
    let seen = frames(&mut timeline);
    assert!(timeline.errors().is_empty());
    assert_eq!(timeline.frames, seen.len() as u64);
    for frame in &seen {
        assert_eq!(frame.data[0], (frame.nanoseconds / 1000).to_le_bytes()[0]);
    }
    (order(&seen), timeline.clock_backwards())
}

#[test]
fn merges_by_time_and_ties_in_the_order_given() {
    let (merged, backwards) = merge(&[&[1, 4, 4, 9], &[2, 4, 8], &[], &[4, 4]]);
    let expected =
        [(1, 0, 1), (2, 1, 2), (3, 0, 4), (4, 0, 4), (5, 1, 4), (6, 3, 4), (7, 3, 4), (8, 1, 8), (9, 0, 9)];
    assert_eq!(merged, expected);
    assert_eq!(backwards, 0);
}

#[test]
fn keeps_a_file_in_its_own_order() {
    let (merged, backwards) = merge(&[&[5, 3, 3, 2, 9], &[4, 6]]);
    assert_eq!(merged, [(1, 1, 4), (2, 0, 5), (3, 0, 3), (4, 0, 3), (5, 0, 2), (6, 1, 6), (7, 0, 9)]);
    assert_eq!(backwards, 2);
    assert_eq!(merge(&[&[5, 3, 3, 2, 9]]).1, 2);
    // From one file to the other is no going back.
    assert_eq!(merge(&[&[5], &[5], &[4]]).1, 0);
}

#[test]
fn lists_the_link_types_in_the_order_they_appear() {
    let little = Order::Little;
    let ng = [
        little.section(),
        little.interface(113, 0, &[]),
        little.interface(1, 0, &[]),
        little.enhanced(0, 1, &[1]),
        little.interface(147, 0, &[]),
    ]
    .concat();
    let mut timeline = Timeline::from_sources(vec![file(ng), file(pcap(&[1]))]);
    assert_eq!(timeline.link_types(), [LinkType::ETHERNET]);
    assert_eq!(frames(&mut timeline).len(), 2);
    assert_eq!(timeline.link_types(), [LinkType::ETHERNET, LinkType::LINUX_SLL, LinkType(147)]);
}

#[test]
fn a_header_without_packets_is_fine() {
    let (seen, fault) = read(&pcap(&[]));
    assert!(seen.is_empty() && fault.is_none());
    let (seen, fault) = read(&Order::Big.section());
    assert!(seen.is_empty() && fault.is_none());
}

#[test]
fn says_what_is_no_capture() {
    assert!(matches!(read(b"").1, Some(Fault::Empty)));
    assert!(matches!(read(b"\xd4\xc3").1, Some(Fault::NotACapture { first }) if first == [0xd4, 0xc3]));
    let fault = read(b"# a text that is longer than a header").1;
    assert!(matches!(fault, Some(Fault::NotACapture { first }) if first == b"# a text"));
    let fault = read(b"snoop\0\0\0\0\0\0\x02").1;
    assert!(matches!(fault, Some(Fault::OtherFormat { format: "a snoop capture", .. })));
    let fault = read(&[0x34, 0xcd, 0xb2, 0xa1, 2, 0, 4, 0]).1;
    assert!(matches!(fault, Some(Fault::OtherFormat { format: "a pcap with modified record headers", .. })));
}

#[test]
fn reads_on_when_an_input_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("good.pcap"), pcap(&[1, 3])).unwrap();
    fs::write(path("cut.pcap"), &pcap(&[2, 4])[..45]).unwrap();
    fs::write(path("empty.pcap"), []).unwrap();
    let names = ["missing.pcap", "cut.pcap", "", "empty.pcap", "good.pcap"].map(path);
    let mut timeline = Timeline::open(&names);
    assert_eq!(timeline.errors().len(), 3);
    assert_eq!(timeline.total_bytes(), Some(45 + 24 + 17 + 18));
    assert_eq!(order(&frames(&mut timeline)), [(1, 4, 1), (2, 1, 2), (3, 4, 3)]);
    let told: Vec<_> = timeline.errors().iter().map(|error| (error.file, error.frames)).collect();
    assert_eq!(told, [(0, 0), (2, 0), (3, 0), (1, 1)]);
    let faults: Vec<_> = timeline.take_errors().into_iter().map(|error| error.fault).collect();
    assert!(
        matches!(
            faults[..],
            [
                Fault::NotFound,
                Fault::IsDirectory,
                Fault::Empty,
                Fault::Truncated { offset: 41, needed: 16, had: 4 }
            ]
        ),
        "{faults:?}"
    );
    assert_eq!(timeline.files().len(), 5);
    assert!(timeline.files()[4].ends_with("good.pcap"));
    assert_eq!(timeline.bytes_read(), 45 + 24 + 17 + 18);
    assert!(matches!(timeline.next(), Next::End));
}

#[test]
fn tells_compression_by_content() {
    let plain = pcap(&[1, 2, 3]);
    let gzip = |octets: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(octets).unwrap();
        encoder.finish().unwrap()
    };
    // The members of a gzip may part a record.
    let members = [gzip(&plain[..50]), gzip(&plain[50..])].concat();
    let zstd = zstd::encode_all(&plain[..], 1).unwrap();
    for compressed in [gzip(&plain), members.clone(), zstd.clone()] {
        let (seen, fault) = read(&compressed);
        assert!(fault.is_none(), "{fault:?}");
        assert_eq!(order(&seen), [(1, 0, 1), (2, 0, 2), (3, 0, 3)]);
        let mut timeline = Timeline::from_sources(vec![file(compressed.clone())]);
        frames(&mut timeline);
        assert_eq!(timeline.bytes_read(), compressed.len() as u64);
    }
    // Cut in its second member: the first holds one whole record.
    let (seen, fault) = read(&members[..members.len() - 9]);
    assert!(!seen.is_empty());
    assert!(
        matches!(&fault, Some(Fault::Decompress { compression: super::super::Compression::Gzip, source, .. })
            if source.kind() == io::ErrorKind::UnexpectedEof),
        "{fault:?}"
    );
    for length in 0..zstd.len() {
        let (_, fault) = read(&zstd[..length]);
        assert!(fault.is_some(), "{length}");
    }
    let mut damaged = gzip(&plain);
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    let (seen, fault) = read(&damaged);
    assert_eq!(seen.len(), 3);
    assert!(matches!(fault, Some(Fault::Decompress { .. })));
    assert!(matches!(read(&gzip(b"")).1, Some(Fault::Empty)));
}

/// A pipe that counts how often it was read.
struct Pipe {
    pieces: Pieces,
    reads: Arc<AtomicUsize>,
}

impl Read for Pipe {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.pieces.read(room)
    }
}

fn pipe(pieces: &[&[u8]], failure: Option<io::ErrorKind>) -> (Source, Arc<AtomicUsize>) {
    let reads = Arc::<AtomicUsize>::default();
    let pieces = Pieces { pieces: pieces.iter().map(|piece| piece.to_vec()).collect(), failure };
    let reader = Pipe { pieces, reads: Arc::clone(&reads) };
    // Reading from it is never waited for.
    let ready = File::open("/dev/null").unwrap();
    (Source { name: "-".to_owned(), reader: Box::new(reader), pipe: Some(ready.into()), size: None }, reads)
}

/// What a timeline does: the times of frames, `-1` for a pause, each with the reads of the pipe so far.
fn steps(timeline: &mut Timeline, reads: &AtomicUsize) -> Vec<(i64, usize)> {
    let mut steps = Vec::new();
    loop {
        let step = match timeline.next() {
            Next::Frame(frame) => frame.time.nanoseconds() / 1000,
            Next::Pause => -1,
            Next::End => return steps,
        };
        steps.push((step, reads.load(Ordering::Relaxed)));
    }
}

#[test]
fn pauses_before_it_waits() {
    let octets = pcap(&[10, 11, 12, 13]);
    // Records begin at 24, 41, 59 and 78: two with the header, half of one, its rest and one more.
    let (source, reads) = pipe(&[&octets[..59], &octets[59..70], &octets[70..]], None);
    let mut timeline = Timeline::from_sources(vec![source]);
    // Compression is told by four octets of the first piece, the format by its rest.
    assert_eq!(reads.load(Ordering::Relaxed), 2);
    assert_eq!(timeline.total_bytes(), None);
    let expected = [(10, 2), (11, 2), (-1, 2), (-1, 3), (12, 4), (13, 4), (-1, 4)];
    assert_eq!(steps(&mut timeline, &reads), expected);
    assert_eq!(reads.load(Ordering::Relaxed), 5);
    assert!(timeline.errors().is_empty());
}

#[test]
fn a_pipe_in_a_merge_pauses_too() {
    let octets = pcap(&[10, 12]);
    let (source, reads) = pipe(&[&octets[..24], &octets[24..41], &octets[41..]], None);
    let mut timeline = Timeline::from_sources(vec![file(pcap(&[9, 11, 13])), source]);
    let before = reads.load(Ordering::Relaxed);
    let expected = [
        (-1, before),
        (9, before + 1),
        (10, before + 1),
        (-1, before + 1),
        (11, before + 2),
        (12, before + 2),
        (-1, before + 2),
        (13, before + 3),
    ];
    assert_eq!(steps(&mut timeline, &reads), expected);
}

#[test]
fn says_when_reading_fails() {
    let octets = pcap(&[10, 11]);
    let (source, _) = pipe(&[&octets[..50]], Some(io::ErrorKind::BrokenPipe));
    let mut timeline = Timeline::from_sources(vec![source]);
    assert_eq!(frames(&mut timeline).len(), 1);
    let error = timeline.take_errors().pop().unwrap();
    assert!(
        matches!(&error.fault, Fault::Io(source) if source.kind() == io::ErrorKind::BrokenPipe),
        "{error}"
    );
    assert_eq!(error.frames, 1);
}

#[test]
fn standard_input_is_read_once() {
    let opened: Vec<_> = sources(&["/nonexistent", "-", "-"]).collect();
    assert!(matches!(opened[0].1, Err(Fault::NotFound)));
    assert!(opened[1].1.is_ok());
    assert!(matches!(opened[2].1, Err(Fault::StandardInputTwice)));
    assert_eq!(opened[2].0, "-");
}

#[test]
fn many_inputs_have_small_windows() {
    let sources = (0..20).map(|start| file(pcap(&[start, start + 20]))).collect();
    let mut timeline = Timeline::from_sources(sources);
    let seen = order(&frames(&mut timeline));
    assert_eq!(seen.len(), 40);
    assert!(seen.iter().enumerate().all(|(index, frame)| frame.2 == i64::try_from(index).unwrap()));
}

proptest! {
    /// Merging is what a stable sort does, when no clock goes back.
    #[test]
    fn merging_is_a_stable_sort(mut files in proptest::collection::vec(proptest::collection::vec(0..50_u64, 0..12), 1..6)) {
        for times in &mut files {
            times.sort_unstable();
        }
        let mut expected: Vec<(u32, i64)> = (0..)
            .zip(&files)
            .flat_map(|(file, times)| times.iter().map(move |time| (file, i64::try_from(*time).unwrap())))
            .collect();
        expected.sort_by_key(|(_, time)| *time);
        let (merged, backwards) = merge(&files.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert_eq!(merged.into_iter().map(|(_, file, time)| (file, time)).collect::<Vec<_>>(), expected);
        prop_assert_eq!(backwards, 0);
    }

    /// Nothing is lost and each file keeps its order, whatever the clocks do.
    #[test]
    fn merging_loses_nothing(files in proptest::collection::vec(proptest::collection::vec(0..50_u64, 0..12), 1..6)) {
        let (merged, backwards) = merge(&files.iter().map(Vec::as_slice).collect::<Vec<_>>());
        for (file, times) in (0..).zip(&files) {
            let own: Vec<_> = merged.iter().filter(|frame| frame.1 == file).map(|frame| frame.2.cast_unsigned()).collect();
            prop_assert_eq!(&own, times);
        }
        let expected: usize = files.iter().map(|times| times.windows(2).filter(|pair| pair[1] < pair[0]).count()).sum();
        prop_assert_eq!(backwards, expected as u64);
    }
}
