//! `mipflow send`: ask a home agent, and judge what it answers.

mod judge;
mod options;
mod plan;

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use super::interruption::Interruption;
use super::keys::KeyOptions;
use super::numbers::NumberOptions;
use super::open_files;
use super::output::{self, Colour};
use super::validation::{FailOn, ValidationOptions};
use super::{Exit, Failure};
use crate::capture::Writer;
use crate::craft::{
    ChannelError, Entry, Outcome, RunError, RunOptions, Runner, Settings, Step, Surroundings, Variables,
};
use crate::report::{
    Announcement, SendDepth, SendJson, SendJunit, SendReport, SendTap, SendText, harmless, route_line,
};
use crate::rules::{Finding, Scope, Subject};
use judge::Judge;
use options::RequestOptions;
use plan::{Part, Plan};

const EXAMPLES: &str = "Examples:
  mipflow send --ha 198.51.100.1 --home-address 10.1.0.1 --flags D --key 256=text:SECRET
  mipflow send --ha 198.51.100.1 --home-address 10.1.0.1 --interface wlan0 --bid 1 --att 802.11 \\
      --flow 'forward 1,2: proto udp dport 5060' --expect code=0 --expect 'rtt<50ms'
  mipflow send --ha 198.51.100.1 --key-file keys.toml -w sent.pcap samples/scenarios/figure3.toml
  mipflow send --suite rfc7629 --ha 198.51.100.1 --home-address 10.1.0.1 --key 256=text:SECRET";

/// Send requests to a home agent, and judge its replies
///
/// It sends one request from options, the steps of scenarios, or a conformance suite. Before anything is sent, all
/// arguments and scenarios are checked, and the destination is printed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Send {
    /// Scenarios in TOML; without any, the options describe one request
    ///
    /// Options on the command line take precedence over the steps of scenarios.
    #[arg(value_name = "SCENARIO", conflicts_with = "suite")]
    scenarios: Vec<PathBuf>,

    #[command(flatten)]
    request: RequestOptions,

    #[command(flatten)]
    keys: KeyOptions,

    #[command(flatten)]
    numbers: NumberOptions,

    #[command(flatten)]
    validation: ValidationOptions,

    /// Value of `${NAME}` in scenarios (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    var: Vec<String>,

    /// Run a conformance suite, rfc5944 or rfc7629; list prints their cases
    #[arg(long, value_name = "NAME")]
    suite: Option<String>,

    /// Run only this case of the suite, or the cases of this section (repeatable)
    #[arg(long, value_name = "ID", requires = "suite")]
    case: Vec<String>,

    /// Build and show what would be sent, but send nothing
    ///
    /// No socket is opened: without --source, the source, and a care-of address that follows it, are not those that the
    /// system would choose, so findings about them may not be those of the real request.
    #[arg(long)]
    dry_run: bool,

    /// Allow broadcast and multicast destinations
    #[arg(long)]
    allow_broadcast: bool,

    /// Write what is sent and received to this capture (pcapng if its name ends so)
    #[arg(short = 'w', long, value_name = "FILE")]
    write: Option<PathBuf>,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Show every message, not only those of failed steps; those of a single request are always shown
    // Users of tcpdump write -vv and -xx.
    #[arg(short = 'v', long, overrides_with = "verbose")]
    verbose: bool,

    /// Show the octets of every message
    #[arg(short = 'x', long, overrides_with = "hex")]
    hex: bool,

    /// When to use colour
    #[arg(long, value_enum, default_value_t)]
    pub(super) color: Colour,

    /// Use only ASCII characters in text; the default unless the locale is UTF-8
    #[arg(long)]
    pub(super) ascii: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: a line for each step, then what differed
    #[default]
    Text,
    /// One document
    Json,
    /// XML for continuous integration
    Junit,
    /// Test Anything Protocol
    Tap,
}

