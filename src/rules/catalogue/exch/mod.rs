//! Request and reply (EXCH).

pub(super) mod acceptance;
mod known;
pub(super) mod refusal;
