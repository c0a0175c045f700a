//! The extension types of Mobile IPv4 and the forms of their headers (RFC 5944 §1.8 to §1.11).

use super::Numbers;

/// An extension's type octet, assigned or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExtensionType(pub u8);

/// The layout of an extension's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// A single octet of padding, type 0.
    Padding,
    /// Type, 8-bit Length, data.
    Simple,
    /// Type, 8-bit Length, Sub-Type (which the Length counts), data.
    Short,
    /// Type, Sub-Type, 16-bit Length, data.
    Long,
    /// Type, a reserved octet, 16-bit Length, data (the critical vendor extensions).
    LongReserved,
}

impl ExtensionType {
    /// Whether mipflow reads the content of this type, which it could not if RFC 7629's type were configured to be
    /// this.
    pub const fn is_read(self) -> bool {
        matches!(
            self,
            Self::MOBILE_HOME_AUTHENTICATION
                | Self::MOBILE_FOREIGN_AUTHENTICATION
                | Self::FOREIGN_HOME_AUTHENTICATION
                | Self::GENERALIZED_AUTHENTICATION
                | Self::CRITICAL_VENDOR_3025
                | Self::CRITICAL_VENDOR
                | Self::UDP_TUNNEL_REPLY
                | Self::FOREIGN_AGENT_ERROR
                | Self::PROXY_NON_SKIPPABLE
                | Self::GRE_KEY
                | Self::ENCAPSULATING_DELIVERY_STYLE
                | Self::NAI
                | Self::CHALLENGE
                | Self::NORMAL_VENDOR_3025
                | Self::NORMAL_VENDOR
                | Self::REVOCATION_SUPPORT
                | Self::DYNAMIC_HOME_AGENT
                | Self::UDP_TUNNEL_REQUEST
                | Self::MESSAGE_STRING
                | Self::MOBILE_NETWORK
                | Self::DUAL_STACK
        )
    }

    /// Padding (RFC 5944 §1.9 allows it anywhere).
    pub const PADDING: Self = Self(0);
    /// Mobile-Home Authentication (RFC 5944 §3.5.2).
    pub const MOBILE_HOME_AUTHENTICATION: Self = Self(32);
    /// Mobile-Foreign Authentication (RFC 5944 §3.5.3).
    pub const MOBILE_FOREIGN_AUTHENTICATION: Self = Self(33);
    /// Foreign-Home Authentication (RFC 5944 §3.5.4).
    pub const FOREIGN_HOME_AUTHENTICATION: Self = Self(34);
    /// Generalized Mobile IP Authentication (RFC 4721 §5).
    pub const GENERALIZED_AUTHENTICATION: Self = Self(36);
    /// Critical vendor extension of RFC 3025.
    pub const CRITICAL_VENDOR_3025: Self = Self(37);
    /// Critical vendor extension of RFC 3115 §2.
    pub const CRITICAL_VENDOR: Self = Self(38);
    /// UDP Tunnel Reply (RFC 3519 §3.2).
    pub const UDP_TUNNEL_REPLY: Self = Self(44);
    /// Foreign agent error (RFC 4636 §3).
    pub const FOREIGN_AGENT_ERROR: Self = Self(45);
    /// Proxy Mobile IPv4, non-skippable (RFC 5563).
    pub const PROXY_NON_SKIPPABLE: Self = Self(47);
    /// Sub-Type of [`Self::PROXY_NON_SKIPPABLE`]: per-node authentication.
    pub const PROXY_PER_NODE: u8 = 1;
    /// GRE Key (RFC 6245).
    pub const GRE_KEY: Self = Self(48);
    /// Encapsulating Delivery Style (RFC 3024 §3.3).
    pub const ENCAPSULATING_DELIVERY_STYLE: Self = Self(130);
    /// Mobile Node NAI (RFC 2794 §2).
    pub const NAI: Self = Self(131);
    /// MN-FA Challenge (RFC 4721 §4).
    pub const CHALLENGE: Self = Self(132);
    /// Normal vendor extension of RFC 3025.
    pub const NORMAL_VENDOR_3025: Self = Self(133);
    /// Normal vendor extension of RFC 3115 §3.
    pub const NORMAL_VENDOR: Self = Self(134);
    /// Revocation Support (RFC 3543 §3.2).
    pub const REVOCATION_SUPPORT: Self = Self(137);
    /// Dynamic HA Address (RFC 4433 §3.4).
    pub const DYNAMIC_HOME_AGENT: Self = Self(139);
    /// UDP Tunnel Request (RFC 3519 §3.1).
    pub const UDP_TUNNEL_REQUEST: Self = Self(144);
    /// Message String (RFC 4917).
    pub const MESSAGE_STRING: Self = Self(145);
    /// Mobile Network (RFC 5177 §4).
    pub const MOBILE_NETWORK: Self = Self(148);
    /// Dual-Stack Mobile IPv4 (RFC 5454 §2).
    pub const DUAL_STACK: Self = Self(152);

