//! What is denied, with which code, and that nothing comes of it.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::craft::home_agent::{Outcome, Received, Settings};
use mipflow::state::Multipath;
use mipflow::wire::{Action, ExtensionType};

use super::history::{Ask, HOME_AGENT, NODE};
use super::lab::{Lab, answered, prefix, signed, signed_as, with_keys};

/// A request with these octets behind its fixed part.
fn followed_by(extensions: &[u8]) -> Ask {
    Ask { extensions: extensions.to_vec(), ..Ask::plain(1, 0) }
}

/// Denies each, and believes of none of them.
fn deny(code: u8, asks: &[(&str, Ask)]) {
    for (what, ask) in asks {
        let mut lab = Lab::new(Settings::default());
        let answer = lab.ask(ask);
        assert_eq!((answer.code(), answer.taken.changed), (code, None), "{what}");
        assert_eq!(lab.active(), Vec::<u8>::new(), "{what}");
        // The fields of a refusal are those of the request (RFC 5944 §3.8.3.2).
        assert_eq!(answer.reply.home_address, ask.home_address, "{what}");
        assert_eq!(answer.reply.lifetime, ask.lifetime, "{what}");
    }
}

#[test]
fn what_is_malformed_gets_134() {
    let long = |length: u8, data: &[u8]| followed_by(&[&[154, 1, 0, length][..], data].concat());
    deny(
        134,
        &[
            ("Length past the end", followed_by(&[131, 9, b'a'])),
            ("a header cut off", followed_by(&[131])),
            ("a long header cut off", followed_by(&[154, 1, 0])),
            ("Multipath of Length 3", long(3, &[4, 1, 1])),
            ("Multipath of Length 5", long(5, &[4, 1, 1, 0, 0])),
            ("a Sub-Type nobody knows", followed_by(&[154, 3, 0, 0])),
            ("the short layout", followed_by(&[154, 5, 1, 4, 1, 1, 0])),
            ("BID 0", Ask::bid(0, 0)),
            ("BID 255", Ask::bid(255, 0)),
            ("two Multipaths", followed_by(&[154, 1, 0, 4, 4, 1, 1, 0, 154, 1, 0, 4, 4, 1, 1, 0])),
            ("B and O", Ask::bid(1, 0).bulk().overwrite()),
            ("O in a de-registration", Ask::bid(1, 0).overwrite().lifetime(0)),
            ("a BID list past the end", followed_by(&[154, 2, 0, 5, 1, 8, 1, 2, 3])),
            ("a selector past the end", Ask::bid(1, 0).rule(Action::Forward, &[1], 1, &[0x80, 0, 0, 0, 10])),
            ("no BID", Ask::bid(1, 0).rule(Action::Forward, &[], 1, &[0; 4])),
            ("nine BIDs", Ask::bid(1, 0).rule(Action::Forward, &[1; 9], 1, &[0; 4])),
            ("a reserved BID", Ask::bid(1, 0).rule(Action::Forward, &[1, 255], 1, &[0; 4])),
            ("DROP with two BIDs", Ask::bid(1, 0).rule(Action::Drop, &[255, 255], 1, &[0; 4])),
            ("an action nobody knows", Ask::bid(1, 0).rule(Action::Unassigned(2), &[1], 1, &[0; 4])),
            ("TS Format 0", Ask::bid(1, 0).rule(Action::Forward, &[1], 0, &[])),
            ("reserved flag r", Ask::plain(1, 0).flags(0x24)),
            ("reserved flag x", Ask::plain(1, 0).flags(0x21)),
            ("nobody", Ask::plain(1, 0).home(Ipv4Addr::UNSPECIFIED)),
            ("care-of nowhere", Ask { care_of_address: Ipv4Addr::UNSPECIFIED, ..Ask::plain(1, 0) }),
            ("care-of everybody", Ask { care_of_address: Ipv4Addr::BROADCAST, ..Ask::plain(1, 0) }),
            ("care-of a group", Ask { care_of_address: Ipv4Addr::new(224, 0, 0, 1), ..Ask::plain(1, 0) }),
            ("care-of at home", Ask { care_of_address: NODE, ..Ask::plain(1, 0) }),
            ("an SPI cut off", followed_by(&[32, 3, 0, 0, 1])),
            ("a critical vendor cut off", followed_by(&[38, 0, 0, 1, 9])),
        ],
    );
}

