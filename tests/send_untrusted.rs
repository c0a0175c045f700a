//! `send` and what comes from somebody it should not believe, or believe for long: replies that are authentic in part,
//! clocks at their end, floods.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;
mod responder;

use std::time::Duration;

use mipflow::craft::append_mobile_home_authentication;
use mipflow::wire::{Key, Numbers, ReplyCode};
use program::run;
use responder::{KEY, Responder, key, reply_to, request_of, signed};
use serde_json::Value;

/// A run against that agent: its exit code and its document.
fn send(responder: &Responder, more: &str) -> (i32, Value) {
    let ha = responder.ha();
    let run = run(&format!("send --ha {ha} --home-address 10.1.0.1 --key {KEY} --format json {more}"));
    let document =
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}{}", run.out, run.error));
    (run.code, document)
}

/// An agent that signs each reply twice; the second time with `second`, over whatever `between` adds.
fn signs_twice(second: Key, between: &'static [u8]) -> Responder {
    Responder::start(move |socket, source, octets| {
        let mut answer = signed(&reply_to(&request_of(octets).unwrap()), &[]);
        answer.extend(between);
        append_mobile_home_authentication(&mut answer, &second, Numbers::default());
        socket.send_to(&answer, source).unwrap();
    })
}

#[test]
fn a_reply_with_two_authenticators_is_no_answer() {
    let stranger = Key::parse("256=text:of-somebody-else").unwrap();
    // A rule that drops everything, which only the second authenticator covers.
    let rule = &[154, 2, 0, 8, 0, 1, 255, 1, 0, 0, 0, 0];
    for (what, responder) in [
        ("right, wrong", signs_twice(stranger.clone(), &[])),
        ("right, right", signs_twice(key(), &[])),
        ("right, what anybody can add, wrong", signs_twice(stranger, rule)),
    ] {
        let (code, document) = send(&responder, "--retries 0 --timeout 200ms");
        let step = &document["steps"][0];
        assert_eq!((code, &step["reply"]), (1, &Value::Null), "{what}: {step:#}");
        assert_eq!(step["ignored"][0]["why"], "unauthenticated", "{what}");
        let taken = "--accept-unauthenticated --expect code=0 --expect auth=several --expect auth!=valid";
        let (code, document) = send(&responder, taken);
        assert_eq!(code, 0, "{what}: {document:#}");
    }
    let responder = signs_twice(key(), &[]);
    let ha = responder.ha();
    let text =
        run(&format!("send --ha {ha} --home-address 10.1.0.1 --key {KEY} --retries 0 --timeout 200ms"));
    let told = "not taken: not authentic: it has more than one Mobile-Home Authentication extension";
    assert!(text.out.contains(told), "{}", text.out);
}

#[test]
fn a_clock_at_the_end_of_its_era_is_taken_up_and_goes_on() {
    // The agent's clock stands at the last second but one of an era of NTP, 2036-02-07T06:28:14Z.
    let mut is_first = true;
    let responder = Responder::start(move |socket, source, octets| {
        let mut reply = reply_to(&request_of(octets).unwrap());
        if std::mem::take(&mut is_first) {
            reply.code = ReplyCode::IDENTIFICATION_MISMATCH;
            reply.identification = 0xffff_fffe << 32 | reply.identification & 0xffff_ffff;
        }
        socket.send_to(&signed(&reply, &[]), source).unwrap();
    });
    let (code, document) = send(&responder, "--repeat 24 --expect code>=0");
    assert_eq!(code, 0, "{document:#}");
    let received = responder.received.lock().unwrap();
    let sent: Vec<u64> =
        received.iter().map(|(_, octets)| request_of(octets).unwrap().identification).collect();
    // They are 100 ms apart, so the era ends among them.
    assert!(sent[1] >> 32 >= 0xffff_fffe, "{:#x}", sent[1]);
    assert!(sent[23] >> 32 <= 0xff, "{:#x}", sent[23]);
    for pair in sent[1..].windows(2) {
        let later = pair[1].wrapping_sub(pair[0]);
        assert!(later > 0 && later < 0xff << 32, "{:#x} after {:#x}", pair[1], pair[0]);
    }
}

#[test]
fn of_a_flood_the_first_256_are_shown_and_the_rest_is_counted() {
    let responder = Responder::start(|socket, source, octets| {
        for number in 0..600u32 {
            // Code 3 is Registration Reply's, and the rest is too short for one.
            let noise = [&[3][..], &number.to_be_bytes()].concat();
            socket.send_to(&noise, source).unwrap();
            if number % 20 == 0 {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        socket.send_to(&signed(&reply_to(&request_of(octets).unwrap()), &[]), source).unwrap();
    });
    let (code, document) = send(&responder, "--timeout 20s");
    let step = &document["steps"][0];
    assert_eq!((code, &step["reply"]["code"]), (0, &0.into()), "the answer comes through: {step:#}");
    assert_eq!(step["ignored"].as_array().unwrap().len(), 256);
    let beyond = step["ignored_beyond"].as_u64().unwrap();
    // The system may lose some.
    assert!((1..=344).contains(&beyond), "{beyond}");
    for (format, prefix) in [("text", "      "), ("tap", "# request: "), ("junit", "request: ")] {
        let ha = responder.ha();
        let run = run(&format!(
            "send --ha {ha} --home-address 10.1.0.1 --key {KEY} --timeout 20s --format {format}"
        ));
        assert_eq!(run.code, 0, "{format}: {}", run.error);
        let line = run.out.lines().find(|line| line.contains("more datagrams came that are no answer"));
        assert!(line.is_some_and(|line| line.contains(prefix)), "{format}: {line:?}");
    }
}
