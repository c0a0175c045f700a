//! From what the report writes to what the screen draws.

use ansi_to_tui::IntoText as _;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

/// One line of the report as a line of the screen.
pub fn line(text: &str) -> Line<'static> {
    let Ok(parsed) = text.as_bytes().into_text() else { return Line::raw(text.to_owned()) };
    let spans = parsed.lines.into_iter().flat_map(|line| line.spans);
    Line::from(spans.map(|span| Span::styled(span.content, plain(span.style))).collect::<Vec<_>>())
}

/// Text without its escape sequences.
pub fn bare(text: &str) -> String {
    line(text).spans.iter().map(|span| span.content.as_ref()).collect()
}

/// Wraps a line to `width` columns, at least 20; a line that is wrapped loses its colours.
pub fn broken(line: String, width: usize) -> Vec<String> {
    let bare = bare(&line);
    if super::text::width_of(&bare) <= width {
        return vec![line];
    }
    let options = textwrap::Options::new(width.max(20)).subsequent_indent("          ");
    textwrap::wrap(&bare, options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

/// The style without resets: a reset would undo the highlight of the selected row.
fn plain(style: Style) -> Style {
    let colour = |colour: Option<Color>| colour.filter(|colour| *colour != Color::Reset);
    Style { fg: colour(style.fg), bg: colour(style.bg), sub_modifier: Modifier::empty(), ..style }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_of_the_report_are_styles_of_the_screen() {
        let drawn = line("a \u{1b}[1mbold\u{1b}[0m \u{1b}[31mred\u{1b}[0m end");
        let text: Vec<&str> = drawn.spans.iter().map(|span| span.content.as_ref()).collect();
        assert_eq!(text.concat(), "a bold red end");
        let bold = drawn.spans.iter().find(|span| span.content == "bold").unwrap();
        assert_eq!(bold.style, Style::new().add_modifier(Modifier::BOLD));
        let red = drawn.spans.iter().find(|span| span.content == "red").unwrap();
        assert_eq!(red.style.fg, Some(Color::Red));
        assert_eq!(bare("\u{1b}[31mred\u{1b}[0m"), "red");
    }
}
