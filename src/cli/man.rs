//! `mipflow man`: the manual page, from the same definitions as `--help`.

use std::io::{self, Write};

use clap::Args;
use clap_mangen::Man as Page;

use super::{Exit, Failure, output};

/// Print the manual page
#[derive(Debug, Args)]
pub(super) struct Man {}

impl Man {
    #[allow(clippy::unused_self)] // every subcommand runs the same way
    pub(super) fn run(self, command: clap::Command) -> Result<Exit, Failure> {
        let mut out = output::stdout();
        write(&mut out, command).map_err(|error| Failure::output(&error))?;
        Ok(Exit::Done)
    }
}

/// One page for the program and its subcommands, with their options.
fn write(out: &mut impl Write, command: clap::Command) -> io::Result<()> {
    let subcommands: Vec<clap::Command> = command.get_subcommands().cloned().collect();
    let page = Page::new(command);
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    page.render_extra_section(out)?;
    for subcommand in subcommands {
        let name = subcommand.get_name().to_owned();
        writeln!(out, ".SH \"MIPFLOW {}\"", name.to_uppercase())?;
        let page = Page::new(subcommand.bin_name(format!("mipflow {name}")));
        page.render_synopsis_section(out)?;
        page.render_description_section(out)?;
        page.render_options_section(out)?;
        page.render_extra_section(out)?;
    }
    out.flush()
}
