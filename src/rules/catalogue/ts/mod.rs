//! Traffic selectors (TS, RFC 6088).

pub(super) mod fields;
pub(super) mod whole;
