//! Writes what a user saves.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::app::Extent;
use super::facts::Facts;
use super::message::{SaveError, SaveFormat, SaveOrder};
use super::saved_file::SavedFile;
use super::view::View;
use super::views;
use crate::capture::{WriteError, Writer};
use crate::counted::counted;
use crate::report::{
    CsvReport, CsvSection, Depth, JsonReport, Look, Report, Sections, Summary, TextReport, TimeStyle,
};
use crate::watch::frames_of;

/// Writes the file; returns in a few words what was written.
pub fn save(facts: Facts<'_>, order: &SaveOrder) -> Result<String, SaveError> {
    let path = Path::new(&order.path);
    if !order.overwrite && path.exists() {
        return Err(SaveError::Exists(order.path.clone()));
    }
    let failed = |error: &dyn std::fmt::Display| SaveError::Failed(format!("{}: {error}", order.path));
    if order.format == SaveFormat::Capture {
        Writer::check(path, &facts.input.files).map_err(|error| failed(&error))?;
    }
    let file = if order.overwrite { SavedFile::over(path) } else { SavedFile::new(path) };
    let file = file.map_err(|error| match error.kind() {
        // The file was created after the check above.
        io::ErrorKind::AlreadyExists => SaveError::Exists(order.path.clone()),
        _ => failed(&error),
    })?;
    match write(file.path(), facts, order) {
        Ok(what) => {
            file.complete().map_err(|error| failed(&error))?;
            let lacks = match lacking(facts, order) {
                0 => String::new(),
                lacking => format!(" ({:#} forgotten)", counted(lacking, "older message")),
            };
            Ok(format!("saved {what}{lacks} to {}", order.path))
        }
        Err(error) => {
            file.give_up();
            Err(match error {
                // The error may name the temporary file; the user has to see the name that was asked for.
                WriteError::Create { error, .. } | WriteError::Write { error, .. } => failed(&error),
                other => failed(&other),
            })
        }
    }
}

/// How many messages may be missing because they were forgotten; 0 where the user selected the messages.
fn lacking(facts: Facts<'_>, order: &SaveOrder) -> u64 {
    let has_messages = match order.format {
        SaveFormat::Capture | SaveFormat::Json => true,
        SaveFormat::Csv => order.view == View::Messages,
        SaveFormat::Ladder => false,
    };
    let is_chosen = order.view == View::Messages && order.extent == Extent::Selected;
    if has_messages && !is_chosen { facts.messages.forgotten() } else { 0 }
}

/// Writes to the file at `path`, which may be empty or to be written over; returns what was written, in words.
fn write(path: &Path, facts: Facts<'_>, order: &SaveOrder) -> Result<String, WriteError> {
    let failed = |error| WriteError::Write { path: order.path.clone(), error };
    if order.format == SaveFormat::Capture {
        let mut writer = Writer::create(path, &facts.input.files)?;
        for frame in frames_of(&order.messages) {
            writer.write(&frame)?;
        }
        writer.finish()?;
        return Ok(format!("{:#}", counted(order.messages.len(), "message")));
    }
    let mut out = File::create(path).map(BufWriter::new).map_err(failed)?;
    let written = write_tables(&mut out, facts, order);
    written.and_then(|what| out.flush().map(|()| what)).map_err(failed)
}

fn write_tables(out: &mut dyn Write, facts: Facts<'_>, order: &SaveOrder) -> io::Result<String> {
    match order.format {
        SaveFormat::Json => {
            let sections = Sections {
                messages: true,
                exchanges: true,
                nodes: true,
                flows: true,
                findings: true,
                ..Sections::default()
            };
            report(JsonReport::new(out, sections), facts, order)?;
            Ok("messages, tables and findings".to_owned())
        }
        SaveFormat::Ladder => {
            let sections = Sections { ladder: true, ..Sections::default() };
            let text = TextReport::new(out, sections, Depth::default(), TimeStyle::Utc, Look::default());
            report(text, facts, order)?;
            Ok("the ladder".to_owned())
        }
        SaveFormat::Csv | SaveFormat::Capture => write_csv(out, facts, order),
    }
}

fn summary<'a>(facts: Facts<'a>, order: &'a SaveOrder) -> Summary<'a> {
    let is_list = order.view == View::Findings && order.format == SaveFormat::Csv;
    Summary {
        // A list of findings holds all that were chosen, also those of no node.
        target: order.target.as_ref().filter(|_| !is_list),
        flows: order.flows.as_ref(),
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
