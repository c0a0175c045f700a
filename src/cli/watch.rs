//! `mipflow watch`: the analysis live, or from a file as if it were.

mod headless;
mod patient_output;
mod screen;

use std::collections::hash_map::RandomState;
use std::ffi::OsString;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::decode::write_failure;
use super::interruption::Interruption;
use super::keys::KeyOptions;
use super::numbers::NumberOptions;
use super::output;
use super::quantity::{Stop, number, parse_buffer, parse_ring, parse_speed, parse_stop};
use super::reply_timeout::ReplyTimeout;
use super::validation::{FailOn, ValidationOptions};
use super::{Exit, Failure};
use crate::capture::privileges::{self, PrivilegeError, RunAs};
use crate::capture::{
    self, FrameFilter, LiveError, LiveOptions, Recorder, RingSize, WriteError, Writer, is_interface,
};
use crate::report::Target;
use crate::rules;
use crate::state::{Options, Vouching};
use crate::watch::{Driver, Engine, EngineOptions, Feed, LIVE_LIMITS, Source, StopAfter};
use crate::wire::PORT;

const EXAMPLES: &str = "Examples:
  sudo mipflow watch eth0
  sudo mipflow watch -i eth0 -i wlan0 -w trace.pcapng --ring 100Mx10
  mipflow watch --headless eth0 | jq 'select(.record == \"exchange\" and .status != \"accepted\")'
  mipflow watch --headless --replay 10 trace.pcap
  ssh router tcpdump -U -w - udp port 434 or proto 4 | mipflow watch --headless -";

/// Watch registrations, tunnels and their flows as they happen
///
/// Root and all capabilities are given up as soon as everything is open; see --user.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Watch {
    /// An interface (any for all of them), a capture file, or - for standard input
    ///
    /// A name that is both an interface and a file means the interface; ./NAME means the file.
    #[arg(value_name = "INTERFACE|FILE")]
    source: Option<OsString>,

    /// Capture from this interface (repeatable)
    #[arg(short = 'i', long, value_name = "INTERFACE", conflicts_with = "source")]
    interface: Vec<String>,

    /// Read only frames that match this libpcap filter [default: registrations, tunnels and fragments]
    #[arg(
        short = 'f',
        long,
        value_name = "EXPRESSION",
        long_help = "Read only frames that match this libpcap filter\n\n\
                     It replaces the default filter of interfaces, which passes registrations and tunnels (VLAN-tagged \
                     or not), fragments, and all MPLS and PPPoE session traffic. Files and standard input have no \
                     default filter."
    )]
    bpf: Option<String>,

    /// Octets to capture of each frame
    #[arg(
        long,
        value_name = "N",
        default_value_t = 262_144,
        value_parser = number::<u32>(1, 262_144)
    )]
    snaplen: u32,

    /// Size of the kernel's buffer for each interface
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "16M",
        value_parser = parse_buffer,
        allow_hyphen_values = true
    )]
    buffer: u32,

    /// Do not set interfaces to promiscuous mode, so that frames for other hosts are not seen
    #[arg(long)]
    no_promiscuous: bool,

    /// Show only what concerns this mobile node, named by home address or NAI
    #[arg(long, value_name = "ADDRESS|NAI", value_parser = NonEmptyStringValueParser::new())]
    node: Option<String>,

    /// UDP port of Mobile IP (repeatable) [default: 434]
    #[arg(long, value_name = "N", value_parser = number::<u16>(1, 65_535))]
    port: Vec<u16>,

    #[command(flatten)]
    reply_timeout: ReplyTimeout,

    #[command(flatten)]
    keys: KeyOptions,

    #[command(flatten)]
    validation: ValidationOptions,

    #[command(flatten)]
    numbers: NumberOptions,

    /// Write the frames to this capture (pcapng if its name ends so); with --node, those of the node
    #[arg(short = 'w', long, value_name = "FILE")]
    write: Option<PathBuf>,

    /// Write to COUNT files of this size in turn, each time overwriting the oldest
    ///
    /// With -w trace.pcap they are trace.0.pcap, trace.1.pcap and so on.
    #[arg(long, value_name = "SIZExCOUNT", value_parser = parse_ring, requires = "write", allow_hyphen_values = true)]
    ring: Option<RingSize>,

    /// Stop after packets=N, seconds=S or bytes=N (repeatable; the first one reached)
    #[arg(long, value_name = "CONDITION", value_parser = parse_stop)]
    stop_after: Vec<Stop>,

    /// Run as this user once everything is open [default: the user who called sudo, or else who started it]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,

    /// Play a file at its recorded pace, or SPEED times as fast
    // Kept as text: the file may stand where the speed would.
    #[arg(long, value_name = "SPEED", num_args = 0..=1, default_missing_value = "1")]
    replay: Option<OsString>,

    /// Print ndjson records as things happen instead of showing a screen; the default without a terminal
    #[arg(
        long,
        long_help = "Print ndjson records as things happen instead of showing a screen; the default without a \
                     terminal, or with one that can only print lines (TERM=dumb)\n\n\
                     A message is printed when it is seen; an exchange when it is decided; a node when its bindings \
                     or its policy have changed; a flow when it is new, or its verdict, rule or tunnels have changed; a \
                     finding when the rules found it. \
                     At the end every node and flow is printed once more, and the capture record. A file without \
                     --replay gives the same output as mipflow decode --format ndjson."
    )]
    headless: bool,

    /// Colours of the screen; the key T changes them [default: dark; mono if TERM is vt100 or another vt]
    #[arg(long, value_enum)]
    theme: Option<screen::Theme>,

    /// Draw the screen with ASCII characters only; the default unless the locale is UTF-8
    #[arg(long)]
    pub(super) ascii: bool,
}

