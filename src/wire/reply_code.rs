//! Registration Reply codes (RFC 5944 §3.4 and the registry that later RFCs extended).

use super::Numbers;

/// A reply's Code as it was on the wire, assigned or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplyCode(pub u8);

/// What was decided and by whom, by the ranges of RFC 5944 §3.4 (and RFC 4857 from 193 on).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// 0 or 1: the registration was accepted.
    Accepted,
    /// 64-127 and 193-200: denied by the foreign agent.
    DeniedByForeignAgent,
    /// 128-192: denied by the home agent.
    DeniedByHomeAgent,
    /// No range covers this code.
    Unassigned,
}

impl ReplyCode {
    /// Registration accepted.
    pub const ACCEPTED: Self = Self(0);
    /// Accepted, but simultaneous mobility bindings are unsupported.
    pub const ACCEPTED_NO_SIMULTANEOUS_BINDINGS: Self = Self(1);

    /// The foreign agent found the mobile node's authenticator wrong.
    pub const FAILED_AUTHENTICATION_AT_FOREIGN_AGENT: Self = Self(67);
    /// The home agent refuses by policy to serve this node or this request.
    pub const ADMINISTRATIVELY_PROHIBITED: Self = Self(129);
    /// The home agent has no resources left.
    pub const INSUFFICIENT_RESOURCES: Self = Self(130);
    /// The home agent found the mobile node's authenticator wrong.
    pub const MOBILE_NODE_FAILED_AUTHENTICATION: Self = Self(131);
    /// The home agent found the foreign agent's authenticator wrong.
    pub const FOREIGN_AGENT_FAILED_AUTHENTICATION: Self = Self(132);
    /// The Identification is not fresh; that of the reply says how to resynchronise.
    pub const IDENTIFICATION_MISMATCH: Self = Self(133);
    /// The home agent cannot make sense of the request.
    pub const POORLY_FORMED_REQUEST: Self = Self(134);
    /// The node would have more bindings than it is allowed.
    pub const TOO_MANY_BINDINGS: Self = Self(135);
    /// The request names another home agent; the reply names this one.
    pub const UNKNOWN_HOME_AGENT: Self = Self(136);
    /// The home agent does not understand a critical vendor extension of the mobile node (RFC 3115 §5).
    pub const UNKNOWN_VENDOR_FROM_MOBILE_NODE: Self = Self(140);
    /// The home agent does not understand a critical vendor extension of the foreign agent (RFC 3115 §5).
    pub const UNKNOWN_VENDOR_FROM_FOREIGN_AGENT: Self = Self(141);
    /// The authenticator that the AAA server verifies is wrong (RFC 4721 §3.4).
    pub const MOBILE_NODE_FAILED_AAA_AUTHENTICATION: Self = Self(144);
    /// Mobile networks in the request are refused; extensions of the reply say which and why (RFC 5177 §4.2, §5.1).
    pub const MOBILE_NETWORK_ERROR: Self = Self(147);
    /// The node may have no mobile networks at all (RFC 5177 §5.1).
    pub const MOBILE_NETWORK_DISALLOWED: Self = Self(148);

    /// The decision that the code's range stands for.
    pub const fn decision(self) -> Decision {
        match self.0 {
            0 | 1 => Decision::Accepted,
            64..=127 | 193..=200 => Decision::DeniedByForeignAgent,
            128..=192 => Decision::DeniedByHomeAgent,
            _ => Decision::Unassigned,
        }
    }

    /// Whether the registration was accepted (0 or 1).
    pub const fn is_accepted(self) -> bool {
        matches!(self.decision(), Decision::Accepted)
    }

    /// Whether home agents send this code: an acceptance, or one of their denials.
    pub const fn is_of_home_agent(self) -> bool {
        matches!(self.decision(), Decision::Accepted | Decision::DeniedByHomeAgent)
    }

