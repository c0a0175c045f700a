//! Traffic selectors (TS, RFC 6088).

pub(super) mod fields;
pub(super) mod view;
pub(super) mod whole;
mod words;
