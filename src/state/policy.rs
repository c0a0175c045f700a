//! Flow policy: the rules that a node and its Home Agent agreed on, and what each rule does now.

use smallvec::SmallVec;

use super::selector::{Downlink, NormalSelector};
use crate::wire::{Action, FlowBinding, PlainFlowBinding, SelectorField};

/// The most rules of one node.
const RULES: usize = 1 << 10;

/// The rule that a Flow-Binding asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wish {
    selector: NormalSelector,
    action: RuleAction,
    /// Whether the selector looks at fields that can differ between packets of one flow: DS, SPI or flow label.
    per_packet: bool,
}

impl Wish {
    /// The wish in these data octets of a Flow-Binding extension; `None` when they cannot be read, or break the bounds
    /// of RFC 7629 §4.2 and so set nothing.
    pub fn read(octets: &[u8]) -> Option<Self> {
        let is_there = |plain: &PlainFlowBinding<'_>, field| plain.fields.has(field);
        match PlainFlowBinding::from_octets(octets) {
            // Two bits of a DS field and eight of a flow label do not count, so these may not be in normal form.
            Some(plain)
                if !is_there(&plain, SelectorField::Ds) && !is_there(&plain, SelectorField::FlowLabel) =>
            {
                Some(Self {
                    action: action_of(plain.action, plain.bids, plain.ts_format)?,
                    selector: NormalSelector::of_plain(&plain),
                    per_packet: is_there(&plain, SelectorField::Spi),
                })
            }
            _ => Self::of(&FlowBinding::from_octets(octets)?),
        }
    }

    /// The wish of a Flow-Binding; `None` when it breaks the bounds of RFC 7629 §4.2.
    pub fn of(flow_binding: &FlowBinding<'_>) -> Option<Self> {
        Some(Self {
            action: action_of(flow_binding.action, flow_binding.bids, flow_binding.ts_format)?,
            selector: NormalSelector::of(flow_binding),
            per_packet: flow_binding.selector.is_some_and(|selector| {
                !selector.ds.is_absent() || !selector.spi.is_absent() || !selector.flow_label.is_absent()
            }),
        })
    }
}

/// What the Flow-Bindings of an exchange did to a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Applied {
    /// Whether the policy has changed.
    pub is_change: bool,
    /// How many rules found no room.
    pub without_room: u64,
}

/// The rules of one node, in order of first appearance. A rule's place, from 1, is its FID **(ours)**.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    rules: Vec<Rule>,
    /// A number that distinguishes this policy from earlier policies of the node.
    number: u16,
    /// Whether some rule looks at fields that can differ between packets of one flow: DS, SPI or flow label.
    per_packet: bool,
    /// How many rules there were when one found no room: it may have decided the packets that these do not.
    lacks_from: Option<u16>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The packets that the rule is about; the selector is the rule's identity **(ours)**.
    pub selector: NormalSelector,
    /// What happens to these packets.
    pub action: RuleAction,
    /// Which message gave the rule its present form.
    pub origin: Origin,
    /// Frame of the message that gave the rule its present form.
    pub frame: u64,
    /// Packets that the rule decided.
    pub packets: u64,
    /// Octets of those packets.
    pub bytes: u64,
}

/// What happens to the packets of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleAction {
    /// Dropped.
    Drop {
        /// The filler in the BID list, which means nothing.
        filler: u8,
    },
    /// Forwarded to the first of these bindings that is active.
    Forward(BidList),
}

/// The one to eight Binding Identifiers of a FORWARD rule, in order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BidList {
    octets: [u8; 8],
    length: u8,
}

impl RuleAction {
    /// Whether two actions do the same: the filler of a DROP means nothing (RFC 7629 §4.2).
    fn does_what(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Drop { .. }, Self::Drop { .. })) || self == other
    }
}

