//! What the observed packets show: nodes, bindings, policy, tunnels and flows.
//!
//! [`Observer`] takes packets with their times, and keeps the tables. It does no I/O and reads no clock, so capture
//! files, live captures and tests use the same code.
//!
//! Choices that RFC 7629 leaves open are marked **(ours)**; docs/what-is-inferred.md explains them.

mod addresses6;
mod agent;
mod batch;
mod binding;
mod changes;
mod directory;
mod duplicates;
mod exchange;
mod extensions;
mod far_ends;
mod fingerprint;
mod flow;
mod flow_table;
mod flow_view;
mod forgotten;
mod glance;
mod home_agents;
mod idle;
mod index;
mod judge;
mod messages;
mod node;
mod observer;
mod packets;
mod pending;
mod places;
mod policy;
mod prefetch;
mod prefix;
mod prefix_owners;
mod records;
mod replies;
mod requests;
mod revocations;
mod selector;
mod sprays;
mod standing;
mod still;
mod tally;
mod tunnel;
mod upkeep;
mod violations;
mod way;

pub use agent::AgentTraffic;
pub(crate) use binding::expiry;
pub use binding::{Bid, Binding, BindingState, Interface, Move};
pub(crate) use duplicates::WINDOW as COPY_WINDOW;
pub use exchange::{Exchange, Kind, Leg, ReplyOrder, Status, Step};
pub use extensions::FlowBindings;
pub use flow_view::{FlowView, PathView, Verdict};
pub(crate) use home_agents::can_be_agent;
pub(crate) use index::{Entry, Index, tag};
pub use messages::{Attribution, MessageEvent};
pub use node::{Multipath, Node};
pub use observer::{Evictions, Limits, Observer, Options};
pub use policy::{BidList, Effect, Origin, Policy, Rule, RuleAction};
pub(crate) use prefetch::prefetch;
pub use prefix::Prefix;
pub use selector::{Downlink, NormalSelector};
pub use sprays::Spray;
pub use standing::{Passed, Settled, Standing, Vouching};
pub use still::Still;
pub use tunnel::{Direction, Encapsulation, FarEnd, Traffic, Tunnel};
pub use violations::{AuthenticationFacts, Violations};
pub use way::Ends;
