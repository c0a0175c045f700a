//! Mistakes in scenarios: where they are, what is wrong, and what is not shown of them.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use std::fs;

use program::run;
use program::scenario::scenario;

#[test]
fn mistakes_are_told_with_file_line_step_and_key() {
    let good = "[defaults]\nha = \"127.0.0.1:9\"\nhome_address = \"10.1.0.1\"\n[[step]]\nname = \"good\"\n";
    for (bad, said) in [
        ("lifetime = 70000", "line 8, step \"bad\", key lifetime: it takes a number from 0 to 65535"),
        ("lifetime = \"long\"", "line 8, step \"bad\", key lifetime: it takes a number"),
        ("colour = 1", "line 8, step \"bad\", key colour: there is no such key"),
        ("home-address = \"10.1.0.1\"", "line 8, step \"bad\", key home-address: there is no such key"),
        ("use = \"later\"", "line 8, step \"bad\", key use: there is no earlier step \"later\""),
        ("flow = [\"forward: any\"]", "line 8, step \"bad\", key flow: forward needs"),
        (
            "flow = [\"forward 1: port 5\"]",
            "line 8, step \"bad\", key flow: 'port' is not the beginning of a term",
        ),
        ("expect = [\"code=0\", \"kode=0\"]", "line 8, step \"bad\", key expect: a reply has no 'kode'"),
        ("ext = [\"200\"]", "line 8, step \"bad\", key ext: '200' is not an extension"),
        ("flags = [\"D\", \"Q\"]", "line 8, step \"bad\", key flags: 'Q' is not a flag"),
        ("att = \"tin can\"", "line 8, step \"bad\", key att: 'tin can' is not an access technology"),
        (
            "care_of_address = \"192.0.2\"",
            "line 8, step \"bad\", key care_of_address: '192.0.2' is not an IPv4 address",
        ),
        ("timeout = \"fast\"", "line 8, step \"bad\", key timeout: it takes a duration"),
        ("raw = \"0\"", "line 8, step \"bad\", key raw: it takes pairs"),
        ("nai = \"${who}\"", "line 8, step \"bad\", key nai: there is no variable 'who'"),
        (
            "override = { \"multipath.bid\" = 1 }",
            "line 8, step \"bad\", key override.multipath.bid: the request has no",
        ),
        (
            "bid = 1\noverride = { \"multipath.bid\" = 256 }",
            "line 9, step \"bad\", key override.multipath.bid: ",
        ),
        ("raw = \"00\"\noverride = { lifetime = 1 }", "line 9, step \"bad\", key override: raw octets"),
        ("raw = \"00\"\nlifetime = 1", "line 9, step \"bad\", key lifetime: raw octets are sent unchanged"),
        ("ha = \"224.0.0.1\"", "line 8, step \"bad\", key ha: 224.0.0.1 is a multicast address"),
        ("bulk = true", "line 8, step \"bad\", key bulk: bulk is of the Multipath extension"),
        ("label = 3", "line 8, step \"bad\", key label: label is of the Multipath extension"),
        ("att = \"802.11\"", "line 8, step \"bad\", key att: att is of the Multipath extension"),
        (
            "dry_run = true",
            "line 8, step \"bad\", key dry_run: it is given on the command line, by --dry-run",
        ),
        (
            "fail_on = \"must\"",
            "line 8, step \"bad\", key fail_on: it is given on the command line, by --fail-on",
        ),
        (
            "verbose = true",
            "line 8, step \"bad\", key verbose: it is given on the command line, by --verbose",
        ),
        (
            "sign = \"maybe\"",
            "line 8, step \"bad\", key sign: it takes true, false, \"wrong\", \"short\" or \"unknown-spi\"",
        ),
        ("key = \"hush-hush=256\"", "line 8, step \"bad\", key key: the secret is not written in pairs"),
        ("key = \"256=text:hush-hush", "line 8: "),
        ("bid = 1\nbid = 2", "line 9: "),
    ] {
        let scenario = scenario(&format!("{good}\n[[step]]\nname = \"bad\"\n{bad}\n").replacen(
            "\n\n[[step]]",
            "\n[[step]]",
            1,
        ));
        let run = run(&format!("send {}", scenario.file.display()));
        assert_eq!(run.code, 2, "{bad}: {}{}", run.out, run.error);
        let file = scenario.file.display();
        assert!(run.error.contains(&format!("{file}, {said}")), "{bad}: {}", run.error);
        assert_eq!(run.out, "", "{bad}");
        assert!(!run.error.contains("hush"), "{}", run.error);
    }
}

