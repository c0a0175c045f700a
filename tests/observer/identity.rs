//! Who is who: nodes by home agent and home address, by NAI, and under the names that replies give them.

use std::net::Ipv4Addr;

use mipflow::state::{Attribution, Multipath};

use crate::history::table::{exchanges, node, nodes, states};
use crate::history::{Answer, Ask, HOME_AGENT, History, NODE, care_of};

const NOBODY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
const FIRST: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 1);
const SECOND: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 2);
const OTHER_AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);

/// A request of this NAI for a home address.
fn dynamic(bid: u8, identification: u64, nai: &str) -> Ask {
    Ask::bid(bid, identification).home(NOBODY).nai(nai)
}

/// Such a request, accepted with this home address by a reply that names the NAI or does not.
fn assigned(history: &mut History, second: f64, ask: &Ask, home: Ipv4Addr, nai: Option<&str>) {
    history.ask(second - 0.02, ask);
    let answer = ask.answer(0).home(home);
    history.answer(second, &nai.map_or(answer.clone(), |nai| answer.nai(nai)));
}

#[test]
fn a_node_is_a_home_agent_and_a_home_address() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(1, 2).home(SECOND));
    history.accepted(3.0, &Ask::bid(1, 3).to(OTHER_AGENT));
    assert_eq!(
        nodes(&history.observe()),
        [
            "198.51.100.1 10.1.0.1 - enabled",
            "198.51.100.1 10.9.0.2 - enabled",
            "198.51.100.2 10.1.0.1 - enabled"
        ]
    );
}

#[test]
fn the_accepted_reply_names_a_node_known_by_its_nai() {
    for nai in [None, Some("a@example.org")] {
        let mut history = History::new();
        let ask = dynamic(1, 1, "a@example.org");
        history.ask(1.0, &ask);
        assert_eq!(nodes(&history.observe()), ["198.51.100.1 - a@example.org off"]);
        history.shots.clear();
        assigned(&mut history, 1.0, &ask, FIRST, nai);
        let observer = history.observe();
        assert_eq!(nodes(&observer), ["198.51.100.1 10.9.0.1 a@example.org enabled"]);
        assert_eq!(states(&observer, FIRST), ["1 192.0.2.1 active"]);
        let exchange = observer.exchanges().next().unwrap();
        assert_eq!(exchange.home_address, FIRST);
        assert_eq!(exchange.nai.as_deref(), Some(b"a@example.org".as_slice()));
    }
}

#[test]
fn both_names_are_one_node_from_then_on() {
    let mut history = History::new();
    assigned(&mut history, 1.0, &dynamic(1, 1, "a@example.org"), FIRST, None);
    history.accepted(2.0, &Ask::bid(2, 2).home(FIRST)); // by its address
    assigned(&mut history, 3.0, &dynamic(1, 3, "a@example.org"), FIRST, None); // by its NAI
    let observer = history.observe();
    assert_eq!(nodes(&observer), ["198.51.100.1 10.9.0.1 a@example.org enabled"]);
    assert_eq!(states(&observer, FIRST), ["1 192.0.2.1 active", "2 192.0.2.2 active"]);
    let kinds: Vec<String> =
        exchanges(&observer).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["register", "register", "refresh"]);
}

#[test]
fn a_reply_that_uses_the_other_name_still_answers() {
    // The request names the NAI, the reply the address that it stands for, on another leg.
    let mut history = History::new();
    assigned(&mut history, 1.0, &dynamic(1, 1, "a@example.org"), FIRST, None);
    let ask = dynamic(2, 2, "a@example.org");
    history.ask(2.0, &ask);
    let elsewhere = (Ipv4Addr::new(192, 0, 2, 250), 434);
    history.answer(2.1, &ask.answer(0).home(FIRST).between((HOME_AGENT, 434), elsewhere));
    // And the other way round.
    let ask = Ask::bid(3, 3).home(FIRST);
    history.ask(3.0, &ask);
    let reply = ask.answer(131).home(NOBODY).nai("a@example.org");
    history.answer(3.1, &reply.between((HOME_AGENT, 434), elsewhere));
    assert_eq!(
        exchanges(&history.observe())[1..],
        ["register accepted 0 2 3 < 4", "register denied 131 3 5 < 6"]
    );
}

