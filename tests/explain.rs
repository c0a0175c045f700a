//! What `explain` says of the rules.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use program::run;
use serde_json::Value;

#[test]
fn explain_lists_all_rules() {
    let rules: Value = serde_json::from_str(&program::shown("explain --format json")).unwrap();
    let rules = rules.as_array().unwrap();
    assert_eq!(rules.len(), 160);
    assert_eq!(rules.iter().filter(|rule| rule["level"] == "must").count(), 97);
    let keys: Vec<&str> = rules[0].as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = vec!["id", "title", "level", "source", "subject", "scope", "fires", "why"];
    expected.sort_unstable();
    assert_eq!(
        {
            let mut keys = keys;
            keys.sort_unstable();
            keys
        },
        expected
    );
    let list = program::shown("explain MP --level note --scope message");
    assert_eq!(
        list.lines().filter(|line| line.starts_with("MP-0")).count(),
        3,
        "MP-013, MP-023 and MP-026: {list}"
    );
}

#[test]
fn explain_tells_what_was_asked_for_in_every_format() {
    let terms: Value = serde_json::from_str(&program::shown("explain d9 --format json")).unwrap();
    assert_eq!(terms.as_array().unwrap().len(), 1);
    let keys: Vec<&String> = terms[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "text"]);
    assert_eq!(terms[0]["id"], "D9");
    assert!(terms[0]["text"].as_str().unwrap().starts_with("Reference binding table, updated when"));

    let page = program::shown("explain D9 --format markdown");
    let headings =
        |page: &str| page.lines().filter(|line| line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(headings(&page), ["# Rules", "## Terms"]);
    assert_eq!(page.matches("\n**D").count(), 1);
    assert!(page.contains("\n**D9** Reference binding table"), "{page}");
    let page = program::shown("explain MP-003 --format markdown");
    assert_eq!(headings(&page).len(), 3);
    assert!(headings(&page)[2].starts_with("### MP-003 "), "{page}");
    assert_eq!(page.matches("\n**D").count(), 0);
    assert_eq!(program::shown("explain --level must --format markdown").matches("\n**D").count(), 0);
    assert_eq!(program::shown("explain --format markdown").matches("\n**D").count(), 16);
}

#[test]
fn explain_tells_one_rule_and_its_terms() {
    let text = program::shown("explain mp-003");
    for expected in
        ["MP-003", "must", "mobile node", "RFC 7629 §4.1", "When it fires", "Why it matters", "For example"]
    {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let text = program::shown("explain FB-014");
    assert!(text.contains("\nD11\n"), "the term it uses: {text}");
    assert!(text.contains("FB-001..FB-005"), "a name in one piece: {text}");
    assert!(!text.contains("\nD1\n"), "and no other: {text}");
    // Of the terms that are not told in full it is said where they are; RRQs and MP.B are used by others.
    let terms = |rule: &str| {
        let text = program::shown(&format!("explain {rule}"));
        let (_, terms) = text.split_once("\nTerms\n").unwrap_or_else(|| panic!("{text}"));
        terms.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(terms("MP-008"), "RRQ (D2), MP (D6); mipflow explain D2 tells what is meant");
    assert_eq!(
        terms("MP-021"),
        "RRQ (D2), MP (D6), session (D7), live (D9), anchored (D10); mipflow explain D2 tells what is meant"
    );
    assert_eq!(
        terms("MP-020"),
        "RRQ (D2), MP (D6), session (D7), live, BID-keyed (D9); mipflow explain D2 tells what is meant"
    );
    assert!(program::shown("explain D9").starts_with("D9\n  Reference binding table"));
    let refused = |command: &str, why: &str| {
        let run = run(command);
        assert!(run.code == 2 && run.error.contains(why), "{command}: {}", run.error);
    };
    refused("explain XY-001", "there is no such rule or term: XY-001");
    refused("explain MP-001 --level note", "MP-001 is not of this level or scope");
    refused("explain AUTH --scope traffic", "AUTH is not of this level or scope");
}
