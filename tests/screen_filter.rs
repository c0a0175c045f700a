//! Filters on a policy that is broken in several ways, and how its tunnels and rules look.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(dead_code, reason = "the scenario is shared with other tests")]

#[path = "tables/scenario.rs"]
mod scenario;
mod screen;

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use mipflow::tui::{Effect, Facts, Message};
use scenario::{Request, Scenario};
use screen::Bench;

const UDP: u8 = 17;
const TCP: u8 = 6;

/// Node 1 has Wi-Fi for 600 s and LTE for ever, and a rule each for a call, for mail (dropped), for the web, and for
/// what is for binding 9 alone. The call goes over Wi-Fi and then over LTE, mail leaks, the web page strays, what is
/// for binding 9 finds none, and a flow without a rule comes over LTE. Node 2 moves binding 5 to
/// another address, so that its first tunnel has none. All is a second or more from any change of bindings.
fn broken() -> Bench {
    let mut scenario = Scenario::default();
    let (wifi, lte) = ([192, 0, 2, 10], [192, 0, 2, 70]);
    let node =
        |care_of, lifetime, identification| Request::new([10, 1, 0, 1], care_of, lifetime, identification);
    let first = node(wifi, 600, 0xea05_6fa0_0000_0001)
        .path("802.11", 1, 1)
        .flow(&[1, 2], "proto udp sport 5060")
        .flow(&[], "proto tcp sport 25")
        .flow(&[2], "proto tcp sport 80")
        .flow(&[9], "proto udp sport 9999");
    let of_other = |place: u8, identification| {
        Request::new([10, 1, 0, 2], [192, 0, 2, place], 600, identification).path("eHRPD", 5, 5)
    };
    scenario
        .accepted(0, &first)
        .accepted(1000, &node(lte, 65_535, 0xea05_6fa1_0000_0002).path("E-UTRAN", 2, 2))
        .accepted(2000, &of_other(20, 0xea05_6fa2_0000_0003))
        .accepted(3000, &of_other(21, 0xea05_6fa3_0000_0004))
        .down(5000, wifi, UDP, [5060, 5062], b"INVITE")
        .down(5100, wifi, TCP, [25, 2500], b"")
        .down(5200, wifi, TCP, [80, 8000], b"")
        .down(5300, wifi, UDP, [9999, 9999], b"")
        .up(5400, lte, UDP, [68, 67], b"")
        .accepted(8000, &node(wifi, 0, 0xea05_6fa8_0000_0005).path("802.11", 1, 1))
        .down(10_000, lte, UDP, [5060, 5062], b"BYE");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("broken.pcap");
    scenario.write(&path);
    Bench::after(path.to_str().unwrap(), (120, 60))
}

/// Puts another filter in force.
fn filter(bench: &mut Bench, text: &str) {
    bench.keys("f");
    bench.control('u');
    bench.keys(&format!("{text}\n"));
}

/// The source ports of the flows that are shown.
fn flows(bench: &mut Bench, text: &str) -> Vec<u16> {
    bench.keys("4");
    filter(bench, text);
    let text = bench.text();
    [67, 25, 80, 5060, 9999]
        .into_iter()
        .filter(|port| text.contains(&format!("203.0.113.50:{port} ")))
        .collect()
}

#[test]
fn flows_are_filtered_by_verdict_and_by_the_bindings_they_took() {
    let mut bench = broken();
    assert_eq!(flows(&mut bench, ""), [67, 25, 80, 5060, 9999], "{}", bench.text());
    for (text, shown) in [
        ("verdict:leaks", &[25][..]),
        ("verdict:strays,exhausted", &[80, 9999]),
        ("!verdict:strays,exhausted,leaks", &[67, 5060]),
        ("verdict:conforms bid:2", &[5060]),
        ("bid:2", &[67, 5060]),
        ("bid:1", &[25, 80, 5060, 9999]),
        ("!bid:1", &[67]),
        ("bid:5", &[]),
        ("node:10.1.0.1 verdict:per-flow", &[67]),
        ("node:10.1.0.2", &[]),
    ] {
        assert_eq!(flows(&mut bench, text), shown, "{text}: {}", bench.text());
    }
}