    /// The code in words; the two codes of RFC 7629 §4.3 have the names they have there.
    pub fn name(self, numbers: Numbers) -> &'static str {
        if self.0 == numbers.multipath_not_allowed {
            return "MULTIPATH_NOT_ALLOWED";
        }
        if self.0 == numbers.invalid_fb_identifier {
            return "INVALID_FB_IDENTIFIER";
        }
        self.assigned_name().unwrap_or_else(|| match self.decision() {
            Decision::DeniedByForeignAgent => "denied by the foreign agent, code unassigned",
            Decision::DeniedByHomeAgent => "denied by the home agent, code unassigned",
            Decision::Accepted | Decision::Unassigned => "unassigned",
        })
    }

    /// Whether a document or one of these numbers gives the code a meaning.
    pub fn is_assigned(self, numbers: Numbers) -> bool {
        self.0 == numbers.multipath_not_allowed
            || self.0 == numbers.invalid_fb_identifier
            || self.assigned_name().is_some()
    }

    fn assigned_name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "accepted",
            1 => "accepted, simultaneous bindings unsupported",
            64 => "reason unspecified (foreign agent)",
            65 => "administratively prohibited (foreign agent)",
            66 => "insufficient resources (foreign agent)",
            67 => "mobile node failed authentication (foreign agent)",
            68 => "home agent failed authentication",
            69 => "requested lifetime too long",
            70 => "poorly formed request (foreign agent)",
            71 => "poorly formed reply",
            72 => "requested encapsulation unavailable (foreign agent)",
            73 => "reserved and unavailable",
            74 => "requested reverse tunnel unavailable (foreign agent)",
            75 => "reverse tunnel is mandatory and T is not set (foreign agent)",
            76 => "mobile node too distant",
            77 => "invalid care-of address",
            78 => "registration timeout",
            79 => "delivery style not supported",
            80 => "home network unreachable",
            81 => "home agent host unreachable",
            82 => "home agent port unreachable",
            88 => "home agent unreachable",
            89 => "vendor-specific reason (foreign agent)",
            90 => "non-zero home agent address required",
            96 => "non-zero home address required",
            97 => "missing NAI",
            98 => "missing home agent",
            99 => "missing home address",
            100 => "mobile node's critical vendor extension not understood (foreign agent)",
            101 => "home agent's critical vendor extension not understood",
            104 => "unknown challenge",
            105 => "missing challenge",
            106 => "stale challenge",
            107 => "missing mobile-foreign key generation",
            108 => "mobile node failed AAA authentication (foreign agent)",
            109 => "home agent sent wrong challenge",
            110 => "requested replay protection unavailable",
            111 => "zero care-of address not supported",
            112 => "unknown gateway foreign agent",
            113 => "gateway foreign agent unreachable",
            114 => "gateway foreign agent host unreachable",
            115 => "gateway foreign agent port unreachable",
            127 => "experimental (foreign agent)",
            193 => "NO_HOME_REG",
            194 => "invalid home agent address",
            128 => "reason unspecified (home agent)",
            129 => "administratively prohibited (home agent)",
            130 => "insufficient resources (home agent)",
            131 => "mobile node failed authentication (home agent)",
            132 => "foreign agent failed authentication",
            133 => "Identification mismatch",
            134 => "poorly formed request (home agent)",
            135 => "too many simultaneous bindings",
            136 => "unknown home agent address",
            137 => "requested reverse tunnel unavailable (home agent)",
            138 => "reverse tunnel is mandatory and T is not set (home agent)",
            139 => "requested encapsulation unavailable (home agent)",
            140 => "mobile node's critical vendor extension not understood (home agent)",
            141 => "foreign agent's critical vendor extension not understood",
            142 => "UDP encapsulation unavailable",
            143 => "register with redirected home agent",
            144 => "mobile node failed AAA authentication (home agent)",
            145 => "care-of address is zero",
            146 => "dynamic gateway foreign agent not supported",
            147 => "HA_MOBNET_ERROR",
            148 => "HA_MOBNET_DISALLOWED",
            149 => "PMIP_UNSUPPORTED",
            150 => "PMIP_DISALLOWED",
            192 => "experimental (home agent)",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_tell_who_decided() {
        assert_eq!(ReplyCode(1).decision(), Decision::Accepted);
        assert_eq!(ReplyCode(2).decision(), Decision::Unassigned);
        assert_eq!(ReplyCode(127).decision(), Decision::DeniedByForeignAgent);
        assert_eq!(ReplyCode(128).decision(), Decision::DeniedByHomeAgent);
        assert_eq!(ReplyCode(194).decision(), Decision::DeniedByForeignAgent);
    }

    /// Codes of RFC 5944 §3.4 and of documents that add to it, and neighbours that nobody has defined.
    #[test]
    fn assigned_codes_have_words_of_their_own() {
        let words = |code| ReplyCode(code).name(Numbers::default());
        for (code, part) in [
            (1, "simultaneous bindings unsupported"),
            (64, "reason unspecified"),
            (66, "insufficient resources"),
            (78, "registration timeout"),
            (104, "unknown challenge"),
            (112, "unknown gateway foreign agent"),
            (115, "gateway foreign agent port unreachable"),
            (128, "reason unspecified"),
            (134, "poorly formed request"),
            (145, "care-of address is zero"),
            (146, "dynamic gateway foreign agent not supported"),
            (148, "HA_MOBNET_DISALLOWED"),
            (149, "PMIP_UNSUPPORTED"),
            (192, "experimental"),
            (193, "NO_HOME_REG"),
            (194, "invalid home agent address"),
        ] {
            assert!(words(code).contains(part), "{code}: {}", words(code));
        }
        assert_eq!(words(2), "unassigned");
        assert_eq!(words(195), "denied by the foreign agent, code unassigned");
        assert_eq!(words(151), "denied by the home agent, code unassigned");
    }

    #[test]
    fn configured_numbers_take_the_names_of_rfc_7629() {
        let older = Numbers { multipath_not_allowed: 145, ..Numbers::default() };
        assert_eq!(ReplyCode(145).name(older), "MULTIPATH_NOT_ALLOWED");
        assert_eq!(ReplyCode(152).name(older), "denied by the home agent, code unassigned");
        assert_eq!(ReplyCode(152).name(Numbers::default()), "MULTIPATH_NOT_ALLOWED");
    }
}
