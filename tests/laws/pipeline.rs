//! Laws of the path of a frame through all rooms.

use mipflow::capture::Frame;
use mipflow::pipeline::{Observed, Pipeline};
use mipflow::rules;
use mipflow::state::{Observer, Options};
use mipflow::trace::Trace;
use mipflow::wire::{KeyRing, Numbers, PORT};

/// Gives frames to a pipeline that attributes each packet, as a live watch does, to one that does so and is looked at
/// between frames, to one that counts plain packets together, as a file is read, and to one without rules: each frame is
/// the same on all of them, so is what is believed at the end, and what is found where there are rules.
///
/// Gives what the frames are, a letter each (`m`essage, `t`unnelled, `r`eassembled and tunnelled, `f`ragment, or `.`), and
/// the pipeline as it reads a file.
pub fn ways_agree(frames: &[Frame<'_>], cold_start: bool) -> (String, Pipeline) {
    let rules = || Some(rules::Options { cold_start, ..rules::Options::default() });
    let (letters, file) = read(frames, Way::default(), rules());
    let believed = tables(file.observer());
    let found = |pipeline: &Pipeline| pipeline.findings().map(|findings| findings.kept().to_vec());
    assert!(found(&file).is_some());
    // A frame of the future ends nothing for good, but for who looks just then.
    let is_looked_at = never_back(frames);
    for way in [Way { attribute: true, is_looked_at: false }, Way { attribute: true, is_looked_at }] {
        let (letters_of_live, live) = read(frames, way, rules());
        assert_eq!(letters, letters_of_live, "{way:?}");
        assert_eq!(found(&file), found(&live), "{way:?}");
        assert_eq!(believed, tables(live.observer()), "{way:?}");
    }
    let (letters_of_unjudged, unjudged) = read(frames, Way::default(), None);
    assert_eq!(letters, letters_of_unjudged);
    assert!(found(&unjudged).is_none());
    assert_eq!(believed, tables(unjudged.observer()), "who is not judged is seen all the same");
    assert_eq!(file.trace().counts().packets, frames.len() as u64);
    (letters, file)
}

/// The same where the clock never goes back. Where it does, bindings live on that nobody asked for while they were past
/// their expiry, and not each way asks alike: then only what the frames are has to agree.
pub fn ways_agree_as_far_as_time_goes_on(frames: &[Frame<'_>], cold_start: bool) -> Pipeline {
    if never_back(frames) {
        return ways_agree(frames, cold_start).1;
    }
    let rules = Some(rules::Options { cold_start, ..rules::Options::default() });
    let (letters, file) = read(frames, Way::default(), rules);
    let (letters_of_unjudged, _) = read(frames, Way { attribute: true, is_looked_at: true }, None);
    assert_eq!(letters, letters_of_unjudged);
    file
}

fn never_back(frames: &[Frame<'_>]) -> bool {
    frames.is_sorted_by_key(|frame| frame.time)
}

/// How a pipeline is used.
#[derive(Clone, Copy, Debug, Default)]
struct Way {
    /// Whether it says of each packet whose it is.
    attribute: bool,
    /// Whether tables are brought up to date between frames, half-way in time, as a screen does.
    is_looked_at: bool,
}

fn read(frames: &[Frame<'_>], way: Way, rules: Option<rules::Options>) -> (String, Pipeline) {
    let Way { attribute, is_looked_at } = way;
    let trace = Trace::new(&[PORT], Numbers::default(), false);
    let mut pipeline = Pipeline::new(trace, Options { attribute, ..Options::default() }, rules);
    let mut last = frames.first().map(|frame| frame.time).unwrap_or_default();
    let mut letter = |frame: &Frame<'_>| {
        if is_looked_at && frame.time > last {
            pipeline.advance(last.after(frame.time.since(last) / 2));
            pipeline.refresh();
        }
        last = frame.time;
        match pipeline.take(frame, &KeyRing::default(), |message| message.seen.frame) {
            Observed::Message(number) => {
                assert_eq!(number, frame.number);
                'm'
            }
            Observed::Tunnelled { reassembled: true, .. } => 'r',
            Observed::Tunnelled { .. } => 't',
            Observed::Fragment => 'f',
            Observed::Nothing => '.',
        }
    };
    let letters = frames.iter().map(&mut letter).collect();
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
