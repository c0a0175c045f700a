//! Laws of the observer over histories that proptest makes up.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod history;
#[allow(unreachable_pub, reason = "the fuzz targets use it as a library")]
mod laws;

use history::table::{exchanges, flows, nodes, policy, rule_counts, states, times, tunnels};
use history::{Damage, History, Operation, Shot, moment, pcap};
use mipflow::capture::{Frame, LinkType, Next, Timeline};
use mipflow::state::{Limits, Observer, Options};
use mipflow::time::Timestamp;
use mipflow::trace::{Seen, Trace};
use mipflow::wire::{KeyRing, Numbers, PORT};
use proptest::collection::vec;
use proptest::prelude::*;

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    vec(any::<[u8; 6]>().prop_map(Operation), 1..60)
}

/// Everything that is believed of bindings, without the frames.
fn beliefs(observer: &Observer) -> Vec<String> {
    let mut lines = nodes(observer);
    for home in observer.nodes().filter_map(|node| node.home_address) {
        lines.push(home.to_string());
        lines.extend(states(observer, home));
        let without_frame = |line: String| line.split(" #").next().unwrap().to_owned();
        lines.extend(times(observer, home).into_iter().map(without_frame));
        lines.extend(policy(observer, home));
        lines.extend(rule_counts(observer, home));
        lines.extend(tunnels(observer, home));
    }
    lines.extend(flows(observer));
    lines.push(format!("{} tunnelled", observer.tunnelled()));
    lines
}

/// Everything that is shown.
fn tables(observer: &Observer) -> Vec<String> {
    let mut lines = beliefs(observer);
    for home in observer.nodes().filter_map(|node| node.home_address) {
        lines.extend(times(observer, home));
    }
    lines.extend(exchanges(observer));
    lines.push(format!("{:?} {:?}", observer.agents(), observer.flows()));
    lines
}

/// The same history with another frame between frames; the frames keep their IP identifications.
fn with_more(shots: &[Shot], more: impl Fn(usize, &Shot) -> Option<Shot>) -> History {
    let mut history = History::new();
    for (index, shot) in shots.iter().enumerate() {
        history.shots.push(shot.clone());
        history.shots.extend(more(index, shot));
    }
    history
}

/// Writes frames as a file.
fn write_pcap(path: &std::path::Path, shots: &[Shot]) {
    std::fs::write(path, pcap(shots)).unwrap();
}

/// What an observer believes of files.
fn observe_files(paths: &[std::path::PathBuf]) -> Observer {
    let mut timeline = Timeline::open(paths);
    let mut trace = Trace::new(&[PORT], Numbers::default(), false);
    let mut observer = Observer::new(Options::default());
    loop {
        match timeline.next() {
            Next::Frame(frame) => {
                observer.advance(frame.time);
                match trace.take(&frame) {
                    Seen::Nothing | Seen::Fragment(_) => {}
                    Seen::Tunnelled(tunnel) => drop(observer.tunnel(&tunnel, frame.time)),
                    Seen::Message(seen) => drop(observer.message(&seen.event(&KeyRing::default()))),
                }
            }
            Next::Pause => {}
            Next::End => break,
        }
    }
    assert!(timeline.errors().is_empty());
    observer.close();
    observer
}

