//! Makes the captures of `samples/`: `cargo run --example samples -- samples`.
//!
//! Each is made by the crate's own emitters and writer, with fixed times, keys and identifiers, so that the same
//! octets come out every time. `tests/samples.rs` holds the files in the tree against what this makes.

// A generator of fixed data: a value that does not fit should end it loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod conversation;
mod encapsulation;
mod extensions;
mod figure3;
mod foreign_agent;
mod link;
mod malformed;
mod packets;
mod registration;
mod tunnels;

use std::error::Error;
use std::path::{Path, PathBuf};

use link::Link;

/// A capture's file name, and what makes it.
type Sample = (&'static str, fn() -> Link);

/// The captures.
pub(crate) const SAMPLES: [Sample; 5] = [
    ("figure3.pcap", figure3::capture),
    ("foreign-agent.pcap", foreign_agent::capture),
    ("tunnels.pcap", tunnels::capture),
    ("extensions.pcap", extensions::capture),
    ("malformed.pcap", malformed::capture),
];

/// Writes all samples into `directory`, which is made if need be.
pub(crate) fn write(directory: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(directory)?;
    for (name, capture) in SAMPLES {
        capture().save(&directory.join(name))?;
    }
    Ok(())
}

// The tests take this file in as a module, and call `write` instead.
#[allow(dead_code)]
fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1).map(PathBuf::from).ok_or("name a directory")?;
    write(&directory)
}
