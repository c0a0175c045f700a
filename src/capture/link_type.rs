//! The link types mipflow can open, by their numbers in capture files.

use std::fmt;

/// The kind of header that a frame begins with: a value of the tcpdump.org link-layer header type registry.
///
/// The number of a type that mipflow does not read is kept too, so that messages can name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u32);

impl LinkType {
    /// BSD loopback: a 4-octet address family in the byte order of the capturing host.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// Raw IP, the number used by some BSDs.
    pub const RAW_BSD: Self = Self(12);
    /// Raw IP, the number used by OpenBSD.
    pub const RAW_OPENBSD: Self = Self(14);
    /// A PPPoE session without the Ethernet header.
    pub const PPPOE: Self = Self(51);
    /// Raw IP, version 4 or 6.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: a 4-octet address family in network order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);

    /// The name that reports use, or `None` for a type mipflow cannot read.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::NULL | Self::LOOP => "NULL",
            Self::ETHERNET => "Ethernet",
            Self::RAW | Self::RAW_BSD | Self::RAW_OPENBSD => "RAW",
            Self::PPPOE => "PPPoE",
            Self::LINUX_SLL => "SLL",
            Self::IPV4 => "IPV4",
            Self::IPV6 => "IPV6",
            Self::LINUX_SLL2 => "SLL2",
            _ => return None,
        })
    }
}

impl fmt::Display for LinkType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => formatter.write_str(name),
            None => write!(formatter, "{}", self.0),
        }
    }
}
