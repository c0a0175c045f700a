//! Lines that remember which octets of the message each of them shows.

use std::io::{self, Write};
use std::ops::Range;

/// Passes text on and, if wanted, notes for each line the octets that it shows.
pub(super) struct MarkedLines<'w> {
    out: &'w mut dyn Write,
    marks: Option<&'w mut Vec<Option<Range<usize>>>>,
    current: Option<Range<usize>>,
}

impl<'w> MarkedLines<'w> {
    /// Passes text on and notes nothing.
    pub fn of(out: &'w mut dyn Write) -> Self {
        Self { out, marks: None, current: None }
    }

    /// Passes text on and adds an entry to `marks` for each line: the octets marked last, or `None`.
    pub fn noting(out: &'w mut dyn Write, marks: &'w mut Vec<Option<Range<usize>>>) -> Self {
        Self { out, marks: Some(marks), current: None }
    }

    /// Sets which octets the line that is being written shows; the last call before the line ends counts.
    pub fn mark(&mut self, octets: Range<usize>) {
        self.current = Some(octets);
    }
}

impl Write for MarkedLines<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let written = self.out.write(text)?;
        if let Some(marks) = &mut self.marks {
            let ends = text.iter().take(written).filter(|octet| **octet == b'\n').count();
            marks.extend((0..ends).map(|_| self.current.take()));
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
