//! Call flows of relays, renewals and tunnels of all kinds.

use std::net::SocketAddrV4;

use crate::program;
use crate::scenario::{HOME_AGENT, Request, Scenario};
use crate::{HOME, busy, lte, shown, troubled, wifi};

/// What is said in a call flow: the time and the words of each event, in one line.
fn events(text: &str) -> Vec<String> {
    let mut events: Vec<String> = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split([' ', '│']).filter(|word| !word.is_empty()).collect();
        let is_shaft = words.iter().any(|word| word.contains(['─', '═']));
        let begins = line.starts_with("10:00:");
        match events.last_mut() {
            _ if is_shaft || words.is_empty() => {}
            _ if begins => events.push(words.join(" ")),
            Some(event) if !line.trim_start().starts_with('#') => {
                *event = format!("{event} {}", words.join(" "));
            }
            _ => {}
        }
    }
    events
}

/// By samples/README.md: frames 11 to 14 are a request and its acceptance, each passed on by the foreign agent.
#[test]
fn a_tunnel_comes_up_when_its_binding_begins() {
    let text = program::shown("decode --show ladder samples/foreign-agent.pcap");
    let found = events(&text);
    let accepted = found.iter().position(|event| event.starts_with("10:00:04.087 RRP")).expect("the reply");
    assert_eq!(
        found[accepted - 2..accepted + 3],
        [
            "10:00:04.066 RRQ register at 192.0.2.1 for 1800 s",
            "10:00:04.066 RRQ relayed: register",
            "10:00:04.087 RRP 0 accepted for 600 s",
            "10:00:04.087 IP-in-IP tunnel up",
            "10:00:04.088 RRP relayed: 0 accepted",
        ],
        "{text}"
    );
    assert_eq!(found.iter().filter(|event| event.ends_with("tunnel up")).count(), 1, "{text}");
}

#[test]
fn a_refresh_opens_a_tunnel_only_where_there_was_none_any_more() {
    let mut scenario = Scenario::default();
    // The first refresh renews 5 s from 3.02 s on. When the second is answered, the binding has run out 10 ms ago.
    scenario
        .accepted(0, &wifi(5, 0xea05_6fa0_0000_0001))
        .accepted(3000, &wifi(5, 0xea05_6fa3_0000_0002))
        .request(8010, &wifi(5, 0xea05_6fa8_0000_0003))
        .reply(8030, &wifi(5, 0xea05_6fa8_0000_0003), 0, 5);
    let text = shown(&scenario, 80, "--show ladder");
    assert_eq!(
        events(&text),
        [
            "10:00:00.000 RRQ register BID 1 for 5 s",
            "10:00:00.020 RRP 0 accepted for 5 s",
            "10:00:00.020 BID 1 IP-in-IP tunnel up",
            "10:00:03.000 RRQ refresh BID 1 for 5 s",
            "10:00:03.020 RRP 0 accepted for 5 s",
            "10:00:08.010 RRQ refresh BID 1 for 5 s",
            "10:00:08.020 BID 1 tunnel down: expired",
            "10:00:08.030 RRP 0 accepted for 5 s",
            "10:00:08.030 BID 1 IP-in-IP tunnel up",
        ],
        "{text}"
    );
}

#[test]
fn a_refusal_grants_nothing_whatever_its_lifetime_says() {
    let mut scenario = Scenario::default();
    let request = wifi(600, 0xea05_6fa0_0000_0001).flow(&[1], "proto udp");
    scenario.request(0, &request).reply(20, &request, 129, 300);
    assert_eq!(
        events(&shown(&scenario, 120, "--show ladder")),
        [
            "10:00:00.000 RRQ register BID 1 for 600 s forward 1: proto udp",
            "10:00:00.020 RRP 129 administratively prohibited (home agent)",
        ]
    );
}

/// By samples/README.md: nodes 3 and 5 of tunnels.pcap have GRE, and UDP through a NAT at 203.0.113.99.
#[test]
fn tunnels_are_told_by_their_encapsulation_and_begin_behind_a_nat() {
    for (node, told) in [(1, "IP-in-IP"), (2, "minimal"), (3, "GRE"), (5, "UDP")] {
        let text = program::shown(&format!("decode --show ladder --node 10.1.0.{node} samples/tunnels.pcap"));
        let up: Vec<String> =
            events(&text).into_iter().filter(|event| event.ends_with(" tunnel up")).collect();
        assert_eq!(up.len(), 1, "{text}");
        assert!(up[0].ends_with(&format!(" {told} tunnel up")), "{up:?}");
    }
    let text = program::shown("decode --show ladder --node 10.1.0.5 samples/tunnels.pcap");
    assert!(text.lines().nth(1).unwrap().trim_start().starts_with("203.0.113.99 "), "{text}");
}

