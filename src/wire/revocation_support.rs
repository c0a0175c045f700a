//! The Revocation Support extension (RFC 3543 §3.2).

use super::reader::Bits;
use super::{FieldSink, Reader};

/// The data of a Revocation Support extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationSupport<'a> {
    /// I: the sender can use the Inform bit of revocation messages.
    pub inform: bool,
    /// The fifteen reserved bits, 0 to 32767.
    pub reserved: u16,
    /// The sender's clock, in its own units.
    pub timestamp: u32,
    /// Octets after the timestamp, which RFC 3543 §3.2 leaves for later use.
    pub more: &'a [u8],
}

impl<'a> RevocationSupport<'a> {
    /// Reads the data octets.
    pub fn read<S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        let bits = reader.bits::<2>(
            "Flags",
            &[
                Bits { key: "inform", title: "Inform (I)", mask: 0x8000 },
                Bits { key: "reserved", title: "Reserved", mask: 0x7fff },
            ],
        );
        let timestamp = reader.u32("timestamp", "Timestamp");
        let more = if reader.left() > 0 { reader.rest("more", "Further data") } else { &[] };
        Self {
            inform: bits & 0x8000 != 0,
            reserved: (bits & 0x7fff).try_into().unwrap_or_default(),
            timestamp,
            more,
        }
    }

    /// Appends the data octets. Of `reserved`, only the low fifteen bits fit.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let bits = u16::from(self.inform) << 15 | (self.reserved & 0x7fff);
        out.extend_from_slice(&bits.to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(self.more);
    }
}
