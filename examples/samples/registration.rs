//! Registration messages: built field by field, signed with the key of the samples.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::wire::{
    AccessTechnology, Action, Algorithm, Authentication, Content, ExtensionType, FlowBinding, Key, Multipath,
    Nai, Numbers, PORT, RegistrationReply, RegistrationRequest, ReplyCode, RequestFlags, Revocation,
    RevocationAcknowledgement, TrafficSelector,
};

use super::link::Link;
use super::packets::{protocol, udp};

/// The SPI of every security association of the samples.
const SPI: u32 = 256;
/// Its secret.
const SECRET: &[u8] = b"mipflow-sample";

/// D and T: the node decapsulates itself and wants a reverse tunnel.
pub(crate) const CO_LOCATED: u8 = 0x22;
/// T alone: behind a foreign agent.
pub(crate) const FOREIGN_AGENT: u8 = 0x02;
/// M: minimal encapsulation.
pub(crate) const MINIMAL: u8 = 0x10;
/// G: GRE encapsulation.
pub(crate) const GRE: u8 = 0x08;

/// TTL of what comes from co-located nodes, some hops away.
const TTL_FROM_AFAR: u8 = 58;

/// A message in the making.
#[derive(Clone)]
pub(crate) struct Message(Vec<u8>);

impl Message {
    /// A Registration Request without extensions.
    pub(crate) fn request(request: &RegistrationRequest) -> Self {
        Self::of(|octets| request.emit(octets))
    }

    /// A Registration Reply without extensions.
    pub(crate) fn reply(reply: &RegistrationReply) -> Self {
        Self::of(|octets| reply.emit(octets))
    }

    /// A Registration Revocation without extensions.
    pub(crate) fn revocation(revocation: &Revocation) -> Self {
        Self::of(|octets| revocation.emit(octets))
    }

    /// A Registration Revocation Acknowledgment without extensions.
    pub(crate) fn revocation_acknowledgement(acknowledgement: &RevocationAcknowledgement) -> Self {
        Self::of(|octets| acknowledgement.emit(octets))
    }

    /// A message of octets made elsewhere.
    pub(crate) fn of_octets(octets: Vec<u8>) -> Self {
        Self(octets)
    }

    /// Adds an extension whose header has no Sub-Type of its own.
    pub(crate) fn with(self, kind: ExtensionType, content: Content<'_>) -> Self {
        self.with_subtype(kind, 0, content)
    }

    /// Adds an extension with a Sub-Type in its long header.
    pub(crate) fn with_subtype(mut self, kind: ExtensionType, subtype: u8, content: Content<'_>) -> Self {
        content.emit(kind, subtype, Numbers::default(), &mut self.0);
        self
    }

    /// Adds a NAI.
    pub(crate) fn nai(self, text: &[u8]) -> Self {
        self.with(ExtensionType::NAI, Content::Nai(Nai(text)))
    }

    /// Adds a Multipath extension.
    pub(crate) fn path(self, path: Path) -> Self {
        let multipath = Multipath {
            access_technology: AccessTechnology::from_name(path.access).unwrap(),
            label: path.label,
            bid: path.bid,
            bulk: false,
            overwrite: false,
            reserved: 0,
        };
        self.with_subtype(FAMILY, Multipath::SUBTYPE, Content::Multipath(multipath))
    }

    /// Adds a Flow-Binding extension that forwards what `selector` matches.
    pub(crate) fn forward(self, bids: &[u8], selector: &str) -> Self {
        self.flow(Action::Forward, bids, selector)
    }

    /// Adds a Flow-Binding extension; `selector` is selector text.
    pub(crate) fn flow(self, action: Action, bids: &[u8], selector: &str) -> Self {
        let selector: TrafficSelector = selector.parse().unwrap();
        let mut octets = Vec::new();
        selector.emit(&mut octets);
        let flow = FlowBinding {
            action,
            bids,
            ts_format: selector.format.ts_format(),
            selector: Some(selector),
            selector_octets: &octets,
        };
        self.with_subtype(FAMILY, FlowBinding::SUBTYPE, Content::FlowBinding(flow))
    }

    /// Adds octets as they are.
    pub(crate) fn raw(mut self, octets: &[u8]) -> Self {
        self.0.extend_from_slice(octets);
        self
    }

