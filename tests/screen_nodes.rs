//! Which node it is: what the row of a node tells before it is unfolded, and what comes into sight when it is.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(dead_code, reason = "the scenario is shared with other tests")]

#[path = "tables/scenario.rs"]
mod scenario;
mod screen;

use crossterm::event::KeyCode;
use scenario::{Request, Scenario};
use screen::Bench;

const SIZE: (u16, u16) = (80, 24);

/// A request of the node 10.1.0.PLACE at 192.0.2.PLACE, this many seconds after the first one.
fn register(place: u8, second: u64) -> Request {
    let identification = 0xea05_6fa0_0000_0000 + (second << 32) + u64::from(place);
    Request::new([10, 1, 0, place], [192, 0, 2, place], 600, identification).path("802.11", 1, 1)
}

fn bench(scenario: &Scenario) -> Bench {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nodes.pcap");
    scenario.write(&path);
    Bench::before(path.to_str().unwrap(), SIZE)
}

#[test]
fn a_node_that_was_denied_says_so_until_it_is_accepted() {
    let mut scenario = Scenario::default();
    scenario.accepted(0, &register(1, 0));
    // Frames 3 to 8: denied, denied for another reason, accepted.
    for (second, code) in [(1, 131), (2, 133), (3, 0)] {
        let request = register(2, second);
        let at = i64::try_from(second).unwrap() * 1000;
        scenario.request(at, &request).reply(at + 20, &request, code, 600);
    }
    let mut bench = bench(&scenario);
    bench.read(3);
    assert!(!bench.line(" 10.1.0.2 ").contains("denied"), "{}", bench.text());
    bench.read(4);
    assert!(bench.line(" 10.1.0.2 ").contains("0 of 0 up  denied 131 "), "{}", bench.text());
    bench.read(6);
    assert!(bench.line(" 10.1.0.2 ").contains("0 of 0 up  denied 133 "), "{}", bench.text());
    bench.keys("fstate:denied\n");
    assert!(bench.shows("Tunnels: 1 of 2 nodes") && !bench.shows(" 10.1.0.1 "), "{}", bench.text());
    bench.keys("f");
    bench.control('u');
    bench.keys("!state:denied\n");
    assert!(bench.shows("Tunnels: 1 of 2 nodes") && bench.shows(" 10.1.0.1 "), "{}", bench.text());
    bench.keys("f");
    bench.control('u');
    bench.keys("\n");
    bench.read(8);
    assert!(bench.line(" 10.1.0.2 ").contains("1 of 1 up  HA"), "{}", bench.text());
    // As it stood after the second denial.
    bench.keys("[[");
    assert!(bench.shows("AT FRAME 6"), "{}", bench.text());
    assert!(bench.line(" 10.1.0.2 ").contains("denied 133 "), "{}", bench.text());
}

#[test]
fn what_is_unfolded_comes_into_sight() {
    let mut scenario = Scenario::default();
    for place in 1..=20 {
        scenario.accepted(i64::from(place) * 100, &register(place, 0));
    }
    let mut bench = bench(&scenario);
    bench.read(u64::MAX);
    // The last node is on the last line of its pane.
    bench.keys("G");
    assert!(bench.cursor().contains("10.1.0.20 "), "{}", bench.text());
    bench.keys("\n");
    assert!(bench.cursor().contains("10.1.0.20 ") && bench.shows("192.0.2.20 "), "{}", bench.text());
    bench.keys("khl");
    assert!(bench.cursor().contains("10.1.0.19 ") && bench.shows("192.0.2.19 "), "{}", bench.text());

    let mut bench = Bench::after("samples/malformed.pcap", (80, 16));
    bench.keys("5Gk");
    let above = bench.cursor();
    // Folded, the node of the last finding is the last line.
    let last = bench.app.findings.list.rows().len();
    bench.keys("h");
    assert_eq!(bench.app.findings.list.rows().len(), last - 1, "{}", bench.text());
    let finding = |bench: &Bench| {
        let text = bench.text();
        text.lines().skip_while(|line| !line.starts_with('▶')).nth(1).is_some_and(|line| line.contains('#'))
    };
    assert!(!finding(&bench), "{}", bench.text());
    bench.keys("l");
    assert!(bench.cursor() == above && finding(&bench), "{}", bench.text());
}

