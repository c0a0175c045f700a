//! A real terminal: tmux with a shell in it.

// Each test file uses what it needs.
#![allow(dead_code)]

// Tests that have `program` have it twice.
#[allow(clippy::duplicate_mod)]
#[path = "../program/environment.rs"]
pub mod environment;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use environment::{PROGRAM, command};
use nix::unistd::Pid;

/// The longest anything may take; a condition that holds ends the wait.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal of its own, 80 by 24, with a shell in it.
pub struct Terminal {
    socket: String,
}

impl Terminal {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let terminal = Self { socket: format!("mipflow-{}-{number}", std::process::id()) };
        let made = command("tmux")
            .args(["-L", &terminal.socket, "-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24"])
            .args(["env", "PS1=ready> ", "LC_ALL=C.UTF-8", "TERM=screen-256color", "sh"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("tmux is needed for this test: ./setup installs it");
        assert!(made.success(), "tmux makes a session");
        terminal.wait("the prompt", |text| text.contains("ready>"));
        terminal
    }

    pub fn tmux(&self, arguments: &[&str]) -> String {
        let output = command("tmux").args(["-L", &self.socket]).args(arguments).output().unwrap();
        assert!(output.status.success(), "tmux {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Sends keys by tmux's names for them.
    pub fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    pub fn line(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.keys(&["Enter"]);
    }

    /// Asks the screen to save to a file.
    pub fn save(&self, path: &Path) {
        self.keys(&["s", "C-u"]);
        self.line(path.to_str().unwrap());
    }

    pub fn text(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until the screen is as it is wanted.
    pub fn wait(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            if is_it(&text) {
                return text;
            }
            assert!(Instant::now() < deadline, "{what} never came:\n{text}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn shows(&self, wanted: &str) -> String {
        self.wait(wanted, |text| text.contains(wanted))
    }

    /// Waits until all of it is there at once: the parts of a screen need not come with one picture.
    pub fn shows_all(&self, wanted: &[&str]) -> String {
        self.wait(&wanted.join(" and "), |text| wanted.iter().all(|wanted| text.contains(wanted)))
    }

    /// What the terminal is set to: another screen, the cursor, the mouse, pasted text; and its line discipline.
    pub fn modes(&self) -> String {
        self.tmux(&[
            "display-message",
            "-p",
            "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_flag}",
        ])
    }

    /// Waits until the shell asks for the next line: what is typed before may meet a terminal that is still raw.
    pub fn is_back(&self) {
        self.wait("the prompt", |text| {
            !text.contains("[1 Tunnels]") && text.replace('\n', "").trim_end().ends_with("ready>")
        });
    }

    pub fn watch(&self, file: &str) {
        self.line(&format!("'{PROGRAM}' watch {file}"));
        self.shows("[1 Tunnels]");
    }

    /// The process that watches.
    pub fn process(&self) -> Pid {
        let shell = self.tmux(&["display-message", "-p", "#{pane_pid}"]);
        // PID (COMMAND) STATE PARENT ...
        let is_it = |stat: &String| {
            let (command, rest) = stat.split_once(") ").unwrap_or_default();
            command.ends_with("(mipflow") && rest.split(' ').nth(1) == Some(shell.trim())
        };
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let mut stats =
            processes.filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok());
        let stat = stats.find(is_it).expect("mipflow runs");
        Pid::from_raw(stat.split(' ').next().unwrap().parse().unwrap())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = command("tmux").args(["-L", &self.socket, "kill-server"]).output();
    }
}