#[test]
fn what_stands_behind_the_authenticator_is_nobodys_and_gets_134() {
    let key = "256=text:secret";
    for extension in [
        &[154, 1, 0, 4, 4, 1, 1, 0][..],
        &[154, 2, 0, 8, 1, 1, 1, 1, 0, 0, 0, 0],
        &[131, 3, b'a', b'@', b'b'],
    ] {
        let mut lab = Lab::new(with_keys(&[key]));
        let ask = Ask::plain(1, lab.identification());
        let octets = [signed(&ask, key), extension.to_vec()].concat();
        assert_eq!(lab.send(&ask, &octets).code(), 134, "{extension:?}");
    }
}

#[test]
fn structure_is_judged_before_the_authenticator_and_that_before_the_identification() {
    let mut lab = Lab::new(Settings { require_auth: true, ..with_keys(&["256=text:secret"]) });
    let forged = |ask: &Ask| signed(ask, "256=text:wrong");
    // All of it is wrong: the structure, the authenticator, the Identification, the home agent.
    let all = Ask::bid(0, 7).to(Ipv4Addr::new(198, 51, 100, 2));
    assert_eq!(lab.send(&all, &forged(&all)).code(), 134);
    let authenticator = Ask::bid(1, 7).to(Ipv4Addr::new(198, 51, 100, 2));
    assert_eq!(lab.send(&authenticator, &forged(&authenticator)).code(), 131);
    assert_eq!(lab.send(&authenticator, &signed(&authenticator, "256=text:secret")).code(), 133);
    assert_eq!(lab.ask_signed(&authenticator, "256=text:secret").code(), 136);
}

#[test]
fn what_names_another_home_agent_gets_136_with_this_one() {
    for other in ["198.51.100.2", "0.0.0.0", "255.255.255.255"] {
        let mut lab = Lab::new(Settings::default());
        let ask = Ask { home_agent: other.parse().unwrap(), ..Ask::plain(1, 0) };
        let answer = lab.ask(&ask);
        assert_eq!((answer.code(), answer.reply.home_agent, answer.taken.changed), (136, HOME_AGENT, None));
        assert_eq!(lab.active(), Vec::<u8>::new());
    }
}

#[test]
fn what_names_another_home_agent_changes_nothing_of_a_node_that_is_known() {
    let mut lab = Lab::new(Settings::default());
    assert_eq!(lab.ask(&Ask::bid(1, 0)).code(), 0);
    let other = Ask { home_agent: Ipv4Addr::new(198, 51, 100, 9), ..Ask::bid(1, 0) };
    let answer = lab.ask(&other);
    assert_eq!((answer.code(), answer.taken.changed), (136, None));
    assert_eq!(lab.active(), [1]);
}

#[test]
fn what_is_broadcast_gets_136_from_the_own_address() {
    for destination in [Ipv4Addr::BROADCAST, Ipv4Addr::new(198, 51, 100, 255), Ipv4Addr::new(224, 0, 0, 11)] {
        let mut lab = Lab::new(Settings::default());
        let ask = Ask::plain(1, lab.identification());
        let outcome = lab.agent.receive(&Received {
            octets: &ask.octets(),
            is_cut: false,
            source: ask.source,
            destination: SocketAddrV4::new(destination, 434),
            own_address: HOME_AGENT,
            time: lab.now(),
        });
        let Outcome::Taken(taken) = outcome else { panic!("ignored") };
        assert_eq!(taken.source, SocketAddrV4::new(HOME_AGENT, 434));
        let answer = answered(*taken);
        assert_eq!((answer.code(), answer.reply.home_agent), (136, HOME_AGENT));
    }
}

#[test]
fn homes_it_does_not_serve_get_129() {
    let prefixes = vec![prefix("10.1.0.0/16"), prefix("10.9.0.4/30")];
    let mut lab = Lab::new(Settings { home_prefixes: prefixes, ..Settings::default() });
    for (home, code) in [
        ("10.1.0.1", 0),
        ("10.1.255.254", 0),
        ("10.9.0.7", 0),
        ("10.2.0.1", 129),
        ("10.9.0.8", 129),
        ("203.0.113.1", 129),
    ] {
        assert_eq!(lab.ask(&Ask::plain(1, 0).home(home.parse().unwrap())).code(), code, "{home}");
    }
    // Without prefixes all are served that a node can have.
    let mut open = Lab::new(Settings::default());
    for (home, code) in
        [("203.0.113.1", 0), ("255.255.255.255", 129), ("224.0.0.5", 129), ("198.51.100.1", 129)]
    {
        assert_eq!(open.ask(&Ask::plain(1, 0).home(home.parse().unwrap())).code(), code, "{home}");
    }
}

