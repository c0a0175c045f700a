//! Ladders drawn with characters: time runs down, and each participant has a column.

use std::io::{self, Write};

use anstyle::Style;

use super::{Event, Ladder, Tone, What};
use crate::report::Look;

/// Half the columns that an address takes above its line.
const HALF: usize = 8;
/// Least distance between lines that have addresses above them, in columns.
const CLOSE: usize = 16;
/// Least distance between lines, in columns.
const CLOSEST: usize = 8;
/// Greatest distance between lines, in columns: two participants need not stand a hundred characters apart.
const FAR: usize = 44;

/// The columns of a ladder.
struct Layout {
    /// Width of the margin on the left, which holds times and frame numbers.
    margin: usize,
    /// Column of each participant's line.
    lines: Vec<usize>,
    /// The width of the whole ladder.
    width: usize,
    /// Whether numbers stand above the lines, with a legend of the participants.
    numbered: bool,
}

/// Writes one ladder below its heading; `times` has the time of each event.
pub(in crate::report) fn write(
    out: &mut dyn Write,
    ladder: &Ladder<'_>,
    times: &[String],
    look: &Look,
) -> io::Result<()> {
    let layout = Layout::of(ladder, times, look);
    layout.write_heads(out, ladder, look)?;
    for (event, time) in ladder.events.iter().zip(times) {
        layout.write_event(out, event, time, look)?;
    }
    writeln!(out, "{}", layout.lifelines(look).trim_end())
}

/// As [`write()`], but in parts: the heads, then the lines of each event.
pub(in crate::report) fn parts(
    ladder: &Ladder<'_>,
    times: &[String],
    look: &Look,
) -> io::Result<(Vec<u8>, Vec<Vec<u8>>)> {
    let layout = Layout::of(ladder, times, look);
    let mut heads = Vec::new();
    layout.write_heads(&mut heads, ladder, look)?;
    let mut events = Vec::new();
    for (event, time) in ladder.events.iter().zip(times) {
        let mut lines = Vec::new();
        layout.write_event(&mut lines, event, time, look)?;
        events.push(lines);
    }
    Ok((heads, events))
}

impl Layout {
    fn of(ladder: &Ladder<'_>, times: &[String], look: &Look) -> Self {
        let frame = ladder.events.iter().map(|event| frame(event).len()).max().unwrap_or_default();
        let time = times.iter().map(String::len).max().unwrap_or_default();
        let margin = time.max(frame) + 1;
        let between = ladder.participants.list().len().saturating_sub(1);
        let room = usize::from(look.width).saturating_sub(margin + 2 * HALF);
        let distance = room.checked_div(between).unwrap_or(FAR);
        let numbered = distance < CLOSE;
        let distance = distance.clamp(CLOSEST, FAR);
        let lines: Vec<usize> = (0..=between).map(|place| margin + HALF + distance * place).collect();
        let width = (margin + 2 * HALF + distance * between).max(usize::from(look.width));
        Self { margin, lines, width, numbered }
    }

    fn write_heads(&self, out: &mut dyn Write, ladder: &Ladder<'_>, look: &Look) -> io::Result<()> {
        let heading = look.palette.heading;
        let mut names = vec![' '; self.width];
        let mut roles = names.clone();
        for (place, (participant, line)) in ladder.participants.list().iter().zip(&self.lines).enumerate() {
            let number = format!("[{}]", place + 1);
            if self.numbered {
                writeln!(out, "  {number} {} ({})", participant.name, participant.role)?;
                center(&mut names, *line, &number);
            } else {
                center(&mut names, *line, &participant.name);
                center(&mut roles, *line, &participant.role);
            }
        }
        for head in [names, roles] {
            let head: String = head.into_iter().collect();
            if !head.trim().is_empty() {
                writeln!(out, "{heading}{}{heading:#}", head.trim_end())?;
            }
        }
        writeln!(out, "{}", self.lifelines(look).trim_end())
    }

