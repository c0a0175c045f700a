//! Who signed a request, and who is to sign the reply (RFC 5944 §3.8.2.1).

use crate::wire::{
    Authentication, Content, Extension, ExtensionType, Key, KeyRing, Message, ReplyCode, Verdict,
};

/// What the authenticators of a foreign agent came to.
#[derive(Clone, Copy, Debug)]
pub(super) enum ForeignAgent {
    /// There are none that a key is known for.
    Unknown,
    /// It shares a key with the home agent.
    Known,
    /// It signed with an unknown key, where only known ones are taken.
    Stranger,
}

/// Judges what authorises a request. Without `required` a request nobody signed, or with an SPI that has no key,
/// passes.
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

/// Judges what a foreign agent added: exactly one valid authenticator where a key is shared with it.
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

/// The key to sign a reply with: the one of the request's SPI, else the first there is, which the mobile node is as
/// likely to know as any (RFC 5944 §3.8.2.1, §3.8.3.3). `None` when there are no keys.
pub(super) fn signer<'k>(keys: &'k KeyRing, message: &Message<'_>) -> Option<&'k Key> {
    message
        .extensions()
        .filter(Extension::is_authorization)
        .find_map(|extension| key_of(keys, message, &extension))
        .or_else(|| keys.keys().first())
}

/// The key to sign a reply with for the foreign agent: the one it shares with the home agent, whatever became of the
/// request, for it takes no reply without (RFC 5944 §3.7.3.1, §3.8.3.3).
pub(super) fn foreign_signer<'k>(keys: &'k KeyRing, message: &Message<'_>) -> Option<&'k Key> {
    message.extensions().filter(is_foreign_home).find_map(|extension| key_of(keys, message, &extension))
}

/// The key of an extension's SPI; of several the one that verifies it, else the first.
fn key_of<'k>(keys: &'k KeyRing, message: &Message<'_>, extension: &Extension<'_>) -> Option<&'k Key> {
    let Ok(Content::Authentication(Authentication { spi, authenticator })) = extension.content() else {
        return None;
    };
    let end_of_spi = extension.data_offset().saturating_add(Authentication::SPI_LENGTH);
    let covered = message.octets.get(..end_of_spi)?;
    let of_spi = || keys.keys().iter().filter(|key| key.spi == spi);
    of_spi().find(|key| key.verifies(covered, authenticator)).or_else(|| of_spi().next())
}
