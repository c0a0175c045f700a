//! Builds messages, and plays a home agent.

pub mod home_agent;
mod reply;
mod sign;

pub use reply::Reply;
pub use sign::{append_authentication, append_mobile_home_authentication};
