//! Captures of registrations and tunnelled packets at chosen times.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;

use mipflow::capture::{Frame, LinkType, Writer};
use mipflow::time::{Precision, Timestamp};
use mipflow::wire::{
    AccessTechnology, Action, Content, ExtensionType, FlowBinding, Multipath, Nai, Numbers,
    RegistrationReply, RegistrationRequest, ReplyCode, RequestFlags, TrafficSelector,
};

/// The home agent of all scenarios.
pub const HOME_AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
/// The correspondent of all flows.
pub const CORRESPONDENT: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 50);

/// 2024-06-01T10:00:00Z.
const BEGIN: i64 = 1_717_236_000;
const FAMILY: ExtensionType = ExtensionType(154);

/// Packets with their times in milliseconds from the beginning.
#[derive(Default)]
pub struct Scenario {
    packets: Vec<(i64, Vec<u8>)>,
}

/// A request in the making, and what its reply has to know of it.
#[derive(Clone)]
pub struct Request {
    pub home_address: Ipv4Addr,
    pub care_of_address: Ipv4Addr,
    pub lifetime: u16,
    pub identification: u64,
    octets: Vec<u8>,
}

impl Request {
    /// A request with D and T set.
    pub fn new(home_address: [u8; 4], care_of_address: [u8; 4], lifetime: u16, identification: u64) -> Self {
        Self::with_flags(home_address, care_of_address, lifetime, identification, 0x22)
    }

    pub fn with_flags(
        home_address: [u8; 4],
        care_of_address: [u8; 4],
        lifetime: u16,
        identification: u64,
        flags: u8,
    ) -> Self {
        let request = RegistrationRequest {
            flags: RequestFlags(flags),
            lifetime,
            home_address: home_address.into(),
            home_agent: HOME_AGENT,
            care_of_address: care_of_address.into(),
            identification,
        };
        let mut octets = Vec::new();
        request.emit(&mut octets);
        Self {
            home_address: request.home_address,
            care_of_address: request.care_of_address,
            lifetime,
            identification,
            octets,
        }
    }

    /// Adds a Multipath extension.
    pub fn path(mut self, access: &str, label: u8, bid: u8) -> Self {
        let multipath = Multipath {
            access_technology: AccessTechnology::from_name(access).unwrap(),
            label,
            bid,
            bulk: false,
            overwrite: false,
            reserved: 0,
        };
        Content::Multipath(multipath).emit(FAMILY, Multipath::SUBTYPE, Numbers::default(), &mut self.octets);
        self
    }

    /// Adds a Flow-Binding that forwards to these bindings, or drops for none.
    pub fn flow(mut self, bids: &[u8], selector: &str) -> Self {
        let selector: TrafficSelector = selector.parse().unwrap();
        let mut octets = Vec::new();
        selector.emit(&mut octets);
        let flow = FlowBinding {
            action: if bids.is_empty() { Action::Drop } else { Action::Forward },
            bids: if bids.is_empty() { &[255] } else { bids },
            ts_format: 1,
            selector: Some(selector),
            selector_octets: &octets,
        };
        Content::FlowBinding(flow).emit(FAMILY, FlowBinding::SUBTYPE, Numbers::default(), &mut self.octets);
        self
    }

    /// Names another home agent in its field.
    pub fn to(mut self, home_agent: [u8; 4]) -> Self {
        self.octets[8..12].copy_from_slice(&home_agent);
        self
    }

    /// Adds a NAI.
    pub fn nai(mut self, text: &[u8]) -> Self {
        Content::Nai(Nai(text)).emit(ExtensionType::NAI, 0, Numbers::default(), &mut self.octets);
        self
    }
}

impl Scenario {
    /// A request from its care-of address to the home agent.
    pub fn request(&mut self, at: i64, request: &Request) -> &mut Self {
        let ends = [SocketAddrV4::new(request.care_of_address, 40_000), SocketAddrV4::new(HOME_AGENT, 434)];
        self.message(at, ends, &request.octets)
    }

    /// A request between other ends.
    pub fn sent(&mut self, at: i64, ends: [SocketAddrV4; 2], request: &Request) -> &mut Self {
        self.message(at, ends, &request.octets)
    }