/// Everything open, and nothing privileged any more.
struct Prepared {
    driver: Driver,
    engine: Engine,
    target: Option<Target>,
    fail_on: FailOn,
}

impl Watch {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let headless = self.headless || !output::is_screen();
        if headless {
            // Signals are caught before there is anything to lose.
            let mut interruption = Interruption::listen()?;
            let prepared = self.prepare(headless)?;
            // This starts a thread with the privileges of this one, so only after they were given up.
            interruption.forgive_haste()?;
            headless::run(prepared, &interruption)
        } else {
            let (theme, ascii) = (self.theme, self.ascii);
            screen::run(self.prepare(headless)?, theme, ascii)
        }
    }

    /// Opens everything, gives up privileges and lets the frames come.
    fn prepare(mut self, headless: bool) -> Result<Prepared, Failure> {
        let ports = if self.port.is_empty() { vec![PORT] } else { self.port.clone() };
        let source = self.source(&ports)?;
        let filter = self.bpf.as_deref().map(FrameFilter::new).transpose();
        let filter = filter.map_err(|error| Failure::usage(error.to_string(), Some(error.help())))?;
        let numbers = self.numbers.numbers()?;
        let stop_after = self.stop_after();
        let key_file = self.keys.beside::<OsString>(&[]);
        let keys = self.keys.ring()?;
        let choice = self.validation.choice()?;
        let fail_on = self.validation.fail_on;
        let run_as = RunAs::find(self.user.as_deref(), |name| std::env::var(name).ok());
        let run_as = run_as.map_err(|error| privilege_failure(&error))?;

        let is_file = matches!(source, Source::File(..));
        let feed = Feed::open(source).map_err(|error| live_failure(&error))?;
        let (is_live, is_loaded) = (feed.is_live(), feed.is_loaded());
        let recorder = match &self.write {
            Some(path) => {
                Some(record(path, self.ring, &feed, key_file).map_err(|error| write_failure(&error))?)
            }
            None => None,
        };
        if let (Some(recorder), Some(run_as)) = (&recorder, &run_as) {
            recorder.give_to(run_as).map_err(|error| write_failure(&error))?;
        }

        let choosy = self.node.is_some();
        let mut engine = Engine::new(EngineOptions {
            rules: Some(rules::Options {
                reply_timeout: self.reply_timeout.nanoseconds,
                cold_start: self.validation.cold_start(is_file),
                ports: ports.clone(),
                choice,
                seed: RandomState::new().hash_one(0u8),
                ..rules::Options::default()
            }),
            ports,
            numbers,
            keys,
            observer: Options {
                reply_timeout: self.reply_timeout.nanoseconds,
                keep_exchanges: !(headless && is_loaded),
                attribute: !headless || choosy,
                keep_before: false,
                vouching: Vouching::default(),
                seed: RandomState::new().hash_one(0u8),
                limits: if is_file { Options::default().limits } else { LIVE_LIMITS },
            },
            // A screen shows them again, records do not.
            recent_messages: if headless { 1 } else { EngineOptions::default().recent_messages },
            recent_data: if headless { 0 } else { EngineOptions::default().recent_data },
            ..EngineOptions::default()
        });
        feed.link_types().iter().for_each(|link_type| engine.declare(*link_type));
        let tick = match (headless, is_loaded) {
            (true, true) => None,
            (true, false) => Some(Duration::from_secs(1)),
            (false, _) => Some(Duration::from_millis(250)),
        };
        // Frames of interfaces were filtered by the kernel.
        let filter = filter.filter(|_| !is_live);
        let mut driver = Driver::new(feed, filter, recorder, stop_after, tick);

        // Files and standard input are open too, and root is no more needed than for interfaces.
        let privileged = is_live || run_as.is_some();
        if privileged {
            privileges::give_up(run_as.as_ref()).map_err(|error| privilege_failure(&error))?;
        }
        driver.start().map_err(|error| Failure::io(format!("no thread can be started: {error}"), None))?;
        if privileged {
            privileges::give_up_capture().map_err(|error| privilege_failure(&error))?;
        }
        let target = self.node.as_deref().map(Target::parse);
        Ok(Prepared { driver, engine, target, fail_on })
    }

    fn source(&mut self, ports: &[u16]) -> Result<Source, Failure> {
        let speed = self.speed()?;
        let names = std::mem::take(&mut self.interface);
        let names = match self.source.take() {
            None if names.is_empty() => {
                return Err(Failure::usage(
                    "there is nothing to watch",
                    Some("name an interface, a capture file, or - for standard input; mipflow interfaces lists the interfaces".into()),
                ));
            }
            None => names,
            Some(name) if name == "-" => {
                no_replay(speed, "standard input")?;
                return Ok(Source::Pipe(name, None));
            }
            Some(name) => match name.to_str() {
                Some(interface) if is_interface(interface) => vec![interface.to_owned()],
                _ if Path::new(&name).is_file() || Path::new(&name).is_dir() => {
                    return Ok(Source::File(name, speed));
                }
                _ if Path::new(&name).exists() => return Ok(Source::Pipe(name, speed)),
                _ => return Err(neither(&name)),
            },
        };
        no_replay(speed, "an interface")?;
        let is_twice = |(place, name): (usize, &String)| names.iter().take(place).any(|other| other == name);
        if names.iter().enumerate().any(is_twice)
            || (names.len() > 1 && names.iter().any(|n| n == capture::ANY))
        {
            return Err(Failure::usage("an interface is named twice", Some("any is all of them".into())));
        }
        let options = LiveOptions {
            snapshot_length: self.snaplen,
            buffer: self.buffer,
            promiscuous: !self.no_promiscuous,
            filter: self.bpf.clone(),
            ports: ports.to_vec(),
        };
        Ok(Source::Interfaces(names, options))
    }

    /// The speed to play at. Where the file stands in its place, the pace is the recording's.
    fn speed(&mut self) -> Result<Option<f64>, Failure> {
        let Some(text) = self.replay.take() else { return Ok(None) };
        if let Some(speed) = text.to_str().and_then(parse_speed) {
            return Ok(Some(speed));
        }
        if self.source.is_none() && self.interface.is_empty() {
            self.source = Some(text);
            return Ok(Some(1.0));
        }
        Err(Failure::usage(
            format!("--replay: {} is not a speed", text.to_string_lossy()),
            Some("a speed is a number of times the pace of the recording, as in 2 or 0.5".into()),
        ))
    }

    fn stop_after(&self) -> StopAfter {
        let mut all = StopAfter::default();
        for stop in &self.stop_after {
            match *stop {
                Stop::Packets(most) => all.packets = Some(all.packets.map_or(most, |other| other.min(most))),
                Stop::Bytes(most) => all.bytes = Some(all.bytes.map_or(most, |other| other.min(most))),
                Stop::Time(most) => all.time = Some(all.time.map_or(most, |other| other.min(most))),
            }
        }
        all
    }
}