    /// A line that shows the lifelines alone.
    fn lifelines(&self, look: &Look) -> String {
        let mut line = vec![' '; self.width];
        for place in &self.lines {
            put(&mut line, *place, look.glyphs.lifeline);
        }
        line.into_iter().collect()
    }

    fn write_event(&self, out: &mut dyn Write, event: &Event, time: &str, look: &Look) -> io::Result<()> {
        let (Some(from), Some(to)) = (self.lines.get(event.from), self.lines.get(event.to)) else {
            return Ok(());
        };
        let (left, right) = (*from.min(to), *from.max(to));
        let palette = &look.palette;
        let style = match event.what {
            What::Message(_, Tone::Plain) => Style::new(),
            What::Message(_, Tone::Copy) => palette.doubtful,
            What::Message(_, Tone::Good) => palette.good,
            What::Message(_, Tone::Bad) => palette.bad,
            What::TunnelUp => palette.heading,
            What::TunnelDown => palette.quiet,
        };
        let start = left + 2;
        let room = usize::from(look.width).saturating_sub(start).max(CLOSE);
        let mut margin = time;
        for text in std::iter::once(&event.label).chain(&event.notes) {
            for (index, line) in wrapped(text, room).into_iter().enumerate() {
                let indent = if index > 0 { 2 } else { 0 };
                self.write_line(out, margin, (start + indent, &line), style, look)?;
                margin = "";
            }
        }
        let shaft: String = (left + 1..right)
            .map(|column| match event.what {
                What::Message(..) if from < to && column + 1 == right => look.glyphs.right,
                What::Message(..) if from > to && column == left + 1 => look.glyphs.left,
                What::Message(..) => look.glyphs.rule,
                // A broken line shows that the tunnel is down.
                What::TunnelDown if (column - left) % 4 == 3 => ' ',
                What::TunnelUp | What::TunnelDown => look.glyphs.double,
            })
            .collect();
        self.write_line(out, &frame(event), (left + 1, &shaft), style, look)
    }

    /// Writes a line of lifelines with `margin` in the margin and `text` over the lifelines from column `start`.
    fn write_line(
        &self,
        out: &mut dyn Write,
        margin: &str,
        (start, text): (usize, &str),
        style: Style,
        look: &Look,
    ) -> io::Result<()> {
        let quiet = look.palette.quiet;
        let lifelines = self.lifelines(look);
        let before: String = lifelines.chars().take(start).skip(self.margin).collect();
        let after: String = lifelines.chars().skip(start + text.chars().count()).collect();
        let width = self.margin.saturating_sub(1);
        let after = after.trim_end();
        writeln!(out, "{quiet}{margin:>width$}{quiet:#} {before}{style}{text}{style:#}{after}")
    }
}

/// The frame number of a message as text; empty for a tunnel.
fn frame(event: &Event) -> String {
    match event.what {
        What::Message(frame, _) => format!("#{frame}"),
        What::TunnelUp | What::TunnelDown => String::new(),
    }
}

fn center(line: &mut [char], place: usize, text: &str) {
    let start = place.saturating_sub(text.chars().count() / 2);
    for (offset, character) in text.chars().enumerate() {
        put(line, start + offset, character);
    }
}

fn put(line: &mut [char], place: usize, character: char) {
    if let Some(cell) = line.get_mut(place) {
        *cell = character;
    }
}

/// Text broken between words into lines of at most `room` characters, after the first line two fewer. A word that is
/// longer stands on a line of its own.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let room = if lines.len() > 1 { room.saturating_sub(2) } else { room };
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("RRP 0 accepted, for 600 s", 80), ["RRP 0 accepted, for 600 s"]);
        assert_eq!(wrapped("RRP 0 accepted, for 600 s", 16), ["RRP 0 accepted,", "for 600 s"]);
        assert_eq!(wrapped("a bcdefghijkl m", 5), ["a", "bcdefghijkl", "m"]);
    }
}
