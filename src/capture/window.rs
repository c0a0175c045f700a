//! The read window: the part of an input that is in memory, from which records are borrowed.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

/// A buffer that slides over a stream of octets.
///
/// A reader looks at [`unread`](Self::unread), [`take`](Self::take)s complete records off its front, and calls
/// [`fill`](Self::fill) when the next record is not complete. Octets that were taken stay readable through
/// [`octets`](Self::octets) until the next fill, so that records are borrowed and never copied.
pub(super) struct Window {
    source: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// Index in `buffer` of the first unread octet.
    start: usize,
    /// Index in `buffer` after the last octet that was read.
    end: usize,
    /// Offset of `buffer`'s first octet in the stream.
    base: u64,
    ended: bool,
}

impl Window {
    /// How large a window grows for one large record, in octets; a record that claims more is taken for damaged.
    pub(super) const LIMIT: usize = 64 << 20;

    /// A window of `capacity` octets over the stream of `first`, which was already read, and `source`.
    pub(super) fn new(source: Box<dyn Read + Send>, first: &[u8], capacity: usize) -> Self {
        // The allocator zeroes the buffer, so memory that is never filled is never touched.
        let mut buffer = vec![0; capacity.min(Self::LIMIT).max(first.len())];
        if let Some(front) = buffer.get_mut(..first.len()) {
            front.copy_from_slice(first);
        }
        Self { source, buffer, start: 0, end: first.len(), base: 0, ended: false }
    }

    /// The octets that were read and not yet taken.
    #[inline]
    pub(super) fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The octets at `range`, which [`take`](Self::take) must have returned since the last fill.
    #[inline]
    pub(super) fn octets(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Takes `length` octets off the front of the unread octets, or all of them if there are fewer. Returns where they
    /// are.
    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Range<usize> {
        let start = self.start;
        self.start = start.saturating_add(length).min(self.end);
        start..self.start
    }

    /// Offset of the first unread octet in the stream.
    pub(super) fn offset(&self) -> u64 {
        self.base.saturating_add(self.start as u64)
    }

    /// Whether the stream has ended; no more octets will follow the unread ones.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Reads once from the stream, as much as it gives, and appends that to the unread octets.
    ///
    /// Only the unread octets are kept. When they fill the window it doubles its size, so that a record takes memory as
    /// its octets arrive, not by the length it claims.
    pub(super) fn fill(&mut self) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.base = self.offset();
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            let grown = self.buffer.len().saturating_mul(2).clamp(16, Self::LIMIT);
            if grown == self.buffer.len() {
                return Err(io::Error::new(
                    ErrorKind::OutOfMemory,
                    "a record is larger than the read window",
                ));
            }
            self.buffer.resize(grown, 0);
        }
        let Some(room) = self.buffer.get_mut(self.end..) else { return Ok(()) };
        loop {
            match self.source.read(room) {
                Ok(0) => self.ended = true,
                Ok(count) => self.end = self.end.saturating_add(count).min(self.buffer.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives `0, 1, 2 ...` in reads of at most `step` octets, `length` octets in all.
    struct Counting {
        next: usize,
        length: usize,
        step: usize,
        reads: usize,
    }

    impl Read for Counting {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            self.reads += 1;
            if self.reads % 5 == 4 {
                return Err(ErrorKind::Interrupted.into());
            }
            let count = self.step.min(room.len()).min(self.length - self.next);
            for octet in &mut room[..count] {
                *octet = u8::try_from(self.next % 251).unwrap();
                self.next += 1;
            }
            Ok(count)
        }
    }

    fn window(length: usize, step: usize, capacity: usize) -> Window {
        Window::new(Box::new(Counting { next: 0, length, step, reads: 0 }), &[], capacity)
    }

    #[test]
    fn slides_without_losing_an_octet() {
        for capacity in [1, 2, 7, 8, 64] {
            for step in 1..=9 {
                for length in 1..=9 {
                    let mut window = window(200, step, capacity);
                    let mut seen = Vec::new();
                    loop {
                        if window.unread().len() >= length {
                            let offset = window.offset();
                            assert_eq!(offset, seen.len() as u64);
                            let range = window.take(length);
                            seen.extend_from_slice(window.octets(range));
                        } else if window.has_ended() {
                            seen.extend_from_slice(window.unread());
                            break;
                        } else {
                            window.fill().unwrap();
                        }
                    }
                    assert_eq!(seen, (0..200).collect::<Vec<u8>>(), "{capacity} {step} {length}");
                }
            }
        }
    }

    #[test]
    fn reads_once_and_uses_a_short_read() {
        let mut window = window(100, 3, 64);
        window.fill().unwrap();
        assert_eq!(window.unread(), [0, 1, 2]);
        window.take(1);
        window.fill().unwrap();
        assert_eq!(window.unread(), [1, 2, 3, 4, 5]);
        assert_eq!(window.offset(), 1);
    }

    #[test]
    fn begins_with_what_was_read_already() {
        let mut window = Window::new(Box::new(io::Cursor::new(vec![3, 4])), &[1, 2], 1);
        assert_eq!(window.unread(), [1, 2]);
        window.fill().unwrap();
        assert_eq!(window.unread(), [1, 2, 3, 4]);
        assert!(!window.has_ended());
        window.fill().unwrap();
        assert!(window.has_ended());
    }

    #[test]
    fn stops_growing_at_the_limit() {
        let mut window = Window::new(Box::new(io::repeat(7)), &[], 1 << 20);
        let grown = loop {
            if let Err(error) = window.fill() {
                assert_eq!(error.kind(), ErrorKind::OutOfMemory);
                break window.unread().len();
            }
        };
        assert_eq!(grown, 64 * 1024 * 1024);
    }

    #[test]
    fn takes_no_more_than_there_is() {
        let mut window = Window::new(Box::new(io::empty()), &[9, 8, 7], 16);
        assert_eq!(window.take(usize::MAX), 0..3);
        assert_eq!(window.take(1), 3..3);
        assert!(window.unread().is_empty());
    }
}
