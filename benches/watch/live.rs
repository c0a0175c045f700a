//! What `mipflow watch --headless` takes of a machine while packets come: made in a network namespace of its own, with
//! a pair of interfaces. Says; never asserts. Needs root and iproute2.
//!
//! `cargo bench --bench watch -- --rate 100000 --seconds 30`. `benches/README.md` says how to read it.

// A benchmark speaks to a person.
#![allow(clippy::print_stdout)]
// It takes its time by the clock, not by packets.
#![allow(clippy::disallowed_methods)]
// Counts of seconds and packets, for people.
#![allow(clippy::cast_precision_loss)]

mod screen;
#[allow(dead_code, reason = "the other benchmark uses all of it")]
#[path = "../traffic/mod.rs"]
mod traffic;

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use mipflow::capture::{Next, Timeline};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pcap::{Active, Capture};
use screen::Screen;
use traffic::Traffic;

const MIPFLOW: &str = env!("CARGO_BIN_EXE_mipflow");

/// Benchmark of `mipflow watch`
#[derive(Debug, Parser)]
struct Options {
    /// Packets sent a second
    #[arg(long, default_value_t = 100_000)]
    rate: u32,

    /// Seconds to send for
    #[arg(long, default_value_t = 20)]
    seconds: u64,

    /// Mobile nodes, each with three bindings and three rules
    #[arg(long, default_value_t = 1_000)]
    nodes: u32,

    /// Different tunnelled packets, sent again and again
    #[arg(long, default_value_t = 200_000)]
    data: u64,

    /// Different foreign packets among them, which the capture filter keeps away
    #[arg(long, default_value_t = 0)]
    noise: u64,

    /// Make a new flow of each tunnelled packet, so that tables are full soon and stay so
    #[arg(long)]
    churn: bool,

    /// Watch on a screen (120x40) in place of records, and press keys meanwhile: another view three times a second, and every
    /// twenty seconds a pause
    #[arg(long)]
    screen: bool,

    /// Further arguments of mipflow, as one word
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    arguments: String,

    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// Makes the interfaces and the packets, watches, and says what it took.
pub fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("traffic.pcap");
    let Options { nodes, data, noise, .. } = options;
    Traffic { nodes, bindings: 3, rules: 3, data, noise }.write(&path)?;
    let (registrations, data) = frames(&path);

    unshare(CloneFlags::CLONE_NEWNET)?;
    for arguments in ["link add a0 type veth peer name b0", "link set a0 up", "link set b0 up"] {
        let done = Command::new("ip").args(arguments.split(' ')).status()?;
        if !done.success() {
            return Err(format!("ip {arguments}: {done}").into());
        }
    }
    let mut command = Command::new(MIPFLOW);
    command.args(["watch", "a0"]).args(options.arguments.split_whitespace());
    let mut screen = None;
    if options.screen {
        screen = Some(Screen::attach(&mut command)?);
    } else {
        command.arg("--headless").stdout(Stdio::piped());
    }
    let mut watching = command.spawn()?;
    let reader = watching.stdout.take().map(|records| std::thread::spawn(move || count_records(records)));
    // Only the watch has the terminal now.
    drop(command);
    let typist = screen.map(|screen| std::thread::spawn(move || screen.press_keys()));
    let result = measure(&options, &watching, &registrations, &data);
    kill(pid(&watching)?, if options.screen { Signal::SIGTERM } else { Signal::SIGINT })?;
    let ended = Instant::now();
    let status = watching.wait()?;
    let sent = result?;
    println!("ended with {status} {:.2} s after the signal", ended.elapsed().as_secs_f64());
    if let Some(typist) = typist {
        typist.join().map_err(|_| "the typist failed")?;
    }
    if let Some(reader) = reader {
        let (count, last) = reader.join().map_err(|_| "the reader failed")??;
        println!("{count} records; the last:\n{last}");
    }
    println!("sent: {sent}");
    Ok(())
}

/// Reads the records as they come, since a long watch writes more than a disk or memory has room for. Gives how many there
/// were, and the last one.
fn count_records(records: ChildStdout) -> std::io::Result<(u64, String)> {
    let mut records = BufReader::with_capacity(1 << 20, records);
    let (mut count, mut last, mut line) = (0, String::new(), String::new());
    while records.read_line(&mut line)? > 0 {
        count += 1;
        std::mem::swap(&mut last, &mut line);
        line.clear();
    }
    Ok((count, last.trim_end().to_owned()))
}

