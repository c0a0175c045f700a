//! `mipflow interfaces`: what can be captured from.

use std::io::Write;

use clap::Args;

use super::{Exit, Failure, output};
use crate::capture;

/// List the interfaces that can be captured from
#[derive(Debug, Args)]
pub(super) struct Interfaces {}

impl Interfaces {
    #[allow(clippy::unused_self)] // every subcommand runs the same way
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let interfaces = capture::interfaces()
            .map_err(|error| Failure::io(error.to_string(), Some(error.help().to_owned())))?;
        let mut out = output::stdout();
        let width = interfaces.iter().map(|interface| interface.name.len()).max().unwrap_or(0);
        let mut write = || {
            for interface in &interfaces {
                let mut facts = Vec::new();
                facts.push(if interface.up { "up" } else { "down" }.to_owned());
                if interface.loopback {
                    facts.push("loopback".to_owned());
                }
                if interface.wireless {
                    facts.push("wireless".to_owned());
                }
                facts.extend(interface.addresses.iter().map(ToString::to_string));
                facts.extend(interface.description.clone());
                writeln!(out, "{:<width$}  {}", interface.name, facts.join(", "))?;
            }
            out.flush()
        };
        write().map_err(|error| Failure::output(&error))?;
        Ok(Exit::Done)
    }
}
