//! One input on its way through its window: opening, refilling, and how it ends.

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
    /// Which input it is, in the order given.
    pub(super) file: u32,
    window: Window,
    format: Format,
    compression: Option<Compression>,
    /// Tells when reading has to wait for a writer, if it ever has to.
    pipe: Option<OwnedFd>,
    /// Whether [`Advance::Pause`] was given for the read that is due.
    paused: bool,
    /// Time of the last record.
    time: Option<Timestamp>,
    /// Records given so far.
    frames: u64,
}

/// What came of asking an input for its next record.
pub(super) enum Advance {
    /// A record, and whether it is earlier than the one before it.
    Record(Record, Backwards),
    /// The next call may have to wait for the writer of the input.
    Pause,
    /// There are no more.
    End,
}

/// Whether the clock of a file went back.
pub(super) type Backwards = bool;

impl Input {
    /// Reads as much of `reader` as it takes to tell the format, and the file header of a classic pcap.
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

    /// Records given so far.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Goes on to the next record, if that is done in a moment; [`advance`](Self::advance) is asked where not.
    #[inline]
    pub(super) fn ready(&mut self) -> Option<(Record, Backwards)> {
        let record = self.format.whole(&mut self.window)?;
        let backwards = self.note(&record);
        Some((record, backwards))
    }

    /// Notes a record that is given, and says whether it is earlier than the one before it.
    #[inline]
    fn note(&mut self, record: &Record) -> Backwards {
        let before = self.time.replace(record.time);
        self.frames = self.frames.saturating_add(1);
        before.is_some_and(|before| record.time < before)
    }

    /// Goes on to the next record. Link types of interfaces that are described on the way go to `declare`.
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

    /// Waits until there is something to read, or nothing any more, but no longer than `span` or until a signal comes;
    /// says whether reading is done in a moment then.
    pub(super) fn wait(&self, span: Duration) -> bool {
        let Some(pipe) = &self.pipe else { return true };
        let span = PollTimeout::try_from(span).unwrap_or(PollTimeout::MAX);
        let mut descriptors = [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)];
        // Where it cannot be told, reading tells why.
        nix::poll::poll(&mut descriptors, span).map_or_else(|error| error != Errno::EINTR, |ready| ready > 0)
    }

    /// The frame that `record`, the last that was given, is.
    #[inline]
    pub(super) fn frame(&self, record: &Record, number: u64) -> Frame<'_> {
        record.frame(number, self.file, &self.window)
    }
}

/// Reads until compression can be told, or the input ends.
fn first_octets(reader: &mut impl Read) -> Result<Vec<u8>, Fault> {
    let mut first = Vec::with_capacity(Compression::MAGIC_LENGTH);
    reader.take(Compression::MAGIC_LENGTH as u64).read_to_end(&mut first)?;
    Ok(first)
}

/// Refills the window; an error is the decompressor's when there is one.
fn fill(window: &mut Window, compression: Option<Compression>) -> Result<(), Fault> {
    window.fill().map_err(|source| match compression {
        // What a decompressor cannot do with the octets it was given; other kinds come from reading them.
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
