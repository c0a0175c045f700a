//! Inner flows: which tunnels each was seen in, and whether that is what the policy says.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::directory::NodeId;
use super::{Bid, Direction, FarEnd, Traffic};
use crate::time::Timestamp;

/// A flow as it is shown: in the orientation of its downlink packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowView {
    /// Home address of its node; `None` while only the NAI is known.
    pub home_address: Option<Ipv4Addr>,
    /// Index of its node.
    pub node: u32,
    /// The correspondent.
    pub source: IpAddr,
    /// The node, or a host behind it.
    pub destination: IpAddr,
    /// Protocol number.
    pub protocol: u8,
    /// The correspondent's port.
    pub source_port: Option<u16>,
    /// The node's port.
    pub destination_port: Option<u16>,
    /// FID of the rule that decided its last packet.
    pub fid: Option<u16>,
    /// The binding that rule wanted for it then.
    pub expected_bid: Option<u8>,
    /// Whether it went as the policy says.
    pub verdict: Verdict,
    /// Where it was seen, in order of appearance.
    pub paths: SmallVec<[PathView; 1]>,
}

/// A flow in one tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathView {
    /// Binding of the tunnel.
    pub bid: Option<Bid>,
    /// Index of the tunnel in its node.
    pub tunnel: usize,
    /// Towards the node.
    pub downlink: Traffic,
    /// From the node.
    pub uplink: Traffic,
    /// First packet.
    pub first: Timestamp,
    /// Last packet.
    pub last: Timestamp,
}

/// Whether a flow went as the policy says, judged packet by packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Seen although its rule says drop.
    Leaks,
    /// At least one packet in another tunnel than its rule's.
    Strays,
    /// Seen although no binding of its rule was active.
    Exhausted,
    /// No rule, and packets alternate between tunnels.
    PerPacket,
    /// Every packet in the tunnel of its rule.
    Conforms,
    /// No rule; it went to another tunnel because the first one ended.
    Moved,
    /// No rule, and it stays in its tunnel.
    PerFlow,
}

impl Verdict {
    /// The word that JSON uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leaks => "leaks",
            Self::Strays => "strays",
            Self::Exhausted => "exhausted",
            Self::PerPacket => "per-packet",
            Self::Conforms => "conforms",
            Self::Moved => "moved",
            Self::PerFlow => "per-flow",
        }
    }

    /// Whether it deserves a look.
    pub const fn is_suspicious(self) -> bool {
        matches!(self, Self::Leaks | Self::Strays | Self::Exhausted | Self::PerPacket)
    }
}

/// What a flow is found by, small: IPv6 addresses stand in a table of their own.
// In an order in which two words are read as they are.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Key {
    pub local: u32,
    pub correspondent: u32,
    pub protocol: u8,
    pub form: Form,
    /// Number of the home agent.
    pub agent: u16,
    /// Both ports, the correspondent's in the upper half; 0 when the packet has none.
    pub ports: u32,
}

impl Key {
    /// All of it in two words: every tunnelled packet pays for a visit to each field.
    #[inline]
    fn words(&self) -> (u64, u64) {
        let rest = u32::from(self.agent) << 16 | u32::from(self.form.0) << 8 | u32::from(self.protocol);
        (
            u64::from(self.correspondent) << 32 | u64::from(self.local),
            u64::from(self.ports) << 32 | u64::from(rest),
        )
    }
}

impl PartialEq for Key {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.words() == other.words()
    }
}

impl Eq for Key {}

impl std::hash::Hash for Key {
    #[inline]
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let (addresses, rest) = self.words();
        state.write_u64(addresses);
        state.write_u64(rest);
    }
}

/// What a [`Key`] consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form(u8);

impl Form {
    pub const fn new(is_ipv6: bool, has_ports: bool) -> Self {
        Self(is_ipv6 as u8 | (has_ports as u8) << 1)
    }

    pub const fn is_ipv6(self) -> bool {
        self.0 & 1 != 0
    }

