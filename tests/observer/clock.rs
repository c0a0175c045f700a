//! The clock: it is the capture's own, moved by any packet, and it can go back.

use crate::history::table::{exchanges, flows, states, times, verdict};
use crate::history::{Ask, History, NODE, Packet, care_of};

#[test]
fn any_packet_moves_the_clock() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).lifetime(10));
    let before = history.observe();
    history.tick(100.0);
    assert_eq!(states(&before, NODE), ["1 192.0.2.1 active"]);
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 expired"]);
}

#[test]
fn tables_stand_as_they_were_after_a_frame() {
    let mut history = History::new();
    let registered = history.accepted(1.0, &Ask::bid(1, 1).lifetime(10).forward(&[1], "any"));
    let later = history.tick(11.0);
    history.tick(11.1);
    assert_eq!(states(&history.observe_until(registered), NODE), ["1 192.0.2.1 active"]);
    assert_eq!(states(&history.observe_until(later), NODE), ["1 192.0.2.1 active"]);
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 expired"]);
}

#[test]
fn bindings_live_on_by_a_clock_that_was_set_back() {
    let mut history = History::new();
    history.accepted(3600.0, &Ask::bid(1, 1).lifetime(300));
    // The host's clock is put right.
    history.accepted(10.0, &Ask::bid(2, 2).lifetime(300));
    history.tick(300.0);
    assert_eq!(
        times(&history.observe(), NODE),
        ["1 active 3600 3600 +300 3900 - #2", "2 active 10 10 +300 310 - #4"]
    );
    history.tick(310.5);
    assert_eq!(times(&history.observe(), NODE)[1], "2 expired 10 10 +300 310 310 #4");
}

#[test]
fn one_frame_of_the_future_ends_nothing_for_good() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.tick(1e8);
    history.accepted(2.0, &Ask::bid(2, 2));
    history.tick(3.0);
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 active", "2 192.0.2.2 active"]);
}

#[test]
fn what_has_ended_stays_ended() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).lifetime(10));
    history.accepted(2.0, &Ask::bid(2, 2));
    history.down(50.0, care_of(2), &Packet::new());
    history.tick(5.0);
    assert_eq!(times(&history.observe(), NODE)[0], "1 expired 1 1 +10 11 11 #2");
}

#[test]
fn the_reply_timeout_goes_by_the_clock_that_was_set_back_too() {
    let mut history = History::new();
    history.tick(3600.0);
    let (first, second) = (Ask::bid(1, 1), Ask::bid(2, 2));
    history.ask(10.0, &first);
    history.ask(15.0, &second);
    history.answer(21.0, &first.answer(0)); // 11 s
    history.answer(25.0, &second.answer(0)); // 10 s
    assert_eq!(
        exchanges(&history.observe()),
        ["register unanswered - 1 2 < -", "register accepted 0 2 3 < 5", "- unsolicited 0 - - < 4"]
    );
}

#[test]
fn a_reply_from_before_its_request_does_not_answer() {
    let mut history = History::new();
    let ask = Ask::bid(1, 1);
    history.ask(10.0, &ask);
    history.answer(9.0, &ask.answer(0));
    assert_eq!(exchanges(&history.observe()), ["register unanswered - 1 1 < -", "- unsolicited 0 - - < 2"]);
}

#[test]
fn a_change_has_its_grace_by_a_clock_that_was_set_back() {
    for (second, expected) in [(10.5, "conforms"), (12.0, "strays")] {
        let mut history = History::new();
        history.accepted(3600.0, &Ask::bid(1, 1));
        history.accepted(9.0, &Ask::bid(2, 2));
        history.accepted(10.0, &Ask::bid(2, 3).forward(&[1], "any"));
        history.down(second, care_of(2), &Packet::new());
        history.tick(20.0);
        assert_eq!(verdict(&history.observe()), expected, "{second}");
    }
}

#[test]
fn a_copy_that_seems_a_little_earlier_is_one_still() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    let frame = history.down(5.0, care_of(1), &Packet::new());
    history.copy(4.999_999, frame);
    assert_eq!(flows(&history.observe()), ["- - per-flow [1 1/128 0/0]"]);
}

#[test]
fn times_at_the_ends_of_the_range_are_borne() {
    use mipflow::time::Timestamp;
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).forward(&[9], "any"));
    history.down(5.0, care_of(1), &Packet::new());
    for nanoseconds in [i64::MAX, i64::MIN, 0, i64::MAX] {
        let time = Timestamp::from_nanoseconds(nanoseconds);
        for index in 0..3 {
            let octets = history.shots[index].octets.clone();
            history.raw(time, octets);
        }
    }
    assert_eq!(history.observe().nodes().count(), 1);
}

#[test]
fn packets_that_were_seen_before_the_clock_was_set_back_are_judged_as_it_was() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1));
    history.accepted(2.0, &Ask::bid(2, 2).lifetime(5).forward(&[2], "any"));
    // BID 2 ends half a second after it, which acquits it: the agents may have seen that first.
    history.down(6.5, care_of(1), &Packet::new());
    history.tick(90.0);
    history.tick(3.0);
    assert_eq!(verdict(&history.observe()), "conforms");
    // Nothing was seen of that end where the clock did not go on.
    history.shots.remove(5);
    assert_eq!(verdict(&history.observe()), "strays");
}
