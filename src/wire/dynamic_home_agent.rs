//! The Dynamic HA Address extension (RFC 4433 §3.4).

use std::net::Ipv4Addr;

use super::{FieldSink, Reader};

/// The home agent a node asks for (Sub-Type 1) or is sent to (Sub-Type 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DynamicHomeAgent {
    /// Address of the home agent.
    pub home_agent: Ipv4Addr,
}

impl DynamicHomeAgent {
    /// The only Length allowed.
    pub const LENGTH: usize = 4;

    /// Reads the data octets.
    pub fn read<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        Self { home_agent: reader.ipv4("home_agent", "HA-Address") }
    }

    /// Appends the data octets.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.home_agent.octets());
    }
}
