use proptest::prelude::*;

use super::super::samples::{Order, Seen, read};
use super::*;

/// `if_tsresol`.
fn resolution(order: Order, value: u8) -> Vec<u8> {
    [order.halves([9, 1]), vec![value, 0, 0, 0]].concat()
}

/// `if_tsoffset`.
fn offset(order: Order, seconds: i64) -> Vec<u8> {
    let octets = match order {
        Order::Little => seconds.to_le_bytes(),
        Order::Big => seconds.to_be_bytes(),
    };
    [order.halves([14, 8]), octets.to_vec()].concat()
}

/// A comment of five octets.
fn comment(order: Order) -> Vec<u8> {
    [order.halves([1, 5]), b"hello\0\0\0".to_vec()].concat()
}

fn reason(octets: &[u8]) -> (usize, u64, u32, &'static str) {
    match read(octets) {
        (seen, Some(Fault::BadBlock { offset, block_type, reason })) => {
            (seen.len(), offset, block_type, reason)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn reads_octets_written_by_hand() {
    let file = [
        0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, // section
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0, //
        1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 0, 20, 0, 0, 0, // Ethernet
        6, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 0x97, 0xc3, 4, 0, 0xaa, 0x47, 0xca,
        0x64, // 1340954905.298858
        3, 0, 0, 0, 64, 0, 0, 0, 1, 2, 3, 0, 36, 0, 0, 0,
    ];
    let (seen, fault) = read(&file);
    assert!(fault.is_none());
    let expected = Seen {
        number: 1,
        file: 0,
        nanoseconds: 1_340_954_905_298_858_000,
        digits: 6,
        link_type: 1,
        data: vec![1, 2, 3],
        original_length: 64,
    };
    assert_eq!(seen, [expected]);
}

#[test]
fn reads_sections_of_either_byte_order() {
    for (first, second) in [(Order::Little, Order::Big), (Order::Big, Order::Little)] {
        let mut file = Vec::new();
        for order in [first, second] {
            file.extend(order.section());
            file.extend(order.interface(1, 0, &resolution(order, 9)));
            file.extend(order.interface(101, 0, &[comment(order), offset(order, -3)].concat()));
            file.extend(order.interface(113, 0, &[resolution(order, 0x81), offset(order, 1 << 30)].concat()));
            file.extend(order.enhanced(0, 0x0001_0000_0002, &[1]));
            file.extend(order.enhanced(1, 1_500_000, &[2, 2]));
            file.extend(order.enhanced(2, 3, &[3, 3, 3, 3]));
        }
        let (seen, fault) = read(&file);
        assert!(fault.is_none(), "{fault:?}");
        let told: Vec<_> = seen
            .iter()
            .map(|frame| (frame.nanoseconds, frame.digits, frame.link_type, frame.data.len()))
            .collect();
        let section = [
            (4_294_967_298, 9, 1, 1),
            (-1_500_000_000, 6, 101, 2),
            // 2^30 s and three halves.
            (1_073_741_825_500_000_000, 1, 113, 4),
        ];
        assert_eq!(told, [section, section].concat());
    }
}

#[test]
fn forgets_the_interfaces_of_the_section_before() {
    let order = Order::Little;
    let start = [order.section(), order.interface(1, 0, &[]), order.enhanced(0, 1, &[1])].concat();
    let length = start.len() as u64 + 28;
    let file = [start, order.section(), order.enhanced(0, 2, &[2])].concat();
    assert_eq!(reason(&file), (1, length, 6, "it names an interface that was not described"));
}

#[test]
fn reads_simple_packets_with_the_time_of_the_packet_before() {
    for order in [Order::Little, Order::Big] {
        let simple =
            |original: u32, data: &[u8]| order.block(3, &[order.words([original]), data.to_vec()].concat());
        let file = [
            order.section(),
            order.interface(101, 4, &[]),
            order.interface(1, 0, &resolution(order, 3)),
            simple(3, &[1, 2, 3]),
            order.enhanced(1, 77, &[9]),
            simple(60, &[1, 2, 3, 4]),
            // More than the snapshot length in the block is no captured data.
            simple(60, &[1, 2, 3, 4, 5, 6, 7, 8]),
            order.section(),
            order.interface(113, 0, &[]),
            // Without a limit it is the original length, or what the block holds.
            simple(6, &[1, 2, 3, 4, 5, 6]),
            simple(60, &[1, 2, 3, 4]),
        ]
        .concat();
        let (seen, fault) = read(&file);
        assert!(fault.is_none(), "{fault:?}");
        let told: Vec<_> = seen
            .iter()
            .map(|frame| (frame.nanoseconds, frame.link_type, &frame.data[..], frame.original_length))
            .collect();
        assert_eq!(
            told,
            [
                (0, 101, &[1, 2, 3][..], 3),
                (77_000_000, 1, &[9], 1),
                (77_000_000, 101, &[1, 2, 3, 4], 60),
                (77_000_000, 101, &[1, 2, 3, 4], 60),
                (0, 113, &[1, 2, 3, 4, 5, 6], 6),
                (0, 113, &[1, 2, 3, 4], 60),
            ]
        );
    }
}

#[test]
fn reads_the_obsolete_packet_block() {
    for order in [Order::Little, Order::Big] {
        // Interface 1, 9 drops.
        let body =
            [order.halves([1, 9]), order.words([0, 5, 3, 50]), vec![4, 5, 6, 0], comment(order)].concat();
        let file = [
            order.section(),
            order.interface(1, 0, &[]),
            order.interface(12, 0, &resolution(order, 9)),
            order.block(2, &body),
        ]
        .concat();
        let (seen, fault) = read(&file);
        assert!(fault.is_none(), "{fault:?}");
        assert_eq!((seen[0].nanoseconds, seen[0].link_type, seen[0].original_length), (5, 12, 50));
        assert_eq!(seen[0].data, [4, 5, 6]);
    }
}

#[test]
fn passes_over_options_and_other_blocks() {
    let order = Order::Big;
    let mut file = [order.words([0x1a2b_3c4d]), order.halves([1, 2]), vec![0; 8], comment(order)].concat();
    file = order.block(0x0a0d_0d0a, &file);
    file.extend(order.interface(1, 0, &[comment(order), vec![0; 4], resolution(order, 9)].concat()));
    // Name resolution, statistics, custom, and one that is longer than the window.
    file.extend(order.block(4, &[0; 4]));
    file.extend(order.block(5, &[0; 12]));
    file.extend(order.block(0xbad, &[1, 2, 3, 4, 5]));
    file.extend(order.block(0x8000_0001, &vec![6; 1_200_000]));
    let body = [order.words([0, 0, 8, 2, 2]), vec![1, 2, 0, 0], comment(order), vec![0; 4]].concat();
    file.extend(order.block(6, &body));
    let (seen, fault) = read(&file);
    assert!(fault.is_none(), "{fault:?}");
    // The resolution stood behind the end of the options.
    assert_eq!((seen[0].nanoseconds, seen[0].digits, &seen[0].data[..]), (8000, 6, &[1, 2][..]));
}

#[test]
fn gives_what_is_whole_of_a_cut_file() {
    for order in [Order::Little, Order::Big] {
        let blocks = [
            order.section(),
            order.interface(1, 0, &resolution(order, 9)),
            order.enhanced(0, 1, &[1; 5]),
            order.block(4, &[0; 4]),
            order.block(3, &[order.words([2]), vec![7, 7]].concat()),
        ];
        let file = blocks.concat();
        let ends: Vec<_> = blocks
            .iter()
            .scan(0, |end, block| {
                *end += block.len();
                Some(*end)
            })
            .collect();
        for length in 0..=file.len() {
            let (seen, fault) = read(&file[..length]);
            let packets = usize::from(length >= ends[2]) + usize::from(length >= ends[4]);
            assert_eq!(seen.len(), packets, "{length}");
            match fault {
                None => assert!(ends.contains(&length), "{length}"),
                Some(Fault::Empty) => assert_eq!(length, 0),
                Some(Fault::NotACapture { .. }) => assert!(length < 4),
                Some(Fault::Truncated { offset, needed, had }) => {
                    let index = ends.iter().position(|end| *end > length).unwrap();
                    let start = ends[index] - blocks[index].len();
                    assert_eq!((offset, had), (start as u64, (length - start) as u64), "{length}");
                    assert_eq!(needed, if had < 12 { 12 } else { blocks[index].len() as u64 }, "{length}");
                }
                other => panic!("{other:?} at {length}"),
            }
        }
    }
}

#[test]
fn names_the_block_that_is_wrong() {
    let order = Order::Little;
    let start = [order.section(), order.interface(1, 0, &[]), order.enhanced(0, 1, &[1])].concat();
    let at = start.len() as u64;
    let with = |block: Vec<u8>| [start.clone(), block].concat();
    let mut differing = order.enhanced(0, 2, &[1]);
    *differing.last_mut().unwrap() = 1;
    assert_eq!(reason(&with(differing)), (1, at, 6, "its two lengths differ"));
    let greedy = order.block(6, &[order.words([0, 0, 0, 5, 5]), vec![0; 4]].concat());
    assert_eq!(reason(&with(greedy)), (1, at, 6, "its captured length is more than the block holds"));
    let short = order.block(6, &[0; 16]);
    assert_eq!(reason(&with(short)), (1, at, 6, "it is too short"));
    let shorter = order.block(6, &[0; 4]);
    assert_eq!(reason(&with(shorter)), (1, at, 6, "it is too short"));
    assert_eq!(reason(&with(order.block(3, &[]))), (1, at, 3, "it is too short"));
    assert_eq!(reason(&with(order.block(1, &[0; 4]))), (1, at, 1, "it is too short"));
    let length = "its length is below 12 or no multiple of 4";
    for wrong in [0, 8, 11, 13, 34] {
        assert_eq!(reason(&with(order.words([6, wrong, 0]))), (1, at, 6, length));
        assert_eq!(reason(&with(order.words([77, wrong, 0]))), (1, at, 77, length));
    }
    let magic = order.block(0x0a0d_0d0a, &[1; 16]);
    assert_eq!(reason(&magic), (0, 0, 0x0a0d_0d0a, "its byte-order magic is unknown"));
    let version = order.block(0x0a0d_0d0a, &[order.words([0x1a2b_3c4d, 2]), vec![0xff; 8]].concat());
    assert_eq!(reason(&with(version)), (1, at, 0x0a0d_0d0a, "its version is not 1"));
    let brief = order.block(0x0a0d_0d0a, &order.words([0x1a2b_3c4d]));
    assert_eq!(reason(&brief), (0, 0, 0x0a0d_0d0a, "it is too short"));
    let early = [order.section(), order.block(3, &[0; 8])].concat();
    assert_eq!(reason(&early), (0, 28, 3, "no interface was described before it"));
}

#[test]
fn stops_at_an_absurd_length() {
    let order = Order::Little;
    let file = [order.section(), order.interface(1, 0, &[]), order.words([6, 0x0400_0004, 0])].concat();
    let (_, fault) = read(&file);
    assert!(
        matches!(fault, Some(Fault::AbsurdRecord { offset: 48, record: 1, length: 0x0400_0004 })),
        "{fault:?}"
    );
    // Behind a packet of 36 octets it is the second.
    let packet = order.enhanced(0, 1, &[1]);
    let file =
        [order.section(), order.interface(1, 0, &[]), packet, order.words([6, 0x0400_0004, 0])].concat();
    let (_, fault) = read(&file);
    assert!(matches!(fault, Some(Fault::AbsurdRecord { offset: 84, record: 2, .. })), "{fault:?}");
    // A block that is not read costs no memory whatever it claims.
    let file = [order.section(), order.words([5, 0xffff_fffc, 0])].concat();
    let (_, fault) = read(&file);
    assert!(
        matches!(fault, Some(Fault::Truncated { offset: 28, needed: 0xffff_fffc, had: 12 })),
        "{fault:?}"
    );
}

proptest! {
    #[test]
    fn survives_any_octets(big in any::<bool>(), rest in proptest::collection::vec(any::<u8>(), 0..400)) {
        let order = if big { Order::Big } else { Order::Little };
        read(&[order.section(), order.interface(1, 0, &[]), rest].concat());
    }

    #[test]
    fn survives_any_block(
        big in any::<bool>(),
        blocks in proptest::collection::vec((0..8_u32, proptest::collection::vec(any::<u8>(), 0..60)), 1..8),
    ) {
        let order = if big { Order::Big } else { Order::Little };
        let mut file = order.section();
        for (block_type, body) in blocks {
            file.extend(order.block(block_type, &body));
        }
        read(&file);
    }

    #[test]
    fn survives_a_changed_octet(at in 0..200_usize, value in any::<u8>()) {
        let order = Order::Little;
        let mut file = [
            order.section(),
            order.interface(1, 0, &[resolution(order, 9), offset(order, 5)].concat()),
            order.enhanced(0, 1, &[1; 5]),
            order.block(2, &[order.words([0, 0, 5, 3, 50]), vec![4, 5, 6, 0], comment(order)].concat()),
            order.block(3, &[order.words([2]), vec![7, 7]].concat()),
        ]
        .concat();
        let index = at % file.len();
        file[index] = value;
        read(&file);
    }
}
