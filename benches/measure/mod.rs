//! What a process costs, and how two compare.
//!
//! The system tells a process the time and memory of its children together, so each command runs under a process
//! of its own: this benchmark again, as `BENCHMARK measure COMMAND...` (see [`be_the_meter`]).

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// The first argument that turns the benchmark into a meter.
pub(crate) const METER: &str = "measure";

/// A program and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// How the table calls it.
    pub(crate) name: String,
    words: Vec<OsString>,
}

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Processor time, of user and system together.
    pub(crate) cpu: Duration,
    /// From start to end.
    pub(crate) wall: Duration,
    /// The most resident memory, in KiB. Never less than the meter's own, about 3 MiB.
    pub(crate) peak_memory: u64,
}

/// Runs of two subjects, side by side.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    /// Runs of the first.
    pub(crate) first: Vec<Cost>,
    /// Runs of the second.
    pub(crate) second: Vec<Cost>,
}

impl Subject {
    /// The command `words`.
    pub(crate) fn new<W: AsRef<OsStr>>(name: &str, words: impl IntoIterator<Item = W>) -> Self {
        let words = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
        Self { name: name.to_owned(), words }
    }

    /// Whether its program can be started at all.
    pub(crate) fn is_installed(&self) -> bool {
        let Some(program) = self.words.first() else { return false };
        let mut version = Command::new(program);
        version.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok()
    }

    /// Runs it once.
    pub(crate) fn run(&self) -> io::Result<Cost> {
        let meter = Command::new(std::env::current_exe()?).arg(METER).args(&self.words).output()?;
        let answer = String::from_utf8_lossy(&meter.stdout);
        let numbers: Vec<u64> = answer.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        match numbers.as_slice() {
            [cpu, wall, peak_memory] if meter.status.success() => Ok(Cost {
                cpu: Duration::from_micros(*cpu),
                wall: Duration::from_micros(*wall),
                peak_memory: *peak_memory,
            }),
            _ => Err(io::Error::other(format!(
                "{} failed: {}",
                self.name,
                String::from_utf8_lossy(&meter.stderr).trim()
            ))),
        }
    }
}

impl Pairs {
    /// Runs `first` and `second` in turn, `count` times each; which goes first changes from pair to pair.
    pub(crate) fn run(first: &Subject, second: &Subject, count: usize) -> io::Result<Self> {
        let mut pairs = Self::default();
        for pair in 0..count {
            if pair % 2 == 0 {
                pairs.first.push(first.run()?);
                pairs.second.push(second.run()?);
            } else {
                pairs.second.push(second.run()?);
                pairs.first.push(first.run()?);
            }
        }
        Ok(pairs)
    }

    /// Processor time of the first over that of the second: least, median and greatest of the pairs.
    pub(crate) fn ratio(&self) -> Option<(f64, f64, f64)> {
        let cpu = |cost: &Cost| cost.cpu.as_secs_f64();
        let mut ratios: Vec<f64> =
            self.first.iter().zip(&self.second).map(|(first, second)| cpu(first) / cpu(second)).collect();
        ratios.sort_by(f64::total_cmp);
        Some((*ratios.first()?, *ratios.get(ratios.len() / 2)?, *ratios.last()?))
    }
}

/// The median of one thing about some runs.
pub(crate) fn median<T: Ord + Copy>(costs: &[Cost], what: impl Fn(&Cost) -> T) -> Option<T> {
    let mut values: Vec<T> = costs.iter().map(what).collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

/// Runs the command `words`, and gives what it took as three numbers: processor time and wall time in microseconds,
/// most resident memory in KiB. Its output goes nowhere, its complaints to standard error if it fails.
pub(crate) fn be_the_meter(words: &[OsString]) -> io::Result<String> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A process takes its time by the clock, not by packets.
    #[allow(clippy::disallowed_methods)]
    let start = Instant::now();
    let status = command.status()?;
    let wall = start.elapsed();
    if !status.success() {
        return Err(io::Error::other(format!("{status}")));
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let microseconds = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    let cpu = microseconds(usage.user_time()) + microseconds(usage.system_time());
    // Linux counts in KiB, macOS in octets.
    let unit = if cfg!(target_os = "macos") { 1024 } else { 1 };
    Ok(format!("{cpu} {} {}", wall.as_micros(), usage.max_rss() / unit))
}
