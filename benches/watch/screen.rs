//! A terminal for the watch, with somebody at its keyboard who takes the time of every answer.

use std::error::Error;
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};

/// The longest that an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Characters that are remembered, in case what is waited for comes in two pieces.
const MEMORY: usize = 1 << 16;

/// The other side of a terminal.
pub struct Screen {
    keyboard: File,
    shown: File,
}

/// What came out of the terminal so far.
struct Output {
    pieces: Receiver<Vec<u8>>,
    text: Vec<u8>,
}

impl Screen {
    /// A terminal for a command that is not started yet.
    pub fn attach(command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let size = Winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(&size, None)?;
        command
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::from(pair.slave.try_clone()?))
            .stdout(Stdio::from(pair.slave.try_clone()?))
            .stderr(Stdio::from(pair.slave));
        let shown = File::from(pair.master);
        Ok(Self { keyboard: shown.try_clone()?, shown })
    }

    /// Presses keys until the terminal is gone, then tells how long answers took.
    pub fn press_keys(self) {
        let Self { mut keyboard, mut shown } = self;
        let (sender, pieces) = channel();
        std::thread::spawn(move || {
            let mut piece = vec![0; 1 << 16];
            while let Ok(length) = shown.read(&mut piece) {
                let Some(read) = piece.get(..length).filter(|read| !read.is_empty()) else { break };
                if sender.send(read.to_vec()).is_err() {
                    break;
                }
            }
        });
        let mut output = Output { pieces, text: Vec::new() };
        let (mut views, mut pause) = (Vec::new(), Vec::new());
        output.wait_for("Tunnels");
        for round in 1u32.. {
            let (key, answer) =
                if round.is_multiple_of(2) { ("1", "[1 Tunnels]") } else { ("4", "[4 Flows]") };
            let Some(took) = output.answer(&mut keyboard, key, answer) else { break };
            views.push(took);
            std::thread::sleep(Duration::from_millis(333));
            if round.is_multiple_of(60) {
                let Some(took) = output.answer(&mut keyboard, "p", "PAUSED") else { break };
                pause.push(took);
                std::thread::sleep(Duration::from_secs(2));
                if keyboard.write_all(b"p").is_err() {
                    break;
                }
            }
        }
        tell("views", &mut views);
        tell("pause", &mut pause);
    }
}

impl Output {
    /// Presses a key, and takes the time until its answer; `None` when the terminal is gone.
    fn answer(&mut self, keyboard: &mut File, key: &str, answer: &str) -> Option<Duration> {
        // What came before is no answer.
        self.pieces.try_iter().for_each(drop);
        self.text.clear();
        let begun = Instant::now();
        keyboard.write_all(key.as_bytes()).ok()?;
        self.wait_for(answer).then(|| begun.elapsed())
    }

    /// Waits for these characters; false when they do not come any more.
    fn wait_for(&mut self, wanted: &str) -> bool {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if self.text.windows(wanted.len()).any(|window| window == wanted.as_bytes()) {
                return true;
            }
            match self.pieces.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(piece) => self.text.extend(piece),
                Err(RecvTimeoutError::Timeout) => {
                    println!("`{wanted}` did not come in {PATIENCE:?}");
                    return true;
                }
                Err(RecvTimeoutError::Disconnected) => return false,
            }
            if self.text.len() > MEMORY {
                let old = self.text.len() - MEMORY / 2;
                self.text.drain(..old);
            }
        }
    }
}

fn tell(key: &str, took: &mut [Duration]) {
    took.sort();
    let at = |part: usize| took.get((took.len() * part / 100).min(took.len().saturating_sub(1)));
    if let (Some(median), Some(most), Some(longest)) = (at(50), at(99), took.last()) {
        println!(
            "{key}: answered {} times; median {median:.1?}, 99 of 100 within {most:.1?}, at most {longest:.1?}",
            took.len()
        );
    }
}
