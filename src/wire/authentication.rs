//! The authentication extensions: Mobile-Home, Mobile-Foreign and Foreign-Home (RFC 5944 §3.5.2 to §3.5.4), and
//! the generalized one (RFC 4721 §5). All hold an SPI and an authenticator.

use super::{FieldSink, Reader};

/// The data of an authentication extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authentication<'a> {
    /// Security Parameters Index: the security association under which the authenticator was made.
    pub spi: u32,
    /// The authenticator; 16 octets under the default algorithm (RFC 5944 §3.5.1).
    pub authenticator: &'a [u8],
}

impl<'a> Authentication<'a> {
    /// Octets of the SPI, which the authenticator covers. The authenticator begins after them.
    pub const SPI_LENGTH: usize = 4;
    /// Sub-Type of a generalized extension that is between the mobile node and its AAA server (RFC 4721 §6).
    pub const MOBILE_AAA: u8 = 1;

    /// Reads the data octets.
    pub fn read<S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        let spi = reader.u32("spi", "SPI");
        let authenticator = reader.rest("authenticator", "Authenticator");
        Self { spi, authenticator }
    }

    /// Appends the data octets.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.spi.to_be_bytes());
        out.extend_from_slice(self.authenticator);
    }
}