    /// The layout of this type's header. The configured type of the Multipath family is long; 154 is an ordinary type
    /// if another one is configured.
    pub const fn form(self, numbers: Numbers) -> Form {
        if self.0 == numbers.multipath_family {
            return Form::Long;
        }
        match self.0 {
            0 => Form::Padding,
            36 | 40..=43 | 47 | 48 | 50 | 139 => Form::Long,
            37 | 38 => Form::LongReserved,
            44 | 45 | 49 | 136 | 138 | 144 | 145 | 147..=149 | 152 => Form::Short,
            _ => Form::Simple,
        }
    }

    /// The name that JSON uses; `None` for a type that is not in the registry.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "padding",
            32 => "mobile-home-auth",
            33 => "mobile-foreign-auth",
            34 => "foreign-home-auth",
            36 => "generalized-auth",
            37 | 38 => "critical-vendor",
            40 => "mn-fa-key-nonce-request",
            41 => "mn-fa-key-nonce-reply",
            42 => "mn-ha-key-nonce-request",
            43 => "mn-ha-key-nonce-reply",
            44 => "udp-tunnel-reply",
            45 => "fa-error",
            46 => "gfa-ip-address",
            47 => "pmip-non-skippable",
            48 => "gre-key",
            49 => "route-optimization",
            50 => "route-optimization-data",
            128 => "deprecated",
            129 => "skip-firewall-traversal",
            130 => "encapsulating-delivery-style",
            131 => "nai",
            132 => "challenge",
            133 | 134 => "normal-vendor",
            136 => "nai-carrying",
            137 => "revocation-support",
            138 => "link-layer-address",
            139 => "dynamic-home-agent",
            140 => "hierarchical-foreign-agent",
            141 => "replay-protection-style",
            142 => "regional-registration-lifetime",
            144 => "udp-tunnel-request",
            145 => "message-string",
            147 => "pmip-skippable",
            148 => "mobile-network",
            149 => "trusted-networks-configured",
            151 => "service-selection",
            152 => "dual-stack",
            153 => "mobile-router-route-optimization",
            255 => "experimental",
            _ => return None,
        })
    }

    /// Whether a document defines this type. 154 is defined even if an operator configures another type for RFC 7629;
    /// it only has no name here.
    pub const fn is_assigned(self) -> bool {
        self.0 == 154 || self.name().is_some()
    }

    /// Whether an agent that does not know this type skips only the extension (128 to 255), instead of silently
    /// dropping the whole message (0 to 127; RFC 5944 §1.8).
    pub const fn is_skippable(self) -> bool {
        self.0 >= 128
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_octet_headers_are_those_of_the_catalogue() {
        // The list of definition D3: every other type has a two-octet header.
        let listed = [36, 37, 38, 40, 41, 42, 43, 47, 48, 50, 139, 154];
        let long: Vec<u8> = (0..=255)
            .filter(|octet| {
                matches!(ExtensionType(*octet).form(Numbers::default()), Form::Long | Form::LongReserved)
            })
            .collect();
        assert_eq!(long, listed);
    }

    #[test]
    fn types_from_128_on_are_skippable() {
        let skippable: Vec<u8> = (0..=255).filter(|octet| ExtensionType(*octet).is_skippable()).collect();
        assert_eq!(skippable, (128..=255).collect::<Vec<u8>>());
    }

    #[test]
    fn a_configured_family_moves_the_long_form() {
        let older = Numbers { multipath_family: 150, ..Numbers::default() };
        assert_eq!(ExtensionType(150).form(older), Form::Long);
        assert_eq!(ExtensionType(154).form(older), Form::Simple);
    }
}
