//! A Registration Reply with the facts that expectations judge.

use std::time::Duration;

use crate::wire::{Content, Extension, ExtensionType, Header, KeyRing, Message, RegistrationReply, Verdict};

/// A reply that answered a request.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The whole message.
    pub message: Message<'a>,
    /// Its fixed part.
    pub reply: RegistrationReply,
    /// Time from the transmission that it answers to its arrival.
    pub round_trip: Duration,
    /// Whether its Mobile-Home Authentication extension is valid.
    pub authenticity: Authenticity,
    /// The Identification of the request.
    pub requested: u64,
}

impl<'a> Answer<'a> {
    /// The SPI of the first Mobile-Home Authentication extension; `None` if there is no such extension, or it is too
    /// short for one.
    pub fn spi(&self) -> Option<u32> {
        match self.authentication()?.content() {
            Ok(Content::Authentication(authentication)) => Some(authentication.spi),
            _ => None,
        }
    }

    /// The extensions behind the first Mobile-Home Authentication extension, which does not protect them (RFC 5944
    /// §3.8.3.3); none where there is no such extension.
    pub fn unprotected(&self) -> impl Iterator<Item = Extension<'a>> {
        let end = self.authentication().map_or(usize::MAX, |extension| extension.offset);
        self.message.extensions().filter(move |extension| extension.offset > end)
    }

    /// Whether an extension runs past the end of the reply, or does not have the layout of its type.
    pub fn is_malformed(&self) -> bool {
        self.message.malformed().is_some()
            || self.message.extensions().any(|extension| extension.content().is_err())
    }

    fn authentication(&self) -> Option<Extension<'a>> {
        let kind = ExtensionType::MOBILE_HOME_AUTHENTICATION;
        self.message.extensions().find(|extension| extension.kind == kind)
    }
}

/// Whether the Mobile-Home Authentication extension of a message is valid (RFC 5944 §3.6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Authenticity {
    /// The authenticator is the one that a key makes for the message.
    Valid,
    /// The authenticator is wrong.
    Invalid,
    /// There is no such extension, or it holds no authenticator.
    Missing,
    /// No key is known for its SPI.
    NoKey,
    /// There is more than one such extension, valid or not.
    Several,
}

impl Authenticity {
    const ALL: [Self; 5] = [Self::Valid, Self::Invalid, Self::Missing, Self::NoKey, Self::Several];

    /// The word in expectations and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Missing => "missing",
            Self::NoKey => "no-key",
            Self::Several => "several",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|authenticity| authenticity.name() == name)
    }

    /// The authenticity of `message` under these keys. A second Mobile-Home Authentication extension makes it
    /// untrusted: the first one protects only what comes before it, and anybody could have appended the rest.
    pub fn of(message: &Message<'_>, keys: &KeyRing) -> Self {
        let kind = ExtensionType::MOBILE_HOME_AUTHENTICATION;
        let mut found = message.extensions().filter(|extension| extension.kind == kind);
        let Some(extension) = found.next() else { return Self::Missing };
        if found.next().is_some() {
            return Self::Several;
        }
        match keys.verify(message.octets, &extension) {
            Some(Verdict::Valid) => Self::Valid,
            Some(Verdict::Invalid) => Self::Invalid,
            Some(Verdict::NoKey) => Self::NoKey,
            None => Self::Missing,
        }
    }
}

/// The fixed part of a Registration Reply; `None` for any other message, and for a reply that is cut short.
pub(super) fn reply_of(message: &Message<'_>) -> Option<RegistrationReply> {
    match message.header {
        Header::Reply(reply) => Some(reply),
        _ => None,
    }
}
