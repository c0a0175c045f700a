//! What the extensions of a registration mean for its node.

use std::net::IpAddr;

use super::{Interface, Prefix};
use crate::wire::{Content, DualStack, FlowBinding, Message, MobileNetwork, Nai};

/// What the extensions of a registration say, read in one pass.
pub(super) struct Extensions<'a> {
    pub nai: Option<Nai<'a>>,
    /// The interface of a usable Multipath extension: the only one, sound, with a BID that is not reserved.
    pub interface: Option<Interface>,
    pub bulk: bool,
    pub overwrite: bool,
    /// How many Flow-Bindings there are.
    pub flow_bindings: usize,
    /// Octets of their data, all together.
    flow_binding_octets: usize,
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
            flow_bindings: 0,
            flow_binding_octets: 0,
            udp_tunnel_granted: false,
            prefixes: Vec::new(),
        };
        let mut multipaths = 0u32;
        for extension in message.extensions() {
            if extension.is_flow_binding() {
                read.flow_bindings = read.flow_bindings.saturating_add(1);
                read.flow_binding_octets = read.flow_binding_octets.saturating_add(extension.data.len());
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

    /// Copies of the data of all Flow-Bindings.
    pub fn flow_bindings(&self, message: &Message<'_>) -> FlowBindings {
        if self.flow_bindings == 0 {
            return FlowBindings::default();
        }
        let lengths = self.flow_bindings.saturating_mul(2);
        let mut octets = Vec::with_capacity(self.flow_binding_octets.saturating_add(lengths));
        for extension in message.extensions() {
            if extension.is_flow_binding()
                && let Ok(length) = u16::try_from(extension.data.len())
            {
                octets.extend_from_slice(&length.to_be_bytes());
                octets.extend_from_slice(extension.data);
            }
        }
        FlowBindings(octets.into_boxed_slice())
    }
}

/// The data of the Flow-Binding extensions of a message in wire order, in one allocation: each behind its length in two
/// octets.
#[derive(Clone, Debug, Default)]
pub(super) struct FlowBindings(Box<[u8]>);

impl FlowBindings {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.iter().count()
    }

    /// The data of each.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest: &[u8] = &self.0;
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk()?;
            let (data, behind) = behind.split_at_checked(u16::from_be_bytes(*length).into())?;
            rest = behind;
            Some(data)
        })
    }

    /// The data of each that can be read, as exchanges keep it.
    pub fn readable(&self) -> Vec<Box<[u8]>> {
        self.iter().filter(|data| FlowBinding::from_octets(data).is_some()).map(Into::into).collect()
    }
}
