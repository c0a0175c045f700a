//! Request and reply (EXCH).

pub(super) mod acceptance;
pub(super) mod refusal;
