//! The replies of an exchange, told apart: the first decides, others come after it.

use crate::state::{Exchange, Leg, Step};
use crate::wire::ReplyCode;

/// How a reply of an exchange comes after the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// It decided.
    First,
    /// It has the code of one before it, between others.
    Relayed,
    /// It has the code of one before it, between the same two.
    Again,
    /// None before it has its code.
    Other,
}

/// The legs of an exchange that are replies.
pub(super) fn replies(exchange: &Exchange) -> impl Iterator<Item = (&Leg, ReplyCode, Reply)> {
    let mut before: Vec<(ReplyCode, &Leg)> = Vec::new();
    exchange.legs.iter().filter_map(move |leg| {
        let Step::Reply(code) = leg.step else { return None };
        let ends = |leg: &Leg| (leg.source, leg.destination);
        let mut same_code = before.iter().filter(|(other, _)| *other == code).peekable();
        let reply = if before.is_empty() {
            Reply::First
        } else if same_code.peek().is_none() {
            Reply::Other
        } else if same_code.any(|(_, other)| ends(other) == ends(leg)) {
            Reply::Again
        } else {
            Reply::Relayed
        };
        before.push((code, leg));
        Some((leg, code, reply))
    })
}
