//! The Message String extension (RFC 4917): text for the node's user.

use super::{FieldSink, Reader};

/// Text sent along with a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageString<'a> {
    /// Sub-Type: 1 from the home agent, 2 from the foreign agent.
    pub subtype: u8,
    /// The text as it was on the wire; RFC 4917 requires UTF-8.
    pub text: &'a [u8],
}

impl<'a> MessageString<'a> {
    /// Reads the data octets.
    pub fn read<S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        let subtype = reader.named_u8("subtype", "Sub-Type", None, |octet| match octet {
            1 => Some("from the home agent"),
            2 => Some("from the foreign agent"),
            _ => None,
        });
        let text = reader.text("text", "Text");
        Self { subtype, text }
    }

    /// Appends the data octets, Sub-Type included.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.push(self.subtype);
        out.extend_from_slice(self.text);
    }
}
