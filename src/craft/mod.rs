//! Builds messages and runs conversations with a home agent.

mod sign;

pub use sign::{append_authentication, append_mobile_home_authentication};