    pub const fn has_ports(self) -> bool {
        self.0 & 2 != 0
    }
}

/// No entry.
pub(super) const NONE: u32 = u32::MAX;

/// A flow as the table keeps it: two cache lines, since finding a flow is a visit to main memory.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Flow {
    pub key: Key,
    pub node: u32,
    /// Which node of that index it was; a later one has another number.
    pub birth: NonZeroU32,
    /// The first tunnel; most flows have no other.
    pub path: Path,
    /// Generation of the node for which `rule` and [`Marks::STEADY`] hold.
    pub generation: u32,
    /// The policy that `rule` belongs to.
    pub policy: u16,
    /// Packets decided by `rule` that are not yet counted there.
    pub ruled_packets: u32,
    /// Octets of those packets.
    pub ruled_bytes: u64,
    /// FID of the deciding rule at the last packet; 0 for none.
    pub rule: u16,
    pub marks: Marks,
    /// BID that the rule wanted at the last packet; 0 for none.
    pub expected: u8,
    /// What was said by whoever vouched for it: the number of the layout, and in the lowest bit whether its downlink
    /// packets are watched.
    pub vouched: u8,
    /// Switches among the last twenty packets, downlink and uplink apart.
    pub switches: [Switches; 2],
}

/// What is known of a flow's conduct, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks(u16);

impl Marks {
    pub const NONE: Self = Self(0);
    pub const LEAKS: Self = Self(1);
    pub const STRAYS: Self = Self(2);
    pub const EXHAUSTED: Self = Self(4);
    pub const PER_PACKET: Self = Self(8);
    pub const RULED: Self = Self(16);
    pub const MOVED: Self = Self(32);
    /// Seen since the table last looked for something to forget.
    pub const RECENT: Self = Self(64);
    /// Another packet in the first tunnel would change nothing but counters, as long as the node does not change.
    pub const STEADY: Self = Self(128);
    // 256 to 1024, and 8192, are those of what accuses a flow while it is provisional.
    const SPRAYED_DOWNLINK: Self = Self(2048);
    const SPRAYED_UPLINK: Self = Self(4096);
    const VOUCHED_DOWNLINK: Self = Self(16384);
    const VOUCHED_UPLINK: Self = Self(32768);

    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub const fn set(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub const fn clear(&mut self, other: Self) {
        self.0 &= !other.0;
    }

    /// That too many switches of tunnels in this direction have been told.
    pub const fn sprayed(direction: Direction) -> Self {
        match direction {
            Direction::Downlink => Self::SPRAYED_DOWNLINK,
            Direction::Uplink => Self::SPRAYED_UPLINK,
        }
    }

    /// That somebody vouched for the packets of this direction, while the flow is steady.
    pub const fn vouched(direction: Direction) -> Self {
        match direction {
            Direction::Downlink => Self::VOUCHED_DOWNLINK,
            Direction::Uplink => Self::VOUCHED_UPLINK,
        }
    }

    /// The same marks as provisional ones: they wait for their grace to pass.
    pub const fn provisional(self) -> Self {
        Self(self.0 << 8)
    }
}

/// A flow in one tunnel, as the table keeps it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    pub downlink: Traffic,
    pub uplink: Traffic,
    pub first: Timestamp,
    pub last: Timestamp,
    /// The next tunnel of the flow.
    pub next: u32,
    /// Where the tunnel ends: address and, for a tunnel in UDP, port; 0 for none.
    pub far_end: (u32, u16),
    /// Index of the tunnel in its node.
    pub tunnel: u16,
    /// Of the first tunnel: whether packets took another one since nobody did for a while.
    pub has_company: bool,
}

impl Path {
    pub const fn new(tunnel: u16, far_end: FarEnd, time: Timestamp) -> Self {
        let none = Traffic { packets: 0, bytes: 0 };
        Self {
            downlink: none,
            uplink: none,
            first: time,
            last: time,
            next: NONE,
            far_end: packed(far_end),
            tunnel,
            has_company: false,
        }
    }

