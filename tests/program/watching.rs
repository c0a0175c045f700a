//! A watch that runs while a test goes on.

// It waits, and by the clock.
#![allow(clippy::panic, clippy::disallowed_methods)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// The longest that anything may take that a test waits for.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running `mipflow watch --headless`, killed when the test is over.
pub struct Watching {
    child: Child,
    records: Option<Receiver<Value>>,
    errors: Receiver<String>,
    /// All records so far.
    pub seen: Vec<Value>,
    /// All lines of standard error so far.
    pub told: Vec<String>,
}

/// How a watch ended.
pub struct Ended {
    /// The exit code; `None` when a signal killed it.
    pub code: Option<i32>,
    /// All its records.
    pub records: Vec<Value>,
    /// All lines of standard error.
    pub told: Vec<String>,
}

impl Ended {
    /// The last record, which has to be `capture`.
    pub fn capture(&self) -> &Value {
        let last = self.records.last().expect("there is a record");
        assert_eq!(last["record"], "capture", "{last}");
        last
    }

    /// The records of one kind.
    pub fn of(&self, kind: &str) -> Vec<&Value> {
        self.records.iter().filter(|record| record["record"] == kind).collect()
    }
}

impl Watching {
    /// Starts a command with its output read as records.
    pub fn start(command: &mut Command) -> Self {
        let mut watching = Self::start_unread(command);
        watching.read();
        watching
    }

    /// Starts a command whose output is not read before [`Watching::read`].
    pub fn start_unread(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let (sender, errors) = channel();
        let stderr = child.stderr.take().expect("it is piped");
        std::thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        Self { child, records: None, errors, seen: Vec::new(), told: Vec::new() }
    }

    /// Begins to read its output.
    pub fn read(&mut self) {
        let (sender, records) = channel();
        let stdout = self.child.stdout.take().expect("it is piped, and not read yet");
        std::thread::spawn(move || {
            let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.try_for_each(|line| sender.send(serde_json::from_str(&line).expect("a record is JSON")))
        });
        self.records = Some(records);
    }

    /// Its standard input, once.
    pub fn input(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("it is piped")
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a record, and gives it.
    pub fn wait_for(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        let records = self.records.as_ref().expect("it is read");
        loop {
            match records.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(record) => {
                    self.seen.push(record.clone());
                    if is_it(&record) {
                        return record;
                    }
                }
                Err(error) => panic!("{error} for {what}; seen {:#?}, told {:?}", self.seen, self.told),
            }
        }
    }

    /// Waits for a line on standard error that contains this.
    pub fn wait_for_line(&mut self, part: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.errors.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.told.push(line);
                    if self.told.last().is_some_and(|line| line.contains(part)) {
                        return;
                    }
                }
                Err(error) => panic!("{error} for `{part}`; told {:?}", self.told),
            }
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).expect("it is still there");
    }

    /// Waits until it has ended.
    pub fn wait(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        let left = || deadline.saturating_duration_since(Instant::now());
        let mut records = std::mem::take(&mut self.seen);
        if let Some(receiver) = &self.records {
            loop {
                match receiver.recv_timeout(left()) {
                    Ok(record) => records.push(record),
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => {
                        let last: Vec<_> = records.iter().rev().take(3).collect();
                        panic!("it does not end; last seen {last:#?}, told {:?}", self.told)
                    }
                }
            }
        }
        let mut told = std::mem::take(&mut self.told);
        while let Ok(line) = self.errors.recv_timeout(left()) {
            told.push(line);
        }
        let code = self.child.wait().expect("it can be waited for").code();
        Ended { code, records, told }
    }

    /// Interrupts it, as Ctrl-C does, and waits until it has ended.
    pub fn interrupt(self) -> Ended {
        self.signal(Signal::SIGINT);
        self.wait()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes and hands over at once.
pub fn write_now(input: &mut ChildStdin, octets: &[u8]) {
    input.write_all(octets).and_then(|()| input.flush()).expect("it is read");
}

/// Everything in a file.
pub fn content(path: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut octets)).expect("it can be read");
    octets
}
