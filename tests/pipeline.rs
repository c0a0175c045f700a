//! What the pipeline says of frames, whichever way they take through it.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod history;
#[allow(unreachable_pub, reason = "the fuzz targets use it as a library")]
mod laws;

use std::ffi::OsString;

use history::{Ask, Damage, History, Operation, Packet, care_of};
use mipflow::capture::{Frame, Next, Timeline};
use mipflow::state::Verdict;
use proptest::collection::vec;
use proptest::prelude::*;

#[test]
fn frames_of_the_samples_are_the_same_on_every_way() {
    let mut kinds = String::new();
    for sample in ["figure3", "tunnels", "foreign-agent", "malformed", "extensions"] {
        let mut timeline = Timeline::open(&[OsString::from(format!("samples/{sample}.pcap"))]);
        let mut octets = Vec::new();
        let mut frames = Vec::new();
        while let Next::Frame(frame) = timeline.next() {
            octets.push(frame.data.to_vec());
            frames.push(Frame { data: &[], ..frame });
        }
        for (frame, octets) in frames.iter_mut().zip(&octets) {
            frame.data = octets;
        }
        let (letters, _) = laws::pipeline::ways_agree(&frames, true);
        assert!(letters.contains('m'), "{sample}");
        kinds.push_str(&letters);
    }
    assert!("mtfr.".chars().all(|letter| kinds.contains(letter)), "all kinds there are: {kinds}");
}

#[test]
fn what_was_seen_before_the_clock_was_set_back_is_the_same_on_every_way() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(2, 2).lifetime(5).forward(&[2], "any"));
    // Given up with the next frame after its reply timeout, when the packet is counted.
    history.ask(3.0, &Ask::bid(3, 3));
    history.down(6.5, care_of(1), &Packet::new());
    history.tick(90.0);
    history.tick(3.0);
    let (letters, pipeline) = laws::pipeline::ways_agree(&history.frames(), true);
    assert_eq!(letters, "mmmmmt..");
    // BID 2 ended half a second after it, which acquits it: the agents may have seen that first.
    assert_eq!(pipeline.observer().flows()[0].verdict, Verdict::Conforms);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn frames_of_damaged_histories_are_the_same_on_every_way(
        operations in vec(any::<[u8; 6]>().prop_map(Operation), 1..60),
        damages in vec(any::<[u8; 6]>().prop_map(Damage), 0..8),
        cold_start in any::<bool>(),
    ) {
        let (mut history, _) = History::of(&operations);
        for damage in damages {
            damage.befall(&mut history);
        }
        laws::pipeline::ways_agree_as_far_as_time_goes_on(&history.frames(), cold_start);
    }
}
