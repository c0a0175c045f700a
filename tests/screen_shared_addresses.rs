//! Nodes that have a home address in common: each at a home agent of its own.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used)]

mod history;
mod screen;

use std::net::Ipv4Addr;

use history::{Ask, History, care_of, pcap};
use screen::Bench;

const OTHER_AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);

/// 10.1.0.1 registers BID 1 at 198.51.100.1, and BID 255, which is reserved, at 198.51.100.2, twice.
///
/// No message has an authenticator, and Multipath wants one. Of the first home agent's node six things are found: no
/// authenticator (twice), Multipath without one, an extension that may not be skipped (once in a session), and UDP without
/// checksums (once of each sender). Of the other's eleven: these six, BID 255 twice, and in the second exchange again what
/// is not told once in a session, which is three. A missing authenticator and BID 255 are must, the extension is a note, the
/// rest should.
fn two_agents() -> Bench {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 0xea05_6fa1_0000_0001));
    let other = Ask::bid(255, 0xea05_6faa_0000_0002).at(care_of(2)).to(OTHER_AGENT);
    history.answered(10.0, &other, 134);
    history.answered(20.0, &other.again(0xea05_6fb4_0000_0003), 134);
    history.tick(60.0);
    after(&history)
}

/// The screen after a history, which is written to a file first.
fn after(history: &History) -> Bench {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.pcap");
    std::fs::write(&path, pcap(&history.shots)).unwrap();
    Bench::after(path.to_str().unwrap(), (160, 60))
}

fn filter(bench: &mut Bench, text: &str) {
    bench.keys("f");
    bench.control('u');
    bench.keys(&format!("{text}\n"));
}

#[test]
fn findings_of_one_home_address_at_two_home_agents_stay_apart() {
    let mut bench = two_agents();
    assert!(bench.line("HA 198.51.100.1").contains(" 2 must 3 should 1 note"), "{}", bench.text());
    assert!(bench.line("HA 198.51.100.2").contains(" 6 must 4 should 1 note"), "{}", bench.text());
    // By node.
    bench.keys("5>");
    let text = bench.text();
    let heads: Vec<&str> = text.lines().filter(|line| line.contains("▾")).collect();
    assert_eq!(heads, ["▶▾ 10.1.0.1  HA 198.51.100.1  (6)", " ▾ 10.1.0.1  HA 198.51.100.2  (11)"]);
    // From the second heading to its own node.
    bench.keys("jjjjjjjx");
    assert!(bench.shows("RRQ register") && bench.shows("198.51.100.2"), "{}", bench.text());
    bench.keys("5");
    for (wanted, count) in
        [("state:active", "6 of 17"), ("state:unregistered", "11 of 17"), ("bid:1", "6 of 17")]
    {
        filter(&mut bench, wanted);
        assert!(bench.shows(&format!("Findings: {count} findings")), "{wanted}: {}", bench.text());
    }
    bench.keys("1");
    for (wanted, count) in [("finding:MP-008", "1 of 2"), ("finding:AUTH-001", "2 of 2")] {
        filter(&mut bench, wanted);
        assert!(bench.shows(&format!("Tunnels: {count} nodes")), "{wanted}: {}", bench.text());
    }
}

/// A node with a NAI alone asks 198.51.100.2, which does not answer, and is then given 10.9.0.1 by 198.51.100.1.
#[test]
fn exchanges_of_one_nai_at_two_home_agents_stay_apart() {
    let mut history = History::new();
    let nobody = Ask::plain(1, 0xea05_6fa1_0000_0001).home(Ipv4Addr::UNSPECIFIED).nai("a@example.org");
    let ask = nobody.again(0xea05_6fab_0000_0002);
    history.ask(1.0, &nobody.to(OTHER_AGENT));
    history.ask(11.0, &ask);
    history.answer(11.02, &ask.answer(0).home([10, 9, 0, 1].into()));
    // Lost, and meant for any home agent: it may be of either.
    history.ask(20.0, &ask.again(0xea05_6fb4_0000_0003).to(Ipv4Addr::BROADCAST));
    history.tick(60.0);
    let mut bench = after(&history);
    // The node at 198.51.100.2 is the first one, and that at 198.51.100.1 the second.
    bench.keys("x");
    assert!(bench.shows("Ladder of a@example.org: 2 exchanges"), "{}", bench.text());
    bench.keys("1jx");
    assert!(bench.shows("Ladder of 10.9.0.1: 2 exchanges"), "{}", bench.text());
}
