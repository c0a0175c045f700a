//! What tables and call flows seldom hold.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::program;
use crate::scenario::{HOME_AGENT, Request, Scenario};
use crate::{HOME, LTE, UDP, busy, shown, wifi};

/// The texts of a table, wide enough that each has a column of its own: its titles, and those of each row.
fn rows(text: &str, first_title: &str) -> Vec<Vec<String>> {
    let texts = |line: &str| {
        line.split("  ").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
    };
    let lines = text.lines().skip_while(|line| !line.trim_start().starts_with(first_title));
    lines
        .take_while(|line| !line.is_empty() && !line.starts_with("  no "))
        .filter(|line| !line.contains('─'))
        .map(texts)
        .collect()
}

/// A packet for one node in the tunnel of another: 28 octets and INVITE.
fn a_packet_in_a_tunnel_of_another() -> Scenario {
    let mut scenario = Scenario::default();
    scenario
        .accepted(0, &wifi(600, 0xea05_6fa0_0000_0001))
        .accepted(1000, &Request::new([10, 1, 0, 2], LTE, 600, 0xea05_6fa1_0000_0002))
        .down(5000, LTE, UDP, [5060, 5062], b"INVITE");
    scenario
}

#[test]
fn a_tunnel_without_a_binding_has_a_row_below_the_bindings() {
    let text = shown(&a_packet_in_a_tunnel_of_another(), 160, "--show nodes --node 10.1.0.1");
    let [titles, bound, unbound] = &rows(&text, "BID")[..] else { panic!("{text}") };
    assert_eq!(
        titles,
        &[
            "BID",
            "Care-of address",
            "Access label",
            "Tunnel, mode, flags",
            "Lifetime",
            "left",
            "State since",
            "Down / bytes",
            "Up / bytes",
        ]
    );
    // The clock of the table is that of the packet, 4.98 s after the reply.
    assert_eq!(
        bound,
        &[
            "1",
            "192.0.2.10",
            "802.11 1",
            "IP-in-IP, co-located, DT",
            "600 s",
            "595 s",
            "active 10:00:00.020",
            "0 / 0",
            "0 / 0",
        ]
    );
    assert_eq!(unbound, &["-", "192.0.2.70", "IP-in-IP", "no binding", "1 / 34", "0 / 0"]);
    // Each below its title.
    let column = |line: &str, text: &str| line.find(text).unwrap();
    let line = |start: &str| text.lines().find(|line| line.trim_start().starts_with(start)).unwrap();
    let (titles, unbound) = (line("BID"), line("-  192.0.2.70"));
    assert_eq!(column(unbound, "IP-in-IP"), column(titles, "Tunnel,"));
    assert_eq!(column(unbound, "no binding"), column(titles, "State since"));
    assert_eq!(
        column(unbound, "1 / 34") + "1 / 34".len(),
        column(titles, "Down / bytes") + "Down / bytes".len()
    );

    let text = shown(&a_packet_in_a_tunnel_of_another(), 160, "--show flows");
    let [_, flow] = &rows(&text, "Home address")[..] else { panic!("{text}") };
    assert_eq!(
        flow,
        &[
            "10.1.0.1",
            "udp",
            "203.0.113.50:5060",
            "→ 10.1.0.1:5062",
            "per-flow",
            "no BID",
            "192.0.2.70",
            "1 / 34",
            "0 / 0",
        ]
    );
}

/// By samples/README.md: node 1 of tunnels.pcap has a network and the flows of frames 13 to 19, node 5 is behind a NAT;
/// the router of extensions.pcap has two networks; the node of foreign-agent.pcap was refused with code 152.
#[test]
fn a_node_is_told_with_its_networks_its_flows_and_its_nat() {
    for (sample, facts) in [
        ("tunnels", "  home agent 198.51.100.1 · multipath off · prefixes 203.0.113.224/28 · 3 flows"),
        ("tunnels", "  home agent 198.51.100.1 · multipath off · prefixes 2001:db8:6::/64 · 1 flow"),
        (
            "extensions",
            "  home agent 198.51.100.1 · multipath enabled · prefixes 203.0.113.224/28 2001:db8:1::/64",
        ),
        ("foreign-agent", "  home agent 198.51.100.1 · multipath refused · 1 flow"),
    ] {
        let text = program::shown(&format!("decode --show nodes samples/{sample}.pcap"));
        assert!(text.lines().any(|line| line == facts), "{sample}: {facts}\n{text}");
    }
    let text = program::shown("decode --show nodes --node 10.1.0.5 samples/tunnels.pcap");
    let column = |text: &str, what: &str| text.lines().find_map(|line| line.find(what));
    assert_eq!(
        column(&text, "203.0.113.99:61234"),
        column(&text, "192.0.2.245"),
        "one above the other: {text}"
    );
    assert_eq!(column(&text, "192.0.2.245"), column(&text, "Care-of address"), "{text}");
}

