//! Looking on while it happens: the tables brought up to date between packets, and what is told to have changed.

use mipflow::state::{Limits, Observer, Options, Status, Still};
use mipflow::watch::{Engine, EngineOptions, Taken};

use crate::history::table::{exchanges, flows, nodes, rule_counts, states, tunnels};
use crate::history::{Ask, History, NODE, Packet, care_of, moment};

/// An engine, and how many frames of a history it has taken.
struct Watch<'h> {
    history: &'h History,
    engine: Engine,
    taken: usize,
}

impl<'h> Watch<'h> {
    fn of(history: &'h History) -> Self {
        let mut engine = Engine::new(EngineOptions::default());
        engine.observer_mut().follow_exchanges();
        Self { history, engine, taken: 0 }
    }

    /// Takes the next frame.
    fn next(&mut self) -> Taken {
        let shot = &self.history.shots[self.taken];
        self.taken += 1;
        self.engine.take(&shot.frame(self.taken as u64))
    }

    /// Takes some frames.
    fn skip(&mut self, frames: usize) {
        for _ in 0..frames {
            self.next();
        }
    }

    /// The exchanges decided since the last call: their first frame and what became of them.
    fn decided(&mut self) -> Vec<(u64, Status)> {
        let decided = self.engine.observer_mut().take_decided();
        decided.map(|exchange| (exchange.legs[0].frame, exchange.status)).collect()
    }

    fn node_stamps(&self) -> Vec<u64> {
        let observer = self.engine.observer();
        (0..observer.node_places()).map(|place| observer.node_stamp(place)).collect()
    }

    fn flow_stamps(&self) -> Vec<u64> {
        let observer = self.engine.observer();
        (0..observer.flow_places()).map(|place| observer.flow_stamp(place)).collect()
    }
}

/// Two accesses, a rule, a failover, an expiry, a request nobody answers, a reply nobody asked for.
fn eventful() -> History {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).lifetime(30));
    history.accepted(2.0, &Ask::bid(2, 2));
    for second in 3..60 {
        let far_end = if second < 32 { care_of(1) } else { care_of(2) };
        history.down(f64::from(second), far_end, &Packet::new().length(100));
        history.up(f64::from(second) + 0.5, far_end, &Packet::new().back().length(60));
    }
    history.ask(60.0, &Ask::bid(3, 3));
    history.answer(61.0, &Ask::bid(4, 4).answer(0));
    history.answered(62.0, &Ask::bid(5, 5), 133);
    history.tick(90.0);
    history
}

#[test]
fn looking_on_changes_nothing() {
    let history = eventful();
    let mut watch = Watch::of(&history);
    for _ in &history.shots {
        watch.next();
        watch.engine.tick(None);
    }
    watch.engine.close();
    let (watched, observed) = (watch.engine.observer(), history.observe());
    assert_eq!(nodes(watched), nodes(&observed));
    assert_eq!(states(watched, NODE), states(&observed, NODE));
    assert_eq!(tunnels(watched, NODE), tunnels(&observed, NODE));
    assert_eq!(rule_counts(watched, NODE), rule_counts(&observed, NODE));
    assert_eq!(flows(watched), flows(&observed));
    assert_eq!(exchanges(watched), exchanges(&observed));
    assert_eq!(watched.tunnelled(), observed.tunnelled());
}

#[test]
fn tables_are_those_of_the_moment() {
    let history = eventful();
    let mut watch = Watch::of(&history);
    // Two registrations and four packets.
    watch.skip(8);
    watch.engine.tick(None);
    let observer = watch.engine.observer();
    assert_eq!(tunnels(observer, NODE)[0], "1 192.0.2.1 ipip 2/200 2/120 flows 1");
    // The clock where the frames come from goes on without them: the first binding was granted thirty seconds.
    watch.engine.tick(Some(moment(30.9)));
    let state_of_first = |watch: &Watch<'_>| states(watch.engine.observer(), NODE).remove(0);
    let before = state_of_first(&watch);
    watch.engine.tick(Some(moment(31.1)));
    assert_ne!(state_of_first(&watch), before);
    assert!(state_of_first(&watch).contains("expired"), "{}", state_of_first(&watch));
}

#[test]
fn an_exchange_is_told_once_when_it_is_decided() {
    let history = eventful();
    let mut watch = Watch::of(&history);
    let mut told = Vec::new();
    for _ in &history.shots {
        watch.next();
        let at = watch.taken as u64;
        told.extend(watch.decided().into_iter().map(|(first, status)| (at, first, status)));
    }
    // Frames 1 to 4 register; 114 packets follow, then the request, the reply nobody asked for, the denied pair, and a
    // frame when the reply timeout has passed.
    assert_eq!(
        told,
        [
            (2, 1, Status::Accepted),
            (4, 3, Status::Accepted),
            (120, 120, Status::Unsolicited),
            (122, 121, Status::Denied),
            (123, 119, Status::Unanswered),
        ]
    );
    watch.engine.close();
    assert!(watch.decided().is_empty());
}

