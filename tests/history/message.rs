//! Registration messages, with defaults that a test changes where it matters.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::wire::{
    AccessTechnology, Action, Content, ExtensionType, FlowBinding, IpProtocol, Multipath, Nai, Numbers,
    RegistrationReply, RegistrationRequest, ReplyCode, RequestFlags, SelectorFormat, TrafficSelector,
    UdpTunnelReply, UdpTunnelRequest,
};

use super::{HOME_AGENT, NODE, care_of};

/// D: the node decapsulates itself.
pub const CO_LOCATED: u8 = 0x20;

/// A Registration Request.
#[derive(Clone, Debug)]
pub struct Ask {
    pub source: SocketAddrV4,
    pub destination: SocketAddrV4,
    pub flags: u8,
    pub lifetime: u16,
    pub home_address: Ipv4Addr,
    pub home_agent: Ipv4Addr,
    pub care_of_address: Ipv4Addr,
    pub identification: u64,
    pub multipath: Option<Multipath>,
    pub extensions: Vec<u8>,
}

impl Ask {
    /// A request for a binding with this BID at the interface of that number, for 600 s, from there.
    pub fn bid(bid: u8, identification: u64) -> Self {
        let multipath = Multipath {
            access_technology: AccessTechnology(4),
            label: bid,
            bid,
            bulk: false,
            overwrite: false,
            reserved: 0,
        };
        Self { multipath: Some(multipath), ..Self::plain(bid, identification) }
    }

    /// A request without Multipath for a binding at the interface of that number, for 600 s, from there.
    pub fn plain(interface: u8, identification: u64) -> Self {
        let care_of_address = care_of(interface);
        Self {
            source: SocketAddrV4::new(care_of_address, 1434),
            destination: SocketAddrV4::new(HOME_AGENT, 434),
            flags: CO_LOCATED,
            lifetime: 600,
            home_address: NODE,
            home_agent: HOME_AGENT,
            care_of_address,
            identification,
            multipath: None,
            extensions: Vec::new(),
        }
    }

    /// The same one with another Identification.
    pub fn again(&self, identification: u64) -> Self {
        Self { identification, ..self.clone() }
    }

    pub fn lifetime(self, lifetime: u16) -> Self {
        Self { lifetime, ..self }
    }

    pub fn flags(self, flags: u8) -> Self {
        Self { flags, ..self }
    }

    pub fn home(self, home_address: Ipv4Addr) -> Self {
        Self { home_address, ..self }
    }

    /// Another care-of address, and sent from there.
    pub fn at(self, care_of_address: Ipv4Addr) -> Self {
        Self { care_of_address, ..self }.from(SocketAddrV4::new(care_of_address, 1434))
    }

    pub fn from(self, source: SocketAddrV4) -> Self {
        Self { source, ..self }
    }

    /// Another home agent, sent there.
    pub fn to(self, home_agent: Ipv4Addr) -> Self {
        Self { home_agent, destination: SocketAddrV4::new(home_agent, 434), ..self }
    }

    /// Between other endpoints, as on another leg.
    pub fn between(&self, source: (Ipv4Addr, u16), destination: (Ipv4Addr, u16)) -> Self {
        Self {
            source: SocketAddrV4::new(source.0, source.1),
            destination: SocketAddrV4::new(destination.0, destination.1),
            ..self.clone()
        }
    }

    pub fn label(self, label: u8) -> Self {
        self.with_multipath(|multipath| multipath.label = label)
    }

    pub fn technology(self, number: u8) -> Self {
        self.with_multipath(|multipath| multipath.access_technology = AccessTechnology(number))
    }

    pub fn bulk(self) -> Self {
        self.with_multipath(|multipath| multipath.bulk = true)
    }

    pub fn overwrite(self) -> Self {
        self.with_multipath(|multipath| multipath.overwrite = true)
    }

    fn with_multipath(mut self, change: impl FnOnce(&mut Multipath)) -> Self {
        change(self.multipath.as_mut().expect("a request with Multipath"));
        self
    }

    pub fn nai(self, nai: &str) -> Self {
        self.extension(ExtensionType::NAI, 0, &Content::Nai(Nai(nai.as_bytes())))
    }

    /// A rule that forwards what an IPv4 selector text says.
    pub fn forward(self, bids: &[u8], selector: &str) -> Self {
        self.rule(Action::Forward, bids, 1, &selector_octets(selector))
    }

    /// A rule that drops what an IPv4 selector text says.
    pub fn drop(self, selector: &str) -> Self {
        self.rule(Action::Drop, &[255], 1, &selector_octets(selector))
    }

    /// Any Flow-Binding.
    pub fn rule(self, action: Action, bids: &[u8], ts_format: u8, selector: &[u8]) -> Self {
        let content = flow_binding(action, bids, ts_format, selector);
        self.extension(ExtensionType(154), 2, &Content::FlowBinding(content))
    }

    /// Asks for a tunnel in UDP.
    pub fn udp_tunnel(self) -> Self {
        let request = UdpTunnelRequest {
            subtype: 0,
            reserved_1: 0,
            force: false,
            through_foreign_agent: false,
            reserved_2: 0,
            encapsulation: IpProtocol(0),
            reserved_3: 0,
        };
        self.extension(ExtensionType::UDP_TUNNEL_REQUEST, 0, &Content::UdpTunnelRequest(request))
    }