#[test]
fn without_multipath_who_asks_for_it_gets_152_and_the_nodes_next_record_says_refused() {
    let mut lab = Lab::new(Settings { multipath: false, ..Settings::default() });
    assert_eq!(lab.ask(&Ask::plain(1, 0)).code(), 0);
    assert_eq!(lab.node(NODE).multipath, Multipath::Off);
    let refused = lab.ask(&Ask::bid(1, 0));
    // It is the only refusal that changes what is believed of the node, and only the first one does.
    assert_eq!((refused.code(), refused.taken.changed.is_some()), (152, true));
    assert_eq!((lab.node(NODE).multipath, lab.active()), (Multipath::Refused, vec![0]));
    let again = lab.ask(&Ask::bid(1, 0));
    assert_eq!((again.code(), again.taken.changed), (152, None));
    assert_eq!(lab.ask(&Ask::bid(1, 0).lifetime(0)).code(), 152);
    let fallback = lab.ask(&Ask::plain(2, 0));
    assert_eq!((fallback.code(), fallback.taken.changed.is_some()), (0, true));
    assert_eq!(lab.node(NODE).multipath, Multipath::Refused);
}

#[test]
fn one_binding_more_than_allowed_gets_135_and_the_rest_passes() {
    let mut lab = Lab::new(Settings { max_bindings: 2, ..Settings::default() });
    assert_eq!(lab.ask(&Ask::bid(1, 0)).code(), 0);
    assert_eq!(lab.ask(&Ask::bid(2, 0)).code(), 0);
    assert_eq!(lab.ask(&Ask::bid(3, 0)).code(), 135);
    assert_eq!(lab.ask(&Ask::bid(3, 0).bulk()).code(), 135);
    assert_eq!(lab.active(), [1, 2]);
    assert_eq!(lab.ask(&Ask::bid(2, 0)).code(), 0, "a refresh");
    assert_eq!(lab.ask(&Ask::bid(2, 0).at(super::history::care_of(9))).code(), 0, "an update");
    assert_eq!(lab.ask(&Ask::bid(9, 0).lifetime(0)).code(), 0, "a de-registration");
    assert_eq!(lab.ask(&Ask::plain(4, 0).flags(0xa0)).code(), 135, "S keeps the others");
    // Another node has room of its own.
    assert_eq!(lab.ask(&Ask::bid(3, 0).home(Ipv4Addr::new(10, 1, 0, 2))).code(), 0);
    assert_eq!(lab.ask(&Ask::bid(3, 0).overwrite()).code(), 0, "an overwrite");
    assert_eq!(lab.active(), [3]);
    assert_eq!(lab.ask(&Ask::bid(1, 0)).code(), 0);
    assert_eq!(lab.ask(&Ask::bid(1, 0).lifetime(0)).code(), 0);
    assert_eq!(lab.ask(&Ask::bid(2, 0)).code(), 0, "what ended does not count");
    assert_eq!(lab.ask(&Ask::plain(4, 0)).code(), 0, "a plain registration replaces all");
    assert_eq!(lab.active(), [0]);
    assert_eq!(lab.ask(&Ask::bid(1, 0)).code(), 0, "and gives way to Multipath");
    assert_eq!(lab.active(), [1]);
}

