//! Tunnels and data plane (TUN).

pub(super) mod encapsulation;
pub(super) mod ends;
pub(super) mod headers;
pub(super) mod inner;
pub(super) mod policy;
pub(super) mod request;
