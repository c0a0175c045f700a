//! Builds Registration Replies (RFC 5944 §3.8.3).

use super::{append_authentication, append_mobile_home_authentication};
use crate::wire::{Content, ExtensionType, Key, Nai, Numbers, RegistrationReply};

/// The parts of a Registration Reply.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'r> {
    /// The fixed part.
    pub header: RegistrationReply,
    /// The NAI of the request; a reply repeats it (RFC 2794 §3).
    pub nai: Option<Nai<'r>>,
    /// Key that signs for the mobile node.
    pub mobile_home: Option<&'r Key>,
    /// Key that signs for the foreign agent, after everything else.
    pub foreign_home: Option<&'r Key>,
}

impl Reply<'_> {
    /// The UDP payload, with the extensions in the order of RFC 5944 §3.8.3.3.
    pub fn octets(&self, numbers: Numbers) -> Vec<u8> {
        let mut octets = Vec::with_capacity(RegistrationReply::LENGTH + 64);
        self.header.emit(&mut octets);
        if let Some(nai) = self.nai {
            Content::Nai(nai).emit(ExtensionType::NAI, 0, numbers, &mut octets);
        }
        if let Some(key) = self.mobile_home {
            append_mobile_home_authentication(&mut octets, key, numbers);
        }
        if let Some(key) = self.foreign_home {
            append_authentication(&mut octets, ExtensionType::FOREIGN_HOME_AUTHENTICATION, key, numbers);
        }
        octets
    }
}