fn no_replay(speed: Option<f64>, what: &str) -> Result<(), Failure> {
    match speed {
        None => Ok(()),
        Some(_) => Err(Failure::usage(format!("--replay is for files, and this is {what}"), None)),
    }
}

fn neither(name: &std::ffi::OsStr) -> Failure {
    let interfaces = capture::interfaces().unwrap_or_default();
    let names: Vec<String> = interfaces.into_iter().map(|interface| interface.name).collect();
    let help = (!names.is_empty()).then(|| format!("the interfaces are {}", names.join(", ")));
    Failure::io(format!("{} is neither an interface nor a file", name.to_string_lossy()), help)
}

/// Makes the files to write to, none of them over `inputs` or a file that is watched. What several interfaces cannot
/// share is said now, not when the first frame comes.
fn record(
    path: &Path,
    ring: Option<RingSize>,
    feed: &Feed,
    mut inputs: Vec<OsString>,
) -> Result<Recorder, WriteError> {
    if let ([first, second, ..], false) = (feed.link_types(), Writer::is_pcapng(path)) {
        let path = path.to_string_lossy().into_owned();
        return Err(WriteError::SecondLinkType { path, first: *first, second: *second });
    }
    inputs.extend(feed.files().iter().cloned());
    Recorder::create(path, ring, &inputs)
}

fn live_failure(error: &LiveError) -> Failure {
    match error {
        LiveError::Filter { .. } => Failure::usage(error.to_string(), error.help()),
        _ => Failure::io(error.to_string(), error.help()),
    }
}

fn privilege_failure(error: &PrivilegeError) -> Failure {
    match error {
        PrivilegeError::NoSuchUser(_) | PrivilegeError::NotRoot(_) => {
            Failure::usage(format!("--user: {error}"), None)
        }
        PrivilegeError::Refused { .. } | PrivilegeError::StillThere(_) => {
            Failure::io(error.to_string(), None)
        }
    }
}
