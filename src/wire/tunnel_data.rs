//! The MIP Tunnel Data message (RFC 3519 §3.3), which carries a tunnelled packet in UDP.

use super::{FieldSink, IpProtocol, MessageType, Reader};

/// A Tunnel Data header and the packet after it.
///
/// ```text
/// +---------------+---------------+-------------------------------+
/// |   Type = 4    |  Next Header  |           Reserved            |
/// +---------------+---------------+-------------------------------+
/// | tunnelled packet ...
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TunnelData<'a> {
    /// The protocol of what follows: 4 (IP), 47 (GRE) or 55 (minimal encapsulation).
    pub next_header: IpProtocol,
    /// Reserved; RFC 3519 requires 0.
    pub reserved: u16,
    /// The tunnelled packet.
    pub packet: &'a [u8],
}

impl<'a> TunnelData<'a> {
    /// Octets before the tunnelled packet.
    pub const LENGTH: usize = 4;

    /// Reads the header and takes the rest as the packet.
    pub fn read<S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        super::message::read_type(reader);
        let next_header =
            reader.named_u8("next_header", "Next Header", None, |octet| IpProtocol(octet).name());
        let reserved = reader.u16("reserved", "Reserved");
        // After a fault, the octets left are part of the header and not a packet.
        let packet = if reader.is_sound() { reader.peek() } else { &[] };
        reader.skip(packet.len());
        Self { next_header: IpProtocol(next_header), reserved, packet }
    }

    /// Appends the message.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[MessageType::TUNNEL_DATA.0, self.next_header.0]);
        out.extend_from_slice(&self.reserved.to_be_bytes());
        out.extend_from_slice(self.packet);
    }
}