    /// The home agent's acceptance of a request, with a Flow-Binding of its own.
    pub fn reply_with(&mut self, at: i64, request: &Request, bids: &[u8], selector: &str) -> &mut Self {
        let bare = Request { octets: Vec::new(), ..request.clone() };
        self.answer(at, request, 0, request.lifetime, &bare.flow(bids, selector).octets)
    }

    /// The home agent's reply to a request.
    pub fn reply(&mut self, at: i64, request: &Request, code: u8, lifetime: u16) -> &mut Self {
        self.answer(at, request, code, lifetime, &[])
    }

    fn answer(
        &mut self,
        at: i64,
        request: &Request,
        code: u8,
        lifetime: u16,
        extensions: &[u8],
    ) -> &mut Self {
        let reply = RegistrationReply {
            code: ReplyCode(code),
            lifetime,
            home_address: request.home_address,
            home_agent: HOME_AGENT,
            identification: request.identification,
        };
        let mut octets = Vec::new();
        reply.emit(&mut octets);
        octets.extend(extensions);
        let ends = [SocketAddrV4::new(HOME_AGENT, 434), SocketAddrV4::new(request.care_of_address, 40_000)];
        self.message(at, ends, &octets)
    }

    /// A request and its acceptance 20 milliseconds later.
    pub fn accepted(&mut self, at: i64, request: &Request) -> &mut Self {
        self.request(at, request).reply(at + 20, request, 0, request.lifetime)
    }

    /// A packet of 28 octets and `text` to the node, in the tunnel to a care-of address.
    pub fn down(
        &mut self,
        at: i64,
        care_of_address: [u8; 4],
        protocol: u8,
        ports: [u16; 2],
        text: &[u8],
    ) -> &mut Self {
        let inner = inner(protocol, CORRESPONDENT, Ipv4Addr::new(10, 1, 0, 1), ports, text);
        self.packets.push((at, ipv4(4, HOME_AGENT, care_of_address.into(), &inner)));
        self
    }

    /// A packet of 28 octets and `text` from the node, in the tunnel from a care-of address.
    pub fn up(
        &mut self,
        at: i64,
        care_of_address: [u8; 4],
        protocol: u8,
        ports: [u16; 2],
        text: &[u8],
    ) -> &mut Self {
        let inner = inner(protocol, Ipv4Addr::new(10, 1, 0, 1), CORRESPONDENT, ports, text);
        self.packets.push((at, ipv4(4, care_of_address.into(), HOME_AGENT, &inner)));
        self
    }

    /// Writes it as a capture of bare IP packets.
    pub fn write(&self, path: &Path) {
        let mut writer = Writer::create::<&str>(path, &[]).unwrap();
        for (number, (milliseconds, data)) in (1..).zip(&self.packets) {
            // An Identification of its own for each packet, or equal ones would be taken for copies.
            let mut data = data.clone();
            data[4..6].copy_from_slice(&u16::try_from(number).unwrap().to_be_bytes());
            let frame = Frame {
                number,
                file: 0,
                time: Timestamp::new(BEGIN, milliseconds * 1_000_000),
                precision: Precision::MICROSECONDS,
                link_type: LinkType::RAW,
                data: &data,
                original_length: u32::try_from(data.len()).unwrap(),
            };
            writer.write(&frame).unwrap();
        }
        writer.finish().unwrap();
    }

    fn message(&mut self, at: i64, [from, to]: [SocketAddrV4; 2], octets: &[u8]) -> &mut Self {
        let length = u16::try_from(8 + octets.len()).unwrap();
        let mut datagram = [from.port(), to.port(), length, 0].map(u16::to_be_bytes).concat();
        datagram.extend(octets);
        self.packets.push((at, ipv4(17, *from.ip(), *to.ip(), &datagram)));
        self
    }
}

/// The first 8 octets of a transport header, which are all that is looked at, and what follows.
fn inner(protocol: u8, from: Ipv4Addr, to: Ipv4Addr, ports: [u16; 2], text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + text.len()).unwrap();
    let mut payload = [ports[0], ports[1], length, 0].map(u16::to_be_bytes).concat();
    payload.extend(text);
    ipv4(protocol, from, to, &payload)
}

fn ipv4(protocol: u8, from: Ipv4Addr, to: Ipv4Addr, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut octets = vec![0x45, 0, length[0], length[1], 0, 0, 0x40, 0, 64, protocol, 0, 0];
    octets.extend(from.octets());
    octets.extend(to.octets());
    octets.extend(payload);
    octets
}