    /// Whether the tunnel ends here.
    #[inline]
    pub fn ends_at(&self, far_end: FarEnd) -> bool {
        self.far_end == packed(far_end)
    }

    #[inline]
    pub fn add(&mut self, direction: Direction, bytes: u32, time: Timestamp) {
        match direction {
            Direction::Downlink => self.downlink.add(bytes),
            Direction::Uplink => self.uplink.add(bytes),
        }
        self.last = self.last.max(time);
    }
}

const fn packed(far_end: FarEnd) -> (u32, u16) {
    let port = match far_end.port {
        Some(port) => port,
        None => 0,
    };
    (far_end.address.to_bits(), port)
}

/// The last twenty packets of one direction that no rule decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Switches {
    /// One bit a packet, the last one lowest: whether it changed the tunnel.
    pub history: u32,
    /// Accepted exchanges of the node at the last packet, the low half of their count.
    pub exchanges: u16,
    /// Tunnel of the last packet; [`NO_TUNNEL`] before the first one.
    pub tunnel: u16,
}

/// Stands for no tunnel.
pub(super) const NO_TUNNEL: u16 = u16::MAX;

/// Packets a flow's alternation is judged by.
const WINDOW: u32 = 20;
/// Switches among them that make it per-packet balancing.
const MANY: u32 = 4;

impl Switches {
    pub const NEW: Self = Self { history: 0, exchanges: 0, tunnel: NO_TUNNEL };

    /// Notes a packet in the same tunnel as the one before, with no exchange between them.
    #[inline]
    pub fn stay(&mut self) {
        self.history = (self.history << 1) & ((1 << WINDOW) - 1);
    }

    /// Notes a packet, and whether it took another tunnel than the one before while both were alive; says whether
    /// the flow has alternated too often.
    pub fn note(&mut self, tunnel: u16, exchanges: u16, switched: bool) -> bool {
        let switched = switched && self.exchanges == exchanges;
        self.history = (self.history << 1 | u32::from(switched)) & ((1 << WINDOW) - 1);
        self.tunnel = tunnel;
        self.exchanges = exchanges;
        self.history.count_ones() >= MANY
    }
}

impl Flow {
    /// Nobody vouches for it any more.
    pub const fn forget_vouchers(&mut self) {
        self.marks.clear(Marks::vouched(Direction::Downlink));
        self.marks.clear(Marks::vouched(Direction::Uplink));
    }

    /// Whether who vouched for it wants to see a little of each packet of this direction: only downlink anybody does.
    #[inline]
    pub const fn is_watched(&self, direction: Direction) -> bool {
        self.vouched & 1 != 0 && matches!(direction, Direction::Downlink)
    }

    /// The flow of a node whose first packet takes `path`.
    pub const fn new(key: Key, node: NodeId, path: Path) -> Self {
        Self {
            key,
            node: node.slot,
            birth: node.birth,
            path,
            generation: 0,
            policy: 0,
            ruled_packets: 0,
            ruled_bytes: 0,
            rule: 0,
            marks: Marks::NONE,
            expected: 0,
            vouched: 0,
            switches: [Switches::NEW; 2],
        }
    }

    /// Its node.
    pub const fn owner(&self) -> NodeId {
        NodeId { slot: self.node, birth: self.birth }
    }

    /// The switches of one direction.
    pub fn switches_mut(&mut self, direction: Direction) -> &mut Switches {
        let [downlink, uplink] = &mut self.switches;
        match direction {
            Direction::Downlink => downlink,
            Direction::Uplink => uplink,
        }
    }

    pub fn verdict(&self) -> Verdict {
        let order = [
            (Marks::LEAKS, Verdict::Leaks),
            (Marks::STRAYS, Verdict::Strays),
            (Marks::EXHAUSTED, Verdict::Exhausted),
            (Marks::PER_PACKET, Verdict::PerPacket),
            (Marks::RULED, Verdict::Conforms),
            (Marks::MOVED, Verdict::Moved),
        ];
        order
            .into_iter()
            .find(|(mark, _)| self.marks.has(*mark))
            .map_or(Verdict::PerFlow, |(_, verdict)| verdict)
    }
}

