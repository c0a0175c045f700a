//! Counters of what a Home Agent does: registrations by outcome, and packets to places nobody registered.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::{Kind, Status, Traffic};
use crate::wire::ReplyCode;

/// The traffic of one Home Agent, under names familiar to operators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentTraffic {
    /// Requests for a new or changed binding.
    pub register: u64,
    /// Requests for more time.
    pub refresh: u64,
    /// Requests to end bindings.
    pub deregister: u64,
    /// Accepted requests.
    pub accepted: u64,
    /// Denied requests by Code.
    pub denied: BTreeMap<u8, u64>,
    /// Requests that were not answered in time.
    pub unanswered: u64,
    /// Replies without a request.
    pub unsolicited: u64,
    /// Requests sent again unchanged.
    pub retransmitted: u64,
    /// Packets between this agent and Care-of Addresses that were never registered with it, by Care-of Address.
    pub unknown_tunnels: BTreeMap<Ipv4Addr, Traffic>,
    /// Packets to unregistered Care-of Addresses beyond those that are counted one by one.
    pub other_unknown: u64,
}

impl AgentTraffic {
    /// Counts an exchange that has been decided.
    pub(super) fn count(&mut self, kind: Option<Kind>, status: Status, code: Option<ReplyCode>) {
        match kind {
            Some(Kind::Register | Kind::Update | Kind::Overwrite) => self.register += 1,
            Some(Kind::Refresh | Kind::BulkRefresh) => self.refresh += 1,
            Some(Kind::Deregister | Kind::BulkDeregister) => self.deregister += 1,
            None => {}
        }
        match (status, code) {
            (Status::Accepted, _) => self.accepted += 1,
            (Status::Denied, Some(code)) => *self.denied.entry(code.0).or_default() += 1,
            (Status::Denied, None) => {}
            (Status::Unanswered, _) => self.unanswered += 1,
            (Status::Unsolicited, _) => self.unsolicited += 1,
        }
    }
}
