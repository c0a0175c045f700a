//! Inner flows as they are shown.

use std::net::{IpAddr, Ipv4Addr};

use smallvec::SmallVec;

use super::{Bid, Traffic};
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

impl FlowView {
    /// The tunnels it took, without what was seen of them on the inner side of a NAT.
    pub fn ways(&self) -> impl Iterator<Item = &PathView> {
        self.paths.iter().filter(|path| !path.is_inner)
    }

    /// Where it was seen last; on the inner side of a NAT only where it was seen nowhere else.
    pub fn last_path(&self) -> Option<&PathView> {
        self.paths.iter().max_by_key(|path| (!path.is_inner, path.last))
    }
}

/// A flow in one tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathView {
    /// Binding of the tunnel.
    pub bid: Option<Bid>,
    /// Index of the tunnel in its node.
    pub tunnel: usize,
    /// Whether this is what was seen of another tunnel on the inner side of a NAT.
    pub is_inner: bool,
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
}
