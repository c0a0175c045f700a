//! What rules ask for, one thing at a time: all else is as a rule wants it, and this one thing is not, or is so only just.
//! Pairs show what fires a rule; these show that nothing in its words can be left out.

mod auth;
mod copies;
mod cut;
mod exch;
mod ext;
mod fb;
mod headers;
mod hidden;
mod late;
mod memory;
mod mp;
mod names;
mod nemo;
mod once;
mod reg;
mod selectors;
mod sequence;
mod tun;
mod udpt;

use crate::findings;
use crate::scene::Scene;

/// The frames on which a rule fires where the capture begins when nothing is registered.
fn told(rule: &str, build: impl Fn(&mut Scene)) -> Vec<u64> {
    crate::edges::told(rule, build)
}

/// The frames on which a rule fires where the capture may begin in the middle.
fn told_late(rule: &str, build: impl Fn(&mut Scene)) -> Vec<u64> {
    let found = findings(build, false);
    found.iter().filter(|finding| finding.rule.id == rule).map(|finding| finding.place.frame).collect()
}

/// What a rule says, in order of frames.
fn words(rule: &str, build: impl Fn(&mut Scene)) -> Vec<String> {
    let found = findings(build, true);
    found
        .into_iter()
        .filter(|finding| finding.rule.id == rule)
        .map(|finding| finding.message.to_string())
        .collect()
}

/// Whether the rule says one thing, and these words are in it.
fn says(rule: &str, part: &str, build: impl Fn(&mut Scene)) {
    let words = words(rule, build);
    assert!(matches!(&words[..], [one] if one.contains(part)), "{rule}: {part:?} in {words:?}");
}