impl BidList {
    fn new(bids: &[u8]) -> Option<Self> {
        let mut octets = [0; 8];
        octets.get_mut(..bids.len())?.copy_from_slice(bids);
        Some(Self { octets, length: u8::try_from(bids.len()).ok()? })
    }

    /// The identifiers.
    pub fn bids(&self) -> &[u8] {
        self.octets.get(..usize::from(self.length)).unwrap_or_default()
    }
}

/// Which message a rule came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The Registration Request.
    Request,
    /// The Registration Reply.
    Reply,
}

/// What a rule does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Packets go to the binding with this identifier.
    Forward(u8),
    /// Packets are dropped.
    Drop,
    /// None of the rule's bindings is active. In RFC 7629 Figure 2 such a list ends in a drop.
    Exhausted,
}

impl Rule {
    /// What the rule does when exactly the bindings for which `is_active` holds are active.
    pub fn effect(&self, is_active: impl Fn(u8) -> bool) -> Effect {
        match &self.action {
            RuleAction::Drop { .. } => Effect::Drop,
            RuleAction::Forward(list) => list
                .bids()
                .iter()
                .copied()
                .find(|bid| is_active(*bid))
                .map_or(Effect::Exhausted, Effect::Forward),
        }
    }

    /// The BID list as it was on the wire; for a DROP, its filler.
    pub fn bids(&self) -> &[u8] {
        match &self.action {
            RuleAction::Drop { filler } => std::slice::from_ref(filler),
            RuleAction::Forward(list) => list.bids(),
        }
    }
}

impl Policy {
    /// The rules in FID order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether the deciding rule can differ between two packets of one flow.
    pub fn looks_at_packets(&self) -> bool {
        self.per_packet
    }

    /// A number that distinguishes this policy from earlier policies of the node: it rises when a policy is dropped.
    pub(super) fn number(&self) -> u16 {
        self.number
    }

    /// Reserves memory for the rules of a message with `count` Flow-Bindings, if there are no rules yet.
    pub(super) fn expect(&mut self, count: usize) {
        /// Few nodes have more rules, and a message can claim many.
        const MOST: usize = 8;
        if self.rules.is_empty() {
            self.rules.reserve_exact(count.min(MOST));
        }
    }

    /// Applies the wishes of the messages of an exchange, in their order. A rule that one of them changes and another
    /// changes back has not changed. `room` is how many more rules the policies of all nodes may get.
    pub(super) fn apply(
        &mut self,
        wishes: impl Iterator<Item = (Wish, Origin, u64)>,
        room: usize,
    ) -> Applied {
        let most = self.rules.len().saturating_add(room).min(RULES);
        let before: SmallVec<[_; 4]> =
            self.rules.iter().map(|rule| (rule.action, rule.origin, rule.frame)).collect();
        let mut applied = Applied::default();
        for (wish, origin, frame) in wishes {
            applied.without_room += u64::from(!self.wish(wish, origin, frame, most));
        }
        applied.is_change = self.rules.len() > before.len();
        for (rule, (action, origin, frame)) in self.rules.iter_mut().zip(before) {
            if rule.action.does_what(&action) {
                (rule.origin, rule.frame) = (origin, frame);
            } else {
                applied.is_change = true;
            }
        }
        applied
    }

    /// Adds a rule if there are fewer than `most`, or changes the rule with the same selector; returns whether there
    /// was room.
    fn wish(&mut self, wish: Wish, origin: Origin, frame: u64, most: usize) -> bool {
        let Wish { selector, action, per_packet } = wish;
        let has_room = self.rules.len() < most;
        match self.rules.iter_mut().find(|rule| rule.selector == selector) {
            Some(rule) if rule.action == action => true,
            Some(rule) => {
                (rule.action, rule.origin, rule.frame) = (action, origin, frame);
                true
            }
            None if !has_room => {
                self.lacks_from.get_or_insert(u16::try_from(self.rules.len()).unwrap_or(u16::MAX));
                false
            }
            None => {
                self.per_packet |= per_packet;
                // Most nodes have few rules, so no spare room is allocated.
                self.rules.reserve_exact(1);
                self.rules.push(Rule { selector, action, origin, frame, packets: 0, bytes: 0 });
                true
            }
        }
    }