#[test]
fn a_reply_with_an_unknown_address_is_matched_by_its_endpoints() {
    // Two nodes ask at once with the same number; no reply names a NAI.
    let mut history = History::new();
    let (a, b) = (dynamic(1, 7, "a@example.org"), dynamic(2, 7, "b@example.org"));
    history.ask(1.0, &a);
    history.ask(1.1, &b);
    history.answer(1.2, &a.answer(0).home(FIRST));
    history.answer(1.3, &b.answer(0).home(SECOND));
    let observer = history.observe();
    assert_eq!(
        nodes(&observer),
        ["198.51.100.1 10.9.0.1 a@example.org enabled", "198.51.100.1 10.9.0.2 b@example.org enabled"]
    );
    assert_eq!(states(&observer, FIRST), ["1 192.0.2.1 active"]);
    assert_eq!(states(&observer, SECOND), ["2 192.0.2.2 active"]);
}

#[test]
fn a_reply_that_names_nobody_is_matched_by_its_endpoints() {
    let mut history = History::new();
    // The same number from two nodes; the reply goes back to the second.
    let (ask, other) = (Ask::bid(1, 7), Ask::bid(2, 7).home(FIRST));
    history.ask(1.0, &other);
    history.ask(1.1, &ask);
    let answer = other.answer(0).home(NOBODY);
    history.answer(1.2, &answer);
    let observer = history.observe();
    assert_eq!(states(&observer, FIRST), ["2 192.0.2.2 active"]);
    assert_eq!(states(&observer, NODE), [""; 0]);
    assert_eq!(exchanges(&observer).len(), 2);
}

#[test]
fn a_reply_that_names_nobody_and_comes_another_way_answers_nobody() {
    let elsewhere = |answer: &Answer| answer.between((HOME_AGENT, 434), (care_of(9), 434));
    let replies: [fn(&Ask) -> Answer; 3] = [
        |ask| ask.answer(0).home(NOBODY).identification(8),
        |ask| ask.answer(0).home(NOBODY).nai("node@example.org"),
        |ask| ask.answer(0).home(SECOND),
    ];
    let ask = Ask::bid(1, 7);
    let answers = replies.map(|reply| reply(&ask));
    for answer in answers.into_iter().chain([elsewhere(&ask.answer(0).home(NOBODY))]) {
        let mut history = History::new();
        history.ask(1.0, &ask);
        history.answer(1.2, &answer);
        assert_eq!(states(&history.observe(), NODE), [""; 0], "{answer:?}");
    }
}

#[test]
fn any_number_of_nodes_can_wait_for_an_address() {
    let mut history = History::new();
    let asks: Vec<Ask> = (0..6000u32)
        .map(|index| {
            let [.., high, low] = index.to_be_bytes();
            let nai = format!("{index}@example.org");
            dynamic(1, index.into(), &nai).at(Ipv4Addr::new(172, 16, high, low))
        })
        .collect();
    for ask in &asks {
        history.ask(1.0, ask);
    }
    history.answer(1.5, &asks[0].answer(0).home(FIRST));
    assert_eq!(node(&history.observe(), FIRST).nai.as_deref(), Some(b"0@example.org".as_slice()));
}

#[test]
fn a_request_without_any_name_gets_one_from_its_reply() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1).home(NOBODY);
    history.ask(1.0, &ask);
    assert!(nodes(&history.observe()).is_empty());
    history.answer(1.1, &ask.answer(0).home(FIRST));
    assert_eq!(nodes(&history.observe()), ["198.51.100.1 10.9.0.1 - enabled"]);
}

#[test]
fn a_denial_names_nobody() {
    for home in [NOBODY, FIRST] {
        let mut history = History::new();
        let ask = dynamic(1, 1, "a@example.org");
        history.ask(1.0, &ask);
        history.answer(1.1, &ask.answer(131).home(home));
        let observer = history.observe();
        assert_eq!(nodes(&observer), ["198.51.100.1 - a@example.org off"], "{home}");
        let violations = observer.nodes().next().unwrap().violations().unwrap();
        assert_eq!(violations.failed_authentication, 1);
    }
}