/// IPv6 addresses by number.
#[derive(Clone, Debug)]
pub(super) struct Addresses6 {
    numbers: HashMap<Ipv6Addr, u32, FixedState>,
    addresses: Vec<Ipv6Addr>,
    /// Numbers of addresses that no flow has any more.
    free: Vec<u32>,
    most: usize,
    /// How many addresses more are to find no room before it is looked for again.
    patience: usize,
}

impl Addresses6 {
    /// The most addresses kept; flows between further ones are counted as evicted.
    const MOST: usize = 1 << 20;

    /// A table without an address; `hasher` scatters it.
    pub fn new(hasher: FixedState) -> Self {
        let numbers = HashMap::with_hasher(hasher);
        Self { numbers, addresses: Vec::new(), free: Vec::new(), most: Self::MOST, patience: 0 }
    }

    /// The addresses, with no way to find one.
    pub fn outline(&self) -> Self {
        Self { addresses: self.addresses.clone(), ..Self::new(FixedState::default()) }
    }

    /// The number of an address, which it keeps for as long as a flow has it; none when there is no room.
    pub fn number(&mut self, address: Ipv6Addr) -> Option<u32> {
        if let Some(number) = self.numbers.get(&address) {
            return Some(*number);
        }
        let number = match self.free.pop() {
            Some(number) => {
                *self.addresses.get_mut(number as usize)? = address;
                number
            }
            None if self.addresses.len() >= self.most => return None,
            None => {
                self.addresses.push(address);
                u32::try_from(self.addresses.len().saturating_sub(1)).ok()?
            }
        };
        self.numbers.insert(address, number);
        Some(number)
    }

    /// Whether it is time to look for numbers that no flow has, after one found no room.
    pub fn is_time_to_free(&mut self) -> bool {
        let is_time = self.patience == 0;
        self.patience = self.patience.saturating_sub(1);
        is_time
    }

    /// Keeps the addresses with these numbers alone.
    pub fn keep(&mut self, numbers: impl Iterator<Item = u32>) {
        let mut is_kept = vec![false; self.addresses.len()];
        for number in numbers {
            if let Some(is_kept) = is_kept.get_mut(number as usize) {
                *is_kept = true;
            }
        }
        self.numbers.retain(|_, number| is_kept.get(*number as usize).copied().unwrap_or_default());
        let free = (0..).zip(&is_kept).filter(|(_, is_kept)| !**is_kept).map(|(number, _)| number);
        self.free = free.collect();
        // To look through all flows for a few numbers again and again would take long.
        let few = self.most / 16;
        self.patience = if self.free.len() < few { few } else { 0 };
    }

    pub fn address(&self, number: u32) -> Ipv6Addr {
        self.addresses.get(number as usize).copied().unwrap_or(Ipv6Addr::UNSPECIFIED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_takes_two_cache_lines() {
        assert_eq!(size_of::<Flow>(), 128);
    }

    #[test]
    fn numbers_of_ipv6_addresses_are_given_again_when_no_flow_has_them() {
        let address = |number: u16| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number);
        let mut addresses = Addresses6 { most: 3, ..Addresses6::new(FixedState::with_seed(1)) };
        let numbers: Vec<Option<u32>> = (0..4).map(|number| addresses.number(address(number))).collect();
        assert_eq!(numbers, [Some(0), Some(1), Some(2), None]);
        assert!(addresses.is_time_to_free());
        addresses.keep([1, 1].into_iter());
        assert_eq!(addresses.number(address(1)), Some(1));
        let others: Vec<Option<u32>> = (4..7).map(|number| addresses.number(address(number))).collect();
        assert_eq!(others, [Some(2), Some(0), None]);
        assert_eq!(addresses.address(2), address(4));
        assert_eq!(addresses.address(1), address(1));
    }
}
