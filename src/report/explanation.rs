//! Rules explained: a list of them, one in full, or the terms they use.

use std::io::{self, Write};

use serde::Serialize;

use super::Look;
use crate::counted::counted;
use crate::rules::{DEFINITIONS, Definition, Level, Rule};

/// Writes explanations.
pub struct Explanation<'o> {
    out: &'o mut dyn Write,
    look: Look,
}

/// A rule as the contract has it.
#[derive(Serialize)]
struct RuleJson {
    id: &'static str,
    title: &'static str,
    level: &'static str,
    source: &'static str,
    subject: &'static str,
    scope: &'static str,
    fires: &'static str,
    why: &'static str,
}

/// A term, written in a list as the contract has it for rules.
#[derive(Serialize)]
struct DefinitionJson {
    id: &'static str,
    text: &'static str,
}

/// The greatest width of running text, in columns.
const READABLE: usize = 100;

impl<'o> Explanation<'o> {
    /// Explanations on `out`.
    pub fn new(out: &'o mut dyn Write, look: Look) -> Self {
        Self { out, look }
    }

    /// Writes the rules as a JSON list of objects.
    pub fn json(&mut self, rules: &[&'static Rule]) -> io::Result<()> {
        let rules: Vec<RuleJson> = rules
            .iter()
            .map(|rule| RuleJson {
                id: rule.id,
                title: rule.title,
                level: rule.level.name(),
                source: rule.source,
                subject: rule.subject.name(),
                scope: rule.scope.name(),
                fires: rule.fires,
                why: rule.why,
            })
            .collect();
        self.list_of_objects(&rules)
    }

    /// Writes one term as JSON, in a list as [`Self::json`] does with rules.
    pub fn definition_json(&mut self, definition: &Definition) -> io::Result<()> {
        let Definition { id, text, .. } = *definition;
        self.list_of_objects(&[DefinitionJson { id, text }])
    }

    fn list_of_objects(&mut self, objects: &[impl Serialize]) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *self.out, objects)?;
        writeln!(self.out)?;
        self.out.flush()
    }

    /// Writes a page of Markdown, the terms first.
    pub fn markdown(&mut self, definitions: &[Definition], rules: &[&'static Rule]) -> io::Result<()> {
        writeln!(self.out, "# Rules\n\nWhat `mipflow explain` says, on one page.")?;
        if !definitions.is_empty() {
            writeln!(self.out, "\n## Terms")?;
        }
        for definition in definitions {
            writeln!(self.out, "\n**{}** {}", definition.id, definition.text)?;
        }
        if !rules.is_empty() {
            writeln!(self.out, "\n## Rules")?;
        }
        for rule in rules {
            let Rule { id, title, level, source, subject, scope, fires, why, example, .. } = rule;
            writeln!(self.out, "\n### {id} {title}\n")?;
            let (level, scope) = (level.name(), scope.name());
            writeln!(self.out, "{level}, {scope}, at fault: {}. {source}.\n", subject.title())?;
            writeln!(self.out, "{fires}\n\nWhy it matters: {why}\n\nFor example: `{example}`")?;
        }
        self.out.flush()
    }

    /// Writes one line for each rule, and the number of rules of each level.
    pub fn list(&mut self, rules: &[&'static Rule]) -> io::Result<()> {
        for rule in rules {
            let style = self.look.palette.level(rule.level);
            writeln!(
                self.out,
                "{:<8}  {style}{:<6}{style:#}  {:<8}  {}",
                rule.id,
                rule.level.name(),
                rule.scope.name(),
                self.look.glyphs.words(rule.title)
            )?;
        }
        let count = |level| rules.iter().filter(|rule| rule.level == level).count();
        let counts: Vec<String> =
            Level::ALL.into_iter().map(|level| format!("{} {}", count(level), level.name())).collect();
        writeln!(self.out, "{}: {}", counted(rules.len(), "rule"), counts.join(", "))?;
        self.out.flush()
    }

    /// Writes all there is to say about one rule, and the terms it uses.
    pub fn rule(&mut self, rule: &'static Rule) -> io::Result<()> {
        let heading = self.look.palette.heading;
        let style = self.look.palette.level(rule.level);
        let title = self.look.glyphs.words(rule.title);
        writeln!(self.out, "{heading}{}  {title}{heading:#}", rule.id)?;
        writeln!(self.out)?;
        writeln!(self.out, "  level    {style}{}{style:#}", rule.level.name())?;
        writeln!(self.out, "  at fault {}", rule.subject.title())?;
        writeln!(self.out, "  scope    {}", rule.scope.name())?;
        let source = self.look.glyphs.words(rule.source);
        let width = usize::from(self.look.width).min(READABLE);
        let options =
            textwrap::Options::new(width).initial_indent("  source   ").subsequent_indent("           ");
        writeln!(self.out, "{}", textwrap::fill(&source, options))?;
        self.paragraph("When it fires", rule.fires)?;
        self.paragraph("Why it matters", rule.why)?;
        self.paragraph("For example", rule.example)?;
        let fires = plain(rule.fires);
        let (named, others): (Vec<&Definition>, Vec<&Definition>) =
            DEFINITIONS.iter().partition(|definition| uses(&fires, definition.id));
        for definition in named {
            self.paragraph(definition.id, definition.text)?;
        }
        let used: Vec<(&str, String)> = others
            .iter()
            .map(|term| (term.id, used_of(term, &fires).join(", ")))
            .filter(|(_, words)| !words.is_empty())
            .collect();
        if let Some((first, _)) = used.first() {
            let terms: Vec<String> = used.iter().map(|(id, words)| format!("{words} ({id})")).collect();
            let help = format!("mipflow explain {first} tells what is meant");
            self.paragraph("Terms", &format!("{}; {help}", terms.join(", ")))?;
        }
        self.out.flush()
    }

    /// Writes one term.
    pub fn definition(&mut self, definition: &Definition) -> io::Result<()> {
        self.under_heading(definition.id, definition.text)?;
        self.out.flush()
    }

    fn paragraph(&mut self, title: &str, text: &str) -> io::Result<()> {
        writeln!(self.out)?;
        self.under_heading(title, text)
    }

    fn under_heading(&mut self, title: &str, text: &str) -> io::Result<()> {
        let heading = self.look.palette.heading;
        let width = usize::from(self.look.width).min(READABLE).saturating_sub(2);
        writeln!(self.out, "{heading}{title}{heading:#}")?;
        let text = self.look.glyphs.words(text);
        // Readers search for hyphenated names such as rule ids, so these are not broken across lines.
        let options = textwrap::Options::new(width).word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::wrap(&text, options).iter().try_for_each(|line| writeln!(self.out, "  {line}"))
    }
}

/// The words that this definition explains and that `text` uses; `text` comes from [`plain`].
fn used_of(definition: &Definition, text: &str) -> Vec<&'static str> {
    definition.words.iter().copied().filter(|word| uses(text, word)).collect()
}

/// The words of a text with exactly one blank before and after each.
fn plain(text: &str) -> String {
    let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" "))
}

/// Whether `text`, which comes from [`plain`], uses these words in the singular or the plural.
fn uses(text: &str, words: &str) -> bool {
    let words = plain(words);
    text.contains(&words) || text.contains(&format!("{}s ", words.trim_end()))
}
