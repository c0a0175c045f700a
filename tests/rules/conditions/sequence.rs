//! What comes after what: Identifications, silence, relays and revocation (REG, AUTH, REV), by themselves.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::{says, told};
use crate::history::{HOME_AGENT, care_of, revocation};
use crate::scene::{KEY, Registration, Scene, multipath, short, sign, timestamp};

/// Refused with 133 at 0.02 s; the next request, whose timestamp is far off, comes so many milliseconds later.
#[test]
fn what_was_sent_within_a_tenth_of_a_second_had_not_heard_of_the_refusal() {
    let again = |after: f64| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::plain(1), 133);
            let identification = Some(timestamp(1_000.0));
            scene.send(0.02 + after, &Registration { identification, ..Registration::plain(1) });
        }
    };
    assert_eq!(told("REG-014", again(0.099)), [0; 0]);
    assert_eq!(told("REG-014", again(0.1)), [3]);
}

/// Two captures, the one of the foreign agent's way to the node so many seconds fast: there the request that was refused
/// seems to come after its refusal. What comes after it is judged as ever (RFC 5944 §5.7.1): an hour off at 20 s.
#[test]
fn a_refused_request_on_its_other_leg_has_not_heard_of_the_refusal() {
    let refused = |later: f64, is_other_leg: bool| {
        move |scene: &mut Scene| {
            let slow = |seconds: f64| Registration {
                identification: Some(timestamp(seconds - 3600.0)),
                ..Registration::relayed(1)
            };
            let told = Some(timestamp(0.0) & !0xffff_ffff | timestamp(-3600.0) & 0xffff_ffff);
            let request = scene.send(0.0, &slow(0.0));
            scene.send(0.02, &Registration { identification: told, ..request.reply(133) });
            scene.send(later, &if is_other_leg { request.to_foreign_agent() } else { request });
            scene.send(20.0, &slow(20.0));
        }
    };
    assert_eq!(told("REG-014", refused(0.3, true)), [4]);
    assert_eq!(told("REG-014", refused(1.01, true)), [4]);
    // Clocks are allowed for by a second (D1), and the next request was sent later for certain.
    assert_eq!(told("REG-014", refused(1.02, true)), [3]);
    // The same request again, on the same leg, is another one.
    assert_eq!(told("REG-014", refused(0.3, false)), [3]);
}

/// Refused with 133, which gives a nonce; a request so soon after that may have been on its way, and one a minute later
/// with another nonce, which it was given since.
#[test]
fn a_nonce_that_was_taken_over_at_once_is_taken_over() {
    const GIVEN: u64 = 0x1234_5678 << 32;
    let nonces = |at_once: u64| {
        move |scene: &mut Scene| {
            let with = |nonce: u64, low: u64| Registration {
                identification: Some(nonce | low),
                ..Registration::plain(1)
            };
            let sent = scene.send(0.0, &with(1 << 32, 1));
            scene.send(0.02, &Registration { identification: Some(GIVEN | 1), ..sent.reply(133) });
            scene.exchange(0.1, &with(at_once, 2), 0);
            scene.send(60.0, &with(0x9abc_def0 << 32, 3));
        }
    };
    assert_eq!(told("REG-014", nonces(GIVEN)), [0; 0]);
    assert_eq!(told("REG-014", nonces(1 << 32)), [5]);
}

#[test]
fn silence_is_told_of_home_agents_alone() {
    let silent = |request: Registration| {
        move |scene: &mut Scene| {
            scene.send(0.0, &request);
            scene.wait_until(15.0);
        }
    };
    assert_eq!(told("REG-017", silent(Registration::relayed(1))), [1]);
    assert_eq!(told("REG-017", silent(Registration::relayed(1).to_foreign_agent())), [0; 0]);
}

/// A request is accepted for 600 s, and a minute later its octets come again and get this code.
#[test]
fn a_duplicate_that_is_refused_extends_nothing() {
    let again = |code| {
        move |scene: &mut Scene| {
            let sent = scene.exchange(0.0, &Registration::plain(1), 0);
            scene.exchange(60.0, &sent, code);
        }
    };
    assert_eq!(told("REG-028", again(0)), [4]);
    assert_eq!(told("REG-028", again(133)), [0; 0]);
}

