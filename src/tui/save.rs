//! Writes what a user saves.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::facts::Facts;
use super::message::{SaveError, SaveFormat, SaveOrder};
use super::view::View;
use super::views;
use crate::capture::Writer;
use crate::report::{
    CsvReport, CsvSection, Depth, JsonReport, Look, Report, Sections, Summary, TextReport, TimeStyle, grouped,
};

/// Writes the file; says in a few words what was written.
pub fn save(facts: Facts<'_>, order: &SaveOrder) -> Result<String, SaveError> {
    let path = Path::new(&order.path);
    if !order.overwrite && path.exists() {
        return Err(SaveError::Exists(order.path.clone()));
    }
    let failed = |error: &dyn std::fmt::Display| SaveError::Failed(format!("{}: {error}", order.path));
    let what = match order.format {
        SaveFormat::Capture => {
            let mut writer = Writer::create(path, &facts.input.names).map_err(|error| failed(&error))?;
            let frames = order.messages.iter().flat_map(|message| message.frames());
            for frame in frames {
                writer.write(&frame).map_err(|error| failed(&error))?;
            }
            writer.finish().map_err(|error| failed(&error))?;
            format!("{} messages", grouped(order.messages.len() as u64))
        }
        SaveFormat::Csv => {
            let mut out = create(path, order.overwrite).map_err(|error| failed(&error))?;
            write_csv(&mut out, facts, order)
                .and_then(|what| out.flush().map(|()| what))
                .map_err(|error| failed(&error))?
        }
        SaveFormat::Json => {
            let out = create(path, order.overwrite).map_err(|error| failed(&error))?;
            let sections = Sections {
                messages: true,
                exchanges: true,
                nodes: true,
                flows: true,
                findings: true,
                ..Sections::default()
            };
            report(JsonReport::new(out, sections), facts, order).map_err(|error| failed(&error))?;
            "messages, tables and findings".to_owned()
        }
        SaveFormat::Ladder => {
            let out = create(path, order.overwrite).map_err(|error| failed(&error))?;
            let sections = Sections { ladder: true, ..Sections::default() };
            let text = TextReport::new(out, sections, Depth::default(), TimeStyle::Utc, Look::default());
            report(text, facts, order).map_err(|error| failed(&error))?;
            "the ladder".to_owned()
        }
    };
    Ok(format!("saved {what} to {}", order.path))
}

fn create(path: &Path, overwrite: bool) -> io::Result<BufWriter<File>> {
    let mut options = OpenOptions::new();
    options.write(true).truncate(true);
    // Nobody else's file is written over, also not one that came a moment ago.
    if overwrite {
        options.create(true)
    } else {
        options.create_new(true)
    };
    options.open(path).map(BufWriter::new)
}

fn summary<'a>(facts: Facts<'a>, order: &'a SaveOrder) -> Summary<'a> {
    let is_list = order.view == View::Findings && order.format == SaveFormat::Csv;
    Summary {
        // Findings that were chosen are wanted, also those of no node.
        target: order.target.as_ref().filter(|_| !is_list),
        findings: Some(&order.findings),
        ..views::summary(facts)
    }
}

/// The messages, then the tables.
fn report(mut report: impl Report, facts: Facts<'_>, order: &SaveOrder) -> io::Result<()> {
    if let Some(first) = facts.counts.first {
        report.begin(first);
    }
    for message in &order.messages {
        facts.read(message, |seen| report.message(seen, facts.keys, &[])).transpose()?;
    }
    report.finish(&summary(facts, order))
}

fn write_csv(out: &mut dyn Write, facts: Facts<'_>, order: &SaveOrder) -> io::Result<String> {
    let (section, what) = match order.view {
        View::Messages => (CsvSection::Messages, "messages"),
        View::Tunnels => (CsvSection::Nodes, "nodes"),
        View::Ladder => (CsvSection::Exchanges, "exchanges"),
        View::Flows => (CsvSection::Flows, "flows"),
        View::Statistics => (CsvSection::Traffic, "the traffic of home agents"),
        View::Findings => (CsvSection::Findings, "findings"),
    };
    report(CsvReport::new(out, section), facts, order)?;
    Ok(what.to_owned())
}
