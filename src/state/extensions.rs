//! What the extensions of a registration mean for its node.

use std::net::IpAddr;

use super::{Interface, Prefix};
use crate::wire::{Content, DualStack, Message, MobileNetwork, Nai};

/// What the extensions of a registration say, read in one pass.
pub(super) struct Extensions<'a> {
    pub nai: Option<Nai<'a>>,
    /// The interface of a usable Multipath extension: the only one, sound, with a BID that is not reserved.
    pub interface: Option<Interface>,
    pub bulk: bool,
    pub overwrite: bool,
    has_flow_bindings: bool,
    pub udp_tunnel_granted: bool,
    pub prefixes: Vec<Prefix>,
}

impl<'a> Extensions<'a> {
    pub fn of(message: &Message<'a>) -> Self {
        let mut read = Self {
            nai: None,
            interface: None,
            bulk: false,
            overwrite: false,
            has_flow_bindings: false,
            udp_tunnel_granted: false,
            prefixes: Vec::new(),
        };
        let mut multipaths = 0u32;
        for extension in message.extensions() {
            if extension.is_flow_binding() {
                read.has_flow_bindings = true;
                continue;
            }
            if extension.is_authentication() {
                continue;
            }
            multipaths = multipaths.saturating_add(u32::from(extension.is_multipath()));
            match extension.content() {
                Ok(Content::Nai(nai)) if read.nai.is_none() => read.nai = Some(nai),
                Ok(Content::Multipath(multipath)) => {
                    read.interface = Interface::of(&multipath);
                    (read.bulk, read.overwrite) = (multipath.bulk, multipath.overwrite);
                }
                Ok(Content::UdpTunnelReply(reply)) => read.udp_tunnel_granted = reply.is_granted(),
                Ok(Content::MobileNetwork(MobileNetwork::Acknowledgement {
                    code,
                    prefix_length,
                    prefix,
                    ..
                })) if code.is_success() && prefix_length <= 32 => {
                    read.prefixes.push(Prefix::covering(IpAddr::V4(prefix), prefix_length));
                }
                Ok(Content::DualStack(DualStack::PrefixReply { code, prefix_length, prefix, .. }))
                    if code.is_accepted() && prefix_length <= 128 =>
                {
                    read.prefixes.push(Prefix::covering(IpAddr::V6(prefix), prefix_length));
                }
                _ => {}
            }
        }
        if multipaths != 1 {
            (read.interface, read.bulk, read.overwrite) = (None, false, false);
        }
        read
    }

    /// Copies of the data of all Flow-Bindings that can be read.
    pub fn flow_bindings(&self, message: &Message<'_>) -> Vec<Box<[u8]>> {
        if !self.has_flow_bindings {
            return Vec::new();
        }
        message
            .extensions()
            .filter(|extension| extension.is_flow_binding() && extension.content().is_ok())
            .map(|extension| extension.data.into())
            .collect()
    }
}