#[test]
fn nodes_are_filtered_by_the_verdicts_of_their_flows_and_their_active_bindings() {
    let mut bench = broken();
    let mut nodes = |text: &str| {
        bench.keys("1");
        filter(&mut bench, text);
        let text = bench.text();
        [1, 2].map(|node| text.contains(&format!(" 10.1.0.{node} ")))
    };
    for (text, shown) in [
        ("", [true, true]),
        ("verdict:leaks", [true, false]),
        ("!verdict:leaks", [false, true]),
        ("verdict:moved", [false, false]),
        ("bid:5", [false, true]),
        ("bid:2", [true, false]),
        // Wi-Fi was de-registered.
        ("bid:1", [false, false]),
        ("bid:2,5", [true, true]),
        ("state:replaced", [false, false]),
        ("state:deregistered", [true, false]),
        ("state:unregistered", [false, false]),
    ] {
        assert_eq!(nodes(text), shown, "{text}");
    }
}

#[test]
fn messages_and_findings_are_filtered_by_the_node_they_are_about() {
    let mut bench = broken();
    let mut shown = |view: &str, text: &str| {
        bench.keys(view);
        filter(&mut bench, text);
        let text = bench.text();
        // Beside the lists stands what is selected.
        [1, 2].map(|node| text.lines().any(|line| line.contains(&format!("10.1.0.{node} "))))
    };
    for (text, wanted) in [
        ("verdict:strays", [true, false]),
        ("!verdict:strays", [false, true]),
        ("bid:5", [false, true]),
        ("bid:2", [true, false]),
        ("verdict:moved", [false, false]),
    ] {
        assert_eq!(shown("3", text), wanted, "messages {text}");
    }
    for (text, wanted) in [
        ("verdict:strays", [true, false]),
        ("bid:2 finding:must", [true, false]),
        ("verdict:moved", [false, false]),
    ] {
        assert_eq!(shown("5", text), wanted, "findings {text}");
    }
}

