//! Inner flows as they are shown.

use std::net::{IpAddr, Ipv4Addr};

use smallvec::SmallVec;

use super::{Bid, Traffic};
use crate::time::Timestamp;

/// A flow as it is shown, in the orientation of its downlink packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowView {
    /// Home Address of the flow's node; `None` while only the NAI is known.
    pub home_address: Option<Ipv4Addr>,
    /// Index of the flow's node.
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
    /// FID of the rule that decided the last packet; `None` if no rule did.
    pub fid: Option<u16>,
    /// BID of the binding that this rule wanted for that packet.
    pub expected_bid: Option<u8>,
    /// Whether the flow went as the policy says.
    pub verdict: Verdict,
    /// The tunnels where the flow was seen, in order of appearance.
    pub paths: SmallVec<[PathView; 1]>,
}

impl FlowView {
    /// The tunnels that the flow took, without those that show the inner side of a NAT.
    pub fn ways(&self) -> impl Iterator<Item = &PathView> {
        self.paths.iter().filter(|path| !path.is_inner)
    }

    /// The tunnel where the flow was seen last; one on the inner side of a NAT only if the flow was seen nowhere else.
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
    /// Whether this is the inner side of a NAT, where packets of another tunnel were seen.
    pub is_inner: bool,
    /// Packets and octets towards the node.
    pub downlink: Traffic,
    /// Packets and octets from the node.
    pub uplink: Traffic,
    /// Time of the first packet.
    pub first: Timestamp,
    /// Time of the last packet.
    pub last: Timestamp,
}

/// Whether a flow went as the policy says, judged packet by packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Seen although its rule says drop.
    Leaks,
    /// At least one packet took another tunnel than its rule's.
    Strays,
    /// Seen although no binding of its rule was active.
    Exhausted,
    /// No rule, and packets alternate between tunnels.
    PerPacket,
    /// Every packet took the tunnel of its rule.
    Conforms,
    /// No rule, and the flow moved to another tunnel because the first one ended.
    Moved,
    /// No rule, and the flow stays in its tunnel.
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
