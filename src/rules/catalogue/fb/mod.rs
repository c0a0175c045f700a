//! The Flow-Binding extension (FB, RFC 7629 §4.2).

pub(super) mod form;
pub(super) mod policy;
