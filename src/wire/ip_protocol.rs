//! Names of the IP protocols that occur in traffic selectors and tunnels (IANA protocol numbers).

/// An IP protocol or IPv6 next header number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IpProtocol(pub u8);

const NAMES: [(u8, &str); 16] = [
    (1, "icmp"),
    (2, "igmp"),
    (4, "ipip"),
    (6, "tcp"),
    (17, "udp"),
    (33, "dccp"),
    (41, "ipv6"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (55, "minimal"),
    (58, "icmpv6"),
    (89, "ospf"),
    (103, "pim"),
    (132, "sctp"),
    (136, "udplite"),
];

impl IpProtocol {
    /// Internet Control Message Protocol.
    pub const ICMP: Self = Self(1);
    /// IP in IP (RFC 2003).
    pub const IP_IN_IP: Self = Self(4);
    /// IPv6 in IPv4, as RFC 5454 tunnels it.
    pub const IPV6: Self = Self(41);
    /// Generic Routing Encapsulation (RFC 2784).
    pub const GRE: Self = Self(47);
    /// Encapsulating Security Payload.
    pub const ESP: Self = Self(50);
    /// Authentication Header.
    pub const AH: Self = Self(51);
    /// Minimal encapsulation (RFC 2004).
    pub const MINIMAL: Self = Self(55);
    /// Internet Control Message Protocol for IPv6.
    pub const ICMPV6: Self = Self(58);

    /// The short name used in selector text and tables; `None` for a protocol that has none here.
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|(number, _)| *number == self.0).map(|(_, name)| *name)
    }

    /// The protocol with this name, in upper or lower case, or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(number, _)| Self(*number))
    }
}
