//! What an accepted exchange does to bindings, row by row, and how bindings end.

use std::net::Ipv4Addr;

use mipflow::state::{BindingState, Options};

use crate::history::table::{node, states, times};
use crate::history::{Ask, HOME_AGENT, History, NODE, care_of};
use crate::two;

#[test]
fn a_multipath_registration_creates() {
    assert_eq!(times(&two().observe(), NODE), ["1 active 1 1 +600 601 - #2", "2 active 2 2 +600 602 - #4"]);
}

#[test]
fn the_lower_lifetime_is_granted() {
    for (asked, granted, expected) in [(600, 300, 300), (300, 600, 300), (65535, 300, 300)] {
        let mut history = History::new();
        let ask = Ask::bid(1, 1).lifetime(asked);
        history.ask(0.5, &ask);
        history.answer(1.0, &ask.answer(0).granting(granted));
        assert_eq!(
            times(&history.observe(), NODE),
            [format!("1 active 1 1 +{expected} {} - #2", expected + 1)]
        );
    }
}

#[test]
fn a_lifetime_of_65535_never_ends() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).lifetime(65535));
    history.tick(200_000.0);
    assert_eq!(times(&history.observe(), NODE), ["1 active 1 1 +65535 - - #2"]);
}

#[test]
fn a_refresh_gives_more_time() {
    let mut history = two();
    history.accepted(100.0, &Ask::bid(1, 3).lifetime(300));
    assert_eq!(
        times(&history.observe(), NODE),
        ["1 active 1 100 +300 400 - #6", "2 active 2 2 +600 602 - #4"]
    );
}

#[test]
fn a_refresh_of_what_was_never_seen_creates() {
    let mut history = History::new();
    // What it was before the capture began cannot be known.
    history.accepted(1.0, &Ask::bid(7, 99));
    assert_eq!(states(&history.observe(), NODE), ["7 192.0.2.7 active"]);
}

#[test]
fn another_care_of_address_updates_the_entry() {
    let mut history = two();
    history.accepted(10.0, &Ask::bid(1, 3).at(care_of(9)).label(3).technology(2).flags(0x2a));
    let observer = history.observe();
    assert_eq!(states(&observer, NODE), ["1 192.0.2.9 active", "2 192.0.2.2 active"]);
    let binding = &node(&observer, NODE).bindings()[0];
    let interface = binding.interface.unwrap();
    assert_eq!((interface.label, interface.access_technology.0, binding.flags.0), (3, 2, 0x2a));
    assert_eq!(times(&observer, NODE)[0], "1 active 1 10 +600 610 - #6");
}

#[test]
fn a_denied_request_changes_nothing() {
    let mut history = two();
    history.answered(10.0, &Ask::bid(1, 3).at(care_of(9)), 129);
    history.answered(11.0, &Ask::bid(2, 4).lifetime(0), 129);
    history.answered(12.0, &Ask::bid(3, 5).overwrite(), 129);
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 active", "2 192.0.2.2 active"]);
}

#[test]
fn a_binding_expires_strictly_after_its_time() {
    for (clock, expected) in [
        (601.0, "1 active 1 1 +600 601 - #2"),
        (601.000_000_001, "1 expired 1 1 +600 601 601 #2"),
        (5000.0, "1 expired 1 1 +600 601 601 #2"),
    ] {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1));
        history.tick(clock);
        assert_eq!(times(&history.observe(), NODE), [expected], "{clock}");
    }
}

#[test]
fn a_bid_that_returns_after_its_end_is_a_second_entry() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::bid(1, 1).lifetime(10));
    history.accepted(20.0, &Ask::bid(1, 2));
    history.accepted(30.0, &Ask::bid(1, 3).lifetime(0));
    history.accepted(40.0, &Ask::bid(1, 4));
    assert_eq!(
        times(&history.observe(), NODE),
        ["1 expired 1 1 +10 11 11 #2", "1 deregistered 20 20 +600 620 30 #6", "1 active 40 40 +600 640 - #8"]
    );
}

#[test]
fn a_multipath_registration_supersedes_one_without_a_bid() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::plain(8, 1));
    history.accepted(2.0, &Ask::bid(1, 2));
    assert_eq!(states(&history.observe(), NODE), ["- 192.0.2.8 replaced", "1 192.0.2.1 active"]);
}