#[test]
fn a_forward_rule_of_which_no_bid_is_known_gets_153() {
    let mut lab = Lab::new(Settings::default());
    assert_eq!(lab.ask(&Ask::bid(1, 0).forward(&[1], "any")).code(), 0, "the request's own counts");
    assert_eq!(lab.ask(&Ask::bid(2, 0).forward(&[9, 8, 1], "any")).code(), 0, "one is enough");
    assert_eq!(lab.ask(&Ask::bid(2, 0).forward(&[3, 4], "any")).code(), 153);
    let one_of_two = Ask::bid(2, 0).forward(&[2], "dport 1").forward(&[3], "dport 2");
    assert_eq!(lab.ask(&one_of_two).code(), 153, "each rule is judged");
    assert_eq!(lab.ask(&Ask::bid(2, 0).drop("dport 23")).code(), 0, "a DROP names none");
    assert_eq!(lab.ask(&Ask::bid(2, 0).lifetime(0)).code(), 0);
    assert_eq!(lab.ask(&Ask::bid(1, 0).forward(&[2], "dport 3")).code(), 153, "what ended is not known");
    let rules = lab.node(NODE).policy().rules().len();
    assert_eq!(rules, 2, "what was refused set no rule");
}

#[test]
fn a_forward_rule_to_what_its_request_ends_gets_153() {
    let mut lab = Lab::new(Settings::default());
    assert_eq!(lab.ask(&Ask::bid(1, 0)).code(), 0);
    assert_eq!(lab.ask(&Ask::bid(2, 0)).code(), 0);
    assert_eq!(lab.ask(&Ask::bid(2, 0).overwrite().forward(&[1], "any")).code(), 153, "O ends BID 1");
    let without_s = Ask::plain(3, 0).forward(&[1], "any");
    assert_eq!(lab.ask(&without_s).code(), 153, "one without S and Multipath ends all others");
    assert_eq!(lab.active(), [1, 2]);
    assert_eq!(
        lab.ask(&Ask::bid(2, 0).overwrite().forward(&[1, 2], "any")).code(),
        0,
        "one that stays is enough"
    );
}

#[test]
fn a_vendors_critical_extension_gets_140_or_141() {
    let key = "256=text:secret";
    let vendor = [38, 0, 0, 6, 0, 0, 0x12, 0x34, 0, 1];
    let mut lab = Lab::new(with_keys(&[key]));
    assert_eq!(lab.ask_signed(&followed_by(&vendor), key).code(), 140);
    // Behind the node's authenticator, a foreign agent put it there (RFC 3115 §2).
    lab.milliseconds += 20;
    let ask = Ask::plain(1, lab.identification());
    assert_eq!(lab.send(&ask, &[signed(&ask, key), vendor.to_vec()].concat()).code(), 141);
    // Of it and a Multipath extension that ends early, the first is told.
    let malformed = [154, 1, 0, 3, 4, 1, 1];
    for (extensions, code) in [([&vendor[..], &malformed], 140), ([&malformed, &vendor], 134)] {
        lab.milliseconds += 20;
        assert_eq!(lab.ask_signed(&followed_by(&extensions.concat()), key).code(), code);
    }
}

#[test]
fn an_extension_that_may_not_be_overlooked_is_dropped_in_silence() {
    for kind in [1, 5, 31, 35, 42, 45, 47, 48, 127] {
        let mut lab = Lab::new(Settings::default());
        let ask = Ask::plain(1, lab.identification());
        // Lengths of both header forms are 0.
        let octets = [ask.octets(), vec![kind, 0, 0, 0]].concat();
        let taken = lab.taken(&ask, &octets);
        assert_eq!((&taken.reply, taken.changed), (&None, None), "{kind}");
        assert_eq!(taken.not_understood, Some(ExtensionType(kind)));
        let exchange = taken.exchange.unwrap();
        assert_eq!((exchange.status.name(), exchange.code), ("unanswered", None));
        // What stands behind an extension that is cut off is none.
        let malformed = [ask.octets(), vec![131, 9], vec![kind, 0, 0, 0]].concat();
        assert_eq!(lab.send(&ask, &malformed).code(), 134);
        assert_eq!(lab.agent.tally().dropped, 1);
    }
}

