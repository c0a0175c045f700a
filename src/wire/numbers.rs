//! The assigned numbers that an operator can change, because implementations older than RFC 7629 use others.

/// The UDP port of Mobile IP (RFC 5944 §3.3).
pub const PORT: u16 = 434;

/// The numbers that RFC 7629 §7 assigns; its values are the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Extension type of the Multipath family: 154.
    pub multipath_family: u8,
    /// Reply code `MULTIPATH_NOT_ALLOWED`: 152.
    pub multipath_not_allowed: u8,
    /// Reply code `INVALID_FB_IDENTIFIER`: 153.
    pub invalid_fb_identifier: u8,
}

impl Numbers {
    /// The lowest code that can be configured: lower ones accept, are a foreign agent's, or are in RFC 5944 §3.4.
    pub const FIRST_FREE_CODE: u8 = 137;
}

impl Default for Numbers {
    fn default() -> Self {
        Self { multipath_family: 154, multipath_not_allowed: 152, invalid_fb_identifier: 153 }
    }
}
