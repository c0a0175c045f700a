//! What an agent with a fault refuses although it is right.

use mipflow::wire::{FlowBinding, Message, RegistrationRequest};

use super::agent::{Node, flows_of, multipath_of};
use super::fault::Fault;

/// The bits of an IPv4 selector's flags word that stand for the end of a range (RFC 6088 §3.1).
const ENDS: u32 = 0x5554_0000;

/// The code with which an agent of this fault refuses the request; `None` where it has no reason of its own.
pub fn refused(
    fault: Fault,
    message: &Message<'_>,
    request: &RegistrationRequest,
    node: &Node,
) -> Option<u8> {
    let multipath = multipath_of(message);
    let flows: Vec<FlowBinding<'_>> = flows_of(message).collect();
    let words = || {
        flows
            .iter()
            .filter_map(|flow| flow.selector_octets.first_chunk())
            .map(|word| u32::from_be_bytes(*word))
    };
    let is_registration = request.lifetime > 0;
    let bid = multipath.map_or(0, |multipath| multipath.bid);
    let bound = node.bindings.get(&bid).filter(|_| is_registration);
    let elsewhere = bound.is_some_and(|binding| binding.care_of_address != request.care_of_address);
    let (is_refused, code) = match fault {
        Fault::RefusesReservedBits => {
            // r and x of the flags.
            (request.flags.0 & 0x05 != 0 || multipath.is_some_and(|multipath| multipath.reserved > 0), 128)
        }
        Fault::RefusesPlain => (multipath.is_none() && is_registration, 153),
        Fault::RefusesPadding => (message.extensions().any(|extension| extension.kind.0 == 0), 134),
        Fault::RefusesEncapsulations => (request.flags.0 & 0x18 != 0, 134),
        Fault::RefusesReverseTunnels => (request.flags.0 & 0x02 != 0, 134),
        Fault::RefusesBroadcasts => (request.flags.0 & 0x40 != 0, 129),
        Fault::RefusesRefresh => (bound.is_some() && !elsewhere && flows.is_empty(), 130),
        Fault::RefusesMove => (elsewhere, 129),
        Fault::RefusesForever => (request.lifetime == 0xffff, 128),
        Fault::NeedsReverseTunnels => (request.flags.0 & 0x02 == 0, 138),
        Fault::RefusesShortLifetimes => (is_registration && request.lifetime < 10, 129),
        Fault::RefusesDeregistrations => {
            (!is_registration && request.care_of_address == request.home_address, 128)
        }
        Fault::RefusesPlainBesideOthers => {
            (multipath.is_none() && is_registration && node.bindings.keys().any(|bid| *bid > 0), 135)
        }
        Fault::RefusesBid254 => (bid == 254, 134),
        Fault::OneRuleOnly => (flows.len() > 1, 134),
        Fault::RefusesRanges => (words().any(|word| word & ENDS != 0), 134),
        Fault::RefusesEmptySelector => (words().any(|word| word == 0), 134),
        Fault::RefusesEightBids => (flows.iter().any(|flow| flow.bids.len() == 8), 134),
        _ => (false, 0),
    };
    is_refused.then_some(code)
}