#[test]
fn what_a_reply_has_set_is_told_as_the_replys() {
    let mut scenario = Scenario::default();
    let request = wifi(600, 0xea05_6fa0_0000_0001).flow(&[1], "proto udp sport 5060");
    // Rules of the reply follow those of the request.
    scenario.request(0, &request).reply_with(20, &request, &[1], "proto tcp sport 80");
    let text = shown(&scenario, 160, "--show nodes");
    let found: Vec<Vec<String>> = rows(&text, "FID").into_iter().filter(|row| row.len() > 1).collect();
    assert_eq!(
        found[1..],
        [
            ["1", "proto udp sport 5060", "▶ BID 1 192.0.2.10", "0", "0", "request #1"],
            ["2", "proto tcp sport 80", "▶ BID 1 192.0.2.10", "0", "0", "reply #2"],
        ]
    );
    let document = shown(&scenario, 160, "--show nodes --format json");
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let rule = &document["nodes"][0]["policy"][1];
    assert_eq!((&rule["origin"], &rule["frame"]), (&"rrp".into(), &2.into()));
}

#[test]
fn a_reply_took_as_long_as_since_the_copy_that_was_there_by_the_clock() {
    let mut scenario = Scenario::default();
    let request = wifi(600, 0xea05_6fa0_0000_0001);
    // The clock goes back by 100 ms before a relay's copy is seen. The reply is 50 ms older than the request and 50 ms
    // younger than that copy.
    let relay = Ipv4Addr::new(192, 0, 2, 1);
    let ends = [SocketAddrV4::new(relay, 434), SocketAddrV4::new(HOME_AGENT, 434)];
    scenario.request(1000, &request).sent(900, ends, &request).reply(950, &request, 0, 600);
    let text = shown(&scenario, 160, "--show exchanges");
    assert_eq!(rows(&text, "Time")[1].last().unwrap(), "50.000 ms, 1 relayed");
    let text = shown(&scenario, 160, "--show exchanges --format csv");
    assert!(text.lines().nth(1).unwrap().ends_with(",600,600,50,0"), "{text}");
}

#[test]
fn copies_of_a_reply_are_told_in_the_call_flow() {
    let mut scenario = Scenario::default();
    let request = wifi(600, 0xea05_6fa0_0000_0001);
    scenario.accepted(0, &request).reply(40, &request, 0, 600);
    let text = shown(&scenario, 80, "--show ladder");
    let labels: Vec<&str> = text
        .lines()
        .filter(|line| line.contains(" RR"))
        .map(|line| line[12..].trim_matches([' ', '│']))
        .collect();
    assert_eq!(
        labels,
        ["RRQ register BID 1 for 600 s", "RRP 0 accepted for 600 s", "RRP again: 0 accepted"],
        "{text}"
    );
}

/// Who takes part, from the heads of a call flow that has no room for names.
fn participants(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("  [")).map(str::trim).collect()
}

#[test]
fn of_many_participants_some_share_a_column() {
    let mut scenario = Scenario::default();
    for place in 1..=27u8 {
        let request = Request::new(HOME, [192, 0, 2, place], 600, 0xea05_6fa0_0000_0000 + u64::from(place));
        scenario.accepted(i64::from(place) * 1000, &request);
    }
    let text = shown(&scenario, 80, "--show ladder");
    let found = participants(&text);
    // 24 care-of addresses have a column each, 3 have one together, and the home agent has the last.
    assert_eq!(found.len(), 24 + 1 + 1, "{text}");
    assert_eq!(
        found[23..],
        ["[24] 192.0.2.24 (mobile node)", "[25] 3 more (any of them)", "[26] 198.51.100.1 (home agent)"]
    );
    // Every request is drawn, those of the last three from the column they share.
    assert_eq!(text.matches('▶').count(), 27, "{text}");
}

