//! What can be typed as a filter.

use super::*;

#[test]
fn what_is_typed_is_checked() {
    for good in [
        "",
        "node:10.1.0.1",
        "node:10.1.0.0/24,example",
        "!state:active verdict:strays,leaks",
        "finding:mp-004",
        "bid:1,254",
        "node:10.1.0.0/0 node:10.1.0.0/32 node:user/realm",
        "!finding:MP,any",
        "5060",
        "fdaa:0:1::2 !dead:beef::",
        "fdaa:",
    ] {
        assert!(Filter::parse(good).is_ok(), "{good}");
    }
    for (bad, told) in [
        ("state:", "state: is one of"),
        ("state:alive", "state: is one of"),
        ("verdict:good", "verdict: is one of"),
        ("bid:x", "bid: is a number"),
        // RFC 7629 §4.1 reserves both.
        ("bid:0", "bid: is a number from 1 to 254"),
        ("bid:1,255", "bid: is a number from 1 to 254"),
        ("bid:256", "bid: is a number"),
        ("node:", "node: takes"),
        ("node:10.0.0.0/33", "node: a prefix is written as in 10.1.0.0/24"),
        ("node:10.1.0.0/", "node: a prefix is written as in 10.1.0.0/24"),
        ("node:10.1.0.0/x", "node: a prefix is written as in 10.1.0.0/24"),
        ("node:10.1.0.0/24/", "node: a prefix is written as in 10.1.0.0/24"),
        ("nodes:1", "no key `nodes`"),
        ("finding:", "finding: is must"),
        ("finding:mp-999", "finding: is must"),
        ("finding:must,strange", "finding: is must"),
        ("!", "`!` needs a term"),
    ] {
        assert!(Filter::parse(bad).unwrap_err().starts_with(told), "{bad}");
    }
}

#[test]
fn a_nai_is_one_value_whatever_is_in_it() {
    let whole = |text: &str| Condition::Node(vec![Who::Nai(text.to_owned())]);
    for (nai, typed) in [
        ("node@example.org", "node:=node@example.org"),
        ("a b@x, state:active", "node:=a\\ b@x\\,\\ state:active"),
        ("EXAMPLE\\node ", "node:=EXAMPLE\\\\node\\ "),
    ] {
        let filter = Filter::of_nai(nai).unwrap();
        assert_eq!(filter.text, typed);
        assert_eq!(filter.terms, [Term { condition: whole(nai), negated: false }]);
        assert_eq!(Filter::parse(&filter.text), Ok(filter));
    }
    assert!(Filter::of_nai("").unwrap_err().starts_with("node: takes"));
    let either = Filter::parse("node:a\\ B,c").unwrap();
    let who = ["a b", "c"].map(|text| Who::Part(text.to_owned()));
    assert_eq!(either.terms, [Term { condition: Condition::Node(who.to_vec()), negated: false }]);
    let text = Filter::parse("two\\ words").unwrap();
    assert_eq!(text.terms, [Term { condition: Condition::Text("two words".to_owned()), negated: false }]);
}

#[test]
fn nodes_are_named_by_address_prefix_and_part() {
    let address = Some(Ipv4Addr::new(10, 1, 0, 1));
    let is = |text: &str| who(text).unwrap().is(address, Some(b"Node@Example.org"));
    assert!(is("10.1.0.1") && is("10.1.0.0/24") && is("0.0.0.0/0") && is("10.1.") && is("example"));
    assert!(!is("10.1.0.10") && !is("10.1.1.0/24") && !is("10.1.0.0/32") && !is("nobody"));
}
