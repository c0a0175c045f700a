//! The extension that authorizes a registration, and how much of a message it protects.

use super::{Authentication, Extension, ExtensionType};

impl Extension<'_> {
    /// Whether the extension can authorize a registration: Mobile-Home Authentication or Mobile-AAA Authentication (RFC
    /// 5944 §3.2, RFC 4721 §6).
    pub fn is_authorization(&self) -> bool {
        let is_mobile_home = self.kind == ExtensionType::MOBILE_HOME_AUTHENTICATION;
        self.is_authentication() && is_mobile_home || self.is_mobile_aaa()
    }

    /// Whether this is the Mobile-AAA Authentication extension, Type 36 with Sub-Type 1 (RFC 4721 §6).
    pub fn is_mobile_aaa(&self) -> bool {
        self.is_authentication()
            && self.kind == ExtensionType::GENERALIZED_AUTHENTICATION
            && self.subtype == Some(Authentication::MOBILE_AAA)
    }
}

/// The extension up to which the mobile node or home agent signed a message: the first Mobile-Home Authentication
/// extension, or if there is none, the first Mobile-AAA one (RFC 5944 §3.6.1.3, RFC 7629 §4.1, §4.2).
pub fn protection<'a>(extensions: impl IntoIterator<Item = Extension<'a>>) -> Option<Extension<'a>> {
    let mut first = None;
    for extension in extensions.into_iter().filter(Extension::is_authorization) {
        if extension.kind == ExtensionType::MOBILE_HOME_AUTHENTICATION {
            return Some(extension);
        }
        first.get_or_insert(extension);
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Extensions, Numbers};

    /// A Mobile-AAA extension (36/1) at 0, one of another Sub-Type (36/2) at 8, a Mobile-Home one (32) at 16, another
    /// at 22, and a Mobile-Foreign one (33) at 28.
    const OCTETS: [u8; 34] = [
        36, 1, 0, 4, 0, 0, 1, 0, 36, 2, 0, 4, 0, 0, 1, 0, 32, 4, 0, 0, 1, 0, 32, 4, 0, 0, 1, 0, 33, 4, 0, 0,
        1, 0,
    ];

    fn protected(octets: &[u8]) -> Option<usize> {
        protection(Extensions::new(octets, 0, 0, Numbers::default())).map(|extension| extension.offset)
    }

    #[test]
    fn a_mobile_home_authentication_protects_before_all_others() {
        assert_eq!(protected(&OCTETS), Some(16));
        assert_eq!(protected(&OCTETS[..16]), Some(0));
        assert_eq!(protected(&OCTETS[8..16]), None);
        assert_eq!(protected(&OCTETS[28..]), None);
    }

    #[test]
    fn a_family_type_authorizes_nothing() {
        let numbers = Numbers { multipath_family: 32, ..Numbers::default() };
        assert_eq!(protection(Extensions::new(&[32, 1, 0, 4, 4, 1, 1, 0], 0, 0, numbers)), None);
    }
}