#[test]
fn a_reply_under_both_names_answers_the_latest_request_under_either() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 7).home(FIRST));
    assigned(&mut history, 3.0, &dynamic(2, 7, "a@example.org"), FIRST, Some("a@example.org"));
    let observer = history.observe();
    assert_eq!(nodes(&observer), ["198.51.100.1 10.9.0.1 a@example.org enabled"]);
    assert_eq!(states(&observer, FIRST), ["1 192.0.2.1 active", "2 192.0.2.2 active"]);
}

#[test]
fn a_nai_that_gets_another_address_names_that_one() {
    let mut history = History::new();
    assigned(&mut history, 1.0, &dynamic(1, 1, "a@example.org"), FIRST, None);
    assigned(&mut history, 700.0, &dynamic(1, 2, "a@example.org"), SECOND, None);
    history.ask(701.0, &dynamic(1, 3, "a@example.org"));
    let observer = history.observe();
    assert_eq!(
        nodes(&observer),
        ["198.51.100.1 10.9.0.1 a@example.org enabled", "198.51.100.1 10.9.0.2 a@example.org enabled"]
    );
    assert_eq!(states(&observer, FIRST), ["1 192.0.2.1 expired"]);
    assert_eq!(states(&observer, SECOND), ["1 192.0.2.1 active"]);
    assert!(exchanges(&observer)[2].starts_with("refresh"));
}

/// Who was only asked about stays listed under the names it was asked about, when its NAI gets another address or an
/// answer from another home agent.
#[test]
fn who_only_asked_stays_listed_when_its_nai_is_accepted_elsewhere() {
    // A request for an address; then one for any, and it is another one.
    let mut history = History::new();
    history.ask(1.0, &Ask::bid(1, 1).home(SECOND).nai("a@example.org"));
    assigned(&mut history, 2.0, &dynamic(1, 2, "a@example.org"), FIRST, None);
    assert_eq!(
        nodes(&history.observe()),
        ["198.51.100.1 10.9.0.2 a@example.org off", "198.51.100.1 10.9.0.1 a@example.org enabled"]
    );
    // Two requests to one home agent; another one answers the second.
    for (first, second, home, lost) in [
        (dynamic(1, 1, "a@example.org"), dynamic(1, 2, "a@example.org"), FIRST, "- a@example.org off"),
        (Ask::bid(1, 1), Ask::bid(1, 2), NODE, "10.1.0.1 - off"),
    ] {
        let mut history = History::new();
        history.ask(1.0, &first.clone().to(OTHER_AGENT));
        let second = second.to(OTHER_AGENT);
        history.ask(2.0, &second);
        history.answer(2.1, &second.answer(0).home(home).agent(HOME_AGENT));
        let found = nodes(&history.observe());
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0], format!("198.51.100.2 {lost}"));
        assert!(found[1].starts_with(&format!("198.51.100.1 {home}")));
        // Nobody is asked by who asks for any home agent.
        let mut history = History::new();
        history.ask(1.0, &first.to(Ipv4Addr::BROADCAST));
        let second = second.to(Ipv4Addr::BROADCAST);
        history.ask(2.0, &second);
        history.answer(2.1, &second.answer(0).home(home).agent(HOME_AGENT));
        assert_eq!(nodes(&history.observe()).len(), 1);
    }
}

/// The same goes for whom a home agent denied, and for whom a reply showed that nobody had asked for.
#[test]
fn whom_a_reply_named_stays_listed_when_another_home_agent_accepts() {
    for is_unsolicited in [false, true] {
        let mut history = History::new();
        let first = Ask::bid(1, 1).to(OTHER_AGENT);
        if !is_unsolicited {
            history.ask(1.0, &first);
        }
        history.answer(1.1, &first.answer(130));
        let second = Ask::bid(1, 2).to(OTHER_AGENT);
        history.ask(2.0, &second);
        history.answer(2.1, &second.answer(0).agent(HOME_AGENT));
        assert_eq!(
            nodes(&history.observe()),
            ["198.51.100.2 10.1.0.1 - off", "198.51.100.1 10.1.0.1 - enabled"]
        );
    }
}