#[test]
fn an_overwrite_replaces_every_other_binding() {
    let mut history = two();
    history.accepted(10.0, &Ask::bid(3, 3).overwrite());
    assert_eq!(
        times(&history.observe(), NODE),
        ["1 replaced 1 1 +600 601 10 #6", "2 replaced 2 2 +600 602 10 #6", "3 active 10 10 +600 610 - #6"]
    );
    let mut history = two();
    history.accepted(10.0, &Ask::bid(1, 3).overwrite());
    assert_eq!(
        times(&history.observe(), NODE),
        ["1 active 1 10 +600 610 - #6", "2 replaced 2 2 +600 602 10 #6"]
    );
}

#[test]
fn a_bulk_refresh_gives_all_the_same_time() {
    let mut history = two();
    history.accepted(5.0, &Ask::bid(3, 3).lifetime(1));
    history.accepted(10.0, &Ask::bid(1, 4).lifetime(900).bulk());
    assert_eq!(
        times(&history.observe(), NODE),
        [
            "1 active 1 10 +900 910 - #8",
            "2 active 2 10 +900 910 - #8",
            "3 expired 5 5 +1 6 6 #6" // it was not active any more
        ]
    );
    let mut history = two();
    history.accepted(10.0, &Ask::bid(3, 3).lifetime(50).bulk());
    assert_eq!(
        times(&history.observe(), NODE),
        ["1 active 1 10 +50 60 - #6", "2 active 2 10 +50 60 - #6", "3 active 10 10 +50 60 - #6"]
    );
}

#[test]
fn a_bulk_refresh_can_be_without_end() {
    let mut history = two();
    history.accepted(10.0, &Ask::bid(1, 3).lifetime(65535).bulk());
    history.tick(100_000.0);
    assert_eq!(
        times(&history.observe(), NODE),
        ["1 active 1 10 +65535 - - #6", "2 active 2 10 +65535 - - #6"]
    );
}

#[test]
fn lifetime_0_ends_the_binding_with_that_bid() {
    let mut history = two();
    // Its care-of address does not matter.
    history.accepted(10.0, &Ask::bid(1, 3).lifetime(0).at(care_of(99)));
    assert_eq!(
        times(&history.observe(), NODE),
        ["1 deregistered 1 1 +600 601 10 #6", "2 active 2 2 +600 602 - #4"]
    );
}

#[test]
fn a_granted_lifetime_of_0_ends_it_too() {
    let mut history = two();
    let ask = Ask::bid(1, 3);
    history.ask(9.0, &ask);
    history.answer(10.0, &ask.answer(0).granting(0));
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 deregistered", "2 192.0.2.2 active"]);
}

#[test]
fn a_bulk_deregistration_ends_all() {
    let mut history = two();
    history.accepted(10.0, &Ask::bid(9, 3).lifetime(0).bulk());
    assert_eq!(
        times(&history.observe(), NODE),
        ["1 deregistered 1 1 +600 601 10 #6", "2 deregistered 2 2 +600 602 10 #6"]
    );
}

#[test]
fn a_plain_registration_replaces_all_others() {
    let mut history = two();
    history.accepted(10.0, &Ask::plain(8, 3));
    assert_eq!(
        states(&history.observe(), NODE),
        ["1 192.0.2.1 replaced", "2 192.0.2.2 replaced", "- 192.0.2.8 active"]
    );
}

#[test]
fn a_plain_registration_is_renewed_at_its_care_of_address() {
    let mut history = History::new();
    history.accepted(1.0, &Ask::plain(8, 1));
    history.accepted(5.0, &Ask::plain(8, 2));
    assert_eq!(times(&history.observe(), NODE), ["- active 1 5 +600 605 - #4"]);
    history.accepted(9.0, &Ask::plain(9, 3));
    assert_eq!(
        times(&history.observe(), NODE),
        ["- replaced 1 5 +600 605 9 #6", "- active 9 9 +600 609 - #6"]
    );
}

#[test]
fn simultaneous_bindings_stand_beside_each_other() {
    let simultaneous = 0xa0; // S and D
    for (code, expected) in [(0, "active"), (1, "replaced")] {
        let mut history = two();
        history.answered(10.0, &Ask::plain(8, 3).flags(simultaneous), code);
        history.answered(11.0, &Ask::plain(9, 4).flags(simultaneous), code);
        assert_eq!(
            states(&history.observe(), NODE),
            [
                format!("1 192.0.2.1 {expected}"),
                format!("2 192.0.2.2 {expected}"),
                format!("- 192.0.2.8 {expected}"),
                "- 192.0.2.9 active".to_owned()
            ],
            "code {code}"
        );
    }
}

