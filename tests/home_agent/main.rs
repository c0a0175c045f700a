//! The lab home agent without its socket: octets and times go in, and what comes out is what RFC 5944 §3.8, RFC 7629
//! §5.2 and the command line promise, sentence by sentence.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../history/mod.rs"]
mod history;

mod accepting;
mod addresses;
mod authentication;
mod capture;
mod copies;
mod denying;
mod expiry;
mod hostile;
mod identification;
mod lab;
mod names;
mod silence;
