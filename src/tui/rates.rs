//! How much runs through the tunnels that are on the screen: packets and octets a second, each way.

use std::collections::{BTreeMap, VecDeque};

use super::facts::{Facts, NodeRef};
use crate::state::Tunnel;
use crate::time::Timestamp;

/// Seconds that are kept of a tunnel, as many as a sparkline shows.
pub const KEPT: usize = 8;

/// Traffic of a tunnel: rates a second, or totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// Towards the node: packets and octets.
    pub down: (u64, u64),
    /// From the node: packets and octets.
    pub up: (u64, u64),
}

/// The last seconds of the tunnels that are sampled.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    at: Option<Timestamp>,
    tunnels: BTreeMap<(NodeRef, u16), History>,
}

#[derive(Clone, Debug)]
struct History {
    last: Second,
    seconds: VecDeque<Second>,
}

impl Second {
    /// Everything that ever ran through a tunnel.
    pub fn in_all(tunnel: &Tunnel) -> Self {
        let both = |traffic: crate::state::Traffic| (traffic.packets, traffic.bytes);
        Self { down: both(tunnel.downlink()), up: both(tunnel.uplink()) }
    }

    /// The rates per second since `before`, which was `nanoseconds` ago.
    fn since(self, before: Self, nanoseconds: i64) -> Self {
        let rate = |now: u64, then: u64| {
            let more = u128::from(now.saturating_sub(then)) * 1_000_000_000;
            let elapsed = u128::from(nanoseconds.unsigned_abs().max(1));
            u64::try_from(more / elapsed).unwrap_or(u64::MAX)
        };
        Self {
            down: (rate(self.down.0, before.down.0), rate(self.down.1, before.down.1)),
            up: (rate(self.up.0, before.up.0), rate(self.up.1, before.up.1)),
        }
    }
}

impl Rates {
    /// Samples the tunnels of these nodes, at most once a second of the capture; the tunnels of others are forgotten.
    pub fn sample(&mut self, facts: Facts<'_>, nodes: impl Iterator<Item = NodeRef>) {
        const SECOND: i64 = 1_000_000_000;
        let now = facts.now();
        let elapsed = match self.at {
            Some(at) if at <= now => now.since(at),
            // The clock went back, or this is the first time.
            _ => {
                self.tunnels.clear();
                0
            }
        };
        if self.at.is_some() && (0..SECOND).contains(&elapsed) && !self.tunnels.is_empty() {
            return;
        }
        self.at = Some(now);
        let mut before = std::mem::take(&mut self.tunnels);
        for node in nodes {
            // The selected node comes twice when it is also in sight.
            if self.tunnels.contains_key(&(node, 0)) {
                continue;
            }
            let tunnels = facts.node(node).map(crate::state::Node::tunnels).unwrap_or_default();
            for (place, tunnel) in (0u16..).zip(tunnels) {
                let seen = Second::in_all(tunnel);
                let known = before.remove(&(node, place)).filter(|_| elapsed > 0);
                let mut seconds = VecDeque::new();
                if let Some(known) = known {
                    seconds = known.seconds;
                    seconds.push_back(seen.since(known.last, elapsed));
                    if seconds.len() > KEPT {
                        seconds.pop_front();
                    }
                }
                self.tunnels.insert((node, place), History { last: seen, seconds });
            }
        }
    }

    /// The rates of a tunnel at the last sample; `None` while there are none.
    pub fn last(&self, node: NodeRef, tunnel: u16) -> Option<Second> {
        self.tunnels.get(&(node, tunnel))?.seconds.back().copied()
    }

    /// Octets a second of a tunnel in the last seconds, the latest last: towards the node, and from it.
    pub fn seconds(&self, node: NodeRef, tunnel: u16) -> (Vec<u64>, Vec<u64>) {
        let seconds = self.tunnels.get(&(node, tunnel)).map(|history| &history.seconds);
        seconds.into_iter().flatten().map(|second| (second.down.1, second.up.1)).unzip()
    }
}

/// A sparkline of the last `width` values.
pub fn sparkline(values: &[u64], width: usize, steps: [&'static str; 8]) -> String {
    let shown: Vec<u64> = values.iter().rev().take(width).rev().copied().collect();
    let most = shown.iter().copied().max().unwrap_or_default().max(1);
    let blanks = width.saturating_sub(shown.len());
    let mut text = " ".repeat(blanks);
    for value in shown {
        let step = u128::from(value) * 7 / u128::from(most);
        let step = if value == 0 {
            " "
        } else {
            steps.get(usize::try_from(step).unwrap_or(7)).copied().unwrap_or(" ")
        };
        text.push_str(step);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_what_came_over_what_passed() {
        let before = Second { down: (10, 1_000), up: (0, 0) };
        let after = Second { down: (30, 5_000), up: (1, 100) };
        let second = after.since(before, 2_000_000_000);
        assert_eq!(second, Second { down: (10, 2_000), up: (0, 50) });
    }

    #[test]
    fn sparklines_show_the_latest_values() {
        let steps = ["1", "2", "3", "4", "5", "6", "7", "8"];
        assert_eq!(sparkline(&[], 3, steps), "   ");
        assert_eq!(sparkline(&[0, 7, 14], 4, steps), "  48");
        assert_eq!(sparkline(&[9, 9, 0, 1, 70], 3, steps), " 18");
    }
}
