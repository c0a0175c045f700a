//! Builds messages and runs conversations with a home agent.

mod answer;
mod endpoint;
mod expectation;
mod flow_rule;
mod hexadecimal;
mod overrides;
mod raw_extension;
mod replay;
mod request;
mod sign;

pub use answer::{Answer, Authenticity};
pub use endpoint::{Endpoint, EndpointError};
pub use expectation::{Expectation, ExpectationError, Judgement};
pub use flow_rule::{FlowRule, FlowRuleError};
pub use overrides::{Override, OverrideError, OverrideValue, RequestFlagsText};
pub use raw_extension::{ExtensionSizeError, RawExtension, RawExtensionError};
pub use replay::{ReplayState, ReplayStyle, ReplayStyleError, ntp};
pub use request::{Request, RequestError, Signature};
pub use sign::{append_authentication, append_mobile_home_authentication};
