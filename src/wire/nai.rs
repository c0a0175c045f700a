//! The Mobile Node NAI extension (RFC 2794 §2), which identifies a node even before it has a home address.

use super::{FieldSink, Reader};

/// A Network Access Identifier as it was on the wire, usually `user@realm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nai<'a>(pub &'a [u8]);

impl<'a> Nai<'a> {
    /// Reads the data octets.
    pub fn read<S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        Self(reader.text("nai", "NAI"))
    }

    /// Appends the data octets.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0);
    }
}
