use proptest::prelude::*;

use super::super::samples::{Order, pcap, read};
use super::*;

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;

#[test]
fn reads_little_endian_microseconds() {
    let file = [
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0, // header
        0x10, 0x27, 0, 0, 0x40, 0xe2, 1, 0, 3, 0, 0, 0, 60, 0, 0, 0, 7, 8, 9, // 10000.123456
        0xff, 0xff, 0xff, 0xff, 0x3f, 0x42, 0xf, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 4294967295.999999
    ];
    let (seen, fault) = read(&file);
    assert!(fault.is_none());
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[0].number, seen[0].file, seen[0].link_type), (1, 0, 1));
    assert_eq!((seen[0].nanoseconds, seen[0].digits), (10_000_123_456_000, 6));
    assert_eq!((&seen[0].data[..], seen[0].original_length), (&[7, 8, 9][..], 60));
    assert_eq!((seen[1].nanoseconds, seen[1].data.len()), (4_294_967_295_999_999_000, 0));
    assert_eq!(seen[1].number, 2);
}

#[test]
fn reads_every_magic_number() {
    for order in [Order::Little, Order::Big] {
        for (magic, nanoseconds, digits) in
            [(MICROSECONDS, 5_000_007_000, 6), (NANOSECONDS, 5_000_000_007, 9)]
        {
            let file = [order.pcap_header(magic, 65_535, 113), order.pcap_record(5, 7, &[1, 2])].concat();
            let (seen, fault) = read(&file);
            assert!(fault.is_none(), "{order:?} {magic:x}");
            assert_eq!((seen[0].nanoseconds, seen[0].digits), (nanoseconds, digits), "{order:?} {magic:x}");
            assert_eq!((seen[0].link_type, &seen[0].data[..]), (113, &[1, 2][..]));
        }
    }
}

#[test]
fn takes_the_low_half_as_link_type() {
    // A frame check sequence of 4 octets (two 16-bit units), present.
    let file =
        [Order::Big.pcap_header(MICROSECONDS, 0, 0x2400_0114), Order::Big.pcap_record(1, 2, &[3])].concat();
    assert_eq!(read(&file).0[0].link_type, 276);
}

#[test]
fn takes_a_fraction_of_more_than_a_second() {
    let file =
        [Order::Little.pcap_header(MICROSECONDS, 0, 1), Order::Little.pcap_record(1, u32::MAX, &[])].concat();
    assert_eq!(read(&file).0[0].nanoseconds, 4_295_967_295_000);
}

#[test]
fn gives_what_is_whole_of_a_cut_file() {
    let file = pcap(&[1, 2, 3]);
    // Records of 17, 18 and 19 octets.
    let ends = [24, 41, 59, 78];
    assert_eq!(file.len(), 78);
    for length in 0..=file.len() {
        let (seen, fault) = read(&file[..length]);
        assert_eq!(seen.len(), ends.iter().skip(1).filter(|end| **end <= length).count(), "{length}");
        match fault {
            None => assert!(ends.contains(&length), "{length}"),
            Some(Fault::Empty) => assert_eq!(length, 0),
            Some(Fault::NotACapture { first }) => assert_eq!(first, file[..length.min(3)]),
            Some(Fault::Truncated { offset, needed, had }) => {
                let start = ends.iter().copied().filter(|end| *end < length).max().unwrap_or(0);
                assert_eq!((offset, had), (start as u64, (length - start) as u64));
                let header = if start == 0 { 24 } else { 16 };
                let whole = if start == 0 { 24 } else { 16 + seen.len() as u64 + 1 };
                assert_eq!(needed, if had < header { header } else { whole }, "{length}");
            }
            other => panic!("{other:?} at {length}"),
        }
    }
}

#[test]
fn stops_at_an_absurd_length() {
    for order in [Order::Little, Order::Big] {
        let mut file = order.pcap_header(MICROSECONDS, 65_535, 1);
        file.extend(order.pcap_record(1, 0, &[1; 10]));
        file.extend(order.words([2, 0, 262_145, 262_145]));
        // As well when the octets are all there.
        for rest in [0, 10, 300_000] {
            let mut file = file.clone();
            file.resize(file.len() + rest, 0);
            let (seen, fault) = read(&file);
            assert_eq!(seen.len(), 1);
            assert!(
                matches!(fault, Some(Fault::AbsurdRecord { offset: 50, record: 2, length: 262_145 })),
                "{fault:?}"
            );
        }
    }
}

#[test]
fn takes_the_length_that_the_header_declares() {
    assert_eq!(longest_record(96), 262_144);
    assert_eq!(longest_record(1_000_000), 1_000_000);
    assert_eq!(longest_record(0), 66_060_288);
    assert_eq!(longest_record(u32::MAX), 66_060_288);
    // Larger than a window, between two small ones.
    let large: Vec<u8> = (0..=255).cycle().take(1_500_000).collect();
    let mut file = Order::Little.pcap_header(MICROSECONDS, 1_500_000, 1);
    file.extend(Order::Little.pcap_record(1, 0, &[1]));
    file.extend(Order::Little.pcap_record(2, 0, &large));
    file.extend(Order::Little.pcap_record(3, 0, &[3]));
    let (seen, fault) = read(&file);
    assert!(fault.is_none());
    assert_eq!(seen.iter().map(|frame| frame.data.len()).collect::<Vec<_>>(), [1, 1_500_000, 1]);
    assert_eq!(seen[1].data, large);
}

#[test]
fn believes_no_length_before_the_octets_come() {
    let mut file = Order::Little.pcap_header(MICROSECONDS, 0, 1);
    file.extend(Order::Little.words([0, 0, 60_000_000, 60_000_000]));
    file.extend([1; 9]);
    let fault = read(&file).1;
    assert!(matches!(fault, Some(Fault::Truncated { offset: 24, needed: 60_000_016, had: 25 })), "{fault:?}");
}

proptest! {
    #[test]
    fn survives_any_octets(magic in 0..4_usize, rest in proptest::collection::vec(any::<u8>(), 0..400)) {
        let header = match magic {
            0 => Order::Little.pcap_header(MICROSECONDS, 0, 1),
            1 => Order::Little.pcap_header(NANOSECONDS, 0, 1),
            2 => Order::Big.pcap_header(MICROSECONDS, 65_535, 1),
            _ => Order::Big.pcap_header(NANOSECONDS, 65_535, 1),
        };
        read(&[header, rest].concat());
    }

    #[test]
    fn gives_back_every_record(
        records in proptest::collection::vec((any::<u32>(), 0..1_000_000_u32, proptest::collection::vec(any::<u8>(), 0..90)), 0..40),
        big in any::<bool>(),
    ) {
        let order = if big { Order::Big } else { Order::Little };
        let mut file = order.pcap_header(NANOSECONDS, 65_535, 1);
        for (seconds, fraction, data) in &records {
            file.extend(order.pcap_record(*seconds, *fraction, data));
        }
        let (seen, fault) = read(&file);
        prop_assert!(fault.is_none());
        prop_assert_eq!(seen.len(), records.len());
        for (frame, (seconds, fraction, data)) in seen.iter().zip(&records) {
            prop_assert_eq!(frame.nanoseconds, i64::from(*seconds) * 1_000_000_000 + i64::from(*fraction));
            prop_assert_eq!(&frame.data, data);
        }
    }
}
