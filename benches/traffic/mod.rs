//! Captures for the benchmarks: a home agent's link, made up. The same numbers give the same octets.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;

use mipflow::wire::{
    AccessTechnology, Action, Authentication, Bounds, Content, ExtensionType, FlowBinding, Key, Multipath,
    Numbers, PORT, RegistrationReply, RegistrationRequest, ReplyCode, RequestFlags, SelectorFormat,
    TrafficSelector,
};

/// What a capture holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traffic {
    /// Mobile nodes.
    pub(crate) nodes: u32,
    /// Bindings that each registers, 1 to 254.
    pub(crate) bindings: u8,
    /// Flow-Bindings in the request for each node's last binding.
    pub(crate) rules: u8,
    /// IP-in-IP packets from the agent to nodes.
    pub(crate) data: u64,
    /// Packets that have nothing to do with Mobile IP.
    pub(crate) noise: u64,
}

impl Traffic {
    /// Registration messages: a request and a reply for each binding.
    pub(crate) fn registrations(&self) -> u64 {
        u64::from(self.nodes) * u64::from(self.bindings) * 2
    }

    /// All packets.
    pub(crate) fn packets(&self) -> u64 {
        self.registrations() + self.data + self.noise
    }

    /// Writes them to `path` as a classic pcap of Ethernet frames, in random order: registrations mostly early,
    /// data only for nodes that are registered, and in the tunnels that their policy asks for.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let mut link = Link::new(BufWriter::with_capacity(1 << 20, File::create(path)?))?;
        let mut random = Random(1);
        let key = Key::parse("256=text:benchmark").map_err(io::Error::other)?;
        let [mut registrations, mut data, mut noise] = [self.registrations(), self.data, self.noise];
        while registrations + data + noise > 0 {
            // Twice its share, so that registrations end about half way.
            let weight = registrations * 2;
            let pick = random.below(weight + data + noise);
            let registered = (self.registrations() - registrations) / (u64::from(self.bindings) * 2);
            if pick < weight || (pick < weight + data && registered == 0 && registrations > 0) {
                self.registration(&mut link, self.registrations() - registrations, &key)?;
                registrations -= 1;
            } else if pick < weight + data {
                link.tunnelled(&mut random, registered, self)?;
                data -= 1;
            } else {
                link.noise(&mut random)?;
                noise -= 1;
            }
            link.clock += 1 + random.below(19);
        }
        link.out.flush()
    }

    /// Message `index` of all: requests at even places, the reply to each after it.
    fn registration(&self, link: &mut Link, index: u64, key: &Key) -> io::Result<()> {
        let (node, binding) = (index / 2 / u64::from(self.bindings), index / 2 % u64::from(self.bindings));
        let home_address = home_address(node);
        let care_of_address = care_of_address(node, binding);
        let identification = (index / 2 + 1) << 20;
        let mut message = Vec::with_capacity(256);
        let (from, to) = (SocketAddrV4::new(care_of_address, 40_000), SocketAddrV4::new(AGENT, PORT));
        if index % 2 == 1 {
            let code = ReplyCode(0);
            let lifetime = 1800;
            RegistrationReply { code, lifetime, home_address, home_agent: AGENT, identification }
                .emit(&mut message);
            emit_authentication(key, &mut message);
            return link.udp(to, from, &message);
        }
        RegistrationRequest {
            flags: RequestFlags(0x22),
            lifetime: 1800,
            home_address,
            home_agent: AGENT,
            care_of_address,
            identification,
        }
        .emit(&mut message);
        let bid = u8::try_from(binding + 1).unwrap_or(u8::MAX);
        let multipath = Multipath {
            access_technology: AccessTechnology(4),
            label: bid,
            bid,
            bulk: false,
            overwrite: false,
            reserved: 0,
        };
        let numbers = Numbers::default();
        let family = ExtensionType(numbers.multipath_family);
        Content::Multipath(multipath).emit(family, Multipath::SUBTYPE, numbers, &mut message);
        if bid == self.bindings {
            for rule in 0..self.rules {
                let mut selector = TrafficSelector::any(SelectorFormat::Ipv4);
                selector.source_address = Bounds::single(correspondent(rule.into()).into());
                selector.destination_address = Bounds::single(home_address.into());
                selector.destination_port =
                    Bounds::range(5000 + u16::from(rule) * 100, 5099 + u16::from(rule) * 100);
                selector.protocol = Bounds::single(17);
                let mut selector_octets = Vec::new();
                selector.emit(&mut selector_octets);
                let flow_binding = FlowBinding {
                    action: Action::Forward,
                    bids: &[bid, 1],
                    ts_format: SelectorFormat::Ipv4.ts_format(),
                    selector: Some(selector),
                    selector_octets: &selector_octets,
                };
                Content::FlowBinding(flow_binding).emit(family, FlowBinding::SUBTYPE, numbers, &mut message);
            }
        }
        emit_authentication(key, &mut message);
        link.udp(from, to, &message)
    }
}

