//! One input that is read through its window: how it is opened, refilled and ended.

use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout};

use super::format::Format;
use super::record::{Record, Step};
use super::window::Window;
use super::{Compression, Fault, Frame, LinkType};
use crate::time::Timestamp;

/// An input whose format is known.
pub(super) struct Input {
    /// Index of the input in the list of inputs.
    pub(super) file: u32,
    window: Window,
    format: Format,
    compression: Option<Compression>,
    /// Polled to find out whether reading has to wait for a writer; `None` if it never has to.
    pipe: Option<OwnedFd>,
    /// Whether [`Advance::Pause`] was already returned for the next read.
    paused: bool,
    /// Time of the last record returned.
    time: Option<Timestamp>,
    /// Records returned so far.
    frames: u64,
}

/// The result of asking an input for its next record.
pub(super) enum Advance {
    /// A record, and whether it is earlier than the one before it.
    Record(Record, Backwards),
    /// The next call may have to wait for the writer of the input.
    Pause,
    /// There are no more records.
    End,
}

/// Whether the clock of a file went back.
pub(super) type Backwards = bool;

impl Input {
    /// Reads as much of `reader` as it takes to recognise the format, and the file header of a classic pcap. `capacity`
    /// is that of the window, in octets.
    pub(super) fn open(
        file: u32,
        mut reader: Box<dyn Read + Send>,
        pipe: Option<OwnedFd>,
        capacity: usize,
    ) -> Result<Self, Fault> {
        let first = first_octets(&mut reader)?;
        let compression = Compression::of(&first);
        let mut window = match compression {
            None => Window::new(reader, &first, capacity),
            Some(compression) => Window::new(compression.undo(&first, reader)?, &[], capacity),
        };
        while window.unread().len() < Format::HEADER_LENGTH && !window.has_ended() {
            fill(&mut window, compression)?;
        }
        let format = Format::detect(&mut window)?;
        Ok(Self { file, window, format, compression, pipe, paused: false, time: None, frames: 0 })
    }

    /// The link type that the file header declares, if the format has one.
    pub(super) fn declared(&self) -> Option<LinkType> {
        self.format.declared()
    }

    /// Whether reading may have to wait for a writer.
    pub(super) fn may_block(&self) -> bool {
        self.pipe.is_some()
    }

    /// Records returned so far.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Goes on to the next record if it is ready in the window; if `None`, call [`advance`](Self::advance).
    #[inline]
    pub(super) fn ready(&mut self) -> Option<(Record, Backwards)> {
        let record = self.format.whole(&mut self.window)?;
        let backwards = self.note(&record);
        Some((record, backwards))
    }

    /// Notes a record that is returned. Returns whether it is earlier than the record before it.
    #[inline]
    fn note(&mut self, record: &Record) -> Backwards {
        let before = self.time.replace(record.time);
        self.frames = self.frames.saturating_add(1);
        before.is_some_and(|before| record.time < before)
    }

    /// Goes on to the next record. Calls `declare` with the link types of interfaces that are described on the way.
    pub(super) fn advance(&mut self, mut declare: impl FnMut(LinkType)) -> Result<Advance, Fault> {
        loop {
            match self.format.step(&mut self.window)? {
                Step::Record(record) => {
                    let backwards = self.note(&record);
                    return Ok(Advance::Record(record, backwards));
                }
                Step::Interface(link_type) => declare(link_type),
                Step::More(missing) if self.window.has_ended() => {
                    return missing.fault().map_or(Ok(Advance::End), Err);
                }
                Step::More(_) if self.may_block() && !self.paused => {
                    self.paused = true;
                    return Ok(Advance::Pause);
                }
                Step::More(_) => {
                    self.paused = false;
                    fill(&mut self.window, self.compression)?;
                }
            }
        }
    }

    /// Waits until there is something to read or the input has ended, but no longer than `span` or until a signal
    /// comes. Returns whether the next read will not have to wait.
    pub(super) fn wait(&self, span: Duration) -> bool {
        let Some(pipe) = &self.pipe else { return true };
        let span = PollTimeout::try_from(span).unwrap_or(PollTimeout::MAX);
        let mut descriptors = [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)];
        // If polling fails, the caller reads, and that gives the reason.
        nix::poll::poll(&mut descriptors, span).map_or_else(|error| error != Errno::EINTR, |ready| ready > 0)
    }

    /// The frame of `record`, which must be the last one returned.
    #[inline]
    pub(super) fn frame(&self, record: &Record, number: u64) -> Frame<'_> {
        record.frame(number, self.file, &self.window)
    }
}

/// Reads the octets by which compression is recognised, or fewer if the input ends.
fn first_octets(reader: &mut impl Read) -> Result<Vec<u8>, Fault> {
    let mut first = Vec::with_capacity(Compression::MAGIC_LENGTH);
    reader.take(Compression::MAGIC_LENGTH as u64).read_to_end(&mut first)?;
    Ok(first)
}

/// Refills the window. For a compressed input, errors of the decompressor become [`Fault::Decompress`].
fn fill(window: &mut Window, compression: Option<Compression>) -> Result<(), Fault> {
    window.fill().map_err(|source| match compression {
        // These kinds come from a decompressor that cannot handle its input; other kinds come from reading that input.
        Some(compression)
            if matches!(
                source.kind(),
                ErrorKind::UnexpectedEof
                    | ErrorKind::InvalidData
                    | ErrorKind::InvalidInput
                    | ErrorKind::Other
            ) =>
        {
            let offset = window.offset().saturating_add(window.unread().len() as u64);
            Fault::Decompress { compression, offset, source }
        }
        _ => source.into(),
    })
}