/// The last two nodes of extensions.pcap have one address under two home agents (samples/README.md).
#[test]
fn exchanges_are_drawn_with_the_home_agent_they_were_made_with() {
    let text = program::shown("decode --show ladder --node 10.1.0.4 samples/extensions.pcap");
    let ladders: Vec<&str> = text.split("\n\n").collect();
    assert_eq!(ladders.len(), 2, "{text}");
    for (ladder, agent) in ladders.iter().zip(["198.51.100.1", "198.51.100.2"]) {
        assert!(ladder.starts_with("10.1.0.4 (roamer@example.org)\n"), "{ladder}");
        assert!(ladder.contains(agent), "{agent}: {ladder}");
        assert_eq!(ladder.matches(" RRQ register ").count(), 1, "{ladder}");
    }
}

/// A node with a NAI alone has an address from the home agent of all scenarios, and asks another one, twice in vain.
#[test]
fn exchanges_under_a_nai_are_drawn_with_the_home_agent_that_was_asked() {
    let ask =
        |identification| Request::new([0; 4], [192, 0, 2, 10], 600, identification).nai(b"a@example.org");
    let mut given = ask(0xea05_6fa0_0000_0001);
    given.home_address = [10, 1, 0, 61].into();
    let elsewhere = |identification| ask(identification).to([198, 51, 100, 2]);
    let mut scenario = Scenario::default();
    scenario
        .request(0, &ask(0xea05_6fa0_0000_0001))
        .reply(20, &given, 0, 600)
        .request(1000, &elsewhere(0xea05_6fa1_0000_0002))
        .request(2000, &elsewhere(0xea05_6fa2_0000_0003));
    let text = shown(&scenario, 120, "--show ladder");
    let ladders: Vec<&str> = text.trim_end().split("\n\n").collect();
    assert_eq!(ladders.len(), 2, "{text}");
    assert_eq!(ladders[0].matches(" RRQ ").count(), 1, "{text}");
    assert_eq!(ladders[1].matches("(no reply yet)").count(), 2, "{text}");
}

#[test]
fn rules_are_notes_in_a_diagram() {
    let text = shown(&busy(), 80, "--show ladder --ladder-format mermaid");
    let request = text.lines().find(|line| line.contains("RRQ register BID 1")).unwrap();
    assert!(
        request.ends_with(
            " RRQ register BID 1 for 600 s<br/>forward 1,2: proto udp sport 5060<br/>drop: proto tcp sport \
             25<br/>forward 2: proto tcp sport 80<br/>forward 9: proto udp sport 9999"
        ),
        "{request}"
    );
}

#[test]
fn lifelines_are_straight_whatever_times_and_frames_take() {
    // 0.000 and 12.020 differ in width, as do #1 and #18.
    for options in ["--time relative", "--time utc", "--time epoch"] {
        let text = shown(&busy(), 80, &format!("--show ladder {options}"));
        let column = |line: &str| line.chars().position(|sign| matches!(sign, '│'));
        let columns: Vec<usize> = text.lines().filter_map(column).collect();
        assert!(columns.len() > 20 && columns.iter().all(|column| *column == columns[0]), "{text}");
    }
}

#[test]
fn copies_are_in_doubt_and_rules_of_a_reply_are_told_with_it() {
    let text = shown(&busy(), 80, "--show ladder --color always");
    assert!(text.contains("\u{1b}[33mRRQ again: register BID 1\u{1b}[0m"), "{text}");
    assert!(text.contains(" RRQ register BID 1 for 600 s"), "the first has no colour: {text}");
    let mut scenario = Scenario::default();
    let request = wifi(600, 0xea05_6fa0_0000_0001);
    scenario.request(0, &request).reply_with(20, &request, &[1], "proto tcp sport 80");
    assert_eq!(
        events(&shown(&scenario, 120, "--show ladder"))[..2],
        [
            "10:00:00.000 RRQ register BID 1 for 600 s",
            "10:00:00.020 RRP 0 accepted for 600 s forward 1: proto tcp sport 80",
        ]
    );
}

#[test]
fn what_is_granted_for_no_time_opens_no_tunnel() {
    let mut scenario = Scenario::default();
    let request = wifi(600, 0xea05_6fa0_0000_0001);
    scenario.request(0, &request).reply(20, &request, 0, 0);
    assert_eq!(
        events(&shown(&scenario, 120, "--show ladder")),
        ["10:00:00.000 RRQ register BID 1 for 600 s", "10:00:00.020 RRP 0 accepted"]
    );
}