#[test]
fn an_address_that_gets_another_nai_stays_one_node() {
    let mut history = History::new();
    assigned(&mut history, 1.0, &dynamic(1, 1, "a@example.org"), FIRST, None);
    assigned(&mut history, 700.0, &dynamic(1, 2, "b@example.org"), FIRST, None);
    let observer = history.observe();
    assert_eq!(nodes(&observer), ["198.51.100.1 10.9.0.1 b@example.org enabled"]);
    assert_eq!(states(&observer, FIRST), ["1 192.0.2.1 expired", "1 192.0.2.1 active"]);
}

#[test]
fn a_request_can_name_both() {
    let mut history = History::new();
    history.ask(1.0, &dynamic(1, 1, "a@example.org"));
    history.accepted(2.0, &Ask::bid(1, 2).nai("a@example.org"));
    assert_eq!(nodes(&history.observe()), ["198.51.100.1 10.1.0.1 a@example.org enabled"]);
}

/// What a request only says names nobody: the node that has the NAI keeps it until a reply accepts the request.
#[test]
fn a_request_alone_takes_no_nai_from_a_node_without_an_address() {
    for (code, expected) in [
        (None, ["198.51.100.1 - a@example.org off", "198.51.100.1 10.1.0.1 - off"].as_slice()),
        (Some(131), &["198.51.100.1 - a@example.org off", "198.51.100.1 10.1.0.1 - off"]),
        (Some(0), &["198.51.100.1 10.1.0.1 a@example.org enabled"]),
    ] {
        let mut history = History::new();
        history.ask(1.0, &dynamic(1, 1, "a@example.org"));
        let both = Ask::bid(1, 2).nai("a@example.org");
        history.ask(2.0, &both);
        if let Some(code) = code {
            history.answer(2.1, &both.answer(code));
        }
        assert_eq!(nodes(&history.observe()), expected, "{code:?}");
    }
}

/// Nor does it give another one to a node that has a NAI.
#[test]
fn a_request_alone_does_not_change_the_nai_of_its_node() {
    for (code, nai) in [(None, "a"), (Some(131), "a"), (Some(0), "b")] {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1).nai("a@example.org"));
        let other = Ask::bid(1, 2).nai("b@example.org");
        history.ask(2.0, &other);
        if let Some(code) = code {
            history.answer(2.1, &other.answer(code));
        }
        let expected = [format!("198.51.100.1 10.1.0.1 {nai}@example.org enabled")];
        assert_eq!(nodes(&history.observe()), expected, "{code:?}");
        assert_eq!(exchanges(&history.observe()).len(), 2);
    }
}

/// Somebody else who uses the NAI of a node is another node, and what they are denied is theirs.
#[test]
fn a_denied_request_takes_no_name() {
    let other = Ipv4Addr::new(10, 9, 0, 66);
    let mut history = History::new();
    assigned(&mut history, 1.0, &dynamic(1, 1, "a@example.org"), FIRST, None);
    history.answered(2.0, &Ask::bid(1, 2).home(other).nai("a@example.org"), 131);
    assigned(&mut history, 3.0, &dynamic(1, 3, "a@example.org"), FIRST, None);
    let observer = history.observe();
    assert_eq!(
        nodes(&observer),
        ["198.51.100.1 10.9.0.1 a@example.org enabled", "198.51.100.1 10.9.0.66 - off"]
    );
    assert!(node(&observer, FIRST).violations().is_none());
    assert_eq!(node(&observer, other).violations().unwrap().failed_authentication, 1);
    assert_eq!(exchanges(&observer)[2], "refresh accepted 0 1 5 < 6");
}

