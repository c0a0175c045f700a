//! The meaning of the extensions of a registration for its node.

use std::net::IpAddr;

use super::{Interface, Prefix};
use crate::wire::{Content, DualStack, Message, MobileNetwork, Nai};

/// The contents of a registration's extensions, read in one pass.
pub(super) struct Extensions<'a> {
    pub nai: Option<Nai<'a>>,
    /// The interface of a usable Multipath extension: the only one, well-formed, with a BID that is not reserved.
    pub interface: Option<Interface>,
    pub bulk: bool,
    pub overwrite: bool,
    /// The Flow-Bindings that are there in full.
    pub flow_bindings: FlowBindings,
    pub udp_tunnel_granted: bool,
    pub prefixes: Vec<Prefix>,
    /// Whether the authorization extension was reached, cut or not: nothing sent before it is missing then.
    pub is_all_said: bool,
}

impl<'a> Extensions<'a> {
    /// Reads the extensions of a message. `room` is a buffer to reuse; its contents do not matter.
    pub fn of(message: &Message<'a>, room: &mut Vec<u8>) -> Self {
        room.clear();
        let mut read = Self {
            nai: None,
            interface: None,
            bulk: false,
            overwrite: false,
            flow_bindings: FlowBindings::default(),
            udp_tunnel_granted: false,
            prefixes: Vec::new(),
            is_all_said: false,
        };
        let mut multipaths = 0u32;
        for extension in message.extensions() {
            read.is_all_said |= extension.is_authorization();
            // An extension that the end cuts does not count, not even as a second Multipath (D3, D6 of the catalogue).
            if extension.cut.is_some() {
                continue;
            }
            if extension.is_flow_binding() {
                if let Ok(length) = u16::try_from(extension.data.len()) {
                    room.extend_from_slice(&length.to_be_bytes());
                    room.extend_from_slice(extension.data);
                }
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
        if !room.is_empty() {
            read.flow_bindings = FlowBindings(room.as_slice().into());
        }
        if multipaths != 1 {
            (read.interface, read.bulk, read.overwrite) = (None, false, false);
        }
        read
    }
}

/// The data of the Flow-Binding extensions of a message in wire order (RFC 7629 §4.2), whether or not they can be read.
// One allocation holds them all: the length of each in two octets, in network order, then its data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowBindings(Box<[u8]>);

impl FlowBindings {
    /// The number of Flow-Bindings.
    pub(super) fn count(&self) -> usize {
        self.iter().count()
    }

    /// The data of each Flow-Binding.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest: &[u8] = &self.0;
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk()?;
            let (data, behind) = behind.split_at_checked(u16::from_be_bytes(*length).into())?;
            rest = behind;
            Some(data)
        })
    }

    /// Octets of memory that the Flow-Bindings take, their lengths included.
    pub(super) fn size(&self) -> usize {
        self.0.len()
    }
}
