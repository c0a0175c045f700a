//! How fast `mipflow decode` is, next to tools that people know. Says; never asserts.
//!
//! `cargo bench` makes its captures in a temporary directory, warms them, runs each pair of commands in turn
//! (A B, B A, A B, ...), and prints processor times, the most memory, and the ratio of the processor times: the
//! median of the pairs, with the least and the greatest. Ratios of one run compare; times of different runs or
//! machines do not. `benches/README.md` says how to read the tables.
//!
//! Options go after `--`: `cargo bench --bench decode -- --pairs 21 --data 3000000`.

// A benchmark speaks to a person.
#![allow(clippy::print_stdout)]

mod measure;
mod traffic;

use std::error::Error;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::iter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use comfy_table::{CellAlignment, Table, presets};
use measure::{Cost, Pairs, Subject, median};
use traffic::Traffic;

/// The first argument that turns the benchmark into a reader of a file.
const READER: &str = "read";
/// Octets of that reader's window, as of the one in `capture`.
const WINDOW: usize = 512 << 10;

const MIPFLOW: &str = env!("CARGO_BIN_EXE_mipflow");

/// Benchmarks of `mipflow decode`
#[derive(Debug, Parser)]
struct Options {
    /// Pairs of runs on the large capture; the small one gets three times as many, tshark a third
    #[arg(long, default_value_t = 15)]
    pairs: usize,

    /// Mobile nodes of the large capture, each with three bindings and three rules
    #[arg(long, default_value_t = 10_000)]
    nodes: u32,

    /// Tunnelled packets of the large capture
    #[arg(long, default_value_t = 750_000)]
    data: u64,

    /// Foreign packets of the large capture
    #[arg(long, default_value_t = 250_000)]
    noise: u64,

    /// Mobile nodes of the capture that holds nothing but registrations, six messages each
    #[arg(long, default_value_t = 5_000)]
    registering: u32,

    /// Most mobile nodes of the captures that show growth; they begin at 1,000 and grow tenfold
    #[arg(long, default_value_t = 100_000)]
    growth: u32,

    /// Keep the captures in this directory
    #[arg(long, value_name = "DIRECTORY")]
    keep: Option<PathBuf>,

    /// What cargo passes
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    match words.split_first() {
        Some((word, command)) if word == measure::METER => println!("{}", measure::be_the_meter(command)?),
        Some((word, files)) if word == READER => {
            files.iter().try_for_each(|file| read(Path::new(file)).map(|_| ()))?;
        }
        _ => compare(&Options::parse())?,
    }
    Ok(())
}

fn compare(options: &Options) -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let directory = options.keep.as_deref().unwrap_or(temporary.path());
    let large =
        Traffic { nodes: options.nodes, bindings: 3, rules: 3, data: options.data, noise: options.noise };
    let registering = Traffic { nodes: options.registering, data: 0, noise: 0, ..large };
    let small = Traffic { nodes: 300, bindings: 3, rules: 3, data: 8_200, noise: 3_000 };
    let mut report = Tables::new();
    println!("Captures in {}:", directory.display());
    let [large, registrations, small] = [("large", large), ("registrations", registering), ("small", small)]
        .map(|(name, traffic)| {
            let path = directory.join(format!("{name}.pcap"));
            let octets = traffic.write(&path).and_then(|()| read(&path));
            octets.map(|octets| {
                println!(
                    "  {name}: {} packets, {} of them registrations, {} MB",
                    traffic.packets(),
                    traffic.registrations(),
                    octets / 1_000_000
                );
                path
            })
        });
    let (large, registrations, small) = (large?, registrations?, small?);

    let benchmark = std::env::current_exe()?;
    let tcpdump = |capture: &Path| {
        let words = ["tcpdump", "-r"].map(OsString::from).into_iter().chain([capture.into()]);
        let words = words.chain(["-w", "/dev/null", "udp port 434"].map(OsString::from));
        Subject::new("tcpdump -w /dev/null 'udp port 434'", words)
    };
    let decode = |capture: &Path, options: &[&str]| {
        let name = format!("mipflow decode {}", options.join(" "));
        let words = [MIPFLOW, "decode"].iter().chain(options).map(OsString::from);
        Subject::new(name.trim_end(), words.chain([capture.into()]))
    };
    let stats = decode(&large, &["--show", "stats"]);
    let floor = Subject::new("bare read", [benchmark.as_os_str(), READER.as_ref(), large.as_os_str()]);
    report.compare("large", &stats, &floor, options.pairs);
    report.compare("large", &stats, &tcpdump(&large), options.pairs);

    let ndjson = decode(&registrations, &["--show", "messages", "--format", "ndjson"]);
    let words = ["tshark", "-T", "json", "-r"].map(OsString::from).into_iter();
    let tshark = Subject::new("tshark -T json", words.chain([registrations.clone().into()]));
    report.compare("registrations", &ndjson, &tshark, options.pairs.div_ceil(3));

    let stats = decode(&registrations, &["--show", "stats"]);
    report.compare("registrations", &stats, &tcpdump(&registrations), options.pairs);

    let words = ["--show", "findings", "--format", "csv"];
    for (name, capture) in [("large", &large), ("registrations", &registrations)] {
        let stats = decode(capture, &["--show", "stats", "--format", "csv"]);
        report.compare(name, &decode(capture, &words), &stats, options.pairs);
    }

    let whole = decode(&small, &[]);
    let runs: io::Result<Vec<Cost>> = (0..options.pairs * 3).map(|_| whole.run()).collect();
    report.costs("small", &whole, &runs?);

    let sizes = iter::successors(Some(1_000u32), |nodes| nodes.checked_mul(10));
    for nodes in sizes.take_while(|nodes| *nodes <= options.growth) {
        let traffic = Traffic { nodes, ..registering };
        let path = directory.join(format!("growth-{nodes}.pcap"));
        traffic.write(&path)?;
        read(&path)?;
        let runs: io::Result<Vec<Cost>> = (0..3).map(|_| decode(&path, &["--show", "stats"]).run()).collect();
        report.growth(&traffic, &runs?);
        if options.keep.is_none() {
            fs::remove_file(&path)?;
        }
    }
    report.print();
    Ok(())
}

