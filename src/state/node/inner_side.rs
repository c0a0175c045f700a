//! The inner side of a NAT that a capture shows from both sides: each packet is there twice, and its tunnel ends at the
//! node itself on the inner side and at the NAT on the outer side.

use std::net::SocketAddrV4;

use super::{Binding, FarEnd, Node, Registration, Tunnel};

/// How many ends on the inner side are remembered of one node at most; the oldest is dropped first.
const MOST: usize = 64;

impl Node {
    /// Whether a tunnel of this node ends here on the inner side of a NAT: packets seen here are also seen on the outer
    /// side **(ours)**.
    pub fn is_inside_nat(&self, far_end: FarEnd) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.inside.contains(&far_end))
    }

    /// Whether this tunnel is not one of the node's own, but shows the inner side of a NAT.
    pub fn is_inner(&self, tunnel: &Tunnel) -> bool {
        tunnel.bid.is_none() && self.is_inside_nat(tunnel.far_end)
    }

    /// As [`Node::is_inner`], for the tunnel with this index.
    pub fn is_inner_side(&self, tunnel: usize) -> bool {
        // Almost no node has an inner side, and then there is no tunnel to look at.
        let tunnel = self.rare.as_ref().and_then(|_| self.tunnels.get(tunnel));
        tunnel.is_some_and(|tunnel| self.is_inner(tunnel))
    }

    /// Notes the source of a request if it is on the inner side of a NAT: the Care-of Address of a binding whose tunnel
    /// ends elsewhere.
    pub(in crate::state) fn see_inside(&mut self, source: SocketAddrV4) {
        let is_its = |binding: &Binding| {
            let is_elsewhere = binding.udp && binding.far_end.address != *source.ip();
            is_elsewhere && binding.care_of_address == *source.ip()
        };
        if self.active().any(is_its) {
            self.note_inside(FarEnd::in_udp(source));
        }
    }

    /// Notes on which sides of a NAT an accepted registration was seen.
    pub(super) fn note_sides(&mut self, registration: &Registration) {
        if let Some(inside) = registration.inside {
            self.note_inside(inside);
        } else if self.is_inside_nat(registration.far_end)
            && let Some(rare) = &mut self.rare
        {
            // The NAT is gone.
            rare.inside.retain(|end| *end != registration.far_end);
            self.disturb();
        }
    }

    fn note_inside(&mut self, far_end: FarEnd) {
        if self.is_inside_nat(far_end) {
            return;
        }
        let inside = &mut self.rare.get_or_insert_default().inside;
        if inside.len() >= MOST {
            inside.remove(0);
        }
        inside.push(far_end);
        self.disturb();
    }
}