/// What a foreign agent has to keep for itself, on its leg and on the other.
#[test]
fn a_foreign_agent_relays_to_a_home_agent() {
    let delivery = || vec![130, 0];
    let to = |address: Ipv4Addr, lifetime| {
        move |scene: &mut Scene| {
            let destination = SocketAddrV4::new(address, 434);
            let request = Registration { destination, lifetime, ttl: 255, ..Registration::relayed(1) };
            scene.send(0.0, &request.with_after(delivery()));
        }
    };
    assert_eq!(told("AUTH-009", to(HOME_AGENT, 1)), [1]);
    assert_eq!(told("AUTH-009", to(HOME_AGENT, 0)), [0; 0]);
    assert_eq!(told("AUTH-009", to(care_of(9), 600)), [0; 0]);
    // From somebody else; and where the authenticator covers it.
    let from = |interface: u8, is_behind: bool| {
        move |scene: &mut Scene| {
            let source = SocketAddrV4::new(care_of(interface), 434);
            let request = Registration { source, ..Registration::relayed(1) };
            scene.send(
                0.0,
                &if is_behind { request.with_after(delivery()) } else { request.with(delivery()) },
            );
        }
    };
    assert_eq!(told("AUTH-009", from(1, true)), [1]);
    assert_eq!(told("AUTH-009", from(2, true)), [0; 0]);
    assert_eq!(told("AUTH-009", from(1, false)), [0; 0]);
    says("AUTH-009", "relayed Type 130, which is meant for it alone (RFC 3024 §3.3)", to(HOME_AGENT, 600));
    let foreign = |scene: &mut Scene| {
        let authentication = short(33, &[&[0, 0, 0x22, 0x22][..], &[9; 16]].concat());
        scene.send(0.0, &Registration::relayed(1).with_after(authentication));
    };
    says("AUTH-009", "relayed Type 33, which is meant for it alone (RFC 5944 §3.7.2.2)", foreign);
}

/// The home agent revokes the binding at an interface.
fn revoke(scene: &mut Scene, seconds: f64, interface: u8) {
    let mut payload = revocation(care_of(interface), 5);
    sign(&mut payload, 32, KEY);
    scene.datagram(seconds, &Registration::plain(interface).reply(0), &payload);
}

/// BID 1 at interface 1 for five seconds; then another message of the node; then the revocation.
#[test]
fn a_binding_that_expired_is_dead_while_another_lives() {
    let revoked = |second: Registration| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration { lifetime: 5, ..Registration::request(1) }, 0);
            scene.exchange(30.0, &second, 0);
            revoke(scene, 60.0, 1);
        }
    };
    assert_eq!(told("REV-002", revoked(Registration::request(2))), [5]);
    // Another BID at the same address, for ever.
    let here = Registration { lifetime: u16::MAX, ..Registration::plain(1) }.with(multipath(2));
    assert_eq!(told("REV-002", revoked(here)), [0; 0]);
}

/// BID 1 for twenty seconds, de-registered after ten; and it is revoked when it would have expired.
#[test]
fn a_binding_that_was_deregistered_did_not_expire() {
    let revoked = |deregistered: bool| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration { lifetime: 20, ..Registration::request(1) }, 0);
            let other = Registration::request(if deregistered { 1 } else { 2 });
            scene.exchange(10.0, &Registration { lifetime: 0, ..other }, 0);
            revoke(scene, 60.0, 1);
        }
    };
    assert_eq!(told("REV-002", revoked(true)), [0; 0]);
    assert_eq!(told("REV-002", revoked(false)), [5]);
}

#[test]
fn how_an_identification_fails_to_rise_is_told() {
    let then = |older: f64| {
        move |scene: &mut Scene| {
            let sent = scene.exchange(0.0, &Registration::plain(1), 0);
            let identification = sent.identification.map(|_| timestamp(-older));
            scene.exchange(5.0, &Registration { identification, lifetime: 300, ..Registration::plain(1) }, 0);
        }
    };
    says("REG-013", "repeats an earlier one", then(0.0));
    says("REG-013", "is below an earlier one", then(0.001));
}

/// Nothing is unsolicited in the first ten seconds.
#[test]
fn what_was_asked_for_before_the_capture_began_is_not_unsolicited() {
    let replied = |seconds: f64| {
        move |scene: &mut Scene| {
            scene.wait_until(0.0);
            let request = Registration { identification: Some(timestamp(0.0)), ..Registration::plain(1) };
            scene.send(seconds, &request.reply(0));
        }
    };
    assert_eq!(told("REG-011", replied(9.99)), [0; 0]);
    assert_eq!(told("REG-011", replied(10.0)), [2]);
}

#[test]
fn which_message_was_altered_is_told() {
    let altered = |is_reply: bool| {
        move |scene: &mut Scene| {
            let relayed = Registration { identification: Some(timestamp(0.0)), ..Registration::relayed(1) };
            let lifetime = if is_reply { 600 } else { 300 };
            scene.send(0.0, &relayed.to_foreign_agent());
            scene.send(0.01, &Registration { lifetime, ..relayed.clone() });
            scene.send(0.02, &relayed.reply(0));
            let passed_on = relayed.to_foreign_agent().reply(0);
            scene.send(0.03, &Registration { lifetime: if is_reply { 300 } else { 600 }, ..passed_on });
        }
    };
    says("REG-027", "the request 0x", altered(false));
    says("REG-027", "the reply 0x", altered(true));
}