#[test]
fn code_1_accepts_a_multipath_registration_too() {
    let mut history = two();
    history.answered(10.0, &Ask::bid(3, 3), 1);
    assert_eq!(states(&history.observe(), NODE)[2], "3 192.0.2.3 active");
    assert_eq!(states(&history.observe(), NODE)[0], "1 192.0.2.1 active");
}

#[test]
fn a_plain_deregistration_at_home_ends_all() {
    let mut history = two();
    history.accepted(10.0, &Ask::plain(8, 3).lifetime(0).at(NODE));
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 deregistered", "2 192.0.2.2 deregistered"]);
}

/// The reply need not say where home is if the request does, nor the request if the reply does.
#[test]
fn home_is_where_one_of_the_two_messages_says() {
    let nobody = Ipv4Addr::UNSPECIFIED;
    let from_home = Ask::plain(8, 3).lifetime(0).at(NODE);
    let by_nai = || from_home.clone().home(nobody).nai("a@b.example");
    for (ask, home) in [(from_home.clone(), nobody), (by_nai(), NODE)] {
        let mut history = History::new();
        history.accepted(1.0, &Ask::bid(1, 1).nai("a@b.example"));
        history.accepted(2.0, &Ask::bid(2, 2).nai("a@b.example"));
        history.ask(10.0, &ask);
        history.answer(10.1, &ask.answer(0).home(home).nai("a@b.example"));
        let ended = ["1 192.0.2.1 deregistered", "2 192.0.2.2 deregistered"];
        assert_eq!(states(&history.observe(), NODE), ended, "{home}");
    }
}

#[test]
fn a_plain_deregistration_elsewhere_ends_the_binding_there() {
    let mut history = two();
    history.accepted(10.0, &Ask::plain(2, 3).lifetime(0));
    history.accepted(11.0, &Ask::plain(77, 4).lifetime(0)); // nobody is there
    assert_eq!(states(&history.observe(), NODE), ["1 192.0.2.1 active", "2 192.0.2.2 deregistered"]);
}

#[test]
fn two_multipaths_or_a_reserved_bid_count_as_none() {
    let mut history = History::new();
    let one = Ask::bid(2, 1);
    let twice = [&one.octets()[..], &one.octets()[24..]].concat();
    history.message(1.0, one.source, one.destination, &twice);
    history.answer(1.1, &one.answer(0));
    history.accepted(2.0, &Ask::bid(0, 2).at(care_of(2)));
    history.accepted(3.0, &Ask::bid(255, 3).at(care_of(2)));
    assert_eq!(times(&history.observe(), NODE), ["- active 1.1 3 +600 603 - #6"]);
}

/// Each request with S adds a binding.
#[test]
fn active_bindings_without_a_bid_are_bounded() {
    let mut history = History::new();
    for count in 0..100u8 {
        // S and D.
        history.accepted(1.0 + f64::from(count), &Ask::plain(count, count.into()).flags(0xa0));
    }
    let observer = history.observe_with(Options::default());
    let bindings = node(&observer, NODE).bindings();
    assert_eq!(bindings.len(), 64);
    assert!(bindings.iter().all(|binding| binding.state == BindingState::Active));
    assert_eq!(bindings[0].care_of_address, care_of(36));
    assert_eq!(observer.evictions().bindings, 36);
}

#[test]
fn ended_bindings_are_kept_and_bounded() {
    let mut history = History::new();
    for count in 0..40u8 {
        let second = f64::from(count) * 10.0;
        history.accepted(second + 1.0, &Ask::bid(1, u64::from(count) * 2));
        history.accepted(second + 2.0, &Ask::bid(1, u64::from(count) * 2 + 1).lifetime(0));
    }
    let observer = history.observe_with(Options::default());
    let bindings = node(&observer, NODE).bindings();
    assert!(bindings.iter().all(|binding| binding.state == BindingState::Deregistered));
    assert_eq!(bindings.len(), 32);
    assert_eq!(observer.evictions().bindings, 8);
    assert_eq!(bindings[31].frame, 160); // the last one is there
    assert_eq!(node(&observer, NODE).home_agent, HOME_AGENT);
}
