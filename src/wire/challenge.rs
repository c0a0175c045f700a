//! The MN-FA Challenge extension (RFC 4721 §4).

use super::{FieldSink, Reader};

/// The challenge that a node copies from an agent advertisement; RFC 4721 requires at least 4 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge<'a>(pub &'a [u8]);

impl<'a> Challenge<'a> {
    /// Reads the data octets.
    pub fn read<S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        Self(reader.rest("challenge", "Challenge"))
    }

    /// Appends the data octets.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0);
    }
}
