//! The `ladder` section: one call flow for each node, or one Mermaid diagram of all nodes.

use std::io::{self, Write};

use super::Page;
use crate::report::LadderFormat;
use crate::report::ladder::{CallFlow, Ladder, call_flows, mermaid, text};

/// Writes the call flows of all selected nodes.
pub(super) fn write(out: &mut dyn Write, page: &mut Page<'_, '_>) -> io::Result<()> {
    let flows = call_flows(&page.selection);
    match page.ladder_format {
        LadderFormat::Mermaid if page.is_alone => write_diagram(out, page, &flows),
        // A code fence sets the diagram apart from the other sections.
        LadderFormat::Mermaid => {
            writeln!(out, "```mermaid")?;
            write_diagram(out, page, &flows)?;
            writeln!(out, "```")
        }
        LadderFormat::Text if flows.is_empty() => page.nothing(out, "no registration exchanges"),
        LadderFormat::Text => {
            for (index, flow) in flows.iter().enumerate() {
                if index > 0 {
                    writeln!(out)?;
                }
                let heading = page.look.palette.heading;
                writeln!(out, "{heading}{}{heading:#}", name(page, flow))?;
                let ladder = Ladder::of(flow, page.selection.observer(), page.numbers);
                let times = times(page, &ladder);
                text::write(out, &ladder, &times, &page.look)?;
            }
            Ok(())
        }
    }
}

fn write_diagram(out: &mut dyn Write, page: &mut Page<'_, '_>, flows: &[CallFlow<'_>]) -> io::Result<()> {
    let names: Vec<String> = flows.iter().map(|flow| name(page, flow)).collect();
    let observer = page.selection.observer();
    let ladders: Vec<Ladder<'_>> =
        flows.iter().map(|flow| Ladder::of(flow, observer, page.numbers)).collect();
    let times: Vec<Vec<String>> = ladders.iter().map(|ladder| times(page, ladder)).collect();
    mermaid::write(out, &ladders, &names, &times)
}

fn times(page: &mut Page<'_, '_>, ladder: &Ladder<'_>) -> Vec<String> {
    ladder.events.iter().map(|event| page.moment(event.time)).collect()
}

fn name(page: &Page<'_, '_>, flow: &CallFlow<'_>) -> String {
    page.name(Some(flow.home_address).filter(|address| !address.is_unspecified()), flow.nai)
}
