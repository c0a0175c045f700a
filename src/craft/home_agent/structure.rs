//! Whether a request can be understood at all, which is judged before any authenticator.
//!
//! Requests that can be read in more than one way, or not at all, are refused. A value that the sender should not have
//! used but the receiver can ignore (a label of 0, reserved bits of the Multipath extension) is no reason to refuse.

use std::net::Ipv4Addr;

use super::identification::Sender;
use crate::wire::{
    Content, Extension, ExtensionType, FlowBinding, Message, Multipath, Nai, RegistrationRequest, ReplyCode,
    RequestFlags, protection,
};

/// A request that can be understood.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub header: RegistrationRequest,
    pub nai: Option<Nai<'a>>,
    pub multipath: Option<Multipath>,
    pub flow_bindings: Vec<FlowBinding<'a>>,
}

/// Why a request cannot be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is refused with this code.
    Refused(ReplyCode),
    /// It has an unknown extension that a home agent may not skip, so it is dropped in silence (RFC 5944 §1.8).
    NotUnderstood(ExtensionType),
}

const POORLY_FORMED: Fault = Fault::Refused(ReplyCode::POORLY_FORMED_REQUEST);

impl<'a> Request<'a> {
    /// The sender that the request names.
    pub fn sender(&self) -> Sender {
        match self.nai {
            Some(nai) if self.header.home_address.is_unspecified() => Sender::Nai(nai.0.into()),
            _ => Sender::Address(self.header.home_address),
        }
    }

    /// Reads a request whose fixed part is `header`: the extensions in wire order up to the first fault, then the
    /// header. An unknown extension that may not be skipped comes before all faults: such a message is never answered,
    /// whatever else is wrong with it.
    pub fn read(message: &Message<'a>, header: RegistrationRequest) -> Result<Self, Fault> {
        if let Some(unknown) = message.extensions().find(may_not_be_overlooked) {
            return Err(Fault::NotUnderstood(unknown.kind));
        }
        let end = protection(message.extensions()).map(|extension| extension.offset);
        let mut request = Self { header, nai: None, multipath: None, flow_bindings: Vec::new() };
        for extension in message.extensions() {
            if extension.cut.is_some() {
                return Err(POORLY_FORMED);
            }
            let is_protected = end.is_none_or(|end| extension.offset < end);
            request.take(&extension, is_protected)?;
        }
        request.judge_header()?;
        Ok(request)
    }

    fn take(&mut self, extension: &Extension<'a>, is_protected: bool) -> Result<(), Fault> {
        if extension.is_family() {
            // After the authenticator, anybody on the way could have added the extension.
            if !is_protected {
                return Err(POORLY_FORMED);
            }
            return match extension.content() {
                Ok(Content::Multipath(multipath)) => self.take_multipath(multipath),
                Ok(Content::FlowBinding(flow_binding)) => self.take_flow_binding(flow_binding),
                _ => Err(POORLY_FORMED),
            };
        }
        match extension.kind {
            ExtensionType::NAI if !is_protected => Err(POORLY_FORMED),
            ExtensionType::NAI => {
                if let (Ok(Content::Nai(nai)), None) = (extension.content(), self.nai) {
                    self.nai = Some(nai);
                }
                Ok(())
            }
            ExtensionType::CRITICAL_VENDOR | ExtensionType::CRITICAL_VENDOR_3025 => {
                Err(Fault::Refused(match extension.content() {
                    Err(_) => ReplyCode::POORLY_FORMED_REQUEST,
                    Ok(_) if is_protected => ReplyCode::UNKNOWN_VENDOR_FROM_MOBILE_NODE,
                    Ok(_) => ReplyCode::UNKNOWN_VENDOR_FROM_FOREIGN_AGENT,
                }))
            }
            _ if extension.is_authentication() => extension.content().map(|_| ()).map_err(|_| POORLY_FORMED),
            _ => Ok(()),
        }
    }

    fn take_multipath(&mut self, multipath: Multipath) -> Result<(), Fault> {
        let is_reserved = matches!(multipath.bid, 0 | u8::MAX);
        let contradicts_itself = multipath.overwrite && (multipath.bulk || self.header.lifetime == 0);
        if self.multipath.is_some() || is_reserved || contradicts_itself {
            return Err(POORLY_FORMED);
        }
        self.multipath = Some(multipath);
        Ok(())
    }

    fn take_flow_binding(&mut self, flow_binding: FlowBinding<'a>) -> Result<(), Fault> {
        if !flow_binding.action.takes(flow_binding.bids) || flow_binding.ts_format == 0 {
            return Err(POORLY_FORMED);
        }
        self.flow_bindings.push(flow_binding);
        Ok(())
    }

    fn judge_header(&self) -> Result<(), Fault> {
        let RegistrationRequest { flags, lifetime, home_address, care_of_address, .. } = self.header;
        let is_nobody = home_address.is_unspecified() && self.nai.is_none();
        let goes_nowhere = care_of_address.is_unspecified()
            || care_of_address.is_multicast()
            || care_of_address == Ipv4Addr::BROADCAST
            || care_of_address == home_address;
        if flags.0 & RequestFlags::RESERVED != 0 || is_nobody || (lifetime > 0 && goes_nowhere) {
            return Err(POORLY_FORMED);
        }
        Ok(())
    }
}

/// Whether a home agent that does not know this extension has to drop its message in silence (RFC 5944 §1.8). An
/// extension that runs past the end of the message does not count: such a message is only malformed.
fn may_not_be_overlooked(extension: &Extension<'_>) -> bool {
    let kind = extension.kind;
    let is_known = extension.is_family()
        || extension.is_authentication()
        || matches!(
            kind,
            ExtensionType::PADDING | ExtensionType::CRITICAL_VENDOR | ExtensionType::CRITICAL_VENDOR_3025
        );
    !is_known && !kind.is_skippable() && extension.cut.is_none()
}

/// The NAI that a reply has to repeat (RFC 2794 §3), whatever else is wrong with the request.
pub(super) fn nai<'a>(message: &Message<'a>) -> Option<Nai<'a>> {
    message.extensions().filter(|extension| extension.kind == ExtensionType::NAI).find_map(|extension| {
        match extension.content() {
            Ok(Content::Nai(nai)) => Some(nai),
            _ => None,
        }
    })
}
