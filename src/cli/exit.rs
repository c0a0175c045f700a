//! How a run ends: exit codes, and failures a user can act on.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write as _};
use std::ops::Range;
use std::process::ExitCode;

use super::excerpt::excerpt;
use super::output::Colour;
use crate::counted::counted;
use crate::report::{Glyphs, harmless};
use miette::{LabeledSpan, MietteDiagnostic, MietteHandlerOpts, NamedSource};

/// How many failures with the same advice are told one by one.
const ALIKE: usize = 3;

/// The exit codes of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: done, but something was found, or expected and not seen.
    Findings,
    /// 2: the command line is wrong.
    Usage,
    /// 3: input or output failed; what could be read was still printed.
    Io,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0u8,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Io => 3,
        })
    }
}

/// Why a run could not go on: what was wrong, and what to do next.
#[derive(Debug)]
pub enum Failure {
    /// Something a user has to be told, and the exit code.
    Told(Exit, Box<MietteDiagnostic>),
    /// The same, about a place in a file whose text is shown.
    InFile(Exit, Box<MietteDiagnostic>, Box<NamedSource<String>>),
    /// Nobody reads the output any more, which is not an error (`mipflow decode trace.pcap | head`).
    ClosedPipe,
}

impl Failure {
    /// A wrong command line.
    pub fn usage(message: impl Into<String>, help: Option<String>) -> Self {
        Self::told(Exit::Usage, message, help)
    }

    /// A file that is wrong at `place`, in octets of `text`, which is shown there; of long lines only a part.
    pub fn in_file(
        message: impl Into<String>,
        help: Option<String>,
        place: Range<usize>,
        name: &str,
        text: &str,
    ) -> Self {
        let (text, place) = excerpt(text, place);
        let diagnostic = diagnostic(message, help).with_label(LabeledSpan::underline(place));
        Self::InFile(Exit::Usage, Box::new(diagnostic), Box::new(NamedSource::new(harmless(name), text)))
    }

    /// Input or output that failed.
    pub fn io(message: impl Into<String>, help: Option<String>) -> Self {
        Self::told(Exit::Io, message, help)
    }

    /// Output that failed; a closed pipe is told apart.
    pub fn output(error: &io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe {
            return Self::ClosedPipe;
        }
        Self::io(format!("standard output cannot be written: {error}"), None)
    }

    /// What was wrong, in one line; `None` for a closed pipe.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Told(_, diagnostic) | Self::InFile(_, diagnostic, _) => Some(&diagnostic.message),
            Self::ClosedPipe => None,
        }
    }

    /// Tells the user on standard error, and gives the exit code.
    pub fn tell(self) -> Exit {
        match self {
            Self::ClosedPipe => Exit::Done,
            Self::Told(exit, diagnostic) => print(exit, *diagnostic, None),
            Self::InFile(exit, diagnostic, source) => print(exit, *diagnostic, Some(*source)),
        }
    }

    /// Tells the user of several failures and returns the exit code of the last one; `None` if there are none. Of many
    /// failures with the same advice (say, a ring of captures that the user may not read), only the first few are told,
    /// and the number of the others.
    pub fn tell_all(failures: Vec<Self>) -> Option<Exit> {
        let mut alike: BTreeMap<String, usize> = BTreeMap::new();
        let mut exit = None;
        for failure in failures {
            let count = failure.help().map_or(0, |help| {
                let count = alike.entry(help.to_owned()).or_default();
                *count += 1;
                *count
            });
            if count <= ALIKE {
                exit = Some(failure.tell());
            }
        }
        for (help, count) in alike.into_iter().filter(|(_, count)| *count > ALIKE) {
            let more = counted(count.saturating_sub(ALIKE), "more file");
            let are = more.verb("is", "are");
            exit = Some(Self::io(format!("{more:#} {are} like that"), Some(help)).tell());
        }
        exit
    }

    fn help(&self) -> Option<&str> {
        match self {
            Self::Told(_, diagnostic) | Self::InFile(_, diagnostic, _) => diagnostic.help.as_deref(),
            Self::ClosedPipe => None,
        }
    }

    fn told(exit: Exit, message: impl Into<String>, help: Option<String>) -> Self {
        Self::Told(exit, Box::new(diagnostic(message, help)))
    }
}

/// A message with its advice. Both can contain file names and words from files, which may have been chosen by somebody
/// else than the user, so control characters are made harmless.
fn diagnostic(message: impl Into<String>, help: Option<String>) -> MietteDiagnostic {
    let mut diagnostic = MietteDiagnostic::new(harmless(&message.into()));
    diagnostic.help = help.map(|help| harmless(&help));
    diagnostic
}

/// Sets the characters that failures are drawn with, and whether colour is forbidden. To be called before any failure
/// is told.
pub(super) fn draw_failures_in(glyphs: Glyphs, color: Colour) {
    let unicode = glyphs == Glyphs::UNICODE;
    // Lines are left to the terminal: a name broken in two can be neither copied nor searched for.
    // The hook can be set only once, which is enough; a report made before it would look otherwise.
    let _ = miette::set_hook(Box::new(move |_| {
        let options = MietteHandlerOpts::new().unicode(unicode).wrap_lines(false);
        // Otherwise the terminal and the environment decide.
        let options = if color == Colour::Never { options.color(false) } else { options };
        Box::new(options.build())
    }));
}

fn print(exit: Exit, diagnostic: MietteDiagnostic, source: Option<NamedSource<String>>) -> Exit {
    let mut report = miette::Report::new(diagnostic);
    if let Some(source) = source {
        report = report.with_source_code(source);
    }
    // If standard error is closed too, nobody can be told.
    let _ = writeln!(io::stderr(), "{report:?}");
    exit
}