#[test]
fn who_does_not_follow_is_told_nothing() {
    let history = eventful();
    let mut watch = Watch::of(&history);
    watch.engine = Engine::new(EngineOptions {
        observer: Options { keep_exchanges: false, ..Options::default() },
        ..EngineOptions::default()
    });
    watch.engine.observer_mut().follow_exchanges();
    watch.skip(4);
    assert!(watch.decided().is_empty(), "exchanges are not kept");
}

#[test]
fn a_stamp_is_another_one_when_more_than_a_counter_has_changed() {
    let mut history = History::new();
    history.ask(1.0, &Ask::bid(1, 1));
    history.answer(1.1, &Ask::bid(1, 1).answer(0));
    history.down(5.0, care_of(1), &Packet::new());
    history.down(6.0, care_of(1), &Packet::new());
    history.accepted(7.0, &Ask::bid(2, 2));
    history.down(9.0, care_of(2), &Packet::new());
    let mut watch = Watch::of(&history);
    watch.next();
    assert_eq!(watch.node_stamps(), [0], "nothing but its name is known");
    watch.next();
    let registered = watch.node_stamps();
    assert_ne!(registered, [0]);
    assert_eq!(watch.engine.observer().node_stamp(1), 0, "there is no second one");
    assert!(watch.flow_stamps().is_empty());
    watch.next();
    let first = watch.flow_stamps();
    assert_eq!((watch.node_stamps(), first.len()), (registered.clone(), 1));
    watch.next();
    assert_eq!((watch.node_stamps(), watch.flow_stamps()), (registered.clone(), first.clone()));
    watch.next();
    watch.next();
    assert_ne!(watch.node_stamps(), registered, "another binding");
    assert_eq!(watch.flow_stamps(), first);
    watch.next();
    assert_ne!(watch.flow_stamps(), first, "another tunnel");
    assert_ne!(watch.flow_stamps(), [0]);
}

#[test]
fn recent_messages_can_be_read_again_and_the_oldest_are_forgotten() {
    let history = eventful();
    let mut watch = Watch::of(&history);
    watch.engine = Engine::new(EngineOptions { recent_messages: 3, ..EngineOptions::default() });
    for _ in &history.shots {
        watch.next();
    }
    let messages = watch.engine.messages();
    // Four of the registrations and four of the end; the last three are left.
    assert_eq!((messages.len(), messages.forgotten()), (3, 5));
    assert_eq!(messages.iter().map(|message| message.frame().number).collect::<Vec<_>>(), [120, 121, 122]);
    assert!(messages.by_frame(119).is_none() && messages.by_number(4).is_none());
    let denied = messages.by_frame(122).unwrap();
    assert_eq!((denied.number, denied.node), (7, Some(0)));
    let read = watch.engine.read(denied, |seen| (seen.frame, seen.time, seen.message.octets[1]));
    assert_eq!(read, Some((122, moment(62.0), 133)));
    let counters = watch.engine.counters();
    assert_eq!((counters.packets, counters.registrations, counters.tunnelled), (123, 8, 114));
}

#[test]
fn a_still_picture_shows_what_was_believed_when_it_was_begun() {
    let mut history = History::new();
    // More than one piece of nodes and exchanges, the first of which fall out.
    for number in 0..5_000u16 {
        let [high, low] = number.to_be_bytes();
        let ask = Ask::bid(1, 1).home([10, 2, high, low].into());
        history.accepted(1.0 + f64::from(number) / 100.0, &ask);
    }
    history.accepted(60.0, &Ask::bid(2, 1));
    history.down(65.0, care_of(1), &Packet::new());
    history.down(65.5, care_of(1), &Packet::new().ports(7, 8));
    let limits = Limits { nodes: 4_500, exchanges: 4_400, ..Limits::default() };
    let mut observer = history.observe_with(Options { limits, ..Options::default() });
    let mut still = Still::begin(&observer);
    let mut pieces = 1;
    while !still.go_on(&observer) {
        pieces += 1;
    }
    assert!(pieces > 3, "{pieces}");
    let still = still.finish();
    let shown = |observer: &Observer| {
        format!(
            "{:#?} {:#?} {:#?} {:#?} {:?} {} {:?}",
            observer.nodes().collect::<Vec<_>>(),
            observer.flows(),
            observer.exchanges().collect::<Vec<_>>(),
            observer.agents(),
            observer.evictions(),
            observer.tunnelled(),
            observer.clock()
        )
    };
    let begun = shown(&observer);
    assert_eq!((still.nodes().count(), still.exchanges().count(), still.flows().len()), (4_500, 4_400, 2));
    assert!(shown(&still) == begun, "it is another picture");
    // What comes after it was taken is not in it.
    observer.advance(moment(10_000.0));
    observer.refresh();
    assert!(shown(&still) == begun && shown(&observer) != begun);
}
