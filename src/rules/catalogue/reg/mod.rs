//! Base registration (REG, RFC 5944).

pub(super) mod identification;
pub(super) mod pace;
pub(super) mod path;
pub(super) mod reply;
pub(super) mod request;
