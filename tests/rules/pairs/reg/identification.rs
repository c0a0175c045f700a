//! Identification and replay protection.

use super::at;
use crate::scene::{Registration, Scene, timestamp};

/// An Identification that is no timestamp of these days: its high half counts up from 1900.
pub(super) fn nonce(number: u32) -> u64 {
    u64::from(number) << 32 | 0x0000_4242
}

/// An exchange at 5 s; then, at this time, a reply that nobody asked for.
pub(super) fn stray_reply(scene: &mut Scene, seconds: f64) {
    let sent = scene.exchange(5.0, &Registration::plain(1), 0);
    let stray = Registration { identification: Some(timestamp(seconds + 0.3)), ..sent.reply(0) };
    scene.send(seconds, &stray);
}

/// The request could have come before the capture began.
pub(super) fn stray_reply_at_the_start(scene: &mut Scene) {
    scene.wait_until(0.0);
    let request = Registration { identification: Some(timestamp(0.0)), ..Registration::plain(1) };
    scene.send(9.9, &request.reply(0));
}

/// A reply with another low half, when no request waits for one.
pub(super) fn stray_reply_after_the_answer(scene: &mut Scene) {
    let sent = scene.exchange(0.0, &Registration::plain(1), 0);
    scene.send(0.5, &Registration { identification: Some(timestamp(0.3)), ..sent.reply(0) });
}

/// A request with this Identification, and a reply with this code and high half.
pub(super) fn accepted_as(scene: &mut Scene, identification: u64, code: u8, high: u64) {
    let sent = scene.send(0.0, &at(1, identification));
    let identification = Some(high << 32 | identification & 0xffff_ffff);
    scene.send(0.02, &Registration { identification, ..sent.reply(code) });
}

/// An exchange of interface 1 with this Identification at 3 s, and at 5 s this one.
pub(super) fn followed_by(scene: &mut Scene, identification: u64, request: &Registration) {
    scene.exchange(3.0, &at(1, identification), 0);
    scene.exchange(5.0, request, 0);
}

/// A request is refused with 133; its Identification and the high half that the home agent gives are those of
/// `asked_and_told`. So many seconds after the reply interface 2 sends a request with the last Identification.
pub(super) fn refused_then(scene: &mut Scene, asked_and_told: (u64, u64), seconds: f64, then: u64) {
    let (asked, told) = asked_and_told;
    let sent = scene.send(0.0, &at(1, asked));
    let identification = Some(told >> 32 << 32 | asked & 0xffff_ffff);
    scene.send(0.02, &Registration { identification, ..sent.reply(133) });
    scene.exchange(0.02 + seconds, &at(2, then), 0);
}

/// A request with a nonce is accepted for `first` seconds, and the same octets again 4 s later for `second`.
pub(super) fn duplicate(scene: &mut Scene, first: u16, second: u16) {
    let request = Registration { lifetime: first, ..at(1, nonce(1)) };
    scene.exchange(0.0, &request, 0);
    scene.send(4.0, &request);
    scene.send(4.02, &Registration { lifetime: second, ..request.reply(0) });
}

/// One request, and its acceptance twice, 4 s apart: nothing was duplicated but the reply.
pub(super) fn answered_twice(scene: &mut Scene) {
    let sent = scene.exchange(0.0, &at(1, nonce(1)), 0);
    scene.send(4.0, &sent.reply(0));
}