/// By docs/what-is-inferred.md, a care-of address that is new for an active BID updates its entry; one that returns after its end is a
/// second entry, and the first has an end of its own.
#[test]
fn a_tunnel_is_down_when_its_binding_moved() {
    let at = |place: u8, lifetime, identification| {
        Request::new(HOME, [192, 0, 2, place], lifetime, identification).path("802.11", 1, 1)
    };
    let mut scenario = Scenario::default();
    scenario
        .accepted(0, &at(10, 600, 0xea05_6fa0_0000_0001))
        .accepted(1000, &lte(600, 0xea05_6fa1_0000_0002))
        .accepted(2000, &at(11, 600, 0xea05_6fa2_0000_0003))
        .accepted(3000, &at(11, 0, 0xea05_6fa3_0000_0004))
        .accepted(4000, &at(12, 600, 0xea05_6fa4_0000_0005));
    let text = shown(&scenario, 160, "--show ladder");
    let tunnels: Vec<String> = events(&text).into_iter().filter(|event| event.contains("tunnel")).collect();
    assert_eq!(
        tunnels,
        [
            "10:00:00.020 BID 1 IP-in-IP tunnel up",
            "10:00:01.020 BID 2 IP-in-IP tunnel up",
            "10:00:02.020 BID 1 tunnel down: moved to 192.0.2.11",
            "10:00:02.020 BID 1 IP-in-IP tunnel up",
            "10:00:03.020 BID 1 tunnel down: deregistered",
            "10:00:04.020 BID 1 IP-in-IP tunnel up",
        ],
        "{text}"
    );
    // BID 1 had the same interface at its three addresses, one after the other.
    assert_eq!(text.matches("MN 802.11").count(), 3, "{text}");
    let diagram = shown(&scenario, 160, "--show ladder --ladder-format mermaid");
    assert!(diagram.contains("BID 1 tunnel down: moved to 192.0.2.11"), "{diagram}");
}

/// Between a node and its home agent nothing is relayed.
#[test]
fn a_reply_is_relayed_only_from_another() {
    let request = wifi(600, 0xea05_6fa0_0000_0001);
    let mut scenario = Scenario::default();
    scenario
        .request(0, &request)
        .reply(20, &request, 0, 600)
        .request(1000, &request)
        .reply(1020, &request, 0, 600)
        .reply(1040, &request, 130, 0);
    let text = shown(&scenario, 200, "--show exchanges,ladder");
    assert!(text.contains("1 resent, 1 answered again, 1 answered otherwise"), "{text}");
    let replies = |text: &str| -> Vec<String> {
        events(text).into_iter().filter(|event| event.contains(" RRP ")).collect()
    };
    assert_eq!(
        replies(&text),
        [
            "10:00:00.020 RRP 0 accepted for 600 s",
            "10:00:01.020 RRP again: 0 accepted",
            "10:00:01.040 RRP with another code: 130 insufficient resources (home agent)",
        ]
    );
}

/// Frame 3 is a request at 1 s that nobody answers; the last packet comes at 20.1 s.
#[test]
fn a_request_is_never_answered_when_its_reply_timeout_is_over() {
    for (arguments, told) in [
        ("", "(never answered)"),
        ("--at 10:00:11", "(no reply yet)"),
        ("--at 10:00:11.001", "(never answered)"),
        ("--reply-timeout 20s", "(no reply yet)"),
        ("--reply-timeout 19s", "(never answered)"),
        ("--ladder-format mermaid --at 10:00:05", "(no reply yet)"),
    ] {
        let text = shown(&troubled(), 120, &format!("--show ladder --node 10.1.0.3 {arguments}"));
        assert!(text.contains(&format!("RRQ register for 600 s {told}")), "{arguments}: {text}");
    }
}

/// RFC 3519 §4.3: the same request goes to the home agent from the care-of address, and from the NAT. Of two captures whose
/// clocks differ, either may seem to be first.
#[test]
fn a_nat_is_no_foreign_agent() {
    let request = wifi(600, 0xea05_6fa0_0000_0001);
    let agent = SocketAddrV4::new(HOME_AGENT, 434);
    let own = [SocketAddrV4::new(request.care_of_address, 434), agent];
    let translated = [SocketAddrV4::new([203, 0, 113, 99].into(), 50_000), agent];
    for ends in [[own, translated], [translated, own]] {
        let mut scenario = Scenario::default();
        scenario.sent(0, ends[0], &request).sent(1, ends[1], &request).reply(20, &request, 0, 600);
        let text = shown(&scenario, 120, "--show ladder");
        let roles: Vec<&str> = text
            .lines()
            .nth(2)
            .expect("a line of roles")
            .split("  ")
            .filter(|role| !role.is_empty())
            .collect();
        assert_eq!(
            roles.iter().map(|role| role.trim()).collect::<Vec<_>>(),
            ["MN 802.11", "NAT", "home agent"]
        );
    }
}
