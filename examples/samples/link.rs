//! A link that is listened to: a clock, the frames that passed, and who is on it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;

use mipflow::capture::{Frame, LinkType, WriteError, Writer};
use mipflow::time::{Precision, Timestamp};

use super::packets::{Ipv4, Mac, arp_reply, arp_request, ethernet};

/// 2024-06-01T10:00:00Z.
const BEGIN: i64 = 1_717_236_000;

/// Seconds from the NTP era's beginning (1900) to the Unix epoch.
const NTP_OFFSET: i64 = 2_208_988_800;

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_ARP: u16 = 0x0806;
const BROADCAST: Mac = [0xff; 6];
/// The router that stands for everyone who is not on the link.
const ROUTER: Mac = [0x00, 0x00, 0x5e, 0x00, 0x53, 0xfe];

/// What passes on one Ethernet link, as seen by one station on it.
pub(crate) struct Link {
    station: Ipv4Addr,
    neighbours: BTreeMap<Ipv4Addr, Mac>,
    now: Timestamp,
    frames: Vec<(Timestamp, Vec<u8>)>,
    identifications: BTreeMap<Ipv4Addr, u16>,
}

impl Link {
    /// A link that `station` listens on, quiet so far.
    pub(crate) fn of(station: Ipv4Addr) -> Self {
        Self {
            station,
            neighbours: BTreeMap::new(),
            now: Timestamp::new(BEGIN, 0),
            frames: Vec::new(),
            identifications: BTreeMap::new(),
        }
    }

    /// Puts a neighbour with an address of its own (or several) on the link.
    pub(crate) fn neighbour(mut self, address: Ipv4Addr, last_octet: u8) -> Self {
        self.neighbours.insert(address, [0x00, 0x00, 0x5e, 0x00, 0x53, last_octet]);
        self
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, microseconds: i64) {
        self.now = Timestamp::from_nanoseconds(self.now.nanoseconds() + microseconds * 1000);
    }

    /// An Identification of the timestamp style (RFC 5944 §5.7.1): the capture's clock, `ahead` seconds later,
    /// as an NTP timestamp.
    pub(crate) fn timestamp(&self, ahead: i64) -> u64 {
        let seconds = u64::try_from(self.now.seconds() + ahead + NTP_OFFSET).unwrap();
        let fraction = (u64::from(self.now.subsecond()) << 32) / 1_000_000_000;
        seconds << 32 | fraction
    }

    /// The header of the next packet that `source` sends: its identifications count up.
    pub(crate) fn header(&mut self, source: Ipv4Addr, destination: Ipv4Addr, protocol: u8) -> Ipv4 {
        // Everyone begins somewhere else, or the counters would look alike.
        let [.., third, fourth] = source.octets();
        let first = u16::from_be_bytes([fourth, third]).wrapping_mul(7) & 0x3fff | 1;
        let next = self.identifications.entry(source).or_insert(first);
        let identification = *next;
        *next += 1;
        Ipv4 { source, destination, protocol, identification, ttl: 64, dont_fragment: false, tos: 0 }
    }

    /// An IPv4 packet passes now. Who is no neighbour is reached through the router.
    pub(crate) fn pass(&mut self, packet: &[u8]) {
        let address = |at: usize| Ipv4Addr::from(<[u8; 4]>::try_from(&packet[at..at + 4]).unwrap());
        let frame = ethernet(self.mac(address(16)), self.mac(address(12)), ETHERTYPE_IPV4, packet);
        self.frames.push((self.now, frame));
    }

    /// The router asks for the station's hardware address, and gets it.
    pub(crate) fn arp(&mut self, router: Ipv4Addr) {
        let station = self.mac(self.station);
        let request = arp_request(ROUTER, router, self.station);
        self.frames.push((self.now, ethernet(BROADCAST, ROUTER, ETHERTYPE_ARP, &request)));
        self.wait(180);
        let reply = arp_reply(station, self.station, ROUTER, router);
        self.frames.push((self.now, ethernet(ROUTER, station, ETHERTYPE_ARP, &reply)));
    }

    /// Writes what passed.
    pub(crate) fn save(&self, path: &Path) -> Result<(), WriteError> {
        let mut writer = Writer::create(path, &[] as &[&str])?;
        for (number, (time, octets)) in (1..).zip(&self.frames) {
            writer.write(&Frame {
                number,
                file: 0,
                time: *time,
                precision: Precision::MICROSECONDS,
                link_type: LinkType::ETHERNET,
                data: octets,
                original_length: u32::try_from(octets.len()).unwrap(),
            })?;
        }
        writer.finish()
    }

    fn mac(&self, address: Ipv4Addr) -> Mac {
        if address == self.station {
            return [0x00, 0x00, 0x5e, 0x00, 0x53, 0x01];
        }
        self.neighbours.get(&address).copied().unwrap_or(ROUTER)
    }
}
