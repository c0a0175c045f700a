//! The UDP Tunnel Request and Reply extensions (RFC 3519 §3.1, §3.2), for tunnels through a NAT.

use super::reader::Bits;
use super::{FieldSink, IpProtocol, Reader};

/// The data of a UDP Tunnel Request, Sub-Type included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpTunnelRequest {
    /// Sub-Type; RFC 3519 knows 0.
    pub subtype: u8,
    /// Reserved 1: ignored on receipt.
    pub reserved_1: u8,
    /// F: tunnel in UDP whether or not a NAT is found.
    pub force: bool,
    /// R: the foreign agent demands that registration goes through it.
    pub through_foreign_agent: bool,
    /// Reserved 2, six bits: ignored on receipt.
    pub reserved_2: u8,
    /// IP protocol to be carried in the tunnel: 0 (default, IP in IP), 4, 47 or 55.
    pub encapsulation: IpProtocol,
    /// Reserved 3: must be 0, or the extension is not understood.
    pub reserved_3: u16,
}

impl UdpTunnelRequest {
    /// The only Length allowed.
    pub const LENGTH: usize = 6;

    /// Reads the data octets.
    pub fn read<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        let subtype = reader.u8("subtype", "Sub-Type");
        let reserved_1 = reader.u8("reserved_1", "Reserved 1");
        let bits = reader.bits::<1>(
            "Flags",
            &[
                Bits { key: "force", title: "Force (F)", mask: 0x80 },
                Bits {
                    key: "through_foreign_agent",
                    title: "Registration through FA required (R)",
                    mask: 0x40,
                },
                Bits { key: "reserved_2", title: "Reserved 2", mask: 0x3f },
            ],
        );
        let encapsulation = IpProtocol(reader.named_u8("encapsulation", "Encapsulation", None, |octet| {
            if octet == 0 { Some("default, IP in IP") } else { IpProtocol(octet).name() }
        }));
        let reserved_3 = reader.u16("reserved_3", "Reserved 3");
        Self {
            subtype,
            reserved_1,
            force: bits & 0x80 != 0,
            through_foreign_agent: bits & 0x40 != 0,
            reserved_2: (bits & 0x3f).try_into().unwrap_or_default(),
            encapsulation,
            reserved_3,
        }
    }

    /// Appends the data octets.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let bits =
            u8::from(self.force) << 7 | u8::from(self.through_foreign_agent) << 6 | (self.reserved_2 & 0x3f);
        out.extend_from_slice(&[self.subtype, self.reserved_1, bits, self.encapsulation.0]);
        out.extend_from_slice(&self.reserved_3.to_be_bytes());
    }
}

/// The data of a UDP Tunnel Reply, Sub-Type included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpTunnelReply {
    /// Sub-Type; RFC 3519 knows 0.
    pub subtype: u8,
    /// 0 to 63: the home agent will tunnel in UDP; 64 to 255: it declines (RFC 3519 §3.2.1).
    pub code: u8,
    /// F: UDP is used because the request forced it.
    pub force: bool,
    /// The fifteen reserved bits, 0 to 32767.
    pub reserved: u16,
    /// Keepalive interval in seconds; 0 leaves it to the node.
    pub keepalive_interval: u16,
}

impl UdpTunnelReply {
    /// The only Length allowed.
    pub const LENGTH: usize = 6;

    /// Whether the home agent agreed to tunnel in UDP.
    pub const fn is_granted(&self) -> bool {
        self.code < 64
    }

    /// Reads the data octets.
    pub fn read<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        let subtype = reader.u8("subtype", "Sub-Type");
        let code = reader.named_u8("reply_code", "Reply Code", None, |octet| {
            Some(match octet {
                0..64 => "will tunnel in UDP",
                _ => "declined",
            })
        });
        let bits = reader.bits::<2>(
            "Flags",
            &[
                Bits { key: "force", title: "Forced (F)", mask: 0x8000 },
                Bits { key: "reserved", title: "Reserved", mask: 0x7fff },
            ],
        );
        let keepalive_interval = reader.u16("keepalive_interval", "Keepalive Interval");
        Self {
            subtype,
            code,
            force: bits & 0x8000 != 0,
            reserved: (bits & 0x7fff).try_into().unwrap_or_default(),
            keepalive_interval,
        }
    }

    /// Appends the data octets.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let bits = u16::from(self.force) << 15 | (self.reserved & 0x7fff);
        out.extend_from_slice(&[self.subtype, self.code]);
        out.extend_from_slice(&bits.to_be_bytes());
        out.extend_from_slice(&self.keepalive_interval.to_be_bytes());
    }
}