/// What is printed in the end.
struct Tables {
    costs: Table,
    ratios: Table,
    growth: Table,
}

impl Tables {
    fn new() -> Self {
        let table = |headings: &[&str], names: usize| {
            let mut table = Table::new();
            table.load_style(presets::NOTHING).set_header(headings.iter().copied());
            for column in table.column_iter_mut().skip(names) {
                column.set_cell_alignment(CellAlignment::Right);
            }
            table
        };
        Self {
            costs: table(&["capture", "command", "cpu s", "wall s", "memory MiB"], 2),
            growth: table(&["nodes", "messages", "cpu s", "ns a message", "memory MiB", "octets a node"], 0),
            ratios: table(&["capture", "cpu of", "over cpu of", "median", "least", "greatest", "inverse"], 3),
        }
    }

    /// Runs both subjects and says what they cost and how they compare.
    fn compare(&mut self, capture: &str, first: &Subject, second: &Subject, pairs: usize) {
        if !second.is_installed() {
            println!("{} is left out: it is not installed", second.name);
            return;
        }
        let runs = match Pairs::run(first, second, pairs) {
            Ok(runs) => runs,
            Err(error) => {
                println!("left out: {error}");
                return;
            }
        };
        self.costs(capture, first, &runs.first);
        self.costs(capture, second, &runs.second);
        if let Some((least, median, greatest)) = runs.ratio() {
            let number = |ratio: f64| format!("{ratio:.4}");
            self.ratios.add_row([
                capture.to_owned(),
                first.name.clone(),
                second.name.clone(),
                number(median),
                number(least),
                number(greatest),
                format!("{:.2}", 1.0 / median),
            ]);
        }
    }

    /// Says what the runs of a subject cost: medians of time, the most of memory.
    fn costs(&mut self, capture: &str, subject: &Subject, runs: &[Cost]) {
        let seconds = |time: Option<Duration>| format!("{:.4}", time.unwrap_or_default().as_secs_f64());
        let memory = runs.iter().map(|cost| cost.peak_memory).max().unwrap_or_default();
        self.costs.add_row([
            capture.to_owned(),
            subject.name.clone(),
            seconds(median(runs, |cost| cost.cpu)),
            seconds(median(runs, |cost| cost.wall)),
            format!("{}.{}", memory / 1024, memory % 1024 * 10 / 1024),
        ]);
    }

    /// Says what a number of nodes cost that register and do nothing else.
    fn growth(&mut self, traffic: &Traffic, runs: &[Cost]) {
        let cpu = median(runs, |cost| cost.cpu).unwrap_or_default();
        let kibibytes = runs.iter().map(|cost| cost.peak_memory).max().unwrap_or_default();
        let messages = traffic.registrations();
        self.growth.add_row([
            traffic.nodes.to_string(),
            messages.to_string(),
            format!("{:.4}", cpu.as_secs_f64()),
            (cpu.as_nanos() / u128::from(messages)).to_string(),
            (kibibytes / 1024).to_string(),
            (kibibytes * 1024 / u64::from(traffic.nodes)).to_string(),
        ]);
    }

    fn print(&self) {
        println!("\n{}\n\n{}\n\n{}", self.costs, self.ratios, self.growth);
    }
}

/// Reads a file through a window, and gives its length. Also warms it.
fn read(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let mut window = vec![0; WINDOW];
    let mut octets = 0;
    loop {
        match file.read(&mut window)? {
            0 => return Ok(octets),
            read => octets += read as u64,
        }
    }
}
