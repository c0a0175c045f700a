//! The GRE Key extension (RFC 6245): the key for the GRE tunnel of a registration.

use super::{FieldSink, Reader};

/// The key that is asked for or assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GreKey {
    /// The key; 0 in a request asks the home agent to choose.
    pub key: u32,
}

impl GreKey {
    /// The only Length allowed.
    pub const LENGTH: usize = 4;

    /// Reads the data octets.
    pub fn read<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        Self { key: reader.u32("key", "Key Identifier") }
    }

    /// Appends the data octets.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.key.to_be_bytes());
    }
}
