//! Bindings end when their time is over, and it is told.

use mipflow::craft::home_agent::Settings;
use mipflow::state::BindingState;
use mipflow::time::Timestamp;

use super::history::{Ask, EPOCH, NODE};
use super::lab::Lab;

#[test]
fn a_binding_expires_when_the_clock_is_past_its_lifetime() {
    let mut lab = Lab::new(Settings::default());
    assert_eq!(lab.agent.next_expiry(), None);
    lab.ask(&Ask::bid(1, 0).lifetime(10));
    lab.ask(&Ask::bid(2, 0).lifetime(5));
    // Registered at 20 and 40 ms.
    assert_eq!(lab.agent.next_expiry(), Some(Timestamp::new(EPOCH + 5, 40_000_000)));
    lab.milliseconds = 0;
    assert!(lab.pass(5_040).is_empty());
    assert_eq!(lab.pass(1), [NODE]);
    assert_eq!(lab.active(), [1]);
    assert_eq!(lab.agent.next_expiry(), Some(Timestamp::new(EPOCH + 10, 20_000_000)));
    assert!(lab.pass(4_979).is_empty());
    assert_eq!(lab.pass(1), [NODE]);
    assert_eq!((lab.active(), lab.agent.next_expiry()), (vec![], None));
    let node = lab.node(NODE);
    assert!(node.bindings().iter().all(|binding| binding.state == BindingState::Expired));
}

#[test]
fn a_refresh_moves_the_expiry() {
    let mut lab = Lab::new(Settings::default());
    lab.ask(&Ask::bid(1, 0).lifetime(5));
    lab.milliseconds = 4_000;
    lab.ask(&Ask::bid(1, 0).lifetime(5));
    assert!(lab.pass(4_000).is_empty());
    assert_eq!(lab.active(), [1]);
    assert_eq!(lab.pass(1_001), [NODE]);
}

#[test]
fn what_expires_while_a_request_comes_in_is_told_too() {
    let mut lab = Lab::new(Settings { max_bindings: 1, ..Settings::default() });
    lab.ask(&Ask::bid(1, 0).lifetime(5));
    lab.milliseconds = 6_000;
    // It is over, so there is room.
    assert_eq!(lab.ask(&Ask::bid(2, 0)).code(), 0);
    assert_eq!(lab.pass(0), [NODE]);
    assert_eq!((lab.pass(0), lab.active()), (vec![], vec![2]));
}

#[test]
fn a_clock_that_is_set_back_brings_nothing_back() {
    let mut lab = Lab::new(Settings::default());
    lab.ask(&Ask::bid(1, 0).lifetime(5));
    assert_eq!(lab.pass(6_000), [NODE]);
    lab.milliseconds = 100;
    assert_eq!(lab.ask(&Ask::bid(2, 0).home([10, 1, 0, 2].into())).code(), 0);
    assert_eq!((lab.active(), lab.pass(0)), (vec![], vec![]));
}