/// BID 1 ends at 5.02 s.
#[test]
fn a_binding_may_be_revoked_for_a_second_after_it_expired() {
    let revoked = |seconds| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration { lifetime: 5, ..Registration::request(1) }, 0);
            revoke(scene, seconds, 1);
        }
    };
    assert_eq!(told("REV-002", revoked(6.02)), [0; 0]);
    assert_eq!(told("REV-002", revoked(6.03)), [3]);
}

/// Requests at 0 s, 2 s and 4 s, and replies to some of them at other times.
#[test]
fn only_what_is_unanswered_has_to_back_off() {
    let series = |replies: &'static [(usize, f64)]| {
        move |scene: &mut Scene| {
            let mut sent: Vec<Registration> = Vec::new();
            for (place, seconds) in [0.0, 2.0, 4.0].into_iter().enumerate() {
                for (of, at) in replies.iter().filter(|(_, at)| *at < seconds && *at > seconds - 2.0) {
                    scene.send(*at, &sent[*of].reply(134));
                }
                sent.push(scene.send(seconds, &Registration::plain(1)));
                assert_eq!(sent.len(), place + 1);
            }
        }
    };
    assert_eq!(told("REG-016", series(&[])), [3]);
    assert_eq!(told("REG-016", series(&[(0, 1.0)])), [0; 0]);
    assert_eq!(told("REG-016", series(&[(1, 3.0)])), [0; 0]);
    // The answer to the first comes after the second.
    assert_eq!(told("REG-016", series(&[(0, 3.0)])), [0; 0]);
}

/// Unanswered requests, of which the last comes before those before it, or the second before the first.
#[test]
fn a_clock_that_goes_back_measures_no_gap() {
    let at = |seconds: [f64; 3]| {
        move |scene: &mut Scene| {
            for seconds in seconds {
                scene.send(seconds, &Registration::plain(1));
            }
        }
    };
    assert_eq!(told("REG-016", at([10.0, 12.0, 13.0])), [3]);
    assert_eq!(told("REG-016", at([10.0, 12.0, 5.0])), [0; 0]);
    assert_eq!(told("REG-016", at([10.0, 8.0, 8.5])), [0; 0]);
    let revoked = |seconds: f64| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::request(1), 0);
            for (identifier, seconds) in [(5, 20.0), (6, seconds)] {
                let payload = revocation(care_of(1), identifier);
                scene.datagram(seconds, &Registration::plain(1).reply(0), &payload);
            }
        }
    };
    assert_eq!(told("REV-002", revoked(20.5)), [4]);
    assert_eq!(told("REV-002", revoked(10.0)), [0; 0]);
}

/// A request from elsewhere, with a Type 34 where it is a foreign agent's.
#[test]
fn what_a_foreign_agent_signs_it_may_send_itself() {
    let from = |request: fn(u8) -> Registration, is_signed: bool| {
        move |scene: &mut Scene| {
            let source = SocketAddrV4::new(care_of(7), 434);
            let request = Registration { source, ..request(1) };
            let signed = short(34, &[&[0, 0, 0x22, 0x22][..], &[9; 16]].concat());
            scene.exchange(0.0, &if is_signed { request.with_after(signed) } else { request }, 134);
        }
    };
    assert_eq!(told("MP-024", from(Registration::request, false)), [1]);
    assert_eq!(told("MP-024", from(Registration::request, true)), [0; 0]);
    assert_eq!(told("REG-019", from(Registration::plain, false)), [1]);
    assert_eq!(told("REG-019", from(Registration::plain, true)), [0; 0]);
}

/// BIDs 1 and 2; the request of this one comes again after a minute and is accepted again.
#[test]
fn a_duplicate_is_that_of_its_own_binding() {
    for again in [1, 2] {
        let build = |scene: &mut Scene| {
            let sent = [1, 2].map(|bid| scene.exchange(f64::from(bid), &Registration::request(bid), 0));
            scene.exchange(60.0, &sent[again - 1], 0);
        };
        assert_eq!(told("REG-028", build), [6], "BID {again}");
    }
}

/// BID 1 lives until 100.02 s, that moment included.
#[test]
fn a_binding_lives_until_its_expiry_has_passed() {
    let moved = |seconds| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration { lifetime: 100, ..Registration::request(1) }, 0);
            scene.send(seconds, &Registration::plain(9).with(multipath(1)));
        }
    };
    assert_eq!(told("MP-014", moved(100.02)), [3]);
    assert_eq!(told("MP-014", moved(100.03)), [0; 0]);
}
