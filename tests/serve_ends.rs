//! How `mipflow serve` ends: each signal that asks for it gets the same end, with the summary.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// These tests live in the present: the home agent's clock is the machine's.
#![allow(clippy::disallowed_methods)]

mod program;
mod server;

use nix::sys::signal::Signal;
use server::{Request, Server};

#[test]
fn a_terminal_that_is_closed_ends_it_as_it_should() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let server = Server::text("--listen 127.0.0.1:0");
        assert_eq!(server.ask(&Request::bid(1))[1], 0);
        let end = server.end(signal);
        assert_eq!(end.code, 0, "{signal}");
        assert!(end.out.contains("Mobile nodes"), "{signal}: {}", end.out);
        let summary = "1 request: 1 accepted, 0 denied, 0 answered again, 0 dropped; 0 datagrams ignored\n";
        assert_eq!(end.error, summary, "{signal}");
    }
}