const AGENT: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

fn home_address(node: u64) -> Ipv4Addr {
    address([10, 0, 1, 0], node)
}

fn care_of_address(node: u64, binding: u64) -> Ipv4Addr {
    address([100, 64, 0, 0], node * 4 + binding)
}

fn correspondent(index: u64) -> Ipv4Addr {
    address([203, 0, 113, 0], index)
}

/// The address `index` after `base`, whose first octet stays.
fn address(base: [u8; 4], index: u64) -> Ipv4Addr {
    let base = u32::from_be_bytes(base);
    let after = base.wrapping_add(u32::try_from(index & 0xffff_ffff).unwrap_or_default());
    Ipv4Addr::from((base & 0xff00_0000) | (after & 0x00ff_ffff))
}

/// Appends a Mobile-Home Authentication extension over what is there, by HMAC-MD5.
fn emit_authentication(key: &Key, message: &mut Vec<u8>) {
    let before = message.len();
    let numbers = Numbers::default();
    let emit = |authenticator: &[u8], message: &mut Vec<u8>| {
        let content = Content::Authentication(Authentication { spi: 256, authenticator });
        content.emit(ExtensionType::MOBILE_HOME_AUTHENTICATION, 0, numbers, message);
    };
    emit(&[0; 16], message);
    let covered = message.get(..message.len() - 16).unwrap_or_default();
    let authenticator = key.authenticator(covered);
    message.truncate(before);
    emit(&authenticator, message);
}

/// Puts packets on Ethernet and into the file.
struct Link {
    out: BufWriter<File>,
    packet: Vec<u8>,
    /// Microseconds since 2024-01-01T00:00:00Z.
    clock: u64,
}

impl Link {
    fn new(mut out: BufWriter<File>) -> io::Result<Self> {
        // Magic of microseconds, version 2.4, zone 0, accuracy 0, snapshot length 262144, Ethernet.
        for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1] {
            out.write_all(&word.to_le_bytes())?;
        }
        Ok(Self { out, packet: Vec::with_capacity(2048), clock: 0 })
    }

    /// A registration message.
    fn udp(&mut self, from: SocketAddrV4, to: SocketAddrV4, payload: &[u8]) -> io::Result<()> {
        self.packet.clear();
        push_ipv4(&mut self.packet, 17, *from.ip(), *to.ip(), 8 + payload.len());
        push_udp(&mut self.packet, from, to, payload);
        self.write()
    }

    /// A datagram of one of a node's four flows, in IP-in-IP to its last binding if there is a rule for it, else to its
    /// first.
    fn tunnelled(&mut self, random: &mut Random, nodes: u64, traffic: &Traffic) -> io::Result<()> {
        let node = random.below(nodes.max(1));
        // A correspondent a rule, and one that no rule is about.
        let flow = random.port(4);
        let from = SocketAddrV4::new(correspondent(u64::from(flow)), 443);
        let to = SocketAddrV4::new(home_address(node), 5050 + 100 * flow);
        let has_rule = flow < u16::from(traffic.rules);
        let binding = if has_rule { u64::from(traffic.bindings.saturating_sub(1)) } else { 0 };
        let payload = random.payload();
        self.packet.clear();
        push_ipv4(&mut self.packet, 4, AGENT, care_of_address(node, binding), 28 + payload.len());
        push_ipv4(&mut self.packet, 17, *from.ip(), *to.ip(), 8 + payload.len());
        push_udp(&mut self.packet, from, to, payload);
        self.write()
    }

    /// A TCP segment between strangers, or now and then a datagram.
    fn noise(&mut self, random: &mut Random) -> io::Result<()> {
        let client =
            SocketAddrV4::new(address([172, 16, 0, 0], random.below(20_000)), 1024 + random.port(60_000));
        let server = SocketAddrV4::new(address([192, 0, 2, 0], random.below(200)), 443);
        let payload = random.payload();
        self.packet.clear();
        if random.below(4) == 0 {
            push_ipv4(&mut self.packet, 17, *client.ip(), *server.ip(), 8 + payload.len());
            push_udp(&mut self.packet, client, server, payload);
        } else {
            push_ipv4(&mut self.packet, 6, *client.ip(), *server.ip(), 20 + payload.len());
            self.packet.extend_from_slice(&client.port().to_be_bytes());
            self.packet.extend_from_slice(&server.port().to_be_bytes());
            // Sequence and acknowledgement numbers, 5 words of header, ACK, a window, no checksum.
            self.packet.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]);
            self.packet.extend_from_slice(payload);
        }
        self.write()
    }

    /// Writes the packet as the next record.
    fn write(&mut self) -> io::Result<()> {
        const ETHERNET: [u8; 14] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        const YEAR_2024: u64 = 1_704_067_200;
        let length = ETHERNET.len() + self.packet.len();
        let second = YEAR_2024 + self.clock / 1_000_000;
        for word in [second, self.clock % 1_000_000, length as u64, length as u64] {
            self.out.write_all(&u32::try_from(word).unwrap_or(u32::MAX).to_le_bytes())?;
        }
        self.out.write_all(&ETHERNET)?;
        self.out.write_all(&self.packet)
    }
}

