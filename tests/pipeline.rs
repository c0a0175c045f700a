//! What the pipeline says of frames, whichever way they take through it.

use std::ffi::OsString;

use mipflow::capture::{Next, Timeline};
use mipflow::pipeline::{Observed, Pipeline};
use mipflow::rules;
use mipflow::state::Options;
use mipflow::trace::Trace;
use mipflow::wire::{KeyRing, Numbers, PORT};

/// What frames are, a letter each, and the pipeline after them.
fn read(sample: &str, attribute: bool, judged: bool) -> (String, Pipeline) {
    let observer = Options { attribute, ..Options::default() };
    let rules = judged.then(rules::Options::default);
    let mut pipeline = Pipeline::new(Trace::new(&[PORT], Numbers::default(), false), observer, rules);
    let mut timeline = Timeline::open(&[OsString::from(format!("samples/{sample}.pcap"))]);
    let mut letters = String::new();
    while let Next::Frame(frame) = timeline.next() {
        letters.push(match pipeline.take(&frame, &KeyRing::default(), |message| message.seen.frame) {
            Observed::Message(number) => {
                assert_eq!(number, frame.number);
                'm'
            }
            Observed::Tunnelled { reassembled: true, .. } => 'r',
            Observed::Tunnelled { .. } => 't',
            Observed::Fragment => 'f',
            Observed::Nothing => '.',
        });
    }
    pipeline.close();
    (letters, pipeline)
}

#[test]
fn frames_are_the_same_on_the_short_way_and_the_long() {
    for sample in ["figure3", "tunnels", "foreign-agent", "malformed", "extensions"] {
        let (long, judged) = read(sample, true, true);
        assert!(long.contains('m'), "{sample}");
        for attribute in [true, false] {
            let (letters, pipeline) = read(sample, attribute, true);
            assert_eq!(letters, long, "{sample}");
            assert_eq!(pipeline.observer().tunnelled(), judged.observer().tunnelled(), "{sample}");
            assert_eq!(pipeline.trace().counts().packets, long.len() as u64, "{sample}");
            let found = |pipeline: &Pipeline| pipeline.findings().map(|findings| findings.kept().to_vec());
            assert_eq!(found(&pipeline), found(&judged), "{sample}");
            // Who is not judged is seen all the same.
            let (letters, pipeline) = read(sample, attribute, false);
            assert_eq!(
                (letters, pipeline.observer().tunnelled()),
                (long.clone(), judged.observer().tunnelled())
            );
            assert!(pipeline.findings().is_none() && found(&judged).is_some());
        }
    }
    // All kinds there are.
    let (tunnels, _) = read("tunnels", true, true);
    for letter in "mtfr".chars() {
        assert!(tunnels.contains(letter), "{letter} {tunnels}");
    }
}
