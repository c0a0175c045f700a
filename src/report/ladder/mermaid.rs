//! Ladders as one Mermaid `sequenceDiagram`, to be pasted into a page that renders Mermaid.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::participants::Participant;
use super::{Ladder, Tone, What};

/// Writes one diagram of all ladders; a note announces each node. `names` holds the name of each ladder's node and
/// `times` the time of each of its events.
pub(in crate::report) fn write(
    out: &mut dyn Write,
    ladders: &[Ladder<'_>],
    names: &[String],
    times: &[Vec<String>],
) -> io::Result<()> {
    writeln!(out, "sequenceDiagram")?;
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let participants = ladders.iter().flat_map(|ladder| ladder.participants.list());
    let (agents, others): (Vec<&Participant>, Vec<_>) =
        participants.partition(|participant| participant.is_home_agent());
    for participant in others.into_iter().chain(agents) {
        let next = numbers.len() + 1;
        if let std::collections::btree_map::Entry::Vacant(entry) = numbers.entry(&participant.name) {
            entry.insert(next);
            let (name, role) = (escaped(&participant.name), escaped(&participant.role));
            writeln!(out, "    participant p{next} as {name}<br/>{role}")?;
        }
    }
    let number = |ladder: &Ladder<'_>, place: usize| {
        let participant = ladder.participants.list().get(place)?;
        numbers.get(participant.name.as_str()).copied()
    };
    for ((ladder, name), times) in ladders.iter().zip(names).zip(times) {
        let last = ladder.participants.list().len().saturating_sub(1);
        if let (Some(first), Some(last)) = (number(ladder, 0), number(ladder, last)) {
            writeln!(out, "    Note over {}: mobile node {}", over(first, last), escaped(name))?;
        }
        for (event, time) in ladder.events.iter().zip(times) {
            let (Some(from), Some(to)) = (number(ladder, event.from), number(ladder, event.to)) else {
                continue;
            };
            let mut label = escaped(&event.label);
            for note in &event.notes {
                label.push_str("<br/>");
                label.push_str(&escaped(note));
            }
            match event.what {
                What::Message(frame, tone) => {
                    let arrow = match tone {
                        Tone::Plain | Tone::Copy => "->>",
                        Tone::Good => "-->>",
                        Tone::Bad => "--x",
                    };
                    writeln!(out, "    p{from}{arrow}p{to}: {time} [{frame}] {label}")?;
                }
                What::TunnelUp | What::TunnelDown => {
                    writeln!(out, "    Note over {}: {time} {label}", over(from, to))?;
                }
            }
        }
    }
    Ok(())
}

fn over(from: usize, to: usize) -> String {
    if from == to { format!("p{from}") } else { format!("p{from},p{to}") }
}

/// A text in which every character with a meaning in Mermaid, or in the HTML it produces, is written as its number.
fn escaped(text: &str) -> String {
    let shown = |character: char| {
        if character.is_alphanumeric() || " .,:()[]/@+-='!?|~^".contains(character) {
            character.to_string()
        } else {
            format!("#{};", u32::from(character))
        }
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_ends_a_line_or_opens_a_tag() {
        assert_eq!(escaped("a;b #1 <b> %% \n"), "a#59;b #35;1 #60;b#62; #37;#37; #10;");
        assert_eq!(escaped("MULTIPATH_NOT_ALLOWED"), "MULTIPATH#95;NOT#95;ALLOWED");
        assert_eq!(escaped("10.1.0.1 (ü@example.org)"), "10.1.0.1 (ü@example.org)");
    }
}