/// Gives one frame of any octets under any link type to an observer.
fn take(trace: &mut Trace, observer: &mut Observer, frame: &Frame<'_>) {
    observer.advance(frame.time);
    match trace.take(frame) {
        Seen::Nothing | Seen::Fragment(_) => {}
        Seen::Tunnelled(tunnel) => drop(observer.tunnel(&tunnel, frame.time)),
        Seen::Message(seen) => drop(observer.message(&seen.event(&KeyRing::default()))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn tables_agree_at_every_frame(operations in operations(), place in any::<prop::sample::Index>()) {
        let (history, _) = History::of(&operations);
        let observer = history.observe();
        laws::observer::tables_agree(&observer);
        laws::observer::times_agree(&observer);
        laws::observer::tables_agree(&history.observe_until(place.index(history.shots.len() + 1) as u64));
    }

    #[test]
    fn tables_agree_in_little_room(operations in operations(), room in (0..4usize, 0..4usize, 0..4usize, 0..4usize, 0..4u32), rules in 0..6usize) {
        let (nodes, pending, exchanges, flows, flows_of_one_node) = room;
        let limits = Limits { nodes, rules, pending, exchanges, flows, flows_of_one_node, ..Limits::default() };
        let (history, _) = History::of(&operations);
        let observer = history.observe_with(Options { limits, ..Options::default() });
        laws::observer::tables_agree(&observer);
        prop_assert!(observer.nodes().count() <= nodes.max(1));
        prop_assert!(observer.exchanges().count() <= exchanges);
        prop_assert!(observer.flows().len() <= flows.max(1));
        prop_assert!(observer.nodes().map(|node| node.policy().rules().len()).sum::<usize>() <= rules);
    }

    #[test]
    fn results_do_not_depend_on_the_seed(operations in operations(), seed in any::<u64>()) {
        let (history, _) = History::of(&operations);
        let seeded = history.observe_with(Options { seed, ..Options::default() });
        prop_assert_eq!(tables(&history.observe()), tables(&seeded));
        let little = Limits { nodes: 2, rules: 4, pending: 3, exchanges: 5, flows: 3, flows_of_one_node: 2, flow_binding_octets: 20, unknown_tunnels: 2 };
        let bounded = |seed| history.observe_with(Options { seed, limits: little, ..Options::default() });
        prop_assert_eq!(tables(&bounded(1)), tables(&bounded(seed)));
    }

    #[test]
    fn a_copy_of_every_packet_changes_nothing(operations in operations(), delay in 0..500_000_000i64) {
        // Before a home agent is known, no packet of its tunnels is remembered.
        let operations = [vec![Operation([15, 0, 1, 0, 0, 7])], operations].concat();
        let (history, _) = History::of(&operations);
        let mut copied = History::new();
        for shot in &history.shots {
            let time = Timestamp::from_nanoseconds(shot.time.nanoseconds() + delay);
            copied.shots.push(Shot { time, ..shot.clone() });
        }
        copied.shots.extend(history.shots.iter().cloned());
        // The first of two is the original where both are at one time.
        let count = history.shots.len();
        copied.shots.rotate_left(count);
        copied.shots.sort_by_key(|shot| shot.time);
        // A copy moves the clock, and that is all it may do.
        let end = copied.shots.last().unwrap().time;
        let mut ended = history.clone();
        ended.shots.push(Shot { time: end, octets: vec![0], length: 1 });
        prop_assert_eq!(beliefs(&ended.observe()), beliefs(&copied.observe()));
        let counts = |history: &History| {
            let observer = history.observe();
            let exchanges = observer.exchanges().map(|exchange| {
                (exchange.kind, exchange.status, exchange.code, exchange.retransmissions, exchange.legs.len())
            });
            exchanges.collect::<Vec<_>>()
        };
        prop_assert_eq!(counts(&ended), counts(&copied));
    }

    #[test]
    fn relay_legs_give_the_same_bindings(operations in operations()) {
        let relayed: Vec<Operation> =
            operations.iter().map(|operation| operation.relayed().unwrap_or(*operation)).collect();
        let (direct, _) = History::of(&operations);
        let (relayed, _) = History::of(&relayed);
        let (direct, relayed) = (direct.observe(), relayed.observe());
        prop_assert_eq!(beliefs(&direct), beliefs(&relayed));
        let decisions = |observer: &Observer| {
            observer
                .exchanges()
                .map(|exchange| (exchange.status, exchange.code, exchange.round_trip))
                .collect::<Vec<_>>()
        };
        prop_assert_eq!(decisions(&direct), decisions(&relayed));
        prop_assert!(relayed.exchanges().all(|exchange| exchange.retransmissions == 0));
    }

    #[test]
    fn garbage_in_between_changes_nothing(operations in operations(), noise in vec(any::<[u8; 5]>(), 1..9)) {
        let (history, _) = History::of(&operations);
        let noisy = with_more(&history.shots, |index, shot| {
            let [who, place, way, wait, more] = noise[index % noise.len()];
            let mut garbage = History::new();
            Operation([14, who, place, way, wait, more]).perform(&mut garbage, shot.time);
            Some(Shot { time: shot.time, ..garbage.shots[0].clone() })
        });
        prop_assert_eq!(beliefs(&history.observe()), beliefs(&noisy.observe()));
    }

    #[test]
    fn one_capture_in_two_files_gives_the_same_tables(operations in operations(), parts in vec(any::<bool>(), 1..9), at in any::<prop::sample::Index>()) {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let (history, _) = History::of(&operations);
        write_pcap(&path("whole"), &history.shots);
        let whole = tables(&observe_files(&[path("whole")]));
        prop_assert_eq!(&whole, &tables(&history.observe()));
        // One after the other, as a ring of files has them.
        let (first, second) = history.shots.split_at(at.index(history.shots.len() + 1));
        write_pcap(&path("first"), first);
        write_pcap(&path("second"), second);
        prop_assert_eq!(&whole, &tables(&observe_files(&[path("first"), path("second")])));
        // Side by side, as two interfaces have them.
        let side = |wanted: bool| -> Vec<Shot> {
            let shots = history.shots.iter().enumerate();
            shots.filter(|(index, _)| parts[index % parts.len()] == wanted).map(|(_, shot)| shot.clone()).collect()
        };
        write_pcap(&path("left"), &side(true));
        write_pcap(&path("right"), &side(false));
        prop_assert_eq!(&whole, &tables(&observe_files(&[path("left"), path("right")])));
    }

    #[test]
    fn any_octets_at_any_time_are_borne(
        operations in operations(),
        damages in vec(any::<[u8; 6]>().prop_map(Damage), 0..30),
        link_type in prop_oneof![Just(101u32), Just(1), Just(113), Just(276), any::<u32>()],
    ) {
        let (mut history, _) = History::of(&operations);
        for damage in damages {
            damage.befall(&mut history);
        }
        let mut trace = Trace::new(&[PORT], Numbers::default(), false);
        let mut observer = Observer::new(Options::default());
        for frame in history.frames() {
            let frame = Frame { link_type: LinkType(link_type), ..frame };
            take(&mut trace, &mut observer, &frame);
        }
        observer.close();
        laws::observer::tables_agree(&observer);
    }
}

#[test]
fn an_empty_history_has_empty_tables() {
    let observer = History::new().observe();
    assert!(observer.nodes().next().is_none() && observer.flows().is_empty());
    assert!(moment(0.0) < moment(1e-9));
}