/// What a home agent denies is said of its own node, also when another home agent accepts the next request.
#[test]
fn a_denial_stays_with_the_home_agent_that_denied() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    history.answered(1.0, &ask, 131);
    let again = ask.again(2);
    history.ask(2.0, &again);
    history.answer(2.1, &again.answer(0).agent(OTHER_AGENT));
    let observer = history.observe();
    let denied: Vec<_> =
        observer.nodes().map(|node| (node.home_agent, node.violations().is_some())).collect();
    assert_eq!(denied, [(HOME_AGENT, true), (OTHER_AGENT, false)]);
}

#[test]
fn what_was_denied_under_the_nai_alone_stays_with_the_node() {
    for code in [131, 152] {
        let mut history = History::new();
        history.answered(1.0, &dynamic(1, 1, "a@example.org"), code);
        history.accepted(2.0, &Ask::plain(1, 2).home(FIRST).nai("a@example.org"));
        let observer = history.observe();
        let multipath = if code == 152 { "refused" } else { "off" };
        assert_eq!(nodes(&observer), [format!("198.51.100.1 10.9.0.1 a@example.org {multipath}")]);
        let failed = node(&observer, FIRST).violations().map(|all| all.failed_authentication);
        assert_eq!(failed, (code == 131).then_some(1));
    }
}

#[test]
fn the_home_agent_is_that_of_the_reply() {
    for asked in [Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST, OTHER_AGENT] {
        let mut history = History::new();
        let mut requests = [Ask::bid(1, 1).to(asked), Ask::bid(1, 2).to(asked)].into_iter();
        for (second, ask) in [(1.0, requests.next().unwrap()), (2.0, requests.next().unwrap())] {
            history.ask(second, &ask);
            history.answer(second + 0.1, &ask.answer(0).agent(HOME_AGENT));
        }
        let observer = history.observe();
        assert_eq!(nodes(&observer), ["198.51.100.1 10.1.0.1 - enabled"], "{asked}");
        assert_eq!(states(&observer, NODE), ["1 192.0.2.1 active"]);
        assert!(observer.exchanges().all(|exchange| exchange.home_agent == HOME_AGENT));
    }
}

#[test]
fn a_reply_without_a_home_agent_leaves_it_as_asked() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    history.ask(1.0, &ask);
    history.answer(1.1, &ask.answer(0).agent(NOBODY));
    assert_eq!(nodes(&history.observe()), ["198.51.100.1 10.1.0.1 - enabled"]);
}

#[test]
fn names_found_out_again_and_again_take_no_room() {
    let mut history = History::new();
    for index in 0..100u32 {
        let ask = dynamic(1, index.into(), "a@example.org").to(Ipv4Addr::UNSPECIFIED);
        history.ask(f64::from(index), &ask);
        history.answer(f64::from(index) + 0.1, &ask.answer(0).home(FIRST).agent(HOME_AGENT));
    }
    let options = mipflow::state::Options {
        limits: mipflow::state::Limits { nodes: 2, ..Default::default() },
        ..Default::default()
    };
    let observer = history.observe_with(options);
    assert_eq!(nodes(&observer), ["198.51.100.1 10.9.0.1 a@example.org enabled"]);
    assert_eq!(observer.evictions().nodes, 0);
}

#[test]
fn multipath_is_what_the_last_decision_says() {
    let mut history = History::new();
    let steps: [(f64, Ask, u8, Multipath); 7] = [
        (1.0, Ask::plain(1, 1), 0, Multipath::Off),
        (2.0, Ask::bid(1, 2), 152, Multipath::Refused),
        (3.0, Ask::plain(1, 3), 0, Multipath::Refused),
        (4.0, Ask::bid(1, 4), 131, Multipath::Refused),
        (5.0, Ask::bid(1, 5), 0, Multipath::Enabled),
        (6.0, Ask::bid(1, 6), 153, Multipath::Enabled),
        (7.0, Ask::bid(1, 7), 152, Multipath::Refused),
    ];
    for (second, ask, code, expected) in steps {
        history.answered(second, &ask, code);
        assert_eq!(node(&history.observe(), NODE).multipath, expected, "{second}");
    }
}

