//! The screen at a terminal whose other end is ours: gone, full, or quiet.

#![cfg(target_os = "linux")]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Waits end by the clock.
#![allow(clippy::disallowed_methods)]

#[path = "program/environment.rs"]
mod environment;

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use environment::{PROGRAM, command};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The longest anything may take; a condition that holds ends the wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// A watch of a sample at a terminal, of which nothing but the terminal itself tells it.
struct Watch {
    child: Child,
    /// The other end of the terminal.
    master: File,
    /// The watch's own end.
    slave: File,
}

impl Watch {
    /// At a terminal of so many rows and columns.
    fn start(rows: &str, columns: &str) -> Self {
        // Closed in whatever other tests start at the same time: who holds it keeps the terminal alive.
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let master = posix_openpt(flags).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname_r(&master).unwrap();
        // It is not to become the terminal of the tests.
        let without_control = OFlag::O_NOCTTY.bits();
        let slave =
            OpenOptions::new().read(true).write(true).custom_flags(without_control).open(&name).unwrap();
        let sized = command("stty").args(["-F", &name, "rows", rows, "cols", columns]).status().unwrap();
        assert!(sized.success());
        let end = || Stdio::from(slave.try_clone().unwrap());
        let child = command(PROGRAM)
            .args(["watch", "samples/figure3.pcap"])
            .env("TERM", "xterm-256color")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        Self { child, master: File::from(OwnedFd::from(master)), slave }
    }

    /// Waits until something was drawn.
    fn has_begun(&self) {
        let mut readable = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        assert_eq!(poll(&mut readable, 30_000u16), Ok(1), "nothing is drawn");
    }

    /// Whether the terminal would take more of what is drawn, and nobody waits for that.
    fn has_room(&self) -> bool {
        let mut writable = [PollFd::new(self.slave.as_fd(), PollFlags::POLLOUT)];
        poll(&mut writable, 0u8) == Ok(1)
    }

    /// What comes out of the other end, as long as it is read.
    fn octets(&self) -> Receiver<Vec<u8>> {
        let (sender, octets) = channel();
        let mut reader = self.master.try_clone().unwrap();
        thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count) = reader.read(&mut piece) {
                if count == 0 || sender.send(piece[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        octets
    }
}

/// The exit code of a child that ends by itself in time.
fn code_within(child: &mut Child, within: Duration) -> Option<i32> {
    let deadline = Instant::now() + within;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    None
}

#[test]
fn a_terminal_that_is_gone_ends_the_process_without_a_signal() {
    // Its session has no terminal, so that nobody sends SIGHUP: an ssh session that dropped, for whoever used nohup.
    let mut watch = Watch::start("24", "80");
    let mut shown = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&shown).contains("Tunnels") {
        watch.has_begun();
        let count = watch.master.read(&mut piece).unwrap();
        shown.extend_from_slice(&piece[..count]);
    }
    let Watch { mut child, master, slave } = watch;
    assert_eq!(child.try_wait().unwrap(), None);
    drop((master, slave));
    assert_eq!(code_within(&mut child, Duration::from_secs(10)), Some(0));
}

#[test]
fn a_terminal_that_takes_nothing_does_not_keep_it() {
    // Nobody reads the other end. Each view is drawn anew, until the terminal is full and a write to it has to wait.
    let mut watch = Watch::start("200", "400");
    watch.has_begun();
    let deadline = Instant::now() + PATIENCE;
    let mut waited = Duration::ZERO;
    let pause = Duration::from_millis(20);
    for view in b"123456".iter().cycle() {
        if watch.has_room() {
            waited = Duration::ZERO;
            watch.master.write_all(&[*view]).unwrap();
        } else {
            waited += pause;
        }
        if waited >= Duration::from_millis(500) {
            break;
        }
        assert!(Instant::now() < deadline, "the terminal is never full");
        thread::sleep(pause);
    }
    // More keys than may wait for the screen.
    watch.master.write_all(&[b'1'; 400]).unwrap();
    thread::sleep(Duration::from_millis(500));
    kill(Pid::from_raw(i32::try_from(watch.child.id()).unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(code_within(&mut watch.child, Duration::from_secs(10)), Some(0), "it hangs at its terminal");
}

#[test]
fn nothing_is_drawn_when_nothing_changes() {
    let mut watch = Watch::start("24", "80");
    let octets = watch.octets();
    octets.recv_timeout(PATIENCE).expect("a first frame");
    // The file has soon been read. From then on nothing comes until a key is pressed.
    let deadline = Instant::now() + PATIENCE;
    while octets.recv_timeout(Duration::from_secs(1)).is_ok() {
        assert!(Instant::now() < deadline, "it never stops drawing");
    }
    assert_eq!(
        octets.recv_timeout(Duration::from_secs(2)),
        Err(RecvTimeoutError::Timeout),
        "it draws for nothing"
    );
    let pressed = Instant::now();
    watch.master.write_all(b"6").unwrap();
    octets.recv_timeout(PATIENCE).expect("a key is answered");
    println!("a key was answered after {:?}", pressed.elapsed());
    watch.master.write_all(b"q").unwrap();
    assert_eq!(code_within(&mut watch.child, Duration::from_secs(10)), Some(0));
}