/// Appends an IPv4 header before `length` octets of payload.
fn push_ipv4(packet: &mut Vec<u8>, protocol: u8, from: Ipv4Addr, to: Ipv4Addr, length: usize) {
    let total = u16::try_from(20 + length).unwrap_or(u16::MAX).to_be_bytes();
    let start = packet.len();
    packet.extend_from_slice(&[0x45, 0, total[0], total[1], 0, 0, 0x40, 0, 64, protocol, 0, 0]);
    packet.extend_from_slice(&from.octets());
    packet.extend_from_slice(&to.octets());
    let checksum = checksum(0, packet.get(start..).unwrap_or_default());
    put(packet, start + 10, checksum);
}

/// Appends a UDP datagram with its checksum.
fn push_udp(packet: &mut Vec<u8>, from: SocketAddrV4, to: SocketAddrV4, payload: &[u8]) {
    let length = u16::try_from(8 + payload.len()).unwrap_or(u16::MAX);
    let start = packet.len();
    for word in [from.port(), to.port(), length, 0] {
        packet.extend_from_slice(&word.to_be_bytes());
    }
    packet.extend_from_slice(payload);
    let pseudo_header: u32 = [from.ip(), to.ip()]
        .map(|address| u32::from(*address))
        .map(|address| (address >> 16) + (address & 0xffff))
        .iter()
        .sum();
    let checksum = checksum(pseudo_header + 17 + u32::from(length), packet.get(start..).unwrap_or_default());
    put(packet, start + 6, if checksum == 0 { 0xffff } else { checksum });
}

fn put(packet: &mut [u8], at: usize, word: u16) {
    if let Some(place) = packet.get_mut(at..at + 2) {
        place.copy_from_slice(&word.to_be_bytes());
    }
}

/// The Internet checksum (RFC 1071) of `octets`, with `sum` added before.
fn checksum(sum: u32, octets: &[u8]) -> u16 {
    let mut sum = octets.chunks(2).fold(sum, |sum, word| match word {
        [high, low] => sum + u32::from(u16::from_be_bytes([*high, *low])),
        [high] => sum + (u32::from(*high) << 8),
        _ => sum,
    });
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !u16::try_from(sum).unwrap_or_default()
}

/// `SplitMix64`, a generator that is good enough here and needs no crate.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number under `limit`, which is not 0.
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn port(&mut self, limit: u16) -> u16 {
        u16::try_from(self.below(limit.into())).unwrap_or_default()
    }

    /// Zeros: half the packets are small, the others up to a full tunnel.
    fn payload(&mut self) -> &'static [u8] {
        static ZEROS: [u8; 1400] = [0; 1400];
        let length = if self.below(2) == 0 { 20 + self.below(100) } else { 120 + self.below(1280) };
        ZEROS.get(..usize::try_from(length).unwrap_or_default()).unwrap_or_default()
    }
}
