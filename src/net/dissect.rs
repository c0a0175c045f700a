//! Finds the part of a frame that belongs to Mobile IP.

#[cfg(test)]
mod tests;

use pnet_packet::ipv4::Ipv4Flags;

use crate::{
    capture::Frame,
    net::{
        fragments::{FragmentTable, Outcome},
        ip::IpPacket,
        ipv4::{self, Ipv4Packet},
        ipv6::{self, Ipv6Packet},
        link::{self, NetworkLayer},
        protocol,
        reason::Reason,
        tunnel::Encapsulation,
        udp::Datagram,
    },
};

/// An `IPv4` packet whose payload is another packet, which is not opened yet; see [`super::tunnel::peel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tunnel<'a> {
    /// How the inner packet is carried.
    pub encapsulation: Encapsulation,
    /// The outer packet. If it was reassembled, this is the header of the first fragment, with the length and fragment
    /// bits of the whole packet.
    pub outer: Ipv4Packet<'a>,
    /// Whether the outer packet was reassembled from IP fragments.
    pub reassembled: bool,
    /// The fragment that completed a reassembled packet, as it was captured; `None` for other packets.
    pub last_fragment: Option<Ipv4Packet<'a>>,
    /// Octets from the start of the frame to the outer header; `None` when reassembled.
    pub ip_offset: Option<usize>,
}

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
// Boxing the datagram would allocate for each one.
#[allow(clippy::large_enum_variant)]
pub enum Packet<'a> {
    /// A UDP datagram from or to a Mobile IP port.
    Datagram(Datagram<'a>),
    /// A tunnelled packet.
    Tunnel(Tunnel<'a>),
    /// Not Mobile IP.
    Other,
    /// A fragment that waits for others or was refused. A fragment of a tunnelled packet is given as it was captured,
    /// for rules that judge single fragments. It is not to be counted as a packet: the whole packet comes as
    /// [`Packet::Tunnel`] with the frame of its last fragment.
    Held(Option<Tunnel<'a>>),
    /// A frame that could not be read, and why.
    Undecodable(Reason),
}

/// What a [`Dissector`] counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames that are `IPv4` fragments, of any protocol.
    pub fragments: u64,
    /// Datagrams refused because their fragments overlap or disagree on the length.
    pub refused_overlaps: u64,
    /// Fragments that were dropped to make room for others.
    pub evicted_fragments: u64,
    /// Fragments that were dropped because the rest of their datagram did not come in time.
    pub expired_fragments: u64,
    /// Fragments that still wait for others.
    pub pending_fragments: u64,
    /// Frames that could not be read.
    pub undecodable: u64,
}

/// Finds Mobile IP in frames, and reassembles fragments.
#[derive(Debug)]
pub struct Dissector {
    ports: Vec<u16>,
    table: FragmentTable,
    fragments: u64,
    undecodable: u64,
}

/// The result of a first look at a frame. It borrows nothing.
enum Glance {
    Foreign,
    Datagram { ip_offset: usize },
    Tunnel { ip_offset: usize, encapsulation: Encapsulation },
    Fragment { ip_offset: usize },
    Ipv6 { ip_offset: usize },
    Undecodable(Reason),
}

/// The rare results of a [`Glance`] that need more than a look.
#[derive(Clone, Copy)]
enum Rare {
    Fragment { ip_offset: usize },
    Ipv6 { ip_offset: usize },
}

impl Dissector {
    /// A dissector that takes UDP from or to any of `ports` to be Mobile IP.
    pub fn new(ports: &[u16]) -> Self {
        Self { ports: ports.to_vec(), table: FragmentTable::default(), fragments: 0, undecodable: 0 }
    }

    /// Sets other limits for the fragments that are held.
    #[cfg(test)]
    #[must_use]
    pub fn with_limits(mut self, limits: super::FragmentLimits) -> Self {
        self.table.limits = limits;
        self
    }

    /// Sets whether the frames of fragments are kept for [`Dissector::fragment_frames`]; off at first.
    #[must_use]
    pub fn keep_frames(mut self, keep: bool) -> Self {
        self.table.keep_frames = keep;
        self
    }

    /// Whether `source` or `destination` is a Mobile IP port.
    #[inline]
    pub fn is_mobile_ip_port(&self, source: u16, destination: u16) -> bool {
        is_ours(&self.ports, source, destination)
    }

    /// Says what `frame` holds. A packet that a fragment completes is borrowed from the dissector, everything else from
    /// the frame.
    // Inlined into its caller: a packet is large, and passing it on through memory costs more than finding it.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn dissect<'a>(&'a mut self, frame: &Frame<'a>) -> Packet<'a> {
        match self.glance(frame) {
            Glance::Foreign => Packet::Other,
            Glance::Tunnel { ip_offset, encapsulation } => {
                self.table.forget_frames();
                match ipv4_at(frame, ip_offset) {
                    Ok(outer) => Packet::Tunnel(Tunnel {
                        encapsulation,
                        outer,
                        reassembled: false,
                        last_fragment: None,
                        ip_offset: Some(ip_offset),
                    }),
                    Err(reason) => self.undecodable(reason),
                }
            }
            Glance::Datagram { ip_offset } => {
                self.table.forget_frames();
                match ipv4_at(frame, ip_offset).and_then(|packet| datagram(IpPacket::V4(packet), ip_offset)) {
                    Ok(packet) => packet,
                    Err(reason) => self.undecodable(reason),
                }
            }
            Glance::Fragment { ip_offset } => self.read(frame, Rare::Fragment { ip_offset }),
            Glance::Ipv6 { ip_offset } => self.read(frame, Rare::Ipv6 { ip_offset }),
            Glance::Undecodable(reason) => self.undecodable(reason),
        }
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        Counters {
            fragments: self.fragments,
            refused_overlaps: self.table.counters.refused_overlaps,
            evicted_fragments: self.table.counters.evicted,
            expired_fragments: self.table.counters.expired,
            pending_fragments: self.table.pending(),
            undecodable: self.undecodable,
        }
    }

    /// The frames of the datagram that [`Dissector::dissect`] reassembled last, in order of their numbers, the last one
    /// included. Valid after a call that gave a reassembled packet; empty without [`Dissector::keep_frames`]. Ignored
    /// copies of a fragment are not among them.
    pub fn fragment_frames(&self) -> impl Iterator<Item = Frame<'_>> {
        self.table.frames()
    }

    /// The number of the first frame whose fragment still waits for others.
    pub fn first_waiting_frame(&self) -> Option<u64> {
        self.table.first_waiting_frame()
    }

    #[inline]
    fn glance(&self, frame: &Frame<'_>) -> Glance {
        match link::network_layer(frame.link_type, frame.data) {
            Ok(NetworkLayer::Ipv4 { offset }) => self.glance_ipv4(frame.data, offset),
            Ok(NetworkLayer::Ipv6 { offset }) => self.glance_ipv6(frame.data, offset),
            Ok(NetworkLayer::Foreign) => Glance::Foreign,
            Err(reason) => Glance::Undecodable(reason),
        }
    }

    #[inline]
    fn glance_ipv4(&self, data: &[u8], ip_offset: usize) -> Glance {
        let data = data.get(ip_offset..).unwrap_or_default();
        let Some(fields) = pnet_packet::ipv4::Ipv4Packet::new(data) else {
            return Glance::Undecodable(Reason::IpHeaderCut { there: data.len() });
        };
        let header_length = match ipv4::structure(&fields) {
            Ok(octets) => usize::from(octets),
            Err(reason) => return Glance::Undecodable(reason),
        };
        if fields.get_flags() & Ipv4Flags::MoreFragments != 0 || fields.get_fragment_offset() != 0 {
            return Glance::Fragment { ip_offset };
        }
        let number = fields.get_next_level_protocol().0;
        if number == protocol::UDP {
            let end = match usize::from(fields.get_total_length()) {
                0 => usize::MAX,
                octets => octets,
            };
            return self.glance_udp(data, header_length, end, || Glance::Datagram { ip_offset });
        }
        match Encapsulation::from_protocol(number) {
            Some(encapsulation) => Glance::Tunnel { ip_offset, encapsulation },
            None => Glance::Foreign,
        }
    }

    #[inline]
    fn glance_ipv6(&self, data: &[u8], ip_offset: usize) -> Glance {
        let data = data.get(ip_offset..).unwrap_or_default();
        let Some(fields) = pnet_packet::ipv6::Ipv6Packet::new(data) else {
            return Glance::Undecodable(Reason::IpHeaderCut { there: data.len() });
        };
        if fields.get_version() != 6 {
            return Glance::Undecodable(Reason::IpVersion { found: fields.get_version() });
        }
        let number = fields.get_next_header().0;
        if number == protocol::UDP {
            let end = match usize::from(fields.get_payload_length()) {
                0 => usize::MAX,
                octets => octets.saturating_add(ipv6::FIXED_HEADER),
            };
            return self.glance_udp(data, ipv6::FIXED_HEADER, end, || Glance::Ipv6 { ip_offset });
        }
        if ipv6::is_extension(number) { Glance::Ipv6 { ip_offset } } else { Glance::Foreign }
    }

    /// Looks at the ports of the UDP header at `start` of a packet that ends at `end`. The ports show that a datagram
    /// is foreign even where the rest of its header is cut.
    #[inline]
    fn glance_udp(&self, data: &[u8], start: usize, end: usize, ours: impl Fn() -> Glance) -> Glance {
        let segment = data.get(start..).unwrap_or_default();
        match segment.first_chunk::<4>() {
            Some(&[a, b, c, d]) if end.saturating_sub(start) >= 4 => {
                let (source, destination) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
                if self.is_mobile_ip_port(source, destination) { ours() } else { Glance::Foreign }
            }
            _ => Glance::Undecodable(Reason::UdpHeaderCut {
                there: segment.len().min(end.saturating_sub(start)),
            }),
        }
    }

    /// Reads the frames that may be Mobile IP but are rare: fragments and `IPv6`.
    #[cold]
    fn read<'a>(&'a mut self, frame: &Frame<'a>, glance: Rare) -> Packet<'a> {
        self.table.forget_frames();
        let read = match glance {
            Rare::Ipv6 { ip_offset } => self.ipv6(frame, ip_offset),
            Rare::Fragment { ip_offset } => {
                self.fragments = self.fragments.saturating_add(1);
                fragment(&mut self.table, &self.ports, frame, ip_offset)
            }
        };
        match read {
            Ok(packet) => packet,
            Err(reason) => {
                self.undecodable = self.undecodable.saturating_add(1);
                Packet::Undecodable(reason)
            }
        }
    }

    #[cold]
    fn undecodable<'a>(&mut self, reason: Reason) -> Packet<'a> {
        self.table.forget_frames();
        self.undecodable = self.undecodable.saturating_add(1);
        Packet::Undecodable(reason)
    }

    fn ipv6<'a>(&self, frame: &Frame<'a>, ip_offset: usize) -> Result<Packet<'a>, Reason> {
        let data = frame.data.get(ip_offset..).unwrap_or_default();
        let packet = IpPacket::V6(Ipv6Packet::parse(data, on_link(frame, ip_offset))?);
        match Datagram::of(&packet) {
            Some(Ok(found)) if !self.is_mobile_ip_port(found.source.port(), found.destination.port()) => {
                Ok(Packet::Other)
            }
            Some(Ok(_)) if packet.is_fragment() => Err(Reason::Ipv6Fragment),
            Some(_) => datagram(packet, ip_offset),
            None => Ok(Packet::Other),
        }
    }
}