#[test]
fn tunnels_and_rules_say_what_is_left_of_them() {
    let mut bench = broken();
    bench.keys("1");
    let node = bench.line(" 10.1.0.1 ");
    // The call has to do without Wi-Fi, and what is for binding 9 without any.
    assert!(node.contains("1 of 2 up  5 flows  FAILOVER  EXHAUSTED"), "{node}");
    assert!(bench.line("BID 2   E-UTRAN/2").contains("for ever"), "{}", bench.text());
    assert!(bench.line("BID 1   802.11/1").contains("deregistered"), "{}", bench.text());
    assert!(bench.line("192.0.2.20 ").contains("no binding"), "{}", bench.text());
    let text = bench.text();
    for told in ["EXHAUSTED: no binding is active", "dropped", "BID 9 never registered"] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

/// Two nodes with a NAI alone: one is denied, the other is given an address. Their requests have T, and no D.
fn named() -> Bench {
    let mut scenario = Scenario::default();
    let of = |nai: &[u8], identification| {
        Request::with_flags([0; 4], [192, 0, 2, 10], 600, identification, 0x02).nai(nai)
    };
    let ann = of(b"ann@x.example", 0xea05_6fa0_0000_0001);
    let bob = of(b"bob@x.example", 0xea05_6fa1_0000_0002);
    let mut given = bob.clone();
    given.home_address = [10, 1, 0, 61].into();
    scenario.request(0, &ann).reply(20, &ann, 131, 600).request(1000, &bob).reply(1020, &given, 0, 600);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("named.pcap");
    scenario.write(&path);
    Bench::after(path.to_str().unwrap(), (120, 60))
}

#[test]
fn what_was_found_before_a_node_had_its_home_address_is_its_own() {
    let mut bench = named();
    assert!(bench.line(" ann@x.example ").ends_with("  3 must 2 should"), "{}", bench.text());
    // What was found in his request, when he had a NAI alone, and in the reply that gave him the address.
    assert!(bench.line(" 10.1.0.61 ").contains("  3 must  "), "{}", bench.text());
    bench.keys("5");
    assert!(!bench.shows("of no node"), "{}", bench.text());
    // By node: the one with an address is first.
    bench.keys(">");
    let text = bench.text();
    let heads: Vec<&str> = text.lines().filter(|line| line.contains("▾")).collect();
    assert_eq!(heads, ["▶▾ 10.1.0.61  (3)", " ▾ ann@x.example  (5)"]);
    for (wanted, count) in [
        ("node:10.1.0.61", "3 of 8"),
        ("node:bob@x.example", "3 of 8"),
        ("node:ANN", "5 of 8"),
        ("node:=ann@x.example", "5 of 8"),
        ("node:=ann", "0 of 8"),
        ("node:=ANN@x.example", "0 of 8"),
        ("state:active", "3 of 8"),
        ("state:unregistered", "5 of 8"),
        ("bob@x", "1 of 8"),
    ] {
        filter(&mut bench, wanted);
        assert!(bench.shows(&format!("Findings: {count} findings")), "{wanted}: {}", bench.text());
    }
    bench.keys("1");
    for (wanted, count) in [("finding:must", "2 of 2"), ("finding:should", "1 of 2")] {
        filter(&mut bench, wanted);
        assert!(bench.shows(&format!("Tunnels: {count} nodes")), "{wanted}: {}", bench.text());
    }
}

/// A node whose requests came so often, a second apart, and that has as many flows, each from a port of its own. The last request
/// is accepted.
fn many(requests: u16, flows: u16) -> Bench {
    let mut scenario = Scenario::default();
    let wifi = [192, 0, 2, 10];
    for number in 0..requests {
        let identification = 0xea05_6fa0_0000_0000 | u64::from(number) << 32;
        let last = Request::new([10, 1, 0, 1], wifi, 600, identification);
        scenario.request(i64::from(number) * 1000, &last);
        if number == requests - 1 {
            scenario.reply(i64::from(number) * 1000 + 20, &last, 0, 600);
        }
    }
    for number in 0..flows {
        let ports = [10_000 + number, 5060];
        scenario.down(i64::from(requests) * 1000 + i64::from(number), wifi, UDP, ports, b"");
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("many.pcap");
    scenario.write(&path);
    Bench::after(path.to_str().unwrap(), (120, 24))
}

/// Types keys one after another, before anything that is not done yet is gone on with.
fn at_once(bench: &mut Bench, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for character in keys.chars() {
        let code = if character == '\n' { KeyCode::Enter } else { KeyCode::Char(character) };
        let facts = Facts::of(&bench.engine, &bench.findings, &bench.input);
        effects.extend(bench.app.update(facts, Message::Key(KeyEvent::new(code, KeyModifiers::NONE))));
    }
    effects
}

#[test]
fn what_is_saved_is_what_the_filter_lets_through_however_soon() {
    let mut bench = many(2, 20_001);
    bench.keys("4");
    assert!(at_once(&mut bench, "f:30000\ns\n").is_empty());
    assert!(bench.shows("not all of it is filtered yet: Enter again"), "{}", bench.text());
    bench.send(Message::Continue);
    let effects = bench.keys("\n");
    let [Effect::Save(order, _)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(order.flows.as_ref().map(BTreeSet::len), Some(1));
    // Of messages the last one, the reply, is looked at after the others.
    let mut bench = many(2_001, 1);
    bench.keys("3");
    assert!(at_once(&mut bench, "faccepted\ns\n").is_empty());
    assert!(bench.shows("not all of it is filtered yet: Enter again"), "{}", bench.text());
    bench.send(Message::Continue);
    let effects = bench.keys("\n");
    let [Effect::Save(order, _)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(order.messages.len(), 1);
}
