//! Standard output of a watch. It may be a pipe that nobody reads; the watch then waits, but not after a signal.

#![allow(clippy::disallowed_methods, reason = "who reads is waited for by the clock")]

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::cli::interruption::{Interruption, LOOK};

/// How long the reader may take for a piece once the watch is to end.
const LONGEST: Duration = Duration::from_secs(2);
/// What fits into a pipe of which [`poll`] says that it can be written to: a larger piece could block.
const PIECE: usize = 4096;

/// Writes in pieces that do not block, so that an interruption is seen while nobody reads.
pub(super) struct PatientOutput<'a> {
    out: File,
    interruption: &'a Interruption,
    /// Since when nothing could be written although the watch was to end.
    since: Option<Instant>,
}

impl<'a> PatientOutput<'a> {
    /// Standard output, which is waited for until the `interruption` and a little longer.
    pub(super) fn stdout(interruption: &'a Interruption) -> io::Result<Self> {
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Ok(Self { out, interruption, since: None })
    }

    /// Waits until a piece can be written. Fails if the watch is to end and nobody reads for a while.
    fn wait(&mut self) -> io::Result<()> {
        let timeout = PollTimeout::try_from(LOOK).unwrap_or(PollTimeout::ZERO);
        loop {
            let ready = poll(&mut [PollFd::new(self.out.as_fd(), PollFlags::POLLOUT)], timeout);
            match ready {
                Ok(0) | Err(Errno::EINTR) if !self.interruption.is_there() => {}
                Ok(0) | Err(Errno::EINTR) => {
                    let since = *self.since.get_or_insert_with(Instant::now);
                    if since.elapsed() >= LONGEST {
                        return Err(io::Error::new(
                            io::ErrorKind::TimedOut,
                            "nobody reads it; the records and frames since are lost",
                        ));
                    }
                }
                // If polling fails, writing gives the reason.
                Ok(_) | Err(_) => {
                    self.since = None;
                    return Ok(());
                }
            }
        }
    }
}

impl Write for PatientOutput<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.wait()?;
        self.out.write(octets.get(..PIECE).unwrap_or(octets))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
