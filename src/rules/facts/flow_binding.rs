//! One Flow-Binding extension as rules see it, sound or not.

use std::ops::Range;

use crate::state::NormalSelector;
use crate::wire::{
    Action, Bounds, Content, Extension, FlowBinding, Malformed, PlainFlowBinding, SelectorFormat,
    SelectorLayout, SelectorValue, TrafficSelector,
};

/// A Flow-Binding extension, and what is broken in it (D6, D11).
#[derive(Clone, Debug)]
pub(in crate::rules) struct FlowBindingFacts<'a> {
    /// The extension itself.
    pub extension: Extension<'a>,
    /// BID Count; `None` when the octet is not there.
    pub bid_count: Option<u8>,
    /// What could be read. When the list overruns (FB-001) its BIDs are those that are there, and nothing follows.
    pub flow_binding: FlowBinding<'a>,
    /// Why not all of it could be read.
    pub fault: Option<Malformed>,
    /// Whether the BID list or TS Format runs past the extension (FB-001).
    pub overruns: bool,
    /// Whether no range of the selector has an end without a start or below it, whichever bits count: then the rules
    /// about ranges have nothing to report (TS-001 to TS-003).
    pub has_plain_ranges: bool,
    /// Whether the selector has exactly the layout of RFC 6088, up to its last octet.
    is_plain: bool,
}

impl<'a> FlowBindingFacts<'a> {
    /// Reads an extension of Type 154 Sub-Type 2.
    pub fn of(extension: &Extension<'a>) -> Self {
        let plain = PlainFlowBinding::from_octets(extension.data);
        let is_plain = plain.is_some();
        let (flow_binding, fault) =
            plain.map_or_else(|| read(extension), |plain| (plain.taken_apart(), None));
        let bid_count = extension.data.get(1).copied();
        let needed = bid_count.map(|count| usize::from(count).saturating_add(3));
        let overruns = needed.is_none_or(|needed| extension.data.len() < needed);
        let has_plain_ranges = flow_binding.selector.as_ref().is_none_or(has_plain_ranges);
        let extension = *extension;
        Self { extension, bid_count, flow_binding, fault, overruns, has_plain_ranges, is_plain }
    }

    /// The selector of TS Format 1 or 2 in the layout that fits (D6, TS-013); `None` when its octets are fewer than
    /// its flags need (TS-005).
    pub fn selector(&self) -> Option<&TrafficSelector> {
        self.flow_binding.selector.as_ref().filter(|_| self.fault.is_none() && !self.overruns)
    }

    /// Whether nothing about the extension is odd, so that no rule about its form can fire.
    pub fn is_ordinary(&self) -> bool {
        let Some(selector) = self.flow_binding.selector.as_ref().filter(|_| self.is_plain) else {
            return false;
        };
        let bids = self.bids();
        let is_repeated = |(place, bid): (usize, &u8)| bids.iter().take(place).any(|other| other == bid);
        let has_transport = !selector.spi.is_absent()
            || !selector.source_port.is_absent()
            || !selector.destination_port.is_absent();
        let is_carried = !has_transport
            || selector.protocol.is_absent()
            || selector.spi.is_absent()
                && matches!(selector.protocol.range_or_single(), Some((6, 6) | (17, 17)));
        self.action().takes(bids)
            && !bids.iter().enumerate().any(is_repeated)
            && self.has_plain_ranges
            && selector.reserved == 0
            && selector.ds.is_absent()
            && selector.flow_label.is_absent()
            && is_carried
            // At least one field follows the flags word (TS-012).
            && self.flow_binding.selector_octets.len() > 4
    }

    /// What is to be done with the flow.
    pub fn action(&self) -> Action {
        self.flow_binding.action
    }

