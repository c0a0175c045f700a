//! Every rule with a capture that fires it exactly where it should, and a near miss that does not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod compliant;
mod conditions;
mod crowded;
mod cut_short;
mod edges;
mod forgotten;
#[path = "../history/mod.rs"]
mod history;
mod pairs;
mod scene;
mod told;
mod translated;
mod types;
mod unread;
mod unseen;
mod whose;

use std::collections::BTreeSet;

use mipflow::capture::Frame;
use mipflow::pipeline::Pipeline;
use mipflow::rules::{CATALOGUE, Finding, Level, Options};
use mipflow::state;
use mipflow::time::Precision;
use mipflow::trace::Trace;
use mipflow::wire::{Numbers, PORT};

use scene::{Scene, keys};

/// A rule with what fires it and what nearly does.
pub struct Pair {
    /// Identifier of the rule.
    pub rule: &'static str,
    /// A capture that fires it, and of other must-rules those of `also` alone.
    pub fires: fn(&mut Scene),
    /// The must-rules that have to fire beside it, with their frames.
    pub also: &'static [(&'static str, u64)],
    /// The frames it fires on, each as often as it fires there.
    pub at: &'static [u64],
    /// A capture that nearly fires it, and fires no must-rule.
    pub near: fn(&mut Scene),
    /// Whether nothing was registered before the capture began.
    pub cold_start: bool,
}

/// A pair of captures that begin when nothing is registered.
pub const fn pair(
    rule: &'static str,
    fires: fn(&mut Scene),
    at: &'static [u64],
    near: fn(&mut Scene),
) -> Pair {
    Pair { rule, fires, also: &[], at, near, cold_start: true }
}

/// What the rules find in a scene, in order of frames.
pub(crate) fn findings(build: impl Fn(&mut Scene), cold_start: bool) -> Vec<Finding> {
    let mut scene = Scene::default();
    build(&mut scene);
    judged(&scene, cold_start)
}

/// The same of a scene that is there: what is found when every packet is attributed, as a live watch does it, and when
/// plain ones are counted together, as a file is read.
pub(crate) fn judged(scene: &Scene, cold_start: bool) -> Vec<Finding> {
    judged_with(scene, cold_start, state::Options::default())
}

/// The same with other tables.
pub(crate) fn judged_with(scene: &Scene, cold_start: bool, tables: state::Options) -> Vec<Finding> {
    let judge = |attribute| {
        judged_by(scene, cold_start, state::Options { attribute, ..tables }, |_| Precision::NANOSECONDS)
    };
    let found = judge(true);
    assert_eq!(judge(false), found, "packets at a glance");
    found
}

/// The same once, with frames of other precision.
pub(crate) fn judged_by(
    scene: &Scene,
    cold_start: bool,
    observer: state::Options,
    precision: impl Fn(u64) -> Precision,
) -> Vec<Finding> {
    let trace = Trace::new(&[PORT], Numbers::default(), false);
    let mut pipeline = Pipeline::new(trace, observer, Some(Options { cold_start, ..Options::default() }));
    let keys = keys();
    for frame in scene.history.frames() {
        let frame = Frame { precision: precision(frame.number), ..frame };
        pipeline.take(&frame, &keys, |_| ());
    }
    pipeline.close();
    pipeline.take_findings()
}

/// Rule, frame and message of the must-findings.
pub(crate) fn must(findings: &[Finding]) -> Vec<(&'static str, u64, String)> {
    let must = findings.iter().filter(|finding| finding.level == Level::Must);
    must.map(|finding| (finding.rule.id, finding.place.frame, finding.message.to_string())).collect()
}

#[test]
fn every_rule_has_a_pair() {
    let tested: BTreeSet<&str> = pairs::all().map(|pair| pair.rule).collect();
    let declared: BTreeSet<&str> = CATALOGUE.iter().map(|rule| rule.id).collect();
    assert_eq!(declared.difference(&tested).collect::<Vec<_>>(), Vec::<&&str>::new(), "rules without a pair");
    assert_eq!(tested.difference(&declared).collect::<Vec<_>>(), Vec::<&&str>::new(), "pairs without a rule");
}

#[test]
fn every_rule_fires_where_it_should_and_nowhere_else() {
    let mut wrong = Vec::new();
    for pair in pairs::all() {
        let found = findings(pair.fires, pair.cold_start);
        let of_rule: Vec<u64> = found
            .iter()
            .filter(|finding| finding.rule.id == pair.rule)
            .map(|finding| finding.place.frame)
            .collect();
        if of_rule != pair.at {
            wrong.push(format!("{} fires on {of_rule:?} and should on {:?}", pair.rule, pair.at));
        }
        let others: Vec<_> = must(&found).into_iter().filter(|(rule, ..)| *rule != pair.rule).collect();
        let also: Vec<_> = others.iter().map(|(rule, frame, _)| (*rule, *frame)).collect();
        if also != pair.also {
            let expected = pair.also;
            wrong.push(format!("{}: of other must-rules {expected:?} fire, and not {others:?}", pair.rule));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_rule_fires_on_its_near_miss() {
    let mut wrong = Vec::new();
    for pair in pairs::all() {
        let found = findings(pair.near, pair.cold_start);
        let of_rule = found.iter().filter(|finding| finding.rule.id == pair.rule).count();
        if of_rule > 0 {
            wrong.push(format!("{} fires on its near miss", pair.rule));
        }
        let must = must(&found);
        if !must.is_empty() {
            wrong.push(format!("{}: its near miss fires must-rules: {must:?}", pair.rule));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
