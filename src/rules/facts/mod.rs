//! What checks are given: facts that `wire` and `state` hold, gathered for one packet or one moment.

mod exchange;
pub(super) mod fields;
mod flow_binding;
mod live_bids;
mod message;
mod packet;
mod types;

pub(super) use exchange::{Answering, Asking, Expired, Revoking, Turn, Unanswered, live, removes_a_binding};
pub(super) use flow_binding::FlowBindingFacts;
pub(super) use live_bids::LiveBids;
pub(super) use message::{MessageFacts, data_octet, is_over_ipv4, name_of, octets_of};
pub(super) use packet::{Bindings, Carried, Sprayed, end_name, flow_name, names, names_were};
pub(super) use types::{Leg, OctetSet, Traits, TypeSet};