    /// Forgets all rules.
    pub(super) fn clear(&mut self) {
        *self =
            Self { number: self.number.wrapping_add(u16::from(!self.rules.is_empty())), ..Self::default() };
    }

    /// The index of the first rule that selects the packet; the first match decides **(ours)**.
    pub fn decide(&self, packet: &Downlink) -> Option<usize> {
        self.rules.iter().position(|rule| rule.selector.selects(packet))
    }

    /// Whether [`Policy::decide`] is sure about a packet: a rule that found no room cannot have decided it instead.
    pub fn is_sure(&self, decided: Option<usize>) -> bool {
        self.lacks_from.is_none_or(|from| decided.is_some_and(|index| index < usize::from(from)))
    }

    pub(super) fn rule_mut(&mut self, index: usize) -> Option<&mut Rule> {
        self.rules.get_mut(index)
    }
}

/// The action of a Flow-Binding; `None` unless it is within its bounds: an action that is defined, one filler for a
/// DROP, one to eight identifiers that bindings can have for a FORWARD, and a TS Format other than 0 (RFC 7629 §4.2).
fn action_of(action: Action, bids: &[u8], ts_format: u8) -> Option<RuleAction> {
    match action {
        _ if ts_format == 0 || !action.takes(bids) => None,
        Action::Drop => bids.first().map(|filler| RuleAction::Drop { filler: *filler }),
        Action::Forward => BidList::new(bids).map(RuleAction::Forward),
        Action::Unassigned(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A selector of either format whose fields end where its octets do, or nearly.
    fn selector() -> impl Strategy<Value = (u8, Vec<u8>)> {
        let octets = proptest::collection::vec(any::<u8>(), 60);
        let cut = prop_oneof![4 => Just(0i64), 1 => -2i64..3];
        let reserved = prop_oneof![4 => Just(0u32), 1 => any::<u32>()];
        (1u8..=2, any::<u16>(), reserved, octets, cut).prop_map(|(format, letters, reserved, fields, cut)| {
            let flags = u32::from(letters) << 16 | reserved & 0xffff;
            let widths: [i64; 8] =
                if format == 1 { [4, 4, 4, 2, 2, 1, 1, 0] } else { [16, 16, 4, 4, 2, 2, 1, 1] };
            let length = |pair: u32| i64::from((flags >> (30 - 2 * pair) & 3).count_ones());
            let needed: i64 = (0u32..).zip(widths).map(|(pair, width)| length(pair) * width).sum();
            let fields = fields.into_iter().cycle().take(usize::try_from(needed + cut).unwrap_or(0));
            (format, flags.to_be_bytes().into_iter().chain(fields).collect())
        })
    }

    proptest! {
        /// What is read at a glance is what is read field by field.
        #[test]
        fn a_plain_flow_binding_wishes_what_it_wishes_when_taken_apart(
            action in 0u8..3,
            bids in proptest::collection::vec(any::<u8>(), 0..10),
            more_bids in prop_oneof![4 => Just(0u8), 1 => any::<u8>()],
            (ts_format, selector) in prop_oneof![
                4 => selector(),
                1 => (any::<u8>(), proptest::collection::vec(any::<u8>(), 0..12)),
            ],
        ) {
            let count = u8::try_from(bids.len()).unwrap().wrapping_add(more_bids);
            let octets = [&[action, count], &*bids, &[ts_format], &*selector].concat();
            let taken_apart = FlowBinding::from_octets(&octets).and_then(|whole| Wish::of(&whole));
            prop_assert_eq!(Wish::read(&octets), taken_apart);
        }
    }
}
