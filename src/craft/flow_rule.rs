//! A flow rule as people write it: `forward 1,2: proto udp dport 5060`, `drop: dst 10.1.0.1`.

use std::str::FromStr;

use thiserror::Error;

use crate::wire::{
    self, Action, Content, ExtensionType, FlowBinding, Numbers, SelectorTextError, TrafficSelector,
};

/// A flow rule, which becomes one Flow-Binding extension (RFC 7629 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowRule {
    /// Drop or forward.
    pub action: Action,
    /// The Binding Identifiers in order of preference, valid or not.
    pub bids: Vec<u8>,
    /// The packets it is about.
    pub selector: TrafficSelector,
}

/// Why a text is not a flow rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FlowRuleError {
    /// There is no colon between the action and the selector.
    #[error("a flow rule is written 'forward BID,BID: SELECTOR' or 'drop: SELECTOR', and '{0}' has no colon")]
    NoColon(String),
    /// The word before the Binding Identifiers is not an action.
    #[error("'{0}' is not an action; actions are forward, drop and 'action N'")]
    Action(String),
    /// A Binding Identifier is not a number from 0 to 255.
    #[error("'{0}' is not a list of Binding Identifiers, numbers from 0 to 255 with commas between them")]
    Bids(String),
    /// A FORWARD rule without any Binding Identifier.
    #[error("forward needs the Binding Identifiers to forward to, as in 'forward 1,2: proto udp'")]
    NoBid,
    /// There are more Binding Identifiers than BID Count can express.
    #[error("{0} Binding Identifiers are more than the 255 that BID Count can say")]
    TooMany(usize),
    /// A DROP rule with Binding Identifiers.
    #[error("drop takes no Binding Identifiers: its placeholder, 255, is written by itself")]
    DropWithBids,
    /// The selector cannot be read.
    #[error(transparent)]
    Selector(#[from] SelectorTextError),
}

impl FlowRule {
    /// The BID in a DROP rule, whose BID Count is 1 (RFC 7629 §4.2, Figure 6).
    const DROP_PLACEHOLDER: u8 = 255;

    /// Appends the Flow-Binding extension.
    pub fn emit(&self, numbers: Numbers, out: &mut Vec<u8>) {
        let mut selector_octets = Vec::new();
        self.selector.emit(&mut selector_octets);
        let flow_binding = FlowBinding {
            action: self.action,
            bids: &self.bids,
            ts_format: self.selector.format.ts_format(),
            selector: Some(self.selector),
            selector_octets: &selector_octets,
        };
        let kind = ExtensionType(numbers.multipath_family);
        Content::FlowBinding(flow_binding).emit(kind, FlowBinding::SUBTYPE, numbers, out);
    }
}

impl FromStr for FlowRule {
    type Err = FlowRuleError;

    fn from_str(text: &str) -> Result<Self, FlowRuleError> {
        let (what, selector) = text.split_once(':').ok_or_else(|| FlowRuleError::NoColon(text.to_owned()))?;
        let what = what.trim();
        let (word, rest) = what.split_once(char::is_whitespace).unwrap_or((what, ""));
        let selector = selector.parse()?;
        match word {
            "forward" => match bids(rest)? {
                bids if bids.is_empty() => Err(FlowRuleError::NoBid),
                bids => Ok(Self { action: Action::Forward, bids, selector }),
            },
            "drop" if rest.trim().is_empty() => {
                Ok(Self { action: Action::Drop, bids: vec![Self::DROP_PLACEHOLDER], selector })
            }
            "drop" => Err(FlowRuleError::DropWithBids),
            "action" => {
                let rest = rest.trim();
                let (number, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                let number: u8 =
                    wire::number(number).ok_or_else(|| FlowRuleError::Action(what.to_owned()))?;
                Ok(Self { action: number.into(), bids: bids(rest)?, selector })
            }
            _ => Err(FlowRuleError::Action(word.to_owned())),
        }
    }
}

fn bids(text: &str) -> Result<Vec<u8>, FlowRuleError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let bids: Option<Vec<u8>> = text.split(',').map(|bid| wire::number(bid.trim())).collect();
    match bids.ok_or_else(|| FlowRuleError::Bids(text.trim().to_owned()))? {
        bids if bids.len() > 255 => Err(FlowRuleError::TooMany(bids.len())),
        bids => Ok(bids),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        text.parse::<FlowRule>().unwrap().emit(Numbers::default(), &mut out);
        out
    }

    #[test]
    fn forward_lists_its_bids_and_the_flags_follow_ts_format() {
        // Action 1, two BIDs, TS Format 1, flags I (destination port) and M (protocol) with their fields.
        let expected = [154, 2, 0, 12, 1, 2, 1, 2, 1, 0x00, 0x88, 0x00, 0x00, 0x13, 0xc4, 17];
        assert_eq!(octets("forward 1,2: proto udp dport 5060"), expected);
        assert_eq!(octets(" forward  1 , 2 :dport 5060 proto 17"), expected);
    }

    #[test]
    fn drop_has_one_placeholder() {
        let expected = [154, 2, 0, 12, 0, 1, 255, 1, 0x20, 0, 0, 0, 10, 1, 0, 1];
        assert_eq!(octets("drop: dst 10.1.0.1/32"), expected);
    }

    #[test]
    fn a_rule_that_matches_nothing_is_sent_as_it_is_printed() {
        // Flag J, the end of a range of destination ports, without I.
        let expected = [154, 2, 0, 10, 0, 1, 255, 1, 0, 0x40, 0, 0, 0x13, 0xc4];
        assert_eq!(octets("drop: nothing (dport ?-5060)"), expected);
        assert_eq!(octets("drop: dport ?-5060"), expected);
    }

    #[test]
    fn only_ipv6_terms_make_format_2() {
        assert_eq!(octets("forward 1: label 5")[7], 2);
        assert_eq!(octets("forward 1: any")[7], 1);
        assert_eq!(octets("forward 1:").len(), 12);
    }

    #[test]
    fn faults_are_told() {
        let fault = |text: &str| text.parse::<FlowRule>().unwrap_err();
        assert_eq!(fault("forward 1 proto udp"), FlowRuleError::NoColon("forward 1 proto udp".into()));
        assert_eq!(fault("send 1: any"), FlowRuleError::Action("send".into()));
        assert_eq!(fault("action +7 1: any"), FlowRuleError::Action("action +7 1".into()));
        assert_eq!(fault("forward: any"), FlowRuleError::NoBid);
        assert_eq!(fault("forward 1,,2: any"), FlowRuleError::Bids("1,,2".into()));
        assert_eq!(fault("forward 256: any"), FlowRuleError::Bids("256".into()));
        assert_eq!(fault("forward 1,+2: any"), FlowRuleError::Bids("1,+2".into()));
        assert_eq!(fault("drop 1: any"), FlowRuleError::DropWithBids);
        let bids = |count: usize| format!("forward {}: any", vec!["1"; count].join(","));
        assert_eq!(fault(&bids(256)), FlowRuleError::TooMany(256));
        assert_eq!(bids(255).parse::<FlowRule>().unwrap().bids.len(), 255);
        assert!(matches!(fault("drop: port 5"), FlowRuleError::Selector(_)));
    }
}