    /// Adds the Mobile-Home Authentication extension.
    pub(crate) fn sign(self) -> Self {
        self.sign_as(ExtensionType::MOBILE_HOME_AUTHENTICATION, 0)
    }

    /// Adds an authentication extension of this type over everything before it.
    pub(crate) fn sign_as(self, kind: ExtensionType, subtype: u8) -> Self {
        let key = Key::new(SPI, Algorithm::HmacMd5, SECRET.to_vec().into()).unwrap();
        let place = self.0.len();
        let blank = Content::Authentication(Authentication { spi: SPI, authenticator: &[0; 16] });
        let Self(mut octets) = self.with_subtype(kind, subtype, blank);
        let covered = octets.len() - 16;
        let authenticator = key.authenticator(&octets[..covered]);
        debug_assert!(covered > place);
        octets[covered..].copy_from_slice(&authenticator);
        Self(octets)
    }

    /// The UDP payload.
    pub(crate) fn octets(&self) -> &[u8] {
        &self.0
    }

    fn of(emit: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut octets = Vec::new();
        emit(&mut octets);
        Self(octets)
    }
}

/// The type of Multipath and Flow-Binding.
pub(crate) const FAMILY: ExtensionType = ExtensionType(154);

/// An interface of a node, as a Multipath extension tells of it.
#[derive(Clone, Copy)]
pub(crate) struct Path {
    pub(crate) access: &'static str,
    pub(crate) label: u8,
    pub(crate) bid: u8,
}

/// A node with a care-of address, and its home agent.
#[derive(Clone, Copy)]
pub(crate) struct Node {
    pub(crate) home_address: Ipv4Addr,
    pub(crate) home_agent: Ipv4Addr,
    pub(crate) care_of_address: Ipv4Addr,
    pub(crate) flags: u8,
    /// Where its requests come from, as the listener sees it.
    pub(crate) source: SocketAddrV4,
}

impl Node {
    /// A node that has its own care-of address and sends from it.
    pub(crate) fn co_located(home: Ipv4Addr, home_agent: Ipv4Addr, care_of: Ipv4Addr, port: u16) -> Self {
        Self {
            home_address: home,
            home_agent,
            care_of_address: care_of,
            flags: CO_LOCATED,
            source: SocketAddrV4::new(care_of, port),
        }
    }

    /// Its request with a fresh Identification, not signed yet.
    pub(crate) fn request(&self, link: &Link, lifetime: u16) -> Message {
        Message::request(&RegistrationRequest {
            flags: RequestFlags(self.flags),
            lifetime,
            home_address: self.home_address,
            home_agent: self.home_agent,
            care_of_address: self.care_of_address,
            identification: link.timestamp(0),
        })
    }

    /// The home agent's answer to `request`, not signed yet.
    pub(crate) fn reply(&self, request: &Message, code: u8, lifetime: u16) -> Message {
        Message::reply(&RegistrationReply {
            code: ReplyCode(code),
            lifetime,
            home_address: self.home_address,
            home_agent: self.home_agent,
            identification: u64::from_be_bytes(request.octets()[16..24].try_into().unwrap()),
        })
    }

    /// Where its home agent listens.
    pub(crate) fn home_agent(&self) -> SocketAddrV4 {
        SocketAddrV4::new(self.home_agent, PORT)
    }

    /// Its message goes to the home agent.
    pub(crate) fn send(&self, link: &mut Link, message: &Message) {
        datagram(link, self.source, self.home_agent(), TTL_FROM_AFAR, message);
    }

    /// The home agent's message goes to it.
    pub(crate) fn answer(&self, link: &mut Link, message: &Message) {
        datagram(link, self.home_agent(), self.source, 64, message);
    }

    /// A signed request, and 1.4 ms later the home agent's signed answer, without extensions.
    pub(crate) fn exchange(&self, link: &mut Link, request: Message, code: u8, lifetime: u16) {
        let request = request.sign();
        self.send(link, &request);
        link.wait(1_400);
        self.answer(link, &self.reply(&request, code, lifetime).sign());
    }
}

/// A message passes in a UDP datagram.
pub(crate) fn datagram(link: &mut Link, from: SocketAddrV4, to: SocketAddrV4, ttl: u8, message: &Message) {
    let header = link.header(*from.ip(), *to.ip(), protocol::UDP).ttl(ttl);
    link.pass(&header.around(&udp(from, to, message.octets())));
}