impl Send {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        if self.suite.as_deref() == Some("list") {
            return plan::list_suites(&self.case);
        }
        let numbers = self.numbers.numbers()?;
        let (mut settings, mut environment) = (self.request.settings(), Settings::default());
        let from_environment = !self.keys.are_given();
        let inputs = self.keys.beside(&self.scenarios);
        let keys = self.keys.ring()?;
        if !keys.is_empty() {
            // The keys of a scenario win over those of the environment, and those of the command line over both.
            let told = if from_environment { &mut environment } else { &mut settings };
            told.key = Some(keys.keys().to_vec());
        }
        let choice = self.validation.choice()?;
        let variables = variables(self.var)?;
        let allow_broadcast = self.allow_broadcast;
        let surroundings = Surroundings { settings, environment, variables, numbers, allow_broadcast };
        let plan = match &self.suite {
            Some(suite) => Plan::of_suite(suite, &self.case, &surroundings)?,
            None if self.scenarios.is_empty() => Plan::of_options(&surroundings)?,
            None => Plan::of_scenarios(&self.scenarios, &surroundings)?,
        };
        // This is no error: the same variables may be given to several scenarios, some of which do not use them.
        for name in surroundings.variables.keys().filter(|name| !plan.variables.contains(*name)) {
            // If standard error is closed, nobody wants to read this.
            let _ = writeln!(io::stderr(), "--var: nothing makes use of a variable '{}'", harmless(name));
        }
        drop(surroundings);
        let depth = SendDepth { messages: self.verbose || plan.is_single(), hex: self.hex };
        let mut report: Box<dyn SendReport> = match self.format {
            Format::Text => {
                Box::new(SendText::new(output::stdout(), output::look(self.color, self.ascii), depth))
            }
            Format::Json => Box::new(SendJson::new(output::stdout())),
            Format::Junit => Box::new(SendJunit::new(output::stdout())),
            Format::Tap => Box::new(SendTap::new(output::stdout())),
        };
        let steps: Vec<Step> = plan.steps().cloned().collect();
        // Each agent has a socket of its own, and no step has more than one.
        open_files::allow(steps.len());
        let judge = Judge::new(plan.ports(), numbers, choice, self.validation.cold_start(false));
        let interruption = Interruption::listen()?;
        let dry_run = self.dry_run;
        let options = RunOptions { numbers, allow_broadcast, dry_run, interrupted: interruption.flag() };
        let mut runner = Runner::new(&steps, options).map_err(failure)?;
        let routes = runner.routes(&steps).map_err(failure)?;
        // Only now, because this empties an earlier capture of that name: sockets for a new one are open.
        if let Some(path) = &self.write {
            let writer = Writer::create(path, &inputs);
            runner.record_to(writer.map_err(|error| Failure::io(error.to_string(), error.help()))?);
        }
        if self.format != Format::Text {
            for route in &routes {
                // If standard error is closed, nobody wants to read this.
                let _ = writeln!(io::stderr(), "{}", route_line(route));
            }
        }
        let fail_on = self.validation.fail_on;
        let fails_from = fail_on.level();
        let announcement =
            Announcement { is_dry: dry_run, routes, names: plan.names(), numbers, fail_on: fails_from };
        match report.begin(&announcement).map_err(|error| Failure::output(&error)) {
            // Nobody reads the report, so nothing is sent, which is no success.
            Err(Failure::ClosedPipe) if !dry_run => return Ok(Exit::Findings),
            begun => begun?,
        }
        let answers = self.suite.is_some().then(HashSet::new);
        let run = Run { runner, judge, exit: Exit::Done, fail_on, is_dry: dry_run, answers, interruption };
        run.run(&plan, report.as_mut())
    }
}

/// A run over a plan.
struct Run {
    runner: Runner,
    judge: Judge,
    exit: Exit,
    fail_on: FailOn,
    is_dry: bool,
    /// The frames that agents sent. For a suite only findings about these are reported, because its cases send faulty
    /// requests on purpose.
    answers: Option<HashSet<u64>>,
    interruption: Interruption,
}

impl Run {
    /// Runs all parts, and reports each when it is done.
    fn run(mut self, plan: &Plan, report: &mut dyn SendReport) -> Result<Exit, Failure> {
        let done = self.parts(plan, report);
        let written = self.runner.finish().map_err(failure);
        match done {
            // If the reader has gone, the exit code still counts.
            Err(Failure::ClosedPipe) => {}
            done => done?,
        }
        written.map(|()| self.exit)
    }

