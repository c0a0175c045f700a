//! The Mobile IPv4 message types: the first octet of the UDP payload (IANA "Mobile IP Message Types").

/// A message type as it was on the wire, assigned or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageType(pub u8);

impl MessageType {
    /// Registration Request (RFC 5944 §3.3).
    pub const REGISTRATION_REQUEST: Self = Self(1);
    /// Registration Reply (RFC 5944 §3.4).
    pub const REGISTRATION_REPLY: Self = Self(3);
    /// MIP Tunnel Data (RFC 3519 §3.3).
    pub const TUNNEL_DATA: Self = Self(4);
    /// Registration Revocation (RFC 3543 §3.3).
    pub const REVOCATION: Self = Self(7);
    /// Registration Revocation Acknowledgment (RFC 3543 §3.4).
    pub const REVOCATION_ACKNOWLEDGEMENT: Self = Self(15);
    /// Generic Notification (RFC 6098).
    pub const GENERIC_NOTIFICATION: Self = Self(22);
    /// Generic Notification Acknowledgement (RFC 6098).
    pub const GENERIC_NOTIFICATION_ACKNOWLEDGEMENT: Self = Self(23);

    /// The name that JSON uses; `None` for an unassigned number.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            1 => "rrq",
            3 => "rrp",
            4 => "tunnel-data",
            7 => "revocation",
            15 => "revocation-ack",
            16 => "handoff-request",
            17 => "handoff-reply",
            18 => "regional-registration-request",
            19 => "regional-registration-reply",
            20 => "fast-binding-update",
            21 => "fast-binding-acknowledgement",
            22 => "generic-notification",
            23 => "generic-notification-ack",
            24 => "home-test-init",
            25 => "care-of-test-init",
            26 => "home-test",
            27 => "care-of-test",
            255 => "experimental",
            _ => return None,
        })
    }

    /// The name as in the RFC that defines the message.
    pub const fn title(self) -> &'static str {
        match self.0 {
            1 => "Registration Request",
            3 => "Registration Reply",
            4 => "Tunnel Data",
            7 => "Registration Revocation",
            15 => "Registration Revocation Acknowledgment",
            16 => "Handoff Request",
            17 => "Handoff Reply",
            18 => "Regional Registration Request",
            19 => "Regional Registration Reply",
            20 => "Fast Binding Update",
            21 => "Fast Binding Acknowledgement",
            22 => "Generic Notification",
            23 => "Generic Notification Acknowledgement",
            24 => "Home Test Init",
            25 => "Care-of Test Init",
            26 => "Home Test",
            27 => "Care-of Test",
            255 => "Experimental",
            _ => "Unknown message",
        }
    }
}
