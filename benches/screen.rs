//! How long the screen takes with many nodes: to read a key, to look at the tables, to draw. Says; never asserts.
//!
//! `cargo bench --bench screen -- --nodes 100000`. `benches/README.md` says how to read it.

// A benchmark speaks to a person.
#![allow(clippy::print_stdout)]
// It takes its time by the clock, not by packets.
#![allow(clippy::disallowed_methods)]

#[allow(dead_code, reason = "the other benchmarks use all of it")]
mod traffic;

use std::error::Error;
use std::time::{Duration, Instant};

use clap::Parser;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use mipflow::capture::{Next, Timeline};
use mipflow::tui::{App, Facts, FindingLog, Input, InputKind, Message, Settings, draw};
use mipflow::watch::{Engine, EngineOptions};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use traffic::Traffic;

/// Benchmark of the screen
#[derive(Debug, Parser)]
struct Options {
    /// Mobile nodes, each with three bindings and three rules
    #[arg(long, default_value_t = 100_000)]
    nodes: u32,

    /// Tunnelled packets
    #[arg(long, default_value_t = 300_000)]
    data: u64,

    /// What cargo passes on
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("nodes.pcap");
    Traffic { nodes: options.nodes, bindings: 3, rules: 3, data: options.data, noise: 0 }.write(&path)?;
    let mut engine = Engine::new(EngineOptions::default());
    let mut timeline = Timeline::open(&[path]);
    let begun = Instant::now();
    loop {
        match timeline.next() {
            Next::Frame(frame) => drop(engine.take(&frame)),
            Next::Pause => {}
            Next::End => break,
        }
    }
    println!("read                     {:>10.1?}", begun.elapsed());
    let begun = Instant::now();
    engine.tick(None);
    println!("tables brought up to date{:>10.1?}", begun.elapsed());
    let input = Input {
        names: vec!["nodes.pcap".to_owned()],
        files: vec!["nodes.pcap".into()],
        kind: InputKind::File,
        ended: false,
        trouble: None,
        options: engine.observer().options(),
    };
    let mut findings = FindingLog::default();
    findings.take(engine.take_findings(), &engine);
    println!("findings                 {:>10}", findings.total());
    let mut bench = Bench { engine, findings, input, app: App::new(Settings::default(), (120, 40)) };
    bench.say("first look", &[Message::Data]);
    bench.say("next look", &[Message::Data]);
    bench.say("a row down", &[key('j')]);
    bench.say("a page down", &[control('f')]);
    bench.say("to the end", &[key('G')]);
    bench.say("unfold", &[key('l')]);
    bench.say("to the beginning", &[key('g')]);
    bench.say("begin a search", &[key('/')]);
    for character in "10.1.200".chars() {
        bench.say(&format!("type {character}"), &[key(character)]);
    }
    bench.say("end it", &[Message::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE))]);
    bench.say("next match", &[key('n')]);
    bench.say("a search for nothing", &[key('/'), key('~')]);
    bench.say("give it up", &[Message::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE))]);
    bench.say("flows", &[key('4')]);
    bench.say("sorted", &[key('>')]);
    bench.say("messages", &[key('3')]);
    bench.say("findings", &[key('5')]);
    bench.say("by node", &[key('>')]);
    bench.say(
        "filter findings",
        &[key('f'), key('1'), key('2'), Message::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE))],
    );
    bench.say(
        "no filter",
        &[key('f'), control('u'), Message::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE))],
    );
    bench.say("ladder", &[key('x')]);
    bench.say("pause", &[key('1'), key('p')]);
    bench.say("go on", &[key('p')]);
    bench.say("time cursor", &[key('[')]);
    Ok(())
}

fn key(character: char) -> Message {
    Message::Key(KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE))
}

fn control(character: char) -> Message {
    Message::Key(KeyEvent::new(KeyCode::Char(character), KeyModifiers::CONTROL))
}

struct Bench {
    engine: Engine,
    findings: FindingLog,
    input: Input,
    app: App,
}

impl Bench {
    /// Times messages and the frame after them; what is put off is done in pieces, the longest of which is told.
    fn say(&mut self, what: &str, messages: &[Message]) {
        let facts = Facts::of(&self.engine, &self.findings, &self.input);
        let begun = Instant::now();
        // What is let go of, the screen lets go of elsewhere.
        let mut effects = Vec::new();
        for message in messages {
            effects.extend(self.app.update(facts, message.clone()));
        }
        let answered = begun.elapsed();
        let mut pieces = (0, Duration::ZERO);
        while self.app.is_busy(facts) {
            let begun = Instant::now();
            self.app.update(facts, Message::Continue);
            pieces = (pieces.0 + 1, pieces.1.max(begun.elapsed()));
        }
        let begun = Instant::now();
        let (width, height) = self.app.size;
        let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
        let Ok(_) = terminal.draw(|frame| draw(frame, &self.app, facts));
        let drawn = begun.elapsed();
        print!("{what:<25}{answered:>10.1?}, drawn in {drawn:>8.1?}");
        match pieces {
            (0, _) => println!(),
            (count, longest) => println!(", then {count} pieces of at most {longest:.1?}"),
        }
    }
}