    /// Runs all parts, and writes the report to its end. Once nobody reads it any more, nothing more is sent.
    fn parts(&mut self, plan: &Plan, report: &mut dyn SendReport) -> Result<(), Failure> {
        let (mut judged, mut skipped, mut broken) = (0u64, 0u64, None);
        let mut left = plan.parts.len();
        for part in &plan.parts {
            if self.interruption.is_there() {
                break;
            }
            left = left.saturating_sub(1);
            let done = match self.part(part) {
                Ok(done) => done,
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            };
            if let Some((entry, found)) = done {
                if entry.passed() == Some(false) {
                    self.exit = Exit::Findings;
                }
                judged = judged.saturating_add(u64::from(entry.passed().is_some()));
                skipped = skipped.saturating_add(u64::from(entry.skipped().is_some()));
                let found = self.weighed(found);
                let told = report.entry(&entry, &found).map_err(|error| Failure::output(&error));
                let is_whole = self.is_dry || left == 0 && entry.passed() == Some(true);
                if matches!(told, Err(Failure::ClosedPipe)) && !is_whole {
                    self.exit = Exit::Findings;
                }
                told?;
            }
        }
        // A run that shows nothing about the agent is not a success, nor is half a run.
        let is_interrupted = self.interruption.is_there();
        let is_over_early = is_interrupted || broken.is_some();
        if is_over_early || judged == 0 && skipped > 0 {
            self.exit = Exit::Findings;
        }
        let (mut late, mut is_left) = (Vec::new(), false);
        for step in plan.afterwards.iter().filter(|_| !is_over_early) {
            if let Some(outcome) = self.runner.run(step).map_err(failure)? {
                is_left = outcome.passed() == Some(false);
                late.extend(self.judged(&outcome));
            }
        }
        // A dry run has no answers to wait for, and an interrupted run did not wait for its last one.
        if !self.is_dry && !is_over_early {
            late.extend(self.judge.close());
        }
        let late = self.weighed(late);
        report.finish(&late).map_err(|error| Failure::output(&error))?;
        if is_left {
            let said =
                "the last de-registration was not accepted: the agent may keep what the node registered";
            // If standard error is closed, nobody wants to read this.
            let _ = writeln!(io::stderr(), "{said}");
        }
        if is_interrupted {
            // If standard error is closed, nobody wants to read this.
            let _ = writeln!(io::stderr(), "interrupted: what follows was not sent");
        }
        broken.map_or(Ok(()), Err)
    }

    /// Runs a part, and returns its entry in the report and what was found meanwhile; `None` if the part only waits.
    fn part(&mut self, part: &Part) -> Result<Option<(Entry, Vec<Finding>)>, Failure> {
        let (mut outcomes, mut found) = (Vec::<Outcome>::new(), Vec::new());
        for step in &part.steps {
            let ran = self.runner.run(step).map_err(failure)?;
            if ran.is_none()
                && self.interruption.is_there()
                && let Some(last) = outcomes.last_mut()
            {
                last.interrupt();
                break;
            }
            let Some(outcome) = ran else { continue };
            found.extend(self.judged(&outcome));
            let goes_on = outcome.passed() != Some(false) && outcome.skipped.is_none();
            outcomes.push(outcome);
            if !goes_on {
                break;
            }
        }
        if outcomes.is_empty() {
            return Ok(None);
        }
        Ok(Some((Entry::new(part.scenario.clone(), part.case.clone(), outcomes), found)))
    }

    fn judged(&mut self, outcome: &Outcome) -> Vec<Finding> {
        if let Some(answers) = &mut self.answers {
            answers.extend(outcome.received().map(|packet| packet.number));
        }
        self.judge.take(outcome)
    }

    /// Picks the findings that are reported, and sets the exit code by them.
    fn weighed(&mut self, mut found: Vec<Finding>) -> Vec<Finding> {
        if let Some(answers) = &self.answers {
            found.retain(|finding| {
                finding.subject != Subject::MobileNode && answers.contains(&finding.place.frame)
            });
        }
        if self.is_dry {
            // No time passes and nothing is answered, so only rules about single messages can be judged.
            found.retain(|finding| finding.rule.scope == Scope::Message);
        }
        let is_grave = |finding: &Finding| self.fail_on.level().is_some_and(|level| finding.level <= level);
        if found.iter().any(is_grave) {
            self.exit = Exit::Findings;
        }
        found
    }
}

fn failure(error: RunError) -> Failure {
    match error {
        RunError::Channel(error @ ChannelError::Broadcast(_)) => {
            Failure::usage(error.to_string(), error.help().map(str::to_owned))
        }
        RunError::Channel(error) => Failure::io(error.to_string(), error.help().map(str::to_owned)),
        RunError::Write(error) => Failure::io(error.to_string(), error.help()),
        RunError::Receive(_) | RunError::Randomness(_) | RunError::Request(_) => {
            Failure::io(error.to_string(), None)
        }
    }
}

/// The variables of `--var`. Their values are not repeated: they may be secrets.
fn variables(given: Vec<String>) -> Result<Variables, Failure> {
    let mut variables = Variables::new();
    for text in given.into_iter().map(Zeroizing::new) {
        let Some((name, value)) = text.split_once('=') else {
            let help = "write --var NAME=VALUE";
            return Err(Failure::usage("--var: there is no '=' in it", Some(help.into())));
        };
        variables.insert(name.to_owned(), Zeroizing::new(value.to_owned()));
    }
    Ok(variables)
}
