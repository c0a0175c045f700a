//! What rules remember beside the observer's tables: recent messages, and for each session what checks compare with.

mod asked;
mod clean;
mod copies;
mod exhausted;
mod latest;
mod names;
mod passed;
mod recent;
mod refused_networks;
mod registered;
mod rejected;
mod revocations;
mod session;
mod told;
mod track;
pub(super) mod traffic;
mod tunnel_ends;
mod unread;
mod world;

pub(super) use asked::{Answer, Asked, FlowRule, Said, Seldom};
pub(super) use clean::{Clean, Found, Glance};
pub(super) use copies::Copies;
use exhausted::Exhausted;
pub(super) use passed::{Passed, PassedBy};
use refused_networks::RefusedNetworks;
pub(super) use registered::Registered;
use rejected::Rejected;
pub(super) use revocations::Revocations;
pub(super) use session::Session;
use told::Told;
pub(super) use track::Track;
pub(super) use world::{Due, World};

use crate::time::Timestamp;

/// Allowance for packets on their way and for clocks that differ, around a change of state, in nanoseconds (D1).
pub(super) const GRACE: i64 = 1_000_000_000;
/// Time for a demanded follow-up that has no deadline in the text, in nanoseconds (D1).
pub(super) const T_ACT: i64 = 60_000_000_000;
/// Limits of one second are tested against this, in nanoseconds (D1).
pub(super) const ONE_SECOND: i64 = 950_000_000;
/// A binding that was used less than this before it expires counts as in use, in nanoseconds (REG-018).
pub(super) const IN_USE: i64 = 60_000_000_000;
/// Requests seen less than this after a reply were on their way when it was sent, in nanoseconds (REG-014).
pub(super) const IN_FLIGHT: i64 = 100_000_000;

/// The end of the grace after a moment (D1).
pub(super) const fn grace_after(time: Timestamp) -> Timestamp {
    time.after(GRACE)
}

/// Appends to a list that hundreds of thousands of sessions have, and that is short in nearly all of them: room is made
/// for little more than the new item. A list that gets its second item is given room for a third.
fn push_snugly<T>(list: &mut Vec<T>, item: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(if list.len() == 1 { 2 } else { list.len() / 4 + 1 });
    }
    list.push(item);
}
