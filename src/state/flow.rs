//! Inner flows as their table keeps them: the tunnels that each took, and whether that conforms to the policy.

use std::num::NonZeroU32;

use super::directory::NodeId;
use super::{Direction, FarEnd, Traffic, Verdict};
use crate::time::Timestamp;

/// The key by which a flow is found. It is small: IPv6 addresses are numbers from a table of their own.
// The order of the fields lets the compiler read them as two words.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Key {
    pub local: u32,
    pub correspondent: u32,
    pub protocol: u8,
    pub form: Form,
    /// Number of the Home Agent.
    pub agent: u16,
    /// Both ports, the correspondent's in the upper half; 0 when the packet has none.
    pub ports: u32,
}

impl Key {
    /// The whole key in two words: every tunnelled packet would pay for a read of each field.
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

/// Whether a [`Key`] has IPv6 addresses, and whether it has ports.
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

/// Stands for no entry.
pub(super) const NONE: u32 = u32::MAX;

/// A flow as the table keeps it: two cache lines, since finding a flow is a visit to main memory.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Flow {
    pub key: Key,
    pub node: u32,
    /// Birth number of the node; a later node with the same index has another number.
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
    /// What was said when the flow was last vouched for: the number of the layout, and in the lowest bit whether its
    /// downlink packets are watched.
    pub vouched: u8,
    /// Switches of tunnels among the last twenty packets, for downlink and for uplink.
    pub switches: [Switches; 2],
}

/// What is known of a flow's behaviour, as bits.
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
    /// The flow was seen since the table last looked for a flow to forget.
    pub const RECENT: Self = Self(64);
    /// Another packet in the first tunnel would change nothing but counters, as long as the node does not change.
    pub const STEADY: Self = Self(128);
    // 256 to 1024, and 8192, are the provisional forms of the marks that accuse a flow.
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

    /// The mark that too many switches of tunnels in this direction have been reported.
    pub const fn sprayed(direction: Direction) -> Self {
        match direction {
            Direction::Downlink => Self::SPRAYED_DOWNLINK,
            Direction::Uplink => Self::SPRAYED_UPLINK,
        }
    }

    /// The mark that the packets of this direction are vouched for, while the flow is steady.
    pub const fn vouched(direction: Direction) -> Self {
        match direction {
            Direction::Downlink => Self::VOUCHED_DOWNLINK,
            Direction::Uplink => Self::VOUCHED_UPLINK,
        }
    }

    /// The provisional form of these marks, which waits for its grace to pass.
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
    /// Index of the path in the next tunnel of the flow; [`NONE`] for the last one.
    pub next: u32,
    /// Where the tunnel ends: the address, and the port of a tunnel in UDP; port 0 for none.
    pub far_end: (u32, u16),
    /// Index of the tunnel in its node.
    pub tunnel: u16,
    /// For the first tunnel of a flow: whether packets took another tunnel recently.
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

    /// Whether the tunnel ends at `far_end`.
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
    /// One bit for each packet, the last one lowest: whether the packet changed the tunnel.
    pub history: u32,
    /// The low 16 bits of the number of accepted exchanges of the node, at the last packet.
    pub exchanges: u16,
    /// Tunnel of the last packet; [`NO_TUNNEL`] before the first packet.
    pub tunnel: u16,
}

/// Stands for no tunnel.
pub(super) const NO_TUNNEL: u16 = u16::MAX;

/// The number of packets by which the alternation of a flow is judged.
const WINDOW: u32 = 20;
/// As many switches among them make it per-packet balancing.
const MANY: u32 = 4;

impl Switches {
    pub const NEW: Self = Self { history: 0, exchanges: 0, tunnel: NO_TUNNEL };

    /// Notes a packet in the same tunnel as the packet before, with no exchange between them.
    #[inline]
    pub fn stay(&mut self) {
        self.history = (self.history << 1) & ((1 << WINDOW) - 1);
    }

    /// Notes a packet, and whether it took another tunnel than the packet before while both tunnels were alive. Returns
    /// whether the flow has switched tunnels too often.
    pub fn note(&mut self, tunnel: u16, exchanges: u16, switched: bool) -> bool {
        let switched = switched && self.exchanges == exchanges;
        self.history = (self.history << 1 | u32::from(switched)) & ((1 << WINDOW) - 1);
        self.tunnel = tunnel;
        self.exchanges = exchanges;
        self.history.count_ones() >= MANY
    }
}

impl Flow {
    /// Notes that the flow is no longer vouched for.
    pub const fn forget_vouchers(&mut self) {
        self.marks.clear(Marks::vouched(Direction::Downlink));
        self.marks.clear(Marks::vouched(Direction::Uplink));
    }

    /// Whether the validator that vouched still wants to see a little of each packet; it never does for uplink.
    #[inline]
    pub const fn is_watched(&self, direction: Direction) -> bool {
        self.vouched & 1 != 0 && matches!(direction, Direction::Downlink)
    }

    /// A new flow of a node, whose first packet takes `path`.
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

    /// The node of the flow.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_takes_two_cache_lines() {
        assert_eq!(size_of::<Flow>(), 128);
    }
}