#[inline]
fn is_ours(ports: &[u16], source: u16, destination: u16) -> bool {
    ports.iter().any(|&port| port == source || port == destination)
}

/// Octets that were on the link from the IP header to the end of the frame.
#[inline]
fn on_link(frame: &Frame<'_>, ip_offset: usize) -> usize {
    usize::try_from(frame.original_length).unwrap_or(usize::MAX).saturating_sub(ip_offset)
}

#[inline]
fn ipv4_at<'a>(frame: &Frame<'a>, ip_offset: usize) -> Result<Ipv4Packet<'a>, Reason> {
    Ipv4Packet::parse(frame.data.get(ip_offset..).unwrap_or_default(), on_link(frame, ip_offset))
}

/// The UDP datagram in `packet`, which lies unfragmented in the frame.
#[inline]
fn datagram(packet: IpPacket<'_>, ip_offset: usize) -> Result<Packet<'_>, Reason> {
    let header_length = match &packet {
        IpPacket::V4(packet) => usize::from(packet.header.header_length),
        IpPacket::V6(packet) => packet.header_length,
    };
    match Datagram::of(&packet) {
        Some(found) => Ok(Packet::Datagram(Datagram {
            ip_offset: Some(ip_offset),
            udp_offset: Some(ip_offset.saturating_add(header_length)),
            ..found?
        })),
        None => Ok(Packet::Other),
    }
}

fn fragment<'a>(
    table: &'a mut FragmentTable,
    ports: &[u16],
    frame: &Frame<'a>,
    ip_offset: usize,
) -> Result<Packet<'a>, Reason> {
    let packet = ipv4_at(frame, ip_offset)?;
    let encapsulation = Encapsulation::from_protocol(packet.header.protocol);
    if encapsulation.is_none() && packet.header.protocol != protocol::UDP {
        return Ok(Packet::Other);
    }
    let ours = |source, destination| is_ours(ports, source, destination);
    let held = || {
        Packet::Held(encapsulation.map(|encapsulation| Tunnel {
            encapsulation,
            outer: packet,
            reassembled: false,
            last_fragment: None,
            ip_offset: Some(ip_offset),
        }))
    };
    let outcome = match table.add(frame, ip_offset, &packet, ours) {
        // A fragment that is put into minimal encapsulation grows by a header of 12 octets (RFC 2004 §3.1).
        Err(Reason::FragmentLength { octets: 1.. }) if encapsulation == Some(Encapsulation::Minimal) => {
            return Ok(held());
        }
        outcome => outcome?,
    };
    match outcome {
        Outcome::Foreign => Ok(Packet::Other),
        Outcome::Held => Ok(held()),
        Outcome::Complete => {
            let (octets, on_link) = table.assembled();
            let outer = Ipv4Packet::parse(octets, on_link)?;
            if let Some(encapsulation) = encapsulation {
                return Ok(Packet::Tunnel(Tunnel {
                    encapsulation,
                    outer,
                    reassembled: true,
                    last_fragment: Some(packet),
                    ip_offset: None,
                }));
            }
            // Its ports are those of Mobile IP: the table does not collect fragments of other datagrams.
            match Datagram::of(&IpPacket::V4(outer)) {
                Some(found) => Ok(Packet::Datagram(Datagram { reassembled: true, ..found? })),
                None => Ok(Packet::Other),
            }
        }
    }
}