type Frames = Vec<Vec<u8>>;

/// Frames of a capture: those of port 434, and the others.
fn frames(path: &Path) -> (Frames, Frames) {
    let mut timeline = Timeline::open(&[PathBuf::from(path)]);
    let (mut registrations, mut data) = (Vec::new(), Vec::new());
    while let Next::Frame(frame) = timeline.next() {
        let is_registration = frame.data.get(23) == Some(&17)
            && [34, 36].iter().any(|place| frame.data.get(*place..place + 2) == Some(&434u16.to_be_bytes()));
        let frames = if is_registration { &mut registrations } else { &mut data };
        frames.push(frame.data.to_vec());
    }
    (registrations, data)
}

/// Sends everything, and tells every second how the watch fares; gives what was sent.
fn measure(
    options: &Options,
    watching: &Child,
    registrations: &[Vec<u8>],
    data: &[Vec<u8>],
) -> Result<u64, Box<dyn Error>> {
    // It captures as soon as its first thread has given up what it may.
    let deadline = Instant::now() + Duration::from_secs(20);
    while status(watching, "CapPrm")? != "0000000000000000" {
        if Instant::now() > deadline {
            return Err("it does not begin".into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut end = Capture::from_device("b0")?.open()?;
    let over = AtomicBool::new(false);
    println!("second  packets/s sent  cpu % of one core  resident MiB");
    std::thread::scope(|scope| {
        let over = &over;
        let meter = scope.spawn(move || tell(watching, over));
        let mut sent = 0;
        for frame in registrations {
            send(&mut end, frame);
            sent += 1;
            // Replies come after their requests; nobody registers a thousand nodes at once.
            if sent % 100 == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        let begun = Instant::now();
        let length = Duration::from_secs(options.seconds);
        let mut count = 0u64;
        for frame in data.iter().cycle() {
            let elapsed = begun.elapsed();
            if elapsed >= length || data.is_empty() {
                break;
            }
            if options.churn {
                send(&mut end, &of_new_flow(frame, count));
            } else {
                send(&mut end, frame);
            }
            count += 1;
            // A little ahead, a little rest.
            while count.is_multiple_of(64)
                && count as f64 > begun.elapsed().as_secs_f64() * f64::from(options.rate)
            {
                std::thread::sleep(Duration::from_micros(200));
            }
        }
        SENT.store(sent + count, Ordering::Relaxed);
        over.store(true, Ordering::Relaxed);
        println!("on average {:.0} packets/s", count as f64 / begun.elapsed().as_secs_f64());
        meter.join().map_err(|_| "the meter failed")?;
        Ok(sent + count)
    })
}

/// The frame with other ports in the UDP header behind Ethernet and two IPv4 headers.
fn of_new_flow(frame: &[u8], number: u64) -> Vec<u8> {
    let mut frame = frame.to_vec();
    if let (Some(ports), [.., a, b, c, d]) = (frame.get_mut(54..58), number.to_be_bytes()) {
        ports.copy_from_slice(&[a, b, c, d]);
    }
    frame
}

static SENT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

fn send(end: &mut Capture<Active>, frame: &[u8]) {
    while end.sendpacket(frame).is_err() {}
    SENT.fetch_add(1, Ordering::Relaxed);
}

/// Tells, every second, what the watch took.
fn tell(watching: &Child, over: &AtomicBool) {
    let (mut ticks, mut sent) = (0, 0);
    for second in 1.. {
        std::thread::sleep(Duration::from_secs(1));
        if over.load(Ordering::Relaxed) {
            return;
        }
        let now = processor_ticks(watching).unwrap_or_default();
        let resident = status(watching, "VmRSS").unwrap_or_default();
        let kilobytes: u64 = resident.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        let total = SENT.load(Ordering::Relaxed);
        // A tick is a hundredth of a second.
        println!(
            "{second:>6}  {:>14}  {:>17}  {:>12.1}",
            total - sent,
            now - ticks,
            kilobytes as f64 / 1024.0
        );
        (ticks, sent) = (now, total);
    }
}

fn pid(child: &Child) -> Result<Pid, std::num::TryFromIntError> {
    i32::try_from(child.id()).map(Pid::from_raw)
}

/// A line of what the system says of the watch.
fn status(child: &Child, line: &str) -> std::io::Result<String> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let found = status.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':'));
    Ok(found.unwrap_or_default().trim().to_owned())
}

/// Processor time of the watch, of user and system together.
fn processor_ticks(child: &Child) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}