#[test]
fn a_denied_node_is_listed_without_bindings() {
    let mut history = History::new();
    history.answered(1.0, &Ask::bid(1, 1), 129);
    let observer = history.observe();
    assert_eq!(nodes(&observer), ["198.51.100.1 10.1.0.1 - off"]);
    assert!(states(&observer, NODE).is_empty());
}

#[test]
fn refusals_for_reasons_of_security_are_counted() {
    let mut history = History::new();
    for (index, code) in [131u8, 67, 144, 133, 133, 129, 152].into_iter().enumerate() {
        history.answered(1.0 + index as f64, &Ask::bid(1, index as u64), code);
    }
    let observer = history.observe();
    let violations = node(&observer, NODE).violations().unwrap();
    assert_eq!((violations.failed_authentication, violations.bad_identification), (3, 2));
    assert_eq!(violations.last_code.map(|code| code.0), Some(133));
}

#[test]
fn messages_are_attributed_to_their_node() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(1, 2).home(SECOND));
    history.down(5.0, care_of(1), &crate::history::Packet::new().to(SECOND));
    history.tick(6.0);
    // Frames 1 and 3 are requests, 2 and 4 the replies that decide them.
    let expected = [
        (Some(0), false, Some(1), false),
        (Some(0), false, Some(1), true),
        (Some(1), false, Some(3), false),
        (Some(1), false, Some(3), true),
        (Some(1), true, None, false),
        (None, false, None, false),
    ]
    .map(|(node, tunnelled, request, decides)| Attribution {
        node,
        tunnelled,
        request,
        decides,
        copy: false,
    });
    assert_eq!(history.attributions(), expected);
}

#[test]
fn a_reply_that_nobody_asked_for_is_listed_and_shows_whom_it_names() {
    let denial = dynamic(1, 1, "a@example.org").answer(131);
    let cases =
        [(denial.clone(), vec![]), (denial.nai("a@example.org"), vec!["198.51.100.1 - a@example.org off"])];
    for (answer, known) in cases {
        let mut history = History::new();
        history.answer(1.0, &answer);
        let observer = history.observe();
        assert_eq!(exchanges(&observer), ["- unsolicited 131 - - < 1"]);
        assert_eq!(observer.agents()[0].1.unsolicited, 1);
        assert_eq!(nodes(&observer), known);
    }
}

/// Of a node without an address only the leg before the foreign agent was captured, of the reply both. The first of these
/// names an address that nobody asked with.
#[test]
fn a_reply_on_the_way_back_answers_although_its_other_leg_seemed_to_be_nobodys() {
    const FOREIGN_AGENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 200);
    let ask = dynamic(1, 1, "a@example.org").flags(0).at(FOREIGN_AGENT);
    let ask = ask.between((NOBODY, 1434), (FOREIGN_AGENT, 434));
    let at_home = ask.between((FOREIGN_AGENT, 434), (HOME_AGENT, 434));
    let mut history = History::new();
    history.ask(1.0, &ask);
    history.answer(1.1, &at_home.answer(0).home(FIRST));
    history.answer(1.2, &ask.answer(0).home(FIRST));
    let observer = history.observe();
    assert_eq!(exchanges(&observer), ["register accepted 0 1 1 < 3", "- unsolicited 0 - - < 2"]);
    assert_eq!(states(&observer, FIRST), ["1 192.0.2.200 active"]);
}

/// The home agent is looked for (RFC 5944 §3.6.1.2), and the request is sent twice.
#[test]
fn what_was_sent_again_before_the_home_agent_was_known_counts_for_it() {
    for nobody_yet in [NOBODY, Ipv4Addr::BROADCAST] {
        let mut ask = Ask::bid(1, 1);
        ask.home_agent = nobody_yet;
        let mut history = History::new();
        history.ask(1.0, &ask);
        history.ask(2.0, &ask);
        history.answer(2.1, &ask.answer(0).agent(HOME_AGENT));
        let observer = history.observe();
        let (agent, traffic) = &observer.agents()[0];
        assert_eq!((*agent, traffic.accepted, traffic.retransmitted), (HOME_AGENT, 1, 1), "{nobody_yet}");
    }
}
