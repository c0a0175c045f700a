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
fn write(out: &mut impl Write, mut command: clap::Command) -> io::Result<()> {
    // Subcommands learn the name of the program.
    command.build();
    let subcommands: Vec<clap::Command> = command.get_subcommands().cloned().collect();
    let page = Page::new(with_usage(command));
    page.render_title(out)?;
    page.render_name_section(out)?;
    write_sections(out, &page)?;
    for subcommand in subcommands.into_iter().filter(|subcommand| subcommand.get_name() != "help") {
        writeln!(out, ".SH \"MIPFLOW {}\"", subcommand.get_name().to_uppercase())?;
        let mut sections = Vec::new();
        write_sections(&mut sections, &Page::new(with_usage(subcommand)))?;
        // They belong to the subcommand, whose section this is.
        let sections = String::from_utf8_lossy(&sections).replace("\n.SH ", "\n.SS ");
        out.write_all(sections.as_bytes())?;
    }
    out.flush()
}

/// Makes the page show the usage as `--help` does, with the values of options and what can be repeated.
fn with_usage(mut command: clap::Command) -> clap::Command {
    let usage = command.render_usage().to_string();
    command.override_usage(usage.trim_start_matches("Usage: ").to_owned())
}

fn write_sections(out: &mut impl Write, page: &Page) -> io::Result<()> {
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    let mut extra = Vec::new();
    page.render_extra_section(&mut extra)?;
    // The text below the options needs no title of its own, and many commands have none.
    match String::from_utf8_lossy(&extra).split_once(".SH EXTRA\n") {
        // Examples keep their lines.
        Some((before, text)) if text.lines().count() > 1 => {
            write!(out, "{before}.SH NOTES\n.nf\n{text}.fi\n")
        }
        Some((before, text)) if !text.is_empty() => write!(out, "{before}.SH NOTES\n{text}"),
        _ => Ok(()),
    }
}
