//! A negative value is told to be wrong for the option it was given to; it is not taken for an option of its own.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use program::{COMMANDS, options_of, run, shown};

/// The options of a command that take a value: their line of the help says which.
fn with_values(command: &str) -> Vec<String> {
    let help = shown(&format!("{command} --help"));
    let own_lines = || help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let takes_one = |option: &String| {
        own_lines().any(|line| ["<", "[<"].iter().any(|sign| line.contains(&format!("{option} {sign}"))))
    };
    options_of(command).into_iter().filter(takes_one).collect()
}

#[test]
fn a_negative_number_is_the_value_of_the_option_before_it() {
    let mut tried = 0;
    for command in COMMANDS {
        for option in with_values(command) {
            // Where the number is taken (a node may be named so), the run ends at what comes after it.
            let error = run(&format!("{command} {option} -1 --no-such-option")).error;
            let is_named = error.contains(&format!("'{option} <")) || error.contains("'--no-such-option'");
            assert!(is_named && !error.contains("'-1' found"), "{command} {option}: {error}");
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
}

#[test]
fn what_begins_like_one_is_a_value_too() {
    let request = "send --dry-run --ha 192.0.2.1 --home-address 10.1.0.1";
    for (arguments, said) in [
        (format!("{request} --timeout -1s"), "'-1s' for '--timeout <DURATION>'"),
        (format!("{request} --rate -1/s"), "'-1/s' for '--rate <N/s>'"),
        (format!("{request} --ext -1:00"), "'-1:00' for '--ext <TYPE[.SUBTYPE]:HEX>'"),
        (format!("{request} --key -1=00"), "--key: what comes before '=' and '/' is not an SPI"),
        (
            "decode --reply-timeout -1s samples/figure3.pcap".to_owned(),
            "'-1s' for '--reply-timeout <DURATION>'",
        ),
        ("watch --reply-timeout -1s lo".to_owned(), "'-1s' for '--reply-timeout <DURATION>'"),
        ("watch --buffer -1M lo".to_owned(), "'-1M' for '--buffer <SIZE>'"),
        ("watch -w x.pcap --ring -1Mx3 lo".to_owned(), "'-1Mx3' for '--ring <SIZExCOUNT>'"),
    ] {
        let run = run(&arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments}");
        assert!(run.error.contains(said), "{arguments}: {}", run.error);
    }
}
