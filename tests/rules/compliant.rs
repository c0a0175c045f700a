//! Nodes and home agents that do everything right are accused of nothing, however long and varied their history.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::history::{Packet, care_of};
use crate::scene::{Registration, Scene, forward, udp_to_port};
use crate::{judged, must};

/// A node with its bindings and its policy, as it and its home agent know them.
#[derive(Default)]
struct Model {
    scene: Scene,
    /// Seconds since the beginning.
    now: f64,
    /// BIDs that are live, and when they were last accepted.
    live: BTreeMap<u8, f64>,
    /// Ports with a rule, and its BIDs.
    policy: BTreeMap<u16, Vec<u8>>,
}

const LIFETIME: f64 = 600.0;
const PORTS: [u16; 4] = [5060, 5061, 7000, 7001];

impl Model {
    /// Moves on, and refreshes in time what would expire meanwhile.
    fn pass(&mut self, seconds: f64) {
        let until = self.now + seconds;
        loop {
            let first = self.live.iter().min_by(|one, other| one.1.total_cmp(other.1));
            let Some((bid, accepted)) = first.map(|(bid, accepted)| (*bid, *accepted)) else { break };
            let due = accepted + LIFETIME - 60.0;
            if due >= until {
                break;
            }
            self.now = self.now.max(due);
            self.register(bid, None);
        }
        self.now = self.now.max(until);
    }

    /// Registers or refreshes a binding; with a port, sets the rule for it to this BID and then all other live ones.
    fn register(&mut self, bid: u8, port: Option<u16>) {
        let mut request = Registration::request(bid);
        if let Some(port) = port {
            let mut bids = vec![bid];
            bids.extend(self.live.keys().filter(|other| **other != bid));
            request = request.with(forward(&bids, &udp_to_port(port)));
            self.policy.insert(port, bids);
        }
        self.scene.exchange(self.now, &request, 0);
        self.live.insert(bid, self.now + 0.02);
        self.now += 3.0;
    }

    fn deregister(&mut self, bid: u8) {
        if self.live.remove(&bid).is_none() {
            return;
        }
        self.scene.exchange(self.now, &Registration { lifetime: 0, ..Registration::request(bid) }, 0);
        if self.live.is_empty() {
            self.policy.clear();
        }
        self.now += 3.0;
    }

    /// Sends packets to the node's port, and back, by the way that the policy gives; none where it gives none.
    fn talk(&mut self, port: u16, count: u8) {
        let is_live = |bid: &&u8| self.live.contains_key(bid);
        let way = match self.policy.get(&port) {
            Some(bids) => bids.iter().find(is_live),
            None => self.live.keys().next(),
        };
        let Some(bid) = way.copied() else { return };
        let packet = Packet::new().ports(40_000, port);
        for _ in 0..count {
            self.scene.history.down(self.now, care_of(bid), &packet);
            self.scene.history.up(self.now + 0.01, care_of(bid), &packet.back());
            self.now += 0.1;
        }
        self.now += 3.0;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn compliant_histories_break_no_must(
        steps in proptest::collection::vec((0u8..6, 1u8..5, 0usize..4, 1u8..12), 1..60)
    ) {
        let mut model = Model::default();
        for (step, bid, port, count) in steps {
            match step {
                0 => model.register(bid, None),
                1 => model.register(bid, Some(PORTS[port])),
                2 => model.deregister(bid),
                3 | 4 => model.talk(PORTS[port], count),
                _ => model.pass(f64::from(count) * 40.0),
            }
        }
        model.pass(30.0);
        model.scene.wait_until(model.now);
        for cold_start in [true, false] {
            let found = must(&judged(&model.scene, cold_start));
            prop_assert!(found.is_empty(), "{found:?}");
        }
    }
}
