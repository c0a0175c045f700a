//! Builds messages, runs conversations with a home agent, and acts as a home agent itself.

mod answer;
mod call;
mod case;
mod channel;
mod clock;
mod endpoint;
mod expectation;
mod flow_rule;
mod hexadecimal;
mod history;
pub mod home_agent;
mod icmp;
mod outcome;
mod overrides;
mod packet;
mod raw_extension;
mod replay;
mod reply;
mod request;
mod runner;
mod scenario;
mod settings;
mod sign;
mod suite;
mod tape;
mod time_to_live;

pub use answer::{Answer, Authenticity};
pub use call::{Call, Payload, SettingsError};
pub use case::{CaseFacts, Entry};
pub use channel::ChannelError;
pub use endpoint::{Endpoint, EndpointError};
pub use expectation::{Expectation, ExpectationError, Judgement};
pub use flow_rule::{FlowRule, FlowRuleError};
pub use hexadecimal::parse_identification;
pub use icmp::Unreachable;
pub use outcome::{Ignored, Outcome, Trouble};
pub use overrides::{Override, OverrideError, OverrideValue, RequestFlagsText};
pub use packet::SentOrReceived;
pub use raw_extension::{ExtensionSizeError, RawExtension, RawExtensionError};
pub use replay::{Identification, ReplayState, ReplayStyle, ReplayStyleError};
pub use reply::Reply;
pub use request::{Request, RequestError, Signature};
pub use runner::{Route, RunError, RunOptions, Runner, Step};
pub use scenario::{
    MOST_REPETITIONS, ScenarioError, Surroundings, Variables, parse_access_technology, parse_rate,
    read as read_scenario, repeated, variables_of, without_secrets,
};
pub use settings::Settings;
pub use sign::{append_authentication, append_mobile_home_authentication};
pub use suite::{Case, Suite, read_suite, suite_cases, suite_names, suite_variables};