/// A node without an address asks an agent that does not pass it on; its NAI is all that is known of it.
#[test]
fn a_node_without_an_address_and_an_agent_that_is_no_home_agent_take_part() {
    let mut scenario = Scenario::default();
    let agent = Ipv4Addr::new(192, 0, 2, 1);
    let request =
        Request::with_flags([0, 0, 0, 0], agent.octets(), 600, 0xea05_6fa0_0000_0001, 0x02).nai(b"mn@x");
    let ends = [SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 40_000), SocketAddrV4::new(agent, 434)];
    scenario.sent(0, ends, &request);
    let text = shown(&scenario, 80, "--show ladder");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "mn@x (no home address yet)");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(lines[1]), ["no", "address", "192.0.2.1"]);
    assert_eq!(words(lines[2]), ["mobile", "node", "agent"]);
    assert!(text.contains("RRQ register at 192.0.2.1 for 600 s (no reply yet)"), "{text}");
    assert!(!text.contains(&HOME_AGENT.to_string()), "{text}");
}

#[test]
fn a_tunnel_without_a_binding_has_its_own_cells_in_the_spreadsheet() {
    let mut scenario = a_packet_in_a_tunnel_of_another();
    scenario.up(5100, LTE, UDP, [5062, 5060], b"OK");
    let text = shown(&scenario, 160, "--format csv --show nodes --node 10.1.0.1");
    // Four cells of the node and no networks; no BID; address; five cells of what a binding has; encapsulation; seven
    // more; down 34 octets and up 30.
    assert_eq!(
        text.lines().nth(2).unwrap(),
        "10.1.0.1,,198.51.100.1,enabled,,,192.0.2.70,,,,,,ipip,,,,,,,,1,34,1,30",
        "{text}"
    );
}

#[test]
fn what_is_in_force_and_what_is_over_have_their_colours() {
    let text = shown(&busy(), 160, "--color always --show nodes");
    // Mail is dropped as its rule says; what is for binding 9 alone is dropped for want of one.
    let below = |selector: &str| {
        let mut lines = text.lines().skip_while(|line| !line.contains(selector)).skip(1);
        lines.find(|line| line.contains("<DROP>")).unwrap().trim().to_owned()
    };
    let line = |selector: &str| text.lines().find(|line| line.contains(selector)).unwrap();
    assert_eq!(below("sport 9999"), "\u{1b}[1m\u{1b}[31m▶ <DROP>\u{1b}[0m");
    assert!(line("sport 25").contains("\u{1b}[33m▶ <DROP>\u{1b}[0m"), "{text}");
    assert!(line("sport 5060").contains("\u{1b}[32m▶ BID 1 192.0.2.10\u{1b}[0m"), "{text}");
    assert!(
        text.contains("\u{1b}[2mderegistered") && text.starts_with("\u{1b}[1m10.1.0.1\u{1b}[0m\n"),
        "{text}"
    );
    // The binding that is active has no colour of its own.
    assert!(text.lines().any(|line| line.contains("E-UTRAN 2") && !line.contains('\u{1b}')), "{text}");
}

/// By samples/README.md: of six requests one is refused with 133 and one with 152, one is lost, and of the other three one
/// refreshes and one de-registers.
#[test]
fn what_home_agents_did_is_told_agent_by_agent() {
    let text = program::shown("decode --show traffic samples/foreign-agent.pcap");
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            "Home agent 198.51.100.1",
            "  register                 4    accepted                 3",
            "  refresh                  1    denied                   2",
            "  deregister               1    unanswered               1",
            "  retransmitted            0    unsolicited              0",
            "  denied by code",
            "             1  133 Identification mismatch",
            "             1  152 MULTIPATH_NOT_ALLOWED",
        ]
    );
    let text = program::shown("decode --show traffic samples/extensions.pcap");
    let agents: Vec<&str> = text.split("\n\n").map(|part| part.lines().next().unwrap()).collect();
    assert_eq!(agents, ["Home agent 198.51.100.1", "Home agent 198.51.100.2"], "{text}");
}

#[test]
fn codes_have_the_names_that_were_given_to_them() {
    let mut scenario = Scenario::default();
    let request = wifi(600, 0xea05_6fa0_0000_0001);
    scenario.request(0, &request).reply(20, &request, 210, 0);
    for section in ["exchanges", "ladder", "traffic", "stats"] {
        let text = shown(&scenario, 160, &format!("--show {section} --code-multipath-not-allowed 210"));
        assert!(text.contains("210 MULTIPATH_NOT_ALLOWED"), "{section}: {text}");
    }
}