    pub fn extension(mut self, kind: ExtensionType, subtype: u8, content: &Content<'_>) -> Self {
        content.emit(kind, subtype, Numbers::default(), &mut self.extensions);
        self
    }

    pub fn octets(&self) -> Vec<u8> {
        let mut out = Vec::new();
        RegistrationRequest {
            flags: RequestFlags(self.flags),
            lifetime: self.lifetime,
            home_address: self.home_address,
            home_agent: self.home_agent,
            care_of_address: self.care_of_address,
            identification: self.identification,
        }
        .emit(&mut out);
        if let Some(multipath) = self.multipath {
            Content::Multipath(multipath).emit(ExtensionType(154), 1, Numbers::default(), &mut out);
        }
        out.extend_from_slice(&self.extensions);
        out
    }

    /// The reply to it with this code, granting what was asked for, on the way back.
    pub fn answer(&self, code: u8) -> Answer {
        Answer {
            source: self.destination,
            destination: self.source,
            code,
            lifetime: self.lifetime,
            home_address: self.home_address,
            home_agent: self.home_agent,
            identification: self.identification,
            extensions: Vec::new(),
        }
    }
}

/// A Registration Reply.
#[derive(Clone, Debug)]
pub struct Answer {
    pub source: SocketAddrV4,
    pub destination: SocketAddrV4,
    pub code: u8,
    pub lifetime: u16,
    pub home_address: Ipv4Addr,
    pub home_agent: Ipv4Addr,
    pub identification: u64,
    pub extensions: Vec<u8>,
}

impl Answer {
    pub fn granting(self, lifetime: u16) -> Self {
        Self { lifetime, ..self }
    }

    pub fn home(self, home_address: Ipv4Addr) -> Self {
        Self { home_address, ..self }
    }

    /// Another Home Agent field, sent from the same place.
    pub fn agent(self, home_agent: Ipv4Addr) -> Self {
        Self { home_agent, ..self }
    }

    pub fn identification(self, identification: u64) -> Self {
        Self { identification, ..self }
    }

    pub fn between(&self, source: (Ipv4Addr, u16), destination: (Ipv4Addr, u16)) -> Self {
        Self {
            source: SocketAddrV4::new(source.0, source.1),
            destination: SocketAddrV4::new(destination.0, destination.1),
            ..self.clone()
        }
    }

    pub fn nai(self, nai: &str) -> Self {
        self.extension(ExtensionType::NAI, 0, &Content::Nai(Nai(nai.as_bytes())))
    }

    pub fn forward(self, bids: &[u8], selector: &str) -> Self {
        let selector = selector_octets(selector);
        let content = flow_binding(Action::Forward, bids, 1, &selector);
        self.extension(ExtensionType(154), 2, &Content::FlowBinding(content))
    }

    /// Answers the wish for a tunnel in UDP with this code.
    pub fn udp_tunnel(self, code: u8) -> Self {
        let reply = UdpTunnelReply { subtype: 0, code, force: false, reserved: 0, keepalive_interval: 110 };
        self.extension(ExtensionType::UDP_TUNNEL_REPLY, 0, &Content::UdpTunnelReply(reply))
    }

    pub fn extension(mut self, kind: ExtensionType, subtype: u8, content: &Content<'_>) -> Self {
        content.emit(kind, subtype, Numbers::default(), &mut self.extensions);
        self
    }

    pub fn octets(&self) -> Vec<u8> {
        let mut out = Vec::new();
        RegistrationReply {
            code: ReplyCode(self.code),
            lifetime: self.lifetime,
            home_address: self.home_address,
            home_agent: self.home_agent,
            identification: self.identification,
        }
        .emit(&mut out);
        out.extend_from_slice(&self.extensions);
        out
    }
}

/// The octets of an IPv4 selector that is written as text; the empty text selects everything.
pub fn selector_octets(text: &str) -> Vec<u8> {
    let mut selector = TrafficSelector::any(SelectorFormat::Ipv4);
    if !text.is_empty() {
        selector = text.parse().expect("a selector");
        assert_eq!(selector.format, SelectorFormat::Ipv4);
    }
    let mut out = Vec::new();
    selector.emit(&mut out);
    out
}

fn flow_binding<'a>(action: Action, bids: &'a [u8], ts_format: u8, selector: &'a [u8]) -> FlowBinding<'a> {
    FlowBinding { action, bids, ts_format, selector: None, selector_octets: selector }
}

/// A Registration Revocation of the node's binding at a care-of address, from its home agent: octet by octet from
/// RFC 3543 §3.3.
pub fn revocation(care_of_address: Ipv4Addr, identifier: u32) -> Vec<u8> {
    // Type 7, Reserved, then A (from the home agent), I and reserved bits.
    let mut octets = vec![7, 0, 0x80, 0];
    for address in [NODE, HOME_AGENT, care_of_address] {
        octets.extend_from_slice(&address.octets());
    }
    octets.extend_from_slice(&identifier.to_be_bytes());
    octets
}

/// The acknowledgement of a revocation, without I: octet by octet from RFC 3543 §3.4.
pub fn revocation_acknowledgement(identifier: u32) -> Vec<u8> {
    [&[15, 0, 0, 0], &NODE.octets()[..], &identifier.to_be_bytes()].concat()
}
