//! `decode` where a person looks: colours and width of a terminal. Needs tmux.

#![cfg(target_os = "linux")]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Waits end by the clock.
#![allow(clippy::disallowed_methods)]

mod program;
mod terminal;

use program::{finished, mipflow};
use terminal::Terminal;
use terminal::environment::PROGRAM;

const ARGUMENTS: &str = "decode --show nodes --at #4 samples/figure3.pcap";

/// What stands on the screen after a command, the `number`th, with its escapes and without.
fn displayed(terminal: &Terminal, number: u32, before: &str) -> (String, String) {
    let arguments = ARGUMENTS.replace("#4", "'#4'");
    terminal.line(&format!("clear; {before} '{PROGRAM}' {arguments}; echo end\\ {number}"));
    let end = format!("end {number}");
    terminal.shows(&end);
    let raw = terminal.tmux(&["capture-pane", "-p", "-e"]);
    let text = terminal.text();
    (raw, text.split(&end).next().unwrap().to_owned())
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let terminal = Terminal::new();
    for (number, before, is_coloured) in
        [(1, "", true), (2, "NO_COLOR=", true), (3, "NO_COLOR=1", false), (4, "TERM=dumb", false)]
    {
        let (raw, _) = displayed(&terminal, number, before);
        assert_eq!(raw.contains("\u{1b}["), is_coloured, "{before:?}\n{raw}");
    }
}

#[test]
fn tables_are_as_wide_as_the_terminal() {
    let terminal = Terminal::new();
    for (number, width, is_wide) in [(1, "80", false), (2, "130", true)] {
        terminal.tmux(&["resize-window", "-x", width, "-y", "40"]);
        // The new size is there a moment later.
        let resized = format!("until [ \"$(stty size)\" = '40 {width}' ]; do sleep 0.05; done; NO_COLOR=1");
        let (_, text) = displayed(&terminal, number, &resized);
        // What a pipe gets that is told the same width.
        let run = finished(mipflow(ARGUMENTS).env("COLUMNS", width));
        assert_eq!(text.trim(), run.out.trim(), "{width} columns");
        assert_eq!(text.contains("Access label"), is_wide, "{text}");
    }
}

#[test]
fn a_terminal_is_no_capture() {
    let terminal = Terminal::new();
    for (number, command) in [(1, "decode -"), (2, "decode /dev/tty")] {
        terminal.line(&format!("clear; '{PROGRAM}' {command}; echo \"code $? of\" {number}"));
        let text = terminal.shows(&format!("code 3 of {number}"));
        assert!(text.contains("is a terminal, not a capture"), "{command}: {text}");
        assert!(text.contains("pipe a capture into it"), "{command}: {text}");
    }
}
