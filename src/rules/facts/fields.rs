//! Octets of the UDP payload at which the fields of the fixed parts stand (RFC 5944 §3.3, §3.4,
//! RFC 3543 §3.3).

use std::ops::Range;

/// Flags of a request.
pub(in crate::rules) const FLAGS: Range<usize> = 1..2;
/// Code of a reply.
pub(in crate::rules) const CODE: Range<usize> = 1..2;
/// Lifetime of a request or reply.
pub(in crate::rules) const LIFETIME: Range<usize> = 2..4;
/// Home Address of a request or reply.
pub(in crate::rules) const HOME_ADDRESS: Range<usize> = 4..8;
/// Home Agent of a request or reply.
pub(in crate::rules) const HOME_AGENT: Range<usize> = 8..12;
/// Care-of Address of a request.
pub(in crate::rules) const CARE_OF_ADDRESS: Range<usize> = 12..16;
/// Identification of a request.
pub(in crate::rules) const REQUEST_IDENTIFICATION: Range<usize> = 16..24;
/// Identification of a reply.
pub(in crate::rules) const REPLY_IDENTIFICATION: Range<usize> = 12..20;
/// Revocation Identifier of a revocation.
pub(in crate::rules) const REVOCATION_IDENTIFIER: Range<usize> = 16..20;
