//! Who signed a request, and who is to sign the reply (RFC 5944 §3.8.2.1).

use crate::wire::{
    Authentication, Content, Extension, ExtensionType, Key, KeyRing, Message, ReplyCode, Verdict,
};

/// The verdict on the authenticators of a foreign agent.
#[derive(Clone, Copy, Debug)]
pub(super) enum ForeignAgent {
    /// There is no authenticator for whose SPI a key is known.
    Unknown,
    /// The foreign agent shares a key with the home agent, and its authenticator is valid.
    Known,
    /// The foreign agent signed with an unknown key, although authentication is required.
    Stranger,
}

/// Judges the authenticators that authorise a request. Unless authentication is `required`, a request without any, or
/// with an SPI that has no key, passes.
pub(super) fn judge(keys: &KeyRing, message: &Message<'_>, required: bool) -> Result<(), ReplyCode> {
    let mut is_authorised = false;
    for extension in message.extensions().filter(Extension::is_authorization) {
        match keys.verify(message.octets, &extension) {
            Some(Verdict::Valid) => is_authorised = true,
            Some(Verdict::NoKey) => {}
            Some(Verdict::Invalid) | None => return Err(ReplyCode::MOBILE_NODE_FAILED_AUTHENTICATION),
        }
    }
    if required && !is_authorised {
        return Err(ReplyCode::MOBILE_NODE_FAILED_AUTHENTICATION);
    }
    Ok(())
}

/// Judges the authenticators that a foreign agent added: only one may have an SPI with a known key, and that one has to
/// be valid.
pub(super) fn judge_foreign_agent(
    keys: &KeyRing,
    message: &Message<'_>,
    required: bool,
) -> Result<ForeignAgent, ReplyCode> {
    let mut judged = ForeignAgent::Unknown;
    for extension in message.extensions().filter(is_foreign_home) {
        let is_first = matches!(judged, ForeignAgent::Unknown);
        match keys.verify(message.octets, &extension) {
            Some(Verdict::Valid) if is_first => judged = ForeignAgent::Known,
            Some(Verdict::NoKey) if required => judged = ForeignAgent::Stranger,
            Some(Verdict::NoKey) => {}
            _ => return Err(ReplyCode::FOREIGN_AGENT_FAILED_AUTHENTICATION),
        }
    }
    Ok(judged)
}

fn is_foreign_home(extension: &Extension<'_>) -> bool {
    extension.kind == ExtensionType::FOREIGN_HOME_AUTHENTICATION
}

/// The key to sign a reply with: that of the request's SPI, else the first key, which the mobile node is as likely to
/// know as any other (RFC 5944 §3.8.2.1, §3.8.3.3). `None` when there are no keys.
pub(super) fn signer<'k>(keys: &'k KeyRing, message: &Message<'_>) -> Option<&'k Key> {
    message
        .extensions()
        .filter(Extension::is_authorization)
        .find_map(|extension| key_of(keys, message, &extension))
        .or_else(|| keys.keys().first())
}

/// The key to sign a reply with for the foreign agent: the one it shares with the home agent. It is used whatever
/// became of the request, as the foreign agent accepts no reply without it (RFC 5944 §3.7.3.1, §3.8.3.3).
pub(super) fn foreign_signer<'k>(keys: &'k KeyRing, message: &Message<'_>) -> Option<&'k Key> {
    message.extensions().filter(is_foreign_home).find_map(|extension| key_of(keys, message, &extension))
}

/// The key of an extension's SPI; where several keys have that SPI, the one that verifies the extension, else the
/// first.
fn key_of<'k>(keys: &'k KeyRing, message: &Message<'_>, extension: &Extension<'_>) -> Option<&'k Key> {
    let Ok(Content::Authentication(Authentication { spi, authenticator })) = extension.content() else {
        return None;
    };
    let end_of_spi = extension.data_offset().saturating_add(Authentication::SPI_LENGTH);
    let covered = message.octets.get(..end_of_spi)?;
    let of_spi = || keys.keys().iter().filter(|key| key.spi == spi);
    of_spi().find(|key| key.verifies(covered, authenticator)).or_else(|| of_spi().next())
}