#[test]
fn the_mobile_networks_of_a_node_stand_above_its_policy() {
    // As samples/README.md has it: node 1 was granted an IPv4 and an IPv6 prefix, node 2 an IPv4 one.
    let mut bench = Bench::after("samples/extensions.pcap", (80, 40));
    assert!(bench.cursor().contains("10.1.0.1 "), "{}", bench.text());
    let text = bench.text();
    let (_, policy) = text.split_once(" Policy of 10.1.0.1 ").unwrap();
    let line = policy.lines().nth(1).unwrap();
    assert_eq!(line.trim(), "prefixes 203.0.113.224/28 2001:db8:1::/64");
    assert!(policy.lines().nth(2).unwrap().contains("Access network preferences"), "{text}");
    // A node without rules has its prefix all the same, and can be found by it.
    bench.keys("f203.0.113.240/28\n");
    assert!(bench.cursor().contains("10.1.0.2 ") && bench.shows("Tunnels: 1 of 5 nodes"), "{}", bench.text());
    assert_eq!(bench.line("prefixes ").trim(), "prefixes 203.0.113.240/28");
    assert!(bench.shows("no flow policy: any tunnel may carry any flow"), "{}", bench.text());
    // Where there is no room for all of them, they go on below.
    let mut bench = Bench::after("samples/extensions.pcap", (40, 40));
    assert!(bench.line("203.0.113.224/28").starts_with(" prefixes") && bench.shows("\n 2001:db8:1::/64"));
    // A search finds them, too.
    bench.keys("\t/2001:db8\n");
    assert!(bench.reversed().contains("2001:db8:1::/64"), "{}", bench.text());
}

/// Whichever way the cursor comes to it.
#[test]
fn the_policy_of_another_node_is_shown_from_its_beginning() {
    let mut scenario = Scenario::default();
    for place in 1..=2 {
        let rule = |request: Request, port: u8| request.flow(&[1], &format!("proto udp sport {port}"));
        scenario.accepted(i64::from(place) * 100, &(1..=9).fold(register(place, 0), rule));
    }
    let mut bench = bench(&scenario);
    bench.read(u64::MAX);
    for way in ["/10.1.0.2\n", "fnode:10.1.0.2\n", "a click"] {
        bench.press(KeyCode::Char('f'));
        bench.control('u');
        bench.keys("\ng\tG");
        assert!(bench.shows(" Policy of 10.1.0.1 ") && !bench.shows(" FID "), "{way}:\n{}", bench.text());
        bench.press(KeyCode::BackTab);
        if way == "a click" {
            // Two lines are above the first node, which has a tunnel below it.
            bench.click(5, 4);
        } else {
            bench.keys(way);
        }
        assert!(bench.shows(" Policy of 10.1.0.2 ") && bench.shows(" FID "), "{way}:\n{}", bench.text());
    }
    // From row to row of one node it stays where it was.
    bench.keys("g\tG");
    bench.press(KeyCode::BackTab);
    bench.keys("j");
    assert!(bench.cursor().starts_with("BID 1") && !bench.shows(" FID "), "{}", bench.text());
}

#[test]
fn counts_are_written_in_groups_of_three_digits() {
    let mut scenario = Scenario::default();
    for place in 0..1_000u16 {
        let [high, low] = place.to_be_bytes();
        let identification = 0xea05_6fa0_0000_0000 + u64::from(place);
        let request = Request::new([10, 1, high, low], [192, 0, 2, low], 600, identification);
        scenario.accepted(i64::from(place), &request.path("802.11", 1, 1));
    }
    let mut bench = bench(&scenario);
    bench.keys("p");
    bench.read(u64::MAX);
    assert!(bench.shows("PAUSED +2 000 "), "{}", bench.text());
    bench.keys("p6");
    assert!(bench.line("  register ").contains("     1 000    accepted  "), "{}", bench.text());
    // Each request has an extension that older agents trip over.
    bench.keys("5f");
    bench.keys("finding:EXT-004\n");
    assert!(bench.line("EXT-004").ends_with("(1 000)"), "{}", bench.text());
}

/// Who watches from the middle on sees tunnels before anybody registers again.
#[test]
fn tunnels_before_the_first_registration_are_counted_where_nothing_is_known() {
    let mut scenario = Scenario::default();
    scenario.down(0, [192, 0, 2, 1], 17, [5060, 5060], b"a").down(
        1000,
        [192, 0, 2, 1],
        17,
        [5060, 5060],
        b"b",
    );
    scenario.accepted(2000, &register(1, 2));
    let mut bench = bench(&scenario);
    bench.read(2);
    let told = "no Mobile IP on udp/434 yet; 2 other packets, 2 of them in tunnels";
    assert!(bench.shows(told), "{}", bench.text());
    bench.keys("p");
    assert!(bench.shows(told), "paused: {}", bench.text());
    bench.keys("p");
    bench.read(4);
    assert!(bench.shows("10.1.0.1") && !bench.shows("of them in tunnels"), "{}", bench.text());
}
