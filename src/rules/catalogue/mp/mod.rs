//! The Multipath extension (MP, RFC 7629 §4.1).

pub(super) mod form;
pub(super) mod refresh;
pub(super) mod siblings;
