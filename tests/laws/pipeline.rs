//! Laws of the path of a frame through all rooms.

use mipflow::capture::Frame;
use mipflow::pipeline::{Observed, Pipeline};
use mipflow::rules;
use mipflow::state::{Observer, Options};
use mipflow::trace::Trace;
use mipflow::wire::{KeyRing, Numbers, PORT};

/// Gives frames to a pipeline that attributes each packet, as a live watch does, to one that counts plain ones together,
/// as a file is read, and to one without rules: each frame is the same on all of them, so is what is believed at the end,
/// and what is found where there are rules.
///
/// Gives what the frames are, a letter each (`m`essage, `t`unnelled, `r`eassembled and tunnelled, `f`ragment, or `.`), and
/// the pipeline as it reads a file.
pub fn ways_agree(frames: &[Frame<'_>], cold_start: bool) -> (String, Pipeline) {
    let rules = || Some(rules::Options { cold_start, ..rules::Options::default() });
    let (letters, file) = read(frames, false, rules());
    let (letters_of_live, live) = read(frames, true, rules());
    let (letters_of_unjudged, unjudged) = read(frames, false, None);
    assert_eq!((&letters, &letters), (&letters_of_live, &letters_of_unjudged));
    let found = |pipeline: &Pipeline| pipeline.findings().map(|findings| findings.kept().to_vec());
    assert_eq!(found(&file), found(&live));
    assert!(found(&file).is_some() && found(&unjudged).is_none());
    let believed = tables(file.observer());
    assert_eq!(believed, tables(live.observer()));
    assert_eq!(believed, tables(unjudged.observer()), "who is not judged is seen all the same");
    assert_eq!(file.trace().counts().packets, frames.len() as u64);
    (letters, file)
}

fn read(frames: &[Frame<'_>], attribute: bool, rules: Option<rules::Options>) -> (String, Pipeline) {
    let trace = Trace::new(&[PORT], Numbers::default(), false);
    let mut pipeline = Pipeline::new(trace, Options { attribute, ..Options::default() }, rules);
    let letter = |frame| match pipeline.take(frame, &KeyRing::default(), |message| message.seen.frame) {
        Observed::Message(number) => {
            assert_eq!(number, frame.number);
            'm'
        }
        Observed::Tunnelled { reassembled: true, .. } => 'r',
        Observed::Tunnelled { .. } => 't',
        Observed::Fragment => 'f',
        Observed::Nothing => '.',
    };
    let letters = frames.iter().map(letter).collect();
    pipeline.close();
    (letters, pipeline)
}

/// What is believed of nodes and flows, and how many packets were tunnelled.
fn tables(observer: &Observer) -> String {
    let of_node = |node: &mipflow::state::Node| {
        format!("{:?} {:#?} {:#?}", node.home_address, node.bindings(), node.tunnels())
    };
    let nodes: Vec<String> = observer.nodes().map(of_node).collect();
    format!("{} {:#?} {}", nodes.join("\n"), observer.flows(), observer.tunnelled())
}
