//! What a command line that is wrong may have meant.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod program;

use program::run;

#[test]
fn a_capture_is_no_command() {
    let told = run("samples/figure3.pcap");
    assert_eq!((told.code, told.out.as_str()), (2, ""));
    let advice = "tip: to read a capture, write `mipflow decode samples/figure3.pcap` or `mipflow watch samples/figure3.pcap`";
    assert!(told.error.contains(advice), "{}", told.error);
    // What is no file is a command that is written wrong.
    for (word, advice) in [("no-such-file.pcap", None), ("decod", Some("'decode'"))] {
        let told = run(word);
        assert_eq!(told.code, 2);
        assert!(!told.error.contains("to read a capture"), "{}", told.error);
        assert_eq!(told.error.contains("tip:"), advice.is_some(), "{}", told.error);
        assert!(told.error.contains(advice.unwrap_or_default()), "{}", told.error);
    }
}

#[test]
fn watch_says_how_it_takes_several() {
    let advice = "several interfaces are `-i eth0 -i wlan0`; several captures become one by `mergecap -w - FILE... | mipflow \
                  watch -`";
    let told = run("watch samples/figure3.pcap samples/tunnels.pcap");
    assert_eq!((told.code, told.out.as_str()), (2, ""));
    assert!(told.error.contains(advice), "{}", told.error);
    for other in ["watch --no-such-option samples/figure3.pcap", "explain MP FB"] {
        let told = run(other);
        assert!(!told.error.contains("several"), "{}", told.error);
    }
}

#[test]
fn a_rule_that_is_written_wrong_is_told_where_to_look() {
    for (name, advice) in [
        ("REG-13", "mipflow explain REG lists the rules that begin like this"),
        ("reg13", "mipflow explain REG lists the rules that begin like this"),
        ("NOPE-1", "mipflow explain lists all rules with their levels and scopes"),
        ("133", "mipflow explain lists all rules with their levels and scopes"),
    ] {
        let told = run(&format!("explain {name}"));
        assert_eq!((told.code, told.out.as_str()), (2, ""));
        assert!(told.error.contains(advice), "{name}: {}", told.error);
    }
}
