//! The screen in a real terminal: tmux draws it, keys are sent to it, and it is taken away.

#![cfg(target_os = "linux")]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Waits end by the clock.
#![allow(clippy::disallowed_methods)]

#[allow(dead_code, unreachable_pub, reason = "other tests use more of it")]
#[path = "program/capture.rs"]
mod capture;
mod terminal;

use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use terminal::Terminal;
use terminal::environment::{PROGRAM, command};

/// Waits for the end of a process that is not our child.
fn ends(process: Pid, within: Duration) -> bool {
    let deadline = Instant::now() + within;
    while Instant::now() < deadline {
        if kill(process, None).is_err() {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}

/// The terminal is what it was, and the shell has it.
fn is_as_it_was(terminal: &Terminal, modes: &str, before: &str) {
    terminal.shows("code ");
    let settings = |text: &str| -> Option<String> {
        text.split("speed").nth(1)?.split("end of").next().map(str::to_owned)
    };
    assert_eq!(terminal.modes(), modes);
    terminal.line("clear; stty -a; echo end of settings");
    let after = terminal.wait("stty", |text| text.contains("\nend of settings"));
    assert_eq!(settings(&after), settings(before));
}

/// The settings of the terminal before.
fn settings(terminal: &Terminal) -> String {
    terminal.line("clear; stty -a; echo end of settings");
    terminal.wait("stty", |text| text.contains("\nend of settings"))
}

#[test]
fn a_walk_through_the_views() {
    let terminal = Terminal::new();
    terminal.watch("samples/figure3.pcap");
    // The file is read while the screen is drawn: what counts is what stands there at the end.
    terminal.shows_all(&["46 packets", "FAILOVER", "▶ BID 2 192.0.2.70"]);
    terminal.keys(&["x"]);
    terminal.shows("Ladder of 10.1.0.1: 4 exchanges");
    terminal.keys(&["Enter"]);
    terminal.shows("Frame 3, 2024-06-01T10:00:00.250180Z");
    terminal.keys(&["Tab", "/"]);
    terminal.tmux(&["send-keys", "-l", "home agent"]);
    terminal.keys(&["Enter"]);
    terminal.shows("Octets 8 to 11");
    terminal.keys(&["4"]);
    terminal.shows("Flows: 3 flows");
    terminal.keys(&["f"]);
    terminal.tmux(&["send-keys", "-l", "verdict:nonsense"]);
    terminal.shows("verdict: is one of");
    terminal.keys(&["Escape"]);
    terminal.keys(&["5"]);
    terminal.shows("[5 Findings]");
    terminal.keys(&["6"]);
    terminal.shows("Home agent 198.51.100.1");
    terminal.keys(&["F1"]);
    terminal.shows("┌ Keys ");
    terminal.keys(&["Escape", "1"]);
    terminal.shows("Policy of 10.1.0.1");
    // Another size is taken up at once.
    terminal.tmux(&["resize-window", "-x", "150", "-y", "40"]);
    terminal.wait("the policy beside the tunnels", |text| {
        text.lines().any(|line| line.contains("Tunnels: 1 node") && line.contains("Policy of"))
    });
}

#[test]
fn what_is_copied_reaches_the_clipboard_of_the_terminal() {
    let terminal = Terminal::new();
    terminal.tmux(&["set-option", "-g", "set-clipboard", "on"]);
    terminal.watch("samples/figure3.pcap");
    terminal.shows("FAILOVER");
    terminal.keys(&["4", "y"]);
    terminal.shows("copied 1 line");
    assert!(terminal.tmux(&["show-buffer"]).starts_with("10.1.0.1 udp 203.0.113.50:5060 10.1.0.1:5060"));
}

#[test]
fn a_replay_is_held_stepped_and_sped_up() {
    let terminal = Terminal::new();
    terminal.watch("--replay 0.5 samples/figure3.pcap");
    terminal.shows("replay x0.5");
    terminal.keys(&["P"]);
    let text = terminal.shows("replay HELD");
    let count = |text: &str| -> u64 {
        let line = text.lines().find(|line| line.contains("figure3.pcap")).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let place = words.iter().position(|word| word.starts_with("packet")).unwrap();
        words[place - 1].parse().unwrap()
    };
    let before = count(&text);
    terminal.keys(&["."]);
    terminal.wait("one more frame", |text| count(text) == before + 1);
    terminal.keys(&[")"]);
    terminal.shows("replay x1, held");
    terminal.keys(&["("]);
    terminal.shows("replay x0.5, held");
    for speed in ["1", "2", "4", "8", "16", "32"] {
        terminal.keys(&[")"]);
        terminal.shows(&format!("replay x{speed}, held"));
    }
    terminal.keys(&["P"]);
    terminal.shows_all(&["ended", "46 packets"]);
    // From now on there is nothing that could be held, or let through.
    for key in ["P", ".", "(", ")"] {
        terminal.keys(&["g"]);
        terminal.wait("the keys", |text| !text.contains("replay"));
        terminal.keys(&[key]);
        terminal.shows("the replay has ended");
    }
}

#[test]
fn without_colours_and_beyond_ascii_nothing() {
    let terminal = Terminal::new();
    let colours = |text: &str| {
        let sets_colour = |code: &str| {
            let numbers = code.split('m').next().unwrap_or_default();
            numbers.split(';').any(|number| matches!(number.parse(), Ok(30..=38 | 90..=97u8)))
        };
        text.split("\u{1b}[").skip(1).any(sets_colour)
    };
    // An empty NO_COLOR asks for nothing.
    terminal.line(&format!("NO_COLOR= '{PROGRAM}' watch samples/figure3.pcap"));
    terminal.shows("FAILOVER");
    assert!(colours(&terminal.tmux(&["capture-pane", "-p", "-e"])));
    terminal.keys(&["q"]);
    terminal.is_back();
    terminal.line(&format!("clear; NO_COLOR=1 '{PROGRAM}' watch --ascii samples/figure3.pcap"));
    let text = terminal.shows("FAILOVER");
    assert!(text.is_ascii(), "{text}");
    assert!(!colours(&terminal.tmux(&["capture-pane", "-p", "-e"])));
    // A terminal without colours is asked for none, unless the user knows better.
    for (chosen, coloured) in [("", false), ("--theme dark", true)] {
        terminal.keys(&["q"]);
        terminal.is_back();
        terminal.line(&format!("clear; TERM=vt100 '{PROGRAM}' watch {chosen} samples/figure3.pcap"));
        terminal.shows("FAILOVER");
        assert_eq!(colours(&terminal.tmux(&["capture-pane", "-p", "-e"])), coloured, "{chosen}");
    }
}

#[test]
fn saved_files_are_captures_and_tables() {
    let directory = tempfile::tempdir().unwrap();
    let terminal = Terminal::new();
    terminal.watch("samples/figure3.pcap");
    // What is saved is what was read until then.
    terminal.shows_all(&["ended", "46 packets"]);
    for (view, name, told) in [
        ("3", "saved.pcap", "saved 8 messages"),
        ("4", "saved.csv", "saved flows"),
        ("5", "findings.csv", "saved findings"),
        ("1", "saved.json", "saved messages, tables and findings"),
        ("2", "saved.txt", "saved the ladder"),
    ] {
        let path = directory.path().join(name);
        terminal.keys(&[view]);
        terminal.save(&path);
        terminal.shows(told);
        assert!(path.metadata().unwrap().len() > 0);
    }
    let decoded = |name: &str, arguments: &[&str]| {
        let path = directory.path().join(name);
        let output = command(PROGRAM).arg("decode").args(arguments).arg(path).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(decoded("saved.pcap", &["--format", "ndjson", "--show", "messages"]).lines().count(), 9);
    let text = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
    assert_eq!(text("saved.csv").lines().count(), 5, "{}", text("saved.csv"));
    assert!(text("saved.json").starts_with("{\"schema\":\"mipflow/1\""));
    assert!(text("saved.json").contains("\"rule\":\"EXT-004\""));
    let output = command(PROGRAM)
        .args(["decode", "--show", "findings", "--format", "csv", "samples/figure3.pcap"])
        .output()
        .unwrap();
    assert_eq!(text("findings.csv"), String::from_utf8(output.stdout).unwrap());
    assert!(text("saved.txt").contains("RRQ register BID 3 for 600 s"));
    // Requests without an answer are found later than others, and stand with those of their frames all the same.
    terminal.keys(&["q"]);
    terminal.wait("the shell", |text| text.trim_end().ends_with("ready>"));
    terminal.watch("samples/malformed.pcap");
    terminal.keys(&["5"]);
    terminal.save(&directory.path().join("malformed.csv"));
    terminal.shows("saved findings");
    let output = command(PROGRAM)
        .args(["decode", "--show", "findings", "--format", "csv", "samples/malformed.pcap"])
        .output()
        .unwrap();
    assert_eq!(text("malformed.csv"), String::from_utf8(output.stdout).unwrap());
    terminal.keys(&["2"]);
    // One that is there is not written over at once.
    terminal.save(&directory.path().join("saved.txt"));
    terminal.shows("exists: Enter again overwrites");
    terminal.keys(&["Enter"]);
    terminal.shows("saved the ladder");
}

#[test]
fn a_save_that_fails_leaves_what_was_there() {
    let directory = tempfile::tempdir().unwrap();
    let terminal = Terminal::new();
    let save = |name: &str, again: bool, told: &str| {
        let path = directory.path().join(name);
        terminal.save(&path);
        if again {
            terminal.shows("exists: Enter again overwrites");
            terminal.keys(&["Enter"]);
        }
        terminal.shows(told);
        // The next one is to tell it anew.
        terminal.keys(&["1"]);
        terminal.wait("a key takes it away", |text| !text.contains(told));
    };
    let names = || {
        let entries = std::fs::read_dir(directory.path()).unwrap().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let file = |name: &str| directory.path().join(name);
    let endings = ["pcap", "csv", "json", "txt"];
    for ending in endings {
        std::fs::write(file(&format!("old.{ending}")), "before").unwrap();
    }
    let before = names();
    // No file may be longer than a block of 512 octets.
    terminal.line(&format!("trap '' XFSZ; (ulimit -f 1; '{PROGRAM}' watch samples/malformed.pcap)"));
    terminal.shows("[1 Tunnels]");
    for ending in endings {
        save(&format!("old.{ending}"), true, "File too large");
        save(&format!("new.{ending}"), false, "File too large");
        assert_eq!(std::fs::read_to_string(file(&format!("old.{ending}"))).unwrap(), "before");
    }
    assert_eq!(names(), before);
    terminal.keys(&["q"]);
    terminal.is_back();
    // Where it can be written, it is what the old one was: behind a link, and with its mode.
    terminal.watch("samples/malformed.pcap");
    std::fs::set_permissions(file("old.json"), std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("old.json", file("link.json")).unwrap();
    save("link.json", true, "saved messages, tables and findings");
    let metadata = std::fs::symlink_metadata(file("old.json")).unwrap();
    assert_eq!((metadata.is_file(), metadata.permissions().mode() & 0o777), (true, 0o640));
    assert!(std::fs::read_to_string(file("old.json")).unwrap().starts_with("{\"schema\""));
    assert!(std::fs::symlink_metadata(file("link.json")).unwrap().is_symlink());
    // Two names of one file stay so.
    std::fs::hard_link(file("old.csv"), file("same.csv")).unwrap();
    save("same.csv", true, "saved nodes");
    let text = std::fs::read_to_string(file("old.csv")).unwrap();
    assert!(text != "before" && text == std::fs::read_to_string(file("same.csv")).unwrap());
}

#[test]
fn a_link_type_that_cannot_be_read_is_told_when_the_screen_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let mut capture = std::fs::read("samples/figure3.pcap").unwrap();
    // The last four octets of the header of the file are its link type.
    capture[20..24].copy_from_slice(&147u32.to_le_bytes());
    let path = directory.path().join("alone.pcap");
    std::fs::write(&path, capture).unwrap();
    let terminal = Terminal::new();
    terminal.line(&format!("clear; '{PROGRAM}' watch {}; echo co''de $?", path.display()));
    terminal.shows("46 packets");
    terminal.keys(&["q"]);
    let text = terminal.shows("code ");
    assert!(text.contains("frames of link type 147 cannot be read") && text.contains("code 3"), "{text}");
}

/// A pipe in which nothing comes after the sample, and which does not end: what was counted is in the tables all the same.
#[test]
fn the_tables_are_up_to_date_while_a_pipe_waits() {
    let terminal = Terminal::new();
    terminal.line(&format!("clear; (cat samples/figure3.pcap; sleep 60) | '{PROGRAM}' watch -"));
    terminal.shows_all(&["46 packets", "↓   7  504 ↑   8  520", "↓   4  201 ↑   5  216"]);
    terminal.keys(&["q"]);
}

#[test]
fn a_nai_is_one_filter_whatever_is_in_it() {
    let terminal = Terminal::new();
    terminal.watch("--node 'state:active, x' samples/figure3.pcap");
    terminal.shows_all(&["filter node:=state:active\\,\\ x", "0 of 1 node "]);
    // Typed anew, it is the same.
    terminal.keys(&["f", "Enter"]);
    terminal.shows_all(&["filter node:=state:active\\,\\ x", "0 of 1 node "]);
}

#[test]
fn the_terminal_is_left_as_it_was_found() {
    let terminal = Terminal::new();
    let before = settings(&terminal);
    let modes = terminal.modes();
    // By the user, by the signals that docs/watch.md names.
    for key in ["q", "C-c"] {
        terminal.line(&format!("clear; '{PROGRAM}' watch samples/figure3.pcap; echo co''de $?"));
        terminal.shows("[1 Tunnels]");
        assert_ne!(terminal.modes(), modes);
        terminal.keys(&[key]);
        assert!(terminal.shows("code ").contains("code 0"), "{key}");
        is_as_it_was(&terminal, &modes, &before);
    }
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP] {
        terminal.line(&format!("clear; '{PROGRAM}' watch samples/figure3.pcap; echo co''de $?"));
        terminal.shows("[1 Tunnels]");
        kill(terminal.process(), signal).unwrap();
        assert!(terminal.shows("code ").contains("code 0"), "{signal}");
        is_as_it_was(&terminal, &modes, &before);
    }
}

#[test]
fn it_is_suspended_and_goes_on() {
    let terminal = Terminal::new();
    let before = settings(&terminal);
    let modes = terminal.modes();
    terminal.watch("samples/figure3.pcap");
    terminal.keys(&["3"]);
    terminal.shows("[3 Messages]");
    for way in ["key", "signal"] {
        match way {
            "key" => terminal.keys(&["C-z"]),
            _ => kill(terminal.process(), Signal::SIGTSTP).unwrap(),
        }
        terminal.wait("the shell", |text| text.contains("Stopped") || text.contains("Suspended"));
        assert_eq!(terminal.modes(), modes);
        terminal.line("clear; stty -a; echo end of settings; echo co''de 0");
        is_as_it_was(&terminal, &modes, &before);
        terminal.line("fg");
        terminal.shows_all(&["[3 Messages]", "Messages: 8 messages"]);
        assert_ne!(terminal.modes(), modes);
    }
    terminal.keys(&["q"]);
    terminal.wait("the shell", |text| !text.contains("[3 Messages]"));
}

#[test]
fn it_goes_on_after_it_was_stopped_without_being_told() {
    let terminal = Terminal::new();
    terminal.watch("samples/figure3.pcap");
    terminal.keys(&["3"]);
    terminal.shows("[3 Messages]");
    kill(terminal.process(), Signal::SIGSTOP).unwrap();
    // Wherever the cursor was: the line may be broken.
    terminal.wait("the shell", |text| text.replace('\n', "").contains("Stopped"));
    // The shell sets its terminal to what it needs; Ctrl-J, as Enter is none before that.
    terminal.tmux(&["send-keys", "-l", "stty sane; echo do''ne"]);
    terminal.keys(&["C-j"]);
    terminal.wait("what it needs", |text| text.replace('\n', "").contains("done"));
    terminal.line("fg");
    terminal.wait("the screen again", |text| text.contains("[3 Messages]") && !text.contains("done"));
    // A key alone, without Enter after it.
    terminal.keys(&["5"]);
    terminal.shows("[5 Findings]");
    terminal.keys(&["q"]);
    terminal.wait("the shell", |text| !text.contains("[5 Findings]"));
}

#[test]
fn a_capture_that_cannot_be_written_is_told_at_once() {
    let terminal = Terminal::new();
    // In the midst of it, and at its end.
    for how in ["--replay 1", ""] {
        terminal.line(&format!(
            "clear; '{PROGRAM}' watch {how} -w /dev/full samples/figure3.pcap; echo co''de $?"
        ));
        let text = terminal.shows_all(&["[1 Tunnels]", "No space left"]);
        assert!(text.contains(" ended ") && text.contains("`/dev/full` cannot be written"), "{text}");
        // It can still be looked at.
        terminal.keys(&["3"]);
        terminal.shows("[3 Messages]");
        terminal.keys(&["q"]);
        let text = terminal.shows("code ");
        assert!(text.contains("No space left") && text.contains("code 3"), "{text}");
    }
}

/// Set for the process that is to panic.
const PANICS: &str = "MIPFLOW_TEST_PANICS";

#[test]
fn a_panic_leaves_the_terminal_as_it_was_found() {
    if std::env::var_os(PANICS).is_some() {
        let _screen = mipflow::tui::Screen::take().unwrap();
        thread::spawn(|| panic!("as it is wanted")).join().unwrap_err();
        thread::sleep(Duration::from_millis(200));
        return;
    }
    let terminal = Terminal::new();
    let before = settings(&terminal);
    let modes = terminal.modes();
    let this = std::env::current_exe().unwrap();
    let name = "a_panic_leaves_the_terminal_as_it_was_found";
    terminal
        .line(&format!("clear; {PANICS}=1 '{}' --exact {name} --nocapture; echo co''de $?", this.display()));
    let text = terminal.shows("code ");
    assert!(text.contains("as it is wanted"), "{text}");
    is_as_it_was(&terminal, &modes, &before);
}

#[test]
fn a_killed_terminal_ends_the_process() {
    let terminal = Terminal::new();
    terminal.watch("samples/figure3.pcap");
    let process = terminal.process();
    assert!(kill(process, None).is_ok());
    terminal.tmux(&["kill-server"]);
    assert!(ends(process, Duration::from_secs(2)), "it goes on without a terminal");
}

#[test]
fn records_are_printed_on_a_terminal_too_where_they_are_asked_for() {
    let terminal = Terminal::new();
    terminal.line(&format!("'{PROGRAM}' watch --headless samples/figure3.pcap; echo co''de $?"));
    let text = terminal.shows("code 0");
    assert!(text.contains(r#""record":"capture""#), "{text}");
}

#[test]
fn a_terminal_that_can_only_print_lines_gets_records() {
    let terminal = Terminal::new();
    terminal.line(&format!("TERM=dumb '{PROGRAM}' watch samples/figure3.pcap; echo co''de $?"));
    let text = terminal.wait("records", |text| text.contains("code 0") || text.contains("[1 Tunnels]"));
    assert!(text.contains(r#""record":"capture""#), "{text}");
}

/// From a home agent on port 4434: a Revocation of 10.1.0.5; then the request of a@b and its reply, with that address.
const REVOKED: [&str; 3] = [
    "450000460001000040117ca27f0000017f0000031152115200320000070000000a0100057f0000017f00000311223344 \
         20140000010000000000000000000000000000000000",
    "450000570001000040117c937f0000017f000001d03a1152004397d30100ffff0a0100057f0000017f000001eeb6d941 \
         84101fa19a0100040101010083036140622014000001009b61a9d31bc671ba2405db193c7fd7c8",
    "4500004b0002000040117c9e7f0000017f0000011152d03a0037aed50300ffff0a0100057f000001eeb6d94184101fa1 \
         8303614062201400000100b843a03b34c3fb5cc24a00aee685d200",
];

#[test]
fn a_screen_that_is_left_has_the_exit_code_of_what_was_found_or_could_not_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let cut = directory.path().join("cut.pcap");
    let whole = std::fs::read("samples/figure3.pcap").unwrap();
    std::fs::write(&cut, &whole[..whole.len() - 5]).unwrap();
    let revoked = directory.path().join("revoked.pcap");
    let mut octets = capture::pcap(capture::RAW, &REVOKED.map(capture::hexadecimal));
    // The seconds of the second and the third frame: more than the 10 s within which a Revocation is acknowledged.
    octets[110] += 20;
    octets[213] += 20;
    std::fs::write(&revoked, octets).unwrap();
    let revoked = format!("--port 4434 --fail-on must --allow REG --node a@b {}", revoked.display());
    let terminal = Terminal::new();
    for (arguments, code) in [
        // REV-001 is about an address of no node; it became that of this one.
        (revoked.as_str(), 1),
        // One finding of must is 10.1.0.7's, and none is 10.1.0.8's.
        ("--fail-on must samples/malformed.pcap", 1),
        ("--fail-on must --node 10.1.0.7 samples/malformed.pcap", 1),
        ("--fail-on must --node 10.1.0.8 samples/malformed.pcap", 0),
        ("samples/malformed.pcap", 0),
        (cut.to_str().unwrap(), 3),
    ] {
        terminal.line(&format!("clear; '{PROGRAM}' watch {arguments}; echo co''de $?"));
        terminal.shows(" ended ");
        terminal.keys(&["q"]);
        let text = terminal.shows("code ");
        assert!(text.contains(&format!("code {code}")), "{arguments}: {text}");
        assert_eq!(text.contains("cut.pcap"), code == 3, "{arguments}: {text}");
    }
}