    /// The BIDs, within BID Count and Length.
    pub fn bids(&self) -> &'a [u8] {
        self.flow_binding.bids
    }

    /// Whether it is a FORWARD whose list can be used (D6): it breaks none of FB-001, FB-004 and FB-005.
    pub fn is_forward_list(&self) -> bool {
        !self.overruns && self.action() == Action::Forward && self.action().takes(self.bids())
    }

    /// The FORWARD list (D6), if it is one.
    pub fn forward_list(&self) -> Option<&'a [u8]> {
        self.is_forward_list().then(|| self.bids())
    }

    /// Whether it updates a policy (D11): it breaks none of FB-001 to FB-005, FB-008 and TS-005.
    pub fn sets_policy(&self) -> bool {
        !self.overruns
            && self.action().takes(self.bids())
            && self.flow_binding.ts_format != 0
            && !self.is_truncated()
    }

    /// The format of the selector, when it is one that has a definition and can be looked for.
    pub fn format(&self) -> Option<SelectorFormat> {
        SelectorFormat::from_ts_format(self.flow_binding.ts_format).filter(|_| !self.overruns)
    }

    /// Whether the octets of a selector of TS Format 1 or 2 are fewer than its flags need (TS-005).
    pub fn is_truncated(&self) -> bool {
        self.format().is_some() && self.selector().is_none()
    }

    /// Whether the selector had to be read in another layout than the one of RFC 7629 (TS-013).
    pub fn has_other_layout(&self) -> bool {
        self.selector().is_some_and(|selector| selector.layout != SelectorLayout::Direct)
    }

    /// Octets after the last field of a selector that is whole.
    pub fn left_over(&self) -> usize {
        let there = self.flow_binding.selector_octets.len();
        let selector = self.selector().filter(|_| !self.is_plain);
        selector.map_or(0, |selector| there.saturating_sub(selector.length()))
    }

    /// What makes it the same policy rule as another one (D11): TS Format and normalised selector. A selector that is
    /// cut short (FB-001, TS-005) has none: nobody knows what it would have selected.
    pub fn identity(&self) -> Option<NormalSelector> {
        let is_whole = !self.overruns && !self.is_truncated();
        is_whole.then(|| NormalSelector::of(&self.flow_binding))
    }

    /// The octet of TS Format in the UDP payload.
    pub fn ts_format_octet(&self) -> Range<usize> {
        let start = self.extension.data_offset().saturating_add(2).saturating_add(self.bids().len());
        start..start.saturating_add(1)
    }

    /// The octets of the selector in the UDP payload.
    pub fn selector_octets(&self) -> Range<usize> {
        let start = self.ts_format_octet().end;
        start..start.saturating_add(self.flow_binding.selector_octets.len())
    }

    /// The octets of the flags word of a selector that is whole, in the UDP payload.
    pub fn flags_octets(&self) -> Range<usize> {
        let prefix = self.selector().map_or(0, |selector| selector.layout.prefix());
        let start = self.selector_octets().start.saturating_add(prefix);
        start..start.saturating_add(4)
    }

    /// The octets of one of the selector's values in the UDP payload.
    pub fn octets_of(&self, value: &SelectorValue) -> Range<usize> {
        let start = self.selector_octets().start;
        start.saturating_add(value.octets.start)..start.saturating_add(value.octets.end)
    }

    /// The octets of the BID list in the UDP payload.
    pub fn bid_octets(&self) -> Range<usize> {
        let start = self.extension.data_offset().saturating_add(2);
        start..start.saturating_add(self.bids().len())
    }
}

/// Reads a Flow-Binding extension, sound or not.
fn read<'a>(extension: &Extension<'a>) -> (FlowBinding<'a>, Option<Malformed>) {
    let nothing = FlowBinding {
        action: Action::Unassigned(u8::MAX),
        bids: &[],
        ts_format: 0,
        selector: None,
        selector_octets: &[],
    };
    match extension.content_and_fault() {
        (Content::FlowBinding(flow_binding), fault) => (flow_binding, fault),
        (_, fault) => (nothing, fault),
    }
}

/// Whether every end of a range has a start that is not above it.
fn has_plain_ranges(selector: &TrafficSelector) -> bool {
    fn plain<T: Copy + PartialOrd>(bounds: Bounds<T>) -> bool {
        bounds.end.is_none_or(|end| bounds.start.is_some_and(|start| start <= end))
    }
    // Some bits of these two fields do not count, so any range of them is left to the rules.
    selector.ds.end.is_none()
        && selector.flow_label.end.is_none()
        && plain(selector.source_address)
        && plain(selector.destination_address)
        && plain(selector.spi)
        && plain(selector.source_port)
        && plain(selector.destination_port)
        && plain(selector.protocol)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::{Message, Numbers};

    proptest! {
        /// A plain Flow-Binding says at a glance what it says when read field by field.
        #[test]
        fn what_is_read_at_a_glance_is_what_is_read_field_by_field(
            action in 0u8..4,
            bids in prop::collection::vec(any::<u8>(), 0..10),
            ts_format in 0u8..4,
            letters: u16,
            reserved in prop_oneof![4 => Just(0u16), 1 => any::<u16>()],
            values in prop::collection::vec(any::<u8>(), 0..70),
            exact in prop::bool::weighted(0.8),
        ) {
            let mut data = vec![action, u8::try_from(bids.len()).unwrap()];
            data.extend(&bids);
            data.push(ts_format);
            data.extend(letters.to_be_bytes());
            data.extend(reserved.to_be_bytes());
            let flags = u32::from(letters) << 16 | u32::from(reserved);
            // As many octets as the fields take, or as they come.
            let lengths = (0..=70usize).find(|length| {
                let octets: Vec<u8> = flags.to_be_bytes().into_iter().chain(vec![0; *length]).collect();
                SelectorFormat::from_ts_format(ts_format).is_some_and(|format| format.fields_of(&octets).is_some())
            });
            let length = lengths.filter(|_| exact).unwrap_or(values.len());
            data.extend(values.iter().cycle().chain(std::iter::repeat(&7)).take(length));
            let mut octets = vec![1; 24];
            octets.extend([154, 2, 0, u8::try_from(data.len()).unwrap()]);
            octets.extend(&data);
            let message = Message::parse(&octets, 0, Numbers::default());
            let extension = message.extensions().next().unwrap();
            prop_assert!(extension.is_flow_binding());
            let facts = FlowBindingFacts::of(&extension);
            prop_assert_eq!((facts.flow_binding, facts.fault), read(&extension));
        }
    }
}
