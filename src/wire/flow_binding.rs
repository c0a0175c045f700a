//! The Flow-Binding extension (RFC 7629 §4.2), which says which binding a flow takes.

use super::selector_format::{SelectorFields, SelectorFormat};
use super::{Discard, Field, FieldSink, Meaning, Reader, TrafficSelector, Value};

/// What is to be done with the packets of a flow (RFC 7629 §4.2, Figure 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// 0: drop them.
    Drop,
    /// 1: forward them to the first valid binding of the list.
    Forward,
    /// An unassigned number.
    Unassigned(u8),
}

impl From<u8> for Action {
    fn from(octet: u8) -> Self {
        match octet {
            0 => Self::Drop,
            1 => Self::Forward,
            other => Self::Unassigned(other),
        }
    }
}

impl From<Action> for u8 {
    fn from(action: Action) -> Self {
        match action {
            Action::Drop => 0,
            Action::Forward => 1,
            Action::Unassigned(other) => other,
        }
    }
}

impl Action {
    /// The word that JSON and selector text use; `None` for an unassigned number.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Drop => Some("drop"),
            Self::Forward => Some("forward"),
            Self::Unassigned(_) => None,
        }
    }

    /// Whether a rule can have this action with these BIDs: a DROP with one BID, which has no meaning; a FORWARD with
    /// one to eight BIDs that bindings can have, 1 to 254 (RFC 7629 §4.2).
    pub fn takes(self, bids: &[u8]) -> bool {
        match self {
            Self::Drop => bids.len() == 1,
            Self::Forward => {
                (1..=8).contains(&bids.len()) && !bids.iter().any(|bid| matches!(bid, 0 | &u8::MAX))
            }
            Self::Unassigned(_) => false,
        }
    }
}

/// The data of a Flow-Binding extension.
///
/// ```text
/// +---------------+---------------+-------- ... --------+
/// |    Action     |   BID Count   |      BID List       |
/// +---------------+---------------+-------- ... --------+
/// |   TS Format   |      Traffic Selector ...
/// +---------------+------------------------ ...
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowBinding<'a> {
    /// Drop or forward.
    pub action: Action,
    /// The Binding Identifiers in order of preference, as many as BID Count says, or fewer if the octets end before.
    pub bids: &'a [u8],
    /// TS Format: 1 for binary IPv4 selectors, 2 for binary IPv6 selectors; 0 is forbidden.
    pub ts_format: u8,
    /// The selector, if its format is defined and its flags word is there.
    pub selector: Option<TrafficSelector>,
    /// The selector's octets as they were on the wire.
    pub selector_octets: &'a [u8],
}

/// A Flow-Binding whose selector is laid out as in RFC 6088, as nearly all are, with the selector not decoded yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainFlowBinding<'a> {
    /// As in [`FlowBinding`].
    pub(crate) action: Action,
    /// As in [`FlowBinding`].
    pub(crate) bids: &'a [u8],
    /// As in [`FlowBinding`].
    pub(crate) ts_format: u8,
    /// Which fields the selector has.
    pub(crate) fields: SelectorFields,
    /// As in [`FlowBinding`].
    pub(crate) selector_octets: &'a [u8],
}

impl<'a> PlainFlowBinding<'a> {
    /// Reads data octets; `None` if they have another layout, for which [`FlowBinding::from_octets`] is needed.
    pub(crate) fn from_octets(octets: &'a [u8]) -> Option<Self> {
        let [action, count, behind @ ..] = octets else { return None };
        let (bids, behind) = behind.split_at_checked(usize::from(*count))?;
        let (ts_format, selector_octets) = behind.split_first()?;
        let fields = SelectorFormat::from_ts_format(*ts_format)?.fields_of(selector_octets)?;
        Some(Self { action: Action::from(*action), bids, ts_format: *ts_format, fields, selector_octets })
    }

    /// The same Flow-Binding with its selector decoded.
    pub(crate) fn taken_apart(&self) -> FlowBinding<'a> {
        let Self { action, bids, ts_format, fields, selector_octets } = *self;
        let selector = Some(TrafficSelector::of_fields(fields, selector_octets));
        FlowBinding { action, bids, ts_format, selector, selector_octets }
    }
}

impl<'a> FlowBinding<'a> {
    /// Sub-Type within the Multipath family.
    pub const SUBTYPE: u8 = 2;

    /// Reads the data octets.
    pub fn read<S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        let action = Action::from(reader.word_u8("action", "Action", |octet| Action::from(octet).name()));
        let count = reader.u8("bid_count", "BID Count");
        let bids = reader.list("bids", "BID List", usize::from(count));
        let ts_format = reader.named_u8("ts_format", "TS Format", None, |octet| match octet {
            0 => Some("reserved"),
            1 => Some("IPv4 binary traffic selector"),
            2 => Some("IPv6 binary traffic selector"),
            251.. => Some("experimental"),
            _ => None,
        });
        let selector_octets = reader.peek();
        let selector = if reader.is_sound() { TrafficSelector::read(reader, ts_format) } else { None };
        if selector.is_none() {
            let start = reader.offset();
            let left = reader.left();
            reader.skip(left);
            reader.tell_field(Field {
                key: "selector",
                title: "Traffic Selector",
                octets: start..start.saturating_add(left),
                mask: 0,
                value: if left == 0 { Value::Absent } else { Value::Octets(selector_octets) },
                meaning: Meaning::None,
                detail: false,
            });
        }
        Self { action, bids, ts_format, selector, selector_octets }
    }

    /// Reads data octets; `None` if they have any fault.
    pub fn from_octets(octets: &'a [u8]) -> Option<Self> {
        let mut sink = Discard;
        let mut reader = Reader::new(octets, 0, 0, &mut sink);
        let flow_binding = Self::read(&mut reader);
        reader.finish().is_none().then_some(flow_binding)
    }

    /// Appends the data octets. BID Count is one octet, so at most 255 BIDs are written.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let bids = self.bids.get(..255).unwrap_or(self.bids);
        out.push(self.action.into());
        out.push(u8::try_from(bids.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(bids);
        out.push(self.ts_format);
        out.extend_from_slice(self.selector_octets);
    }
}