/// What was granted is the lower of what was asked for and what the reply says; a denial grants nothing (RFC 5944 §3.4).
#[test]
fn what_was_granted_is_the_lower_of_request_and_reply() {
    for (asked, code, replied, granted) in [
        (300, 0, 9000, "300"),
        (9000, 0, 300, "300"),
        (600, 0, 65535, "600"),
        (0, 0, 50, "0"),
        (300, 131, 300, ""),
    ] {
        let mut scenario = Scenario::default();
        let request = wifi(asked, 0xea05_6fa0_0000_0001);
        scenario.request(1000, &request).reply(1050, &request, code, replied);
        let text = shown(&scenario, 160, "--show exchanges --format csv");
        assert!(text.lines().nth(1).unwrap().ends_with(&format!(",{asked},{granted},50,0")), "{text}");
    }
}

/// What is found before a node has its home address, and after; a request is answered for another address than asked.
#[test]
fn a_node_has_one_heading_over_all_that_was_found_of_it() {
    let asked =
        Request::with_flags([0; 4], [192, 0, 2, 10], 600, 0xea05_6fa1_0000_0002, 0x02).nai(b"bob@x.example");
    let mut given = asked.clone();
    given.home_address = [10, 1, 0, 61].into();
    let mut scenario = Scenario::default();
    scenario.request(0, &asked).reply(20, &given, 0, 600);
    let text = shown(&scenario, 120, "--show findings");
    let heads: Vec<&str> = text.lines().filter(|line| line.starts_with("10.1.0.61")).collect();
    assert_eq!(heads, ["10.1.0.61 (bob@x.example)"], "{text}");
    for frame in ["  #1  ", "  #2  "] {
        assert!(text.contains(frame), "{text}");
    }
}

/// A thousand requests and two have their thousands apart in all counts of a report.
#[test]
fn thousands_stand_apart_wherever_they_are_counted() {
    let mut scenario = Scenario::default();
    for number in 0..1002u32 {
        let identification = 0xea05_6fa0_0000_0000 + u64::from(number);
        scenario.request(i64::from(number), &wifi(600, identification));
    }
    let text = shown(&scenario, 160, "--show stats,findings");
    assert!(text.contains("  packets             1 002 ("), "{text}");
    // Each of them has no authenticator.
    assert!(text.lines().any(|line| line.contains("AUTH-001  ×1 002, first at #1 ")), "{text}");
    // And all but the first come too soon after the one before.
    assert!(text.contains("\n2 003 must, 2 003 should, "), "{text}");
}

#[test]
fn findings_of_several_days_are_in_columns() {
    let mut scenario = Scenario::default();
    scenario
        .request(0, &wifi(600, 0xea05_6fa0_0000_0001))
        .request(86_400_000, &wifi(600, 0xea06_c120_0000_0002));
    let text = shown(&scenario, 160, "--show findings");
    let lines = text.lines().filter(|line| line.contains("10:00:00.000"));
    let columns: Vec<usize> = lines.map(|line| line.find("10:00:00.000").unwrap()).collect();
    assert!(columns.len() > 2 && columns.iter().all(|column| *column == columns[0]), "{text}");
    assert!(text.contains("  2024-06-02 10:00:00.000  MN  "), "{text}");
}

#[test]
fn traffic_is_of_all_nodes_and_says_so() {
    let told = "with all nodes: --node does not narrow this section\n";
    let all = shown(&busy(), 120, "--show traffic");
    assert!(!all.contains(told), "{all}");
    assert_eq!(shown(&busy(), 120, "--show traffic --node 10.1.0.1"), format!("{told}{all}"));
}

/// A node keeps 32 ended bindings.
#[test]
fn bindings_that_were_forgotten_are_told_below_the_tables() {
    let mut scenario = Scenario::default();
    for round in 0..40u8 {
        let (at, identification) = (i64::from(round) * 2000, 0xea05_6fa0_0000_0000 + u64::from(round) * 2);
        scenario.accepted(at, &wifi(600, identification)).accepted(at + 1000, &wifi(0, identification + 1));
    }
    let text = shown(&scenario, 120, "--show nodes");
    assert!(text.ends_with("\n8 ended bindings were forgotten, because tables are bounded\n"), "{text}");
    assert!(!shown(&busy(), 120, "--show nodes,flows").contains("forgotten"));
}
