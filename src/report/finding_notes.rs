//! Findings as notes in a packet tree, at the very octets they are about.

use std::io::{self, Write};
use std::ops::Range;

use super::Look;
use super::marked_lines::MarkedLines;
use crate::rules::Finding;

/// The findings about one message that have not been written yet.
pub(super) struct FindingNotes<'f> {
    left: Vec<&'f Finding>,
    look: Look,
}

impl<'f> FindingNotes<'f> {
    /// The findings of `found` that are about this frame.
    pub fn new(found: &'f [Finding], frame: u64, look: &Look) -> Self {
        Self { left: found.iter().filter(|finding| finding.place.frame == frame).collect(), look: *look }
    }

    /// Writes the findings about octets within `octets`, `indent` spaces from the left.
    pub fn within(
        &mut self,
        out: &mut MarkedLines<'_>,
        octets: &Range<usize>,
        indent: usize,
    ) -> io::Result<()> {
        self.tell(out, indent, |about| about.start >= octets.start && about.end <= octets.end)
    }

    /// Writes the findings about exactly these octets.
    pub fn about(
        &mut self,
        out: &mut MarkedLines<'_>,
        octets: &Range<usize>,
        indent: usize,
    ) -> io::Result<()> {
        self.tell(out, indent, |about| about == octets)
    }

    /// Writes all findings that are left: those about octets of several fields, or about no octets.
    pub fn rest(&mut self, out: &mut MarkedLines<'_>, indent: usize) -> io::Result<()> {
        for finding in std::mem::take(&mut self.left) {
            self.write(out, finding, indent)?;
        }
        Ok(())
    }

    fn tell(
        &mut self,
        out: &mut MarkedLines<'_>,
        indent: usize,
        is_it: impl Fn(&Range<usize>) -> bool,
    ) -> io::Result<()> {
        if self.left.is_empty() {
            return Ok(());
        }
        let (told, left) = self.left.iter().partition(|finding| finding.octets.as_ref().is_some_and(&is_it));
        self.left = left;
        let told: Vec<&Finding> = told;
        told.into_iter().try_for_each(|finding| self.write(out, finding, indent))
    }

    fn write(&self, out: &mut MarkedLines<'_>, finding: &Finding, indent: usize) -> io::Result<()> {
        let style = self.look.palette.level(finding.level);
        let message = self.look.glyphs.wording(&finding.message);
        if let Some(octets) = &finding.octets {
            out.mark(octets.clone());
        }
        writeln!(
            out,
            "{:indent$}{style}[{} {}: {message}]{style:#}",
            "",
            finding.level.name(),
            finding.rule.id
        )
    }
}
