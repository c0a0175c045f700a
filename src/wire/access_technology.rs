//! The Access Technology Type registry (RFC 5213 §8.5), which RFC 7629 §4.1 uses for If-ATT.
//!
//! Complete as of the IANA registry's values 0 to 13.

/// The access technology of an interface: the octet as it was on the wire, assigned or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccessTechnology(pub u8);

const NAMES: [&str; 14] = [
    "reserved", "Virtual", "PPP", "802.3", "802.11", "802.16e", "GERAN", "UTRAN", "E-UTRAN", "eHRPD", "HRPD",
    "1xRTT", "UMB", "NB-IoT",
];

impl AccessTechnology {
    /// The registry's name, in the short form that the command line also takes; `None` if unassigned.
    pub fn name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0)).copied()
    }

    /// The technology with this name, in upper or lower case, or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        let index = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name))?;
        u8::try_from(index).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_registry() {
        assert_eq!(AccessTechnology(4).name(), Some("802.11"));
        assert_eq!(AccessTechnology(8).name(), Some("E-UTRAN"));
        assert_eq!(AccessTechnology(13).name(), Some("NB-IoT"));
        assert_eq!(AccessTechnology(14).name(), None);
        assert_eq!(AccessTechnology::from_name("e-utran"), Some(AccessTechnology(8)));
        assert_eq!(AccessTechnology::from_name("carrier pigeon"), None);
    }
}