#[test]
fn a_foreign_agents_bad_authenticator_gets_132_and_a_good_one_is_answered() {
    let (node, agent) = ("256=text:node", "300=text:agent");
    let mut lab = Lab::new(with_keys(&[node, agent]));
    let mut send = |foreign: &[&str], lifetime| {
        lab.milliseconds += 20;
        let ask = Ask::plain(1, lab.identification()).lifetime(lifetime).flags(0);
        let octets = foreign.iter().fold(signed(&ask, node), |octets, key| signed_as(octets, 34, key));
        lab.send(&ask, &octets)
    };
    let good = send(&[agent], 600);
    assert_eq!((good.code(), good.extensions()), (0, vec![32, 34]));
    assert_eq!(
        (good.verdicts(node), good.verdicts(agent)),
        (vec!["valid", "no-key"], vec!["no-key", "valid"])
    );
    let bad = send(&["300=text:other"], 600);
    assert_eq!(bad.code(), 132);
    assert_eq!(send(&[agent, agent], 600).code(), 132, "exactly one");
    assert_eq!(send(&["301=text:stranger"], 600).code(), 0, "an SPI without a key is not judged");
    let mut strict = Lab::new(Settings { require_auth: true, ..with_keys(&[node, agent]) });
    let ask = Ask::plain(1, strict.identification()).flags(0);
    let taken = strict.taken(&ask, &signed_as(signed(&ask, node), 34, "301=text:stranger"));
    assert_eq!(taken.reply, None, "a stranger's request is dropped (RFC 5944 §3.8.2.1)");
}

#[test]
fn a_foreign_agent_that_is_known_gets_its_authenticator_with_each_refusal() {
    let (node, agent) = ("256=text:node", "300=text:agent");
    let mut lab = Lab::new(Settings { multipath: false, ..with_keys(&[node, agent]) });
    let refusals = [
        (134, Ask::bid(0, 0), node, agent),
        (131, Ask::plain(1, 0), "256=text:wrong", agent),
        (132, Ask::plain(1, 0), node, "300=text:wrong"),
        (136, Ask { home_agent: NODE, ..Ask::plain(1, 0) }, node, agent),
        (152, Ask::bid(1, 0), node, agent),
    ];
    for (code, ask, node_signs, agent_signs) in refusals {
        lab.milliseconds += 20;
        let ask = ask.again(lab.identification()).flags(0);
        let answer = lab.send(&ask, &signed_as(signed(&ask, node_signs), 34, agent_signs));
        // RFC 5944 §3.8.3.3: last, and no foreign agent takes a reply without (§3.7.3.1).
        assert_eq!((answer.code(), answer.extensions()), (code, vec![32, 34]));
        assert_eq!(answer.verdicts(agent), ["no-key", "valid"], "{code}");
    }
    lab.milliseconds += 20;
    let late = Ask::plain(1, lab.identification() - (60 << 32)).flags(0);
    let answer = lab.send(&late, &signed_as(signed(&late, node), 34, agent));
    assert_eq!((answer.code(), answer.verdicts(agent)), (133, vec!["no-key", "valid"]));
    let ask = Ask::bid(1, lab.identification()).flags(0);
    let answer = lab.send(&ask, &signed_as(signed(&ask, node), 34, "301=text:stranger"));
    assert_eq!((answer.code(), answer.extensions()), (152, vec![32]), "a stranger");
}

#[test]
fn of_several_reasons_the_first_in_the_order_of_the_manual_is_told() {
    // 136 before 129 before 152.
    let prefixes = vec![prefix("10.1.0.0/16")];
    let mut lab = Lab::new(Settings {
        home_prefixes: prefixes,
        multipath: false,
        max_bindings: 1,
        ..Settings::default()
    });
    let elsewhere = Ask::bid(2, 0).forward(&[9], "any").home(Ipv4Addr::new(10, 9, 0, 1));
    assert_eq!(lab.ask(&Ask { home_agent: NODE, ..elsewhere.clone() }).code(), 136);
    assert_eq!(lab.ask(&elsewhere).code(), 129);
    // 152 before 135 and 153: the node has the one binding that it may have.
    assert_eq!(lab.ask(&Ask::plain(1, 0)).code(), 0);
    assert_eq!(lab.ask(&Ask::plain(2, 0).flags(0xa0)).code(), 135, "S keeps the other");
    assert_eq!(lab.ask(&Ask::bid(2, 0).forward(&[9], "any").flags(0xa0)).code(), 152);
    // 135 before 153.
    let mut lab = Lab::new(Settings { max_bindings: 1, ..Settings::default() });
    assert_eq!(lab.ask(&Ask::bid(1, 0)).code(), 0);
    assert_eq!(lab.ask(&Ask::bid(2, 0).forward(&[9], "any")).code(), 135);
    assert_eq!(lab.ask(&Ask::bid(1, 0).forward(&[9], "any")).code(), 153);
}