#[test]
fn a_mistake_in_the_whole_is_told() {
    for (text, said) in [
        ("", "there is no [[step]] in it"),
        (
            "[[step]]\nname = \"lost\"\nhome_address = \"10.1.0.1\"\n",
            "step \"lost\", key ha: there is no home agent",
        ),
        ("[[steps]]\n", "a scenario has [vars], [defaults] and [[step]]"),
        ("step = 5\n", "steps are written as [[step]]"),
        ("[vars]\nx = []\n", "a variable is a string"),
        ("[defaults]\nname = \"x\"\n[[step]]\n", "key name: each step has its own, and [defaults] have none"),
        ("[defaults]\nuse = \"x\"\n[[step]]\n", "key use: each step has its own, and [defaults] have none"),
        ("[[step]]\nLifetime = 5\n", "is it lifetime?"),
    ] {
        let scenario = scenario(text);
        let run = run(&format!("send {}", scenario.file.display()));
        assert_eq!(run.code, 2, "{text}");
        assert!(run.error.contains(said), "{text}: {}", run.error);
    }
    let missing = run("send no-such-scenario.toml");
    assert_eq!(missing.code, 3);
    assert!(missing.error.contains("no-such-scenario.toml cannot be read"), "{}", missing.error);
    let dir = tempfile::tempdir().unwrap();
    let binary = dir.path().join("b.toml");
    fs::write(&binary, [0xff, 0xfe]).unwrap();
    assert_eq!(run(&format!("send {}", binary.display())).code, 2);
}

#[test]
fn the_place_of_a_mistake_is_shown_without_what_a_terminal_could_obey() {
    let text = "[[step]]\r\n\tname = \"a\u{202e}b\u{2028}\"\r\n\tbit\u{9b}31m = 1\r\n";
    for (text, underlined) in [
        (text.to_owned(), ""),
        (text.replacen("bit\u{9b}31m", "\"bit\u{200f}\"", 1), "\"bit\\u{200f}\""),
        (text.replacen("= 1", "= 1\u{1b}[2J", 1).replacen("\u{9b}31m", "", 1), ""),
    ] {
        let scenario = scenario(&text);
        let run = run(&format!("send --ascii {}", scenario.file.display()));
        assert_eq!(run.code, 2, "{text:?}");
        let obeyed =
            |sign: char| sign != '\n' && (sign.is_control() || "\u{200f}\u{202e}\u{2028}".contains(sign));
        assert!(!run.error.contains(obeyed), "{:?}", run.error);
        assert!(run.error.contains(underlined), "{}", run.error);
        assert!(run.error.contains(",-["), "the place is shown: {}", run.error);
    }
}

#[test]
fn secrets_of_a_scenario_are_not_shown_around_a_mistake() {
    let text = "[vars]\npass = \"hush-hush-1\"\n[defaults]\nkey = [\n  \"256=text:hush-hush-2\",\n  \"257=text:hush-hush-3\",\n]\n\
                [[step]]\nkey = \"258=text:hush-hush-4\"\nbit = 1\n";
    let scenario = scenario(text);
    let run = run(&format!("send {}", scenario.file.display()));
    assert_eq!(run.code, 2);
    assert!(run.error.contains("line 10, step \"step 1\", key bit"), "{}", run.error);
    assert!(run.error.contains("bit = 1"), "{}", run.error);
    assert!(!run.error.contains("hush"), "{}", run.error);
}

#[test]
fn secrets_are_not_shown_in_whatever_way_they_are_written() {
    let rest = "[[step]]\nname = \"one\"\nha = \"198.51.100.1\"\nhome_address = \"10.1.0.1\"\n";
    let written = [
        format!("vars = {{ pass = \"hush\" }}\nbit = 1\n{rest}"),
        format!("vars.pass = \"hush\"\nbit = 1\n{rest}"),
        format!("bit = 1\n[ vars ]\npass = \"hush\"\n{rest}"),
        format!("\"vars\".pass = '''\nhush\nhush'''\nbit = 1\n{rest}"),
        format!("defaults.key = \"256=text:hush\"\nbit = 1\n{rest}"),
        format!("\"defaults\" = {{ 'key' = \"256=68757368\" }}\nbit = 1\n{rest}"),
        format!("{rest}bit = 1\n\"key\" = \"256=text:hush\"\n"),
        format!("{rest}bit = 1\nkeys = \"256=68757368\"\n"),
        format!("{rest}key = [\n\"1=text:]\",\n\"2=text:hush\",\n]\nbit = 1\n"),
        format!("{rest}bit = 1\n# key = \"256=text:hush\"\n"),
    ];
    for text in written {
        // The same where the text is no TOML, the mistake being near the secret.
        for text in [text.replacen("bit = 1", "bit 1", 1), text.replacen("bit = 1", "bit = \"", 1), text] {
            let scenario = scenario(&text);
            let run = run(&format!("send {}", scenario.file.display()));
            assert_eq!(run.code, 2, "{text}: {}", run.error);
            assert!(run.error.contains("╭─["), "the place is shown: {text}: {}", run.error);
            assert!(!run.error.contains("hush") && !run.error.contains("6875"), "{text}: {}", run.error);
        }
    }
}
