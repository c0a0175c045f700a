//! Laws of the observer's tables.

use std::collections::{BTreeMap, BTreeSet};

use mipflow::state::{BindingState, Evictions, Observer, Status, Verdict};

/// What holds of the tables of an observer whatever it has seen, once it is closed.
pub fn tables_agree(observer: &Observer) {
    let nodes: Vec<_> = observer.nodes().collect();
    for node in &nodes {
        let mut seen = BTreeSet::new();
        let mut plain = 0;
        for binding in node.active() {
            match binding.bid() {
                Some(bid) => assert!(seen.insert(bid), "one active binding for each BID"),
                // Where the request was cut, it may have had one.
                None => plain += u32::from(!binding.hides_bid),
            }
            assert!(binding.ended.is_none());
            assert!(binding.expires.is_none_or(|expires| observer.clock() <= expires), "it is in time");
        }
        let simultaneous = node.bindings().iter().any(|binding| binding.flags.simultaneous_bindings());
        assert!(plain <= 1 || simultaneous, "one binding without a BID unless S asks for more");
        for binding in node.bindings() {
            assert_eq!(binding.ended.is_none(), binding.is_active());
            if binding.state == BindingState::Expired {
                assert_eq!(binding.ended, binding.expires);
            }
        }
        let rules = node.policy().rules();
        assert!(rules.is_empty() || node.active().next().is_some(), "a policy goes with the last binding");
        let selectors: BTreeSet<String> = rules.iter().map(|rule| format!("{:?}", rule.selector)).collect();
        assert_eq!(selectors.len(), rules.len(), "a selector has one rule");
        assert!(rules.iter().all(|rule| (1..=8).contains(&rule.bids().len())));
    }
    flows_add_up(observer, &nodes);
    for exchange in observer.exchanges() {
        assert!(!exchange.legs.is_empty());
        let is_accepted = exchange.code.map(|code| code.0 <= 1);
        let expected = match exchange.status {
            Status::Accepted => Some(true),
            Status::Denied => Some(false),
            Status::Unanswered => None,
            Status::Unsolicited => Some(is_accepted.unwrap_or_else(|| panic!("a reply has a code"))),
        };
        assert_eq!(is_accepted, expected, "{:?}", exchange.status);
    }
}

/// What holds of times where no clock was set back.
pub fn times_agree(observer: &Observer) {
    for binding in observer.nodes().flat_map(mipflow::state::Node::bindings) {
        assert!(binding.registered <= binding.refreshed);
        assert!(binding.ended.is_none_or(|ended| binding.registered <= ended));
    }
}

/// Where nothing fell out, the flows of a tunnel have the packets of the tunnel.
fn flows_add_up(observer: &Observer, nodes: &[&mipflow::state::Node]) {
    // A flow's way through one more tunnel can be what found no room, too.
    let Evictions { flows, others, .. } = observer.evictions();
    if flows > 0 || others > 0 {
        return;
    }
    let mut sums: BTreeMap<(u32, usize), [u64; 5]> = BTreeMap::new();
    for flow in observer.flows() {
        assert!(!flow.paths.is_empty());
        for path in &flow.paths {
            let sum = sums.entry((flow.node, path.tunnel)).or_default();
            for (total, value) in sum.iter_mut().zip([
                path.downlink.packets,
                path.downlink.bytes,
                path.uplink.packets,
                path.uplink.bytes,
                1,
            ]) {
                *total += value;
            }
        }
        assert!(
            flow.fid.is_none() || !matches!(flow.verdict, Verdict::Moved | Verdict::PerFlow),
            "a flow with a rule is judged by it"
        );
        assert!(flow.fid.is_some() || flow.expected_bid.is_none());
    }
    let mut tunnelled = 0;
    for (place, node) in nodes.iter().enumerate() {
        let index =
            (0..u32::MAX).find(|index| observer.node(*index).is_some_and(|other| std::ptr::eq(other, *node)));
        let index = index.unwrap_or_else(|| panic!("node {place} has an index"));
        for (number, tunnel) in node.tunnels().iter().enumerate() {
            let expected = [
                tunnel.downlink().packets,
                tunnel.downlink().bytes,
                tunnel.uplink().packets,
                tunnel.uplink().bytes,
                tunnel.flows().into(),
            ];
            assert_eq!(sums.remove(&(index, number)).unwrap_or_default(), expected, "tunnel {number}");
            tunnelled += tunnel.downlink().packets + tunnel.uplink().packets;
        }
    }
    assert!(sums.is_empty(), "no flow is in a tunnel that is not there");
    assert!(tunnelled <= observer.tunnelled());
}
