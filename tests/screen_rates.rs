//! What runs through tunnels: a second while packets come, else in all, and never one under the title of the other.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(dead_code, reason = "the scenario is shared with other tests")]

#[path = "tables/scenario.rs"]
mod scenario;
mod screen;

use mipflow::tui::Message;
use scenario::{Request, Scenario};
use screen::Bench;

const UDP: u8 = 17;
const SIZE: (u16, u16) = (80, 24);
const A_SECOND: &str = "packets and octets a second";
const IN_ALL: &str = "packets and octets in all";

/// Two nodes that are registered with frame 4, at 0.12 s. Then packets to the first, of 29 octets inside the tunnel: at
/// 1.12 s (frame 5), 2.12 s (6), two at 4.12 s (7 and 8), 10.12 s (9) and 11.12 s (10). With frame 12, at 11.52 s,
/// there is a third node.
fn bench(size: (u16, u16)) -> Bench {
    let mut scenario = Scenario::default();
    let register = |place: u8| {
        let identification = 0xea05_6fa0_0000_0000 + u64::from(place);
        Request::new([10, 1, 0, place], [192, 0, 2, place], 600, identification).path("802.11", 1, 1)
    };
    scenario.accepted(0, &register(1).flow(&[1], "proto udp")).accepted(100, &register(2));
    for (at, text) in [(1120, "a"), (2120, "b"), (4120, "c"), (4120, "d"), (10_120, "e"), (11_120, "f")] {
        scenario.down(at, [192, 0, 2, 1], UDP, [5060, 5062], text.as_bytes());
    }
    scenario.accepted(11_500, &register(3));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rates.pcap");
    scenario.write(&path);
    let mut bench = Bench::before(path.to_str().unwrap(), size);
    bench.read(4);
    bench
}

/// What the tunnel to this care-of address says of the way down: packets and octets.
fn down(bench: &Bench, care_of_address: &str) -> String {
    let line = bench.line(care_of_address);
    let (_, columns) = line.split_once('↓').expect("the columns of traffic");
    columns.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_second_is_one_in_the_rows_of_all_nodes() {
    let mut bench = bench(SIZE);
    assert!(bench.cursor().contains("10.1.0.1") && bench.shows(IN_ALL), "{}", bench.text());
    bench.read(5);
    assert!(bench.shows(A_SECOND), "{}", bench.text());
    assert_eq!([down(&bench, "192.0.2.1 "), down(&bench, "192.0.2.2 ")], ["1 29", "0 0"]);
    // The cursor is at the first, which has two packets and 58 octets by now.
    bench.read(6);
    assert_eq!([down(&bench, "192.0.2.1 "), down(&bench, "192.0.2.2 ")], ["1 29", "0 0"]);
    // Two more in two seconds.
    bench.read(8);
    assert_eq!(down(&bench, "192.0.2.1 "), "1 29");
    // Of a tunnel that came just now no second is known.
    bench.read(12);
    assert!(bench.shows(A_SECOND), "{}", bench.text());
    assert_eq!(down(&bench, "192.0.2.3 "), "- -");
    bench.read(u64::MAX);
    assert!(bench.shows(IN_ALL), "{}", bench.text());
    assert_eq!([down(&bench, "192.0.2.1 "), down(&bench, "192.0.2.2 ")], ["6 174", "0 0"]);
}

#[test]
fn a_second_is_the_last_one_after_another_view_was_open() {
    let mut bench = bench(SIZE);
    bench.read(6);
    bench.keys("3");
    bench.read(9);
    bench.read(10);
    bench.keys("1");
    assert!(bench.shows(A_SECOND), "{}", bench.text());
    assert_eq!(down(&bench, "192.0.2.1 "), "1 29");
}

#[test]
fn what_came_while_the_screen_stood_still_is_not_of_a_second() {
    let mut bench = bench(SIZE);
    bench.read(6);
    bench.keys("p");
    bench.read(9);
    assert_eq!(down(&bench, "192.0.2.1 "), "1 29");
    bench.keys("p");
    assert!(bench.shows(IN_ALL), "{}", bench.text());
    assert_eq!(down(&bench, "192.0.2.1 "), "5 145");
    bench.read(10);
    assert!(bench.shows(A_SECOND), "{}", bench.text());
    assert_eq!(down(&bench, "192.0.2.1 "), "1 29");
}

#[test]
fn the_time_cursor_says_nothing_of_packets_it_does_not_look_at() {
    let mut bench = bench(SIZE);
    bench.read(10);
    assert!(bench.shows("6 packets, 174 octets"), "{}", bench.text());
    bench.keys("[");
    assert!(bench.shows("AT FRAME 4") && bench.shows("without packets and octets"), "{}", bench.text());
    assert_eq!(down(&bench, "192.0.2.1 "), "- -");
    assert!(bench.shows("proto udp") && !bench.line("<DROP>").contains("packets"), "{}", bench.text());
    bench.keys("4");
    assert!(bench.shows("no flows at the time cursor"), "{}", bench.text());
    // Four packets are behind the cursor; what is counted here are the messages among them.
    bench.keys("6");
    assert!(bench.line("Statistics ─").ends_with("of the messages alone"), "{}", bench.text());
    bench.keys("p");
    assert!(!bench.shows("of the messages alone"), "{}", bench.text());
}

#[test]
fn a_title_without_its_columns_is_left_out() {
    let mut bench = bench((60, 24));
    assert!(!bench.shows("packets and octets"), "{}", bench.text());
    bench.send(Message::Resize(80, 24));
    assert!(bench.shows(IN_ALL), "{}", bench.text());
}
