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
fn an_option_of_another_command_is_told_as_such() {
    for (line, advice) in [
        ("decode --lifetime 5 samples/figure3.pcap", "tip: --lifetime is an option of mipflow send"),
        ("decode --headless samples/figure3.pcap", "tip: --headless is an option of mipflow watch"),
        ("decode -i lo samples/figure3.pcap", "tip: -i is an option of mipflow watch"),
        ("serve --retries=1", "tip: --retries is an option of mipflow send"),
        ("watch --theme mono --at 1 samples/figure3.pcap", "tip: --at is an option of mipflow decode"),
        ("explain --listen 127.0.0.1", "tip: --listen is an option of mipflow serve"),
    ] {
        let told = run(line);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{line}");
        assert!(told.error.contains(advice), "{line}: {}", told.error);
        assert_eq!(told.error.matches("tip:").count(), 1, "{line}: {}", told.error);
    }
    // One of no command is no file, either.
    let told = run("decode --no-such samples/figure3.pcap");
    assert!(told.code == 2 && !told.error.contains("tip:"), "{}", told.error);
    let told = run("decode --repl-timeout 5s samples/figure3.pcap");
    assert!(told.error.contains("tip: a similar argument exists: '--reply-timeout'"), "{}", told.error);
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

#[test]
fn options_of_other_analysers_are_told_by_what_is_written_here() {
    for (line, advice) in [
        ("decode -r samples/figure3.pcap", "tip: a capture is named without an option: mipflow decode FILE"),
        ("watch -r samples/figure3.pcap", "tip: a capture is named without an option: mipflow decode FILE"),
        ("-r samples/figure3.pcap", "tip: a capture is named without an option: mipflow decode FILE"),
        (
            "decode -n samples/figure3.pcap",
            "tip: addresses and ports are always shown as numbers; leave -n out",
        ),
        ("decode -Y mip samples/figure3.pcap", "tip: -f FILTER of mipflow decode chooses packets"),
    ] {
        let told = run(line);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{line}");
        assert!(told.error.contains(advice), "{line}: {}", told.error);
    }
}
