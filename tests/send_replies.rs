//! `send` and what comes back: answers, and everything that is none.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// They talk over real sockets, so the time is now.
#![allow(clippy::disallowed_methods)]

mod program;
mod responder;

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use mipflow::wire::ReplyCode;
use program::run;
use responder::{Fault, KEY, Responder, ntp_now, reply_to, request_of, signed};
use serde_json::Value;

/// A run against that agent: its exit code and its document.
fn send(responder: &Responder, more: &str) -> (i32, Value) {
    let ha = responder.ha();
    let run = run(&format!("send --ha {ha} --home-address 10.1.0.1 --format json {more}"));
    let document =
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}{}", run.out, run.error));
    (run.code, document)
}

fn reasons(step: &Value) -> Vec<&str> {
    step["ignored"].as_array().unwrap().iter().map(|ignored| ignored["why"].as_str().unwrap()).collect()
}

fn identification(octets: &[u8]) -> u64 {
    request_of(octets).unwrap().identification
}

/// The payloads that the responder received.
fn received(responder: &Responder) -> Vec<Vec<u8>> {
    responder.received.lock().unwrap().iter().map(|(_, octets)| octets.clone()).collect()
}

fn time_of(message: &Value) -> jiff::Timestamp {
    message["time"].as_str().unwrap().parse().unwrap()
}

fn milliseconds(from: jiff::Timestamp, to: jiff::Timestamp) -> i128 {
    (to.as_nanosecond() - from.as_nanosecond()) / 1_000_000
}

#[test]
fn a_sound_reply_is_judged() {
    let responder = Responder::with(Fault::None);
    let expected = "--expect code=0 --expect lifetime<=600 --expect rtt<5s --expect auth=valid --expect home_address=10.1.0.1 \
                    --expect extension=mobile-home-auth";
    let (code, document) = send(&responder, &format!("--key {KEY} {expected}"));
    assert_eq!(code, 0, "{document:#}");
    assert_eq!(document["schema"], "mipflow-send/1");
    assert_eq!((&document["passed"], &document["failed"]), (&1.into(), &0.into()));
    let step = &document["steps"][0];
    assert_eq!(step["attempts"], 1);
    assert_eq!(step["passed"], true);
    assert!(step["round_trip_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(step["reply"]["type"], "rrp");
    assert_eq!(step["reply"]["frame"], 2);
    assert_eq!(step["reply"]["extensions"][0]["verdict"], "valid");
    assert_eq!(step["request"]["identification"], step["reply"]["identification"]);
    let expectations = step["expectations"].as_array().unwrap();
    assert_eq!(expectations.len(), 6);
    assert_eq!(expectations[0]["expect"], "code=0");
    assert_eq!(expectations[0]["held"], true);
    assert_eq!(expectations[0]["got"], "0");
}

#[test]
fn acceptance_is_expected_where_nothing_else_is() {
    let responder = Responder::start(|socket, source, octets| {
        let mut reply = reply_to(&request_of(octets).unwrap());
        reply.code = ReplyCode(130);
        socket.send_to(&signed(&reply, &[]), source).unwrap();
    });
    let (code, document) = send(&responder, "");
    assert_eq!(code, 1);
    let expectations = document["steps"][0]["expectations"].to_string();
    assert_eq!(expectations, r#"[{"expect":"code in 0,1","got":"130","held":false}]"#);
    assert_eq!((&document["passed"], &document["failed"]), (&0.into(), &1.into()));
    assert_eq!(send(&responder, "--expect code=130").0, 0);
    assert_eq!(send(&responder, "--expect code!=130").0, 1);
    assert_eq!(send(&responder, "--expect reply=none").0, 1);
}

#[test]
fn without_a_reply_only_that_can_be_expected() {
    let responder = Responder::with(Fault::Silent);
    let options = "--retries 0 --timeout 100ms";
    let (code, document) = send(&responder, options);
    assert_eq!(code, 1);
    assert_eq!(document["steps"][0]["reply"], Value::Null);
    assert_eq!(document["steps"][0]["round_trip_ms"], Value::Null);
    assert_eq!(document["steps"][0]["attempts"], 1);
    assert_eq!(send(&responder, &format!("{options} --expect reply=none")).0, 0);
    assert_eq!(send(&responder, &format!("{options} --expect reply=none --expect code!=0")).0, 1);
}

#[test]
fn retransmissions_back_off_with_a_fresh_timestamp_each() {
    let responder = Responder::with(Fault::Silent);
    let directory = tempfile::tempdir().unwrap();
    let capture = directory.path().join("again.pcap");
    let (_, document) = send(&responder, &format!("--timeout 100ms --retries 2 -w {}", capture.display()));
    assert_eq!(document["steps"][0]["attempts"], 3);
    let port = responder.address.port();
    let decoded =
        program::shown(&format!("decode --show messages --format json --port {port} {}", capture.display()));
    let decoded: Value = serde_json::from_str(&decoded).unwrap();
    let times: Vec<jiff::Timestamp> = decoded["messages"].as_array().unwrap().iter().map(time_of).collect();
    assert_eq!(times.len(), 3);
    let (first, second) = (milliseconds(times[0], times[1]), milliseconds(times[1], times[2]));
    // At least a second apart whatever the timeout says, and twice as long each time; how late they may be is the
    // machine's affair.
    assert!((999..19_000).contains(&first), "{first} ms");
    assert!((1999..39_000).contains(&second), "{second} ms");
    let sent: Vec<u64> = received(&responder).iter().map(|octets| identification(octets)).collect();
    assert!(sent[0] < sent[1] && sent[1] < sent[2], "{sent:x?}");
    assert!((sent[0] >> 32).abs_diff(ntp_now()) < 60);
    assert_eq!(document["steps"][0]["request"]["identification"], format!("0x{:016x}", sent[2]));
    assert_eq!(document["steps"][0]["request"]["frame"], 3);
}

#[test]
fn two_retries_are_made_where_nothing_else_is_asked_for() {
    let mut count = 0;
    let responder = Responder::start(move |socket, source, octets| {
        count += 1;
        if count == 3 {
            socket.send_to(&signed(&reply_to(&request_of(octets).unwrap()), &[]), source).unwrap();
        }
    });
    let (code, document) = send(&responder, "");
    assert_eq!((code, &document["steps"][0]["attempts"]), (0, &3.into()));
}

#[test]
fn nonces_are_kept_in_retransmissions_and_taken_up_from_replies() {
    let mut count = 0u32;
    let responder = Responder::start(move |socket, source, octets| {
        count += 1;
        if count == 1 {
            return;
        }
        let mut reply = reply_to(&request_of(octets).unwrap());
        if count == 3 {
            reply.code = ReplyCode(133);
        }
        let nonce = 0xa000_0000 + u64::from(count);
        reply.identification = nonce << 32 | reply.identification & 0xffff_ffff;
        socket.send_to(&signed(&reply, &[]), source).unwrap();
    });
    let directory = tempfile::tempdir().unwrap();
    let capture = directory.path().join("nonces.pcap");
    let write = format!("-w {}", capture.display());
    let (code, document) =
        send(&responder, &format!("--key {KEY} --replay nonce --repeat 3 --timeout 50ms {write}"));
    assert_eq!(code, 1, "the second step was denied: {document:#}");
    let octets = received(&responder);
    assert_eq!(octets.len(), 4);
    assert_eq!(octets[0], octets[1], "a retransmission is the same octets");
    let port = responder.address.port();
    let decoded =
        program::shown(&format!("decode --show exchanges --format json --port {port} {}", capture.display()));
    let decoded: Value = serde_json::from_str(&decoded).unwrap();
    let exchange = &decoded["exchanges"][0];
    assert_eq!(exchange["retransmissions"], 1, "it is no copy of the first packet: {exchange:#}");
    let sent: Vec<u64> = octets.iter().map(|octets| identification(octets)).collect();
    assert_eq!(sent[0] >> 32, 0);
    assert_eq!(sent[2] >> 32, 0xa000_0002);
    assert_eq!(sent[3] >> 32, 0xa000_0003, "a denial brings the next nonce too");
    assert_ne!(sent[2] & 0xffff_ffff, sent[3] & 0xffff_ffff);
}

/// The agent answers each request twice: it accepts it, and then refuses it as one that it knows.
#[test]
fn the_nonce_of_a_second_reply_is_the_next_one() {
    let mut nonce = 0u64;
    let responder = Responder::start(move |socket, source, octets| {
        for code in [0, 133] {
            let mut reply = reply_to(&request_of(octets).unwrap());
            nonce += 1;
            reply.code = ReplyCode(code);
            reply.identification = nonce << 32 | reply.identification & 0xffff_ffff;
            socket.send_to(&signed(&reply, &[]), source).unwrap();
        }
    });
    let (code, document) = send(&responder, &format!("--key {KEY} --replay nonce --repeat 2"));
    assert_eq!((code, &document["steps"][0]["ignored"][0]["why"]), (0, &"duplicate".into()), "{document:#}");
    let sent: Vec<u64> = received(&responder).iter().map(|octets| identification(octets) >> 32).collect();
    assert_eq!(sent, [0, 2]);
}

#[test]
fn a_nonce_that_is_not_authentic_is_not_taken_up() {
    let mut count = 0u32;
    let responder = Responder::start(move |socket, source, octets| {
        count += 1;
        let mut reply = reply_to(&request_of(octets).unwrap());
        reply.identification = 0xdead_beef << 32 | reply.identification & 0xffff_ffff;
        let mut answer = signed(&reply, &[]);
        if count == 1 {
            *answer.last_mut().unwrap() ^= 1;
        }
        socket.send_to(&answer, source).unwrap();
    });
    send(&responder, &format!("--key {KEY} --replay nonce --repeat 2 --accept-unauthenticated"));
    let sent: Vec<u64> = received(&responder).iter().map(|octets| identification(octets)).collect();
    assert_eq!(sent[1] >> 32, 0);
    // Who has no key at all can tell no nonce from another, and takes that of every answer.
    send(&responder, "--replay nonce --repeat 2");
    let sent: Vec<u64> = received(&responder).iter().skip(2).map(|octets| identification(octets)).collect();
    assert_eq!((sent.len(), sent[0] >> 32, sent[1] >> 32), (2, 0, 0xdead_beef));
}

#[test]
fn the_agents_clock_is_taken_up_after_code_133() {
    let responder = Responder::start(|socket, source, octets| {
        let mut reply = reply_to(&request_of(octets).unwrap());
        // An agent whose clock is an hour ahead.
        let own = ntp_now() + 3600;
        if (reply.identification >> 32).abs_diff(own) > 7 {
            reply.code = ReplyCode(133);
            reply.identification = own << 32 | reply.identification & 0xffff_ffff;
        }
        socket.send_to(&signed(&reply, &[]), source).unwrap();
    });
    let (code, document) = send(&responder, &format!("--key {KEY} --repeat 2"));
    assert_eq!(code, 1);
    assert_eq!(document["steps"][0]["reply"]["code"], 133);
    assert_eq!(document["steps"][1]["reply"]["code"], 0, "{document:#}");
}

#[test]
fn a_given_identification_is_used_as_it_is() {
    let responder = Responder::with(Fault::Silent);
    for text in ["0x00000000deadbeef", "deadbeef"] {
        send(&responder, &format!("--identification {text} --retries 1 --timeout 10ms"));
    }
    let sent = received(&responder);
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|octets| identification(octets) == 0xdead_beef));
}

#[test]
fn a_bad_authenticator_is_shown_and_no_answer() {
    for (fault, verdict) in [(Fault::BadAuthenticator, "invalid"), (Fault::NoAuthenticator, "missing")] {
        let responder = Responder::with(fault);
        let (code, document) = send(&responder, &format!("--key {KEY} --retries 1 --timeout 50ms"));
        let step = &document["steps"][0];
        assert_eq!(code, 1);
        assert_eq!(step["attempts"], 2, "waiting and retransmission go on");
        assert_eq!(step["reply"], Value::Null);
        assert_eq!(reasons(step), ["unauthenticated", "unauthenticated"]);
        let shown = &step["ignored"][0]["message"]["extensions"];
        match fault {
            Fault::BadAuthenticator => assert_eq!(shown[0]["verdict"], "invalid"),
            _ => assert_eq!(shown.as_array().unwrap().len(), 0),
        }

        // Somebody answered: the report does not say that nobody did.
        let told = run(&format!(
            "send --ha {} --home-address 10.1.0.1 --key {KEY} --retries 0 --timeout 50ms",
            responder.ha()
        ));
        assert!(told.out.contains("FAIL  request  no reply that counts"), "{}", told.out);
        assert!(told.out.contains("What was answered is not authentic."), "{}", told.out);
        assert!(!told.out.contains("Nothing was answered"), "{}", told.out);

        let accepting = format!("--key {KEY} --retries 0 --accept-unauthenticated");
        let (code, document) = send(&responder, &format!("{accepting} --expect code=0"));
        assert_eq!((code, &document["steps"][0]["attempts"]), (0, &1.into()));
        let (code, document) = send(&responder, &format!("{accepting} --expect auth=valid"));
        assert_eq!(code, 1);
        assert_eq!(document["steps"][0]["expectations"][0]["got"], verdict);
    }
}

#[test]
fn a_key_of_another_spi_verifies_nothing() {
    let responder = Responder::with(Fault::AcceptsUnsigned);
    let (code, document) = send(&responder, "--key 9=text:other --retries 0 --timeout 100ms");
    assert_eq!(code, 1);
    assert_eq!(document["steps"][0]["ignored"][0]["message"]["extensions"][0]["verdict"], "no-key");
    // The first key signs, all of them verify.
    let (code, _) = send(&responder, &format!("--key 9=text:other --key {KEY} --expect auth=valid"));
    assert_eq!(code, 0);
}

#[test]
fn a_reply_to_another_identification_is_not_taken() {
    let responder = Responder::with(Fault::WrongLowHalf);
    let options = format!("--key {KEY} --retries 0 --timeout 100ms");
    let (code, document) = send(&responder, &options);
    assert_eq!(code, 1);
    assert_eq!(document["steps"][0]["reply"], Value::Null);
    assert_eq!(reasons(&document["steps"][0]), ["wrong-identification"]);
    let told = run(&format!("send --ha {} --home-address 10.1.0.1 {options}", responder.ha()));
    assert!(told.out.contains("Nothing that came back is an answer"), "{}", told.out);
    assert!(!told.out.contains("Nothing was answered"), "{}", told.out);
    let (code, document) = send(&responder, &format!("{options} --accept-any-identification"));
    assert_eq!(code, 0, "{document:#}");
}

#[test]
fn of_replies_with_any_identification_the_first_is_taken() {
    let responder = Responder::start(|socket, source, octets| {
        for (wrong, lifetime) in [(1, 111), (2, 222)] {
            let mut reply = reply_to(&request_of(octets).unwrap());
            reply.identification ^= wrong;
            reply.lifetime = lifetime;
            socket.send_to(&signed(&reply, &[]), source).unwrap();
        }
    });
    let (code, document) = send(&responder, "--accept-any-identification");
    let step = &document["steps"][0];
    assert_eq!((code, &step["reply"]["lifetime"]), (0, &111.into()), "{step:#}");
    assert_eq!(reasons(step), ["wrong-identification"]);
}

#[test]
fn a_late_reply_answers_nothing() {
    // Answers the first transmission when the second is there, and that at once after.
    let mut first: Option<Vec<u8>> = None;
    let responder = Responder::start(move |socket, source, octets| {
        let reply = signed(&reply_to(&request_of(octets).unwrap()), &[]);
        match first.take() {
            None => first = Some(reply),
            Some(late) => {
                socket.send_to(&late, source).unwrap();
                socket.send_to(&reply, source).unwrap();
            }
        }
    });
    let (code, document) = send(&responder, "--timeout 50ms");
    let step = &document["steps"][0];
    assert_eq!((code, &step["attempts"]), (0, &2.into()));
    assert_eq!(reasons(step), ["late"]);
    assert_eq!(step["reply"]["identification"], step["request"]["identification"]);
    assert_eq!(step["reply"]["frame"], 4);
}

#[test]
fn duplicates_and_strangers_are_told_and_not_taken() {
    let responder = Responder::with(Fault::Duplicates);
    let (code, document) = send(&responder, &format!("--key {KEY}"));
    assert_eq!(code, 0);
    assert_eq!(reasons(&document["steps"][0]), ["duplicate"]);

    let responder = Responder::with(Fault::StrangerFirst);
    let (code, document) = send(&responder, &format!("--key {KEY}"));
    let step = &document["steps"][0];
    assert_eq!(code, 0);
    assert_eq!(reasons(step), ["stranger"]);
    assert_eq!(step["reply"]["source"], responder.ha());
    assert_ne!(step["ignored"][0]["message"]["source"], responder.ha());

    let text = run(&format!("send --ha {} --home-address 10.1.0.1 --key {KEY}", responder.ha()));
    assert!(text.out.contains("not taken: a stranger's"), "{}", text.out);
}

#[test]
fn what_is_no_reply_is_told() {
    let responder = Responder::start(|socket, source, octets| {
        for noise in [&[][..], &[3, 0, 0], &[1; 24], b"hello"] {
            socket.send_to(noise, source).unwrap();
        }
        socket.send_to(&signed(&reply_to(&request_of(octets).unwrap()), &[]), source).unwrap();
    });
    let (code, document) = send(&responder, "");
    assert_eq!(code, 0);
    assert_eq!(reasons(&document["steps"][0]), ["no-reply"; 4]);
}

#[test]
fn multipath_in_the_reply_and_a_lifetime_too_long_can_be_expected_against() {
    let responder = Responder::with(Fault::MultipathInReply);
    let (code, document) = send(&responder, &format!("--key {KEY} --bid 1 --expect extension!=multipath"));
    assert_eq!(
        (code, &document["steps"][0]["expectations"][0]["got"]),
        (1, &"multipath mobile-home-auth".into())
    );
    let responder = Responder::with(Fault::LifetimeTooLong);
    let (code, document) = send(&responder, &format!("--key {KEY} --lifetime 600 --expect lifetime<=600"));
    assert_eq!((code, &document["steps"][0]["expectations"][0]["got"]), (1, &"lifetime 601".into()));
}

#[test]
fn an_unreachable_agent_is_told_as_what_it_is() {
    // A port that is taken, by a socket that is connected to somebody else: whatever comes from others finds nobody.
    let holder = UdpSocket::bind("127.0.0.1:0").unwrap();
    holder.connect("127.0.0.1:9").unwrap();
    let nobody = holder.local_addr().unwrap();
    let began = Instant::now();
    let text = run(&format!("send --ha {nobody} --home-address 10.1.0.1 --retries 5"));
    assert_eq!(text.code, 1);
    assert!(
        text.out.contains("ICMP destination unreachable: port unreachable, says 127.0.0.1"),
        "{}",
        text.out
    );
    assert!(began.elapsed() < Duration::from_secs(30), "it was told, so there is nothing to wait for");
    let json = run(&format!("send --ha {nobody} --home-address 10.1.0.1 --expect reply=none --format json"));
    assert_eq!(json.code, 1, "it fails the step, whatever was expected");
    let document: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(document["steps"][0]["passed"], false);
    assert!(document["steps"][0]["error"].as_str().unwrap().contains("port unreachable"));
}

#[test]
fn the_four_algorithms_sign() {
    for algorithm in ["hmac-md5", "hmac-sha1", "hmac-sha256", "md5-prefix-suffix"] {
        let key = format!("256/{algorithm}=text:secret");
        let signer = mipflow::wire::Key::parse(&key).unwrap();
        let mut keys = mipflow::wire::KeyRing::default();
        keys.add(signer.clone());
        let responder = Responder::start(move |socket, source, octets| {
            let message = mipflow::wire::Message::parse(octets, 0, mipflow::wire::Numbers::default());
            let extension = message.extensions().next().unwrap();
            let mut reply = reply_to(&request_of(octets).unwrap());
            if keys.verify(octets, &extension) != Some(mipflow::wire::Verdict::Valid) {
                reply.code = ReplyCode(131);
            }
            let mut answer = Vec::new();
            reply.emit(&mut answer);
            let numbers = mipflow::wire::Numbers::default();
            mipflow::craft::append_mobile_home_authentication(&mut answer, &signer, numbers);
            socket.send_to(&answer, source).unwrap();
        });
        let (code, document) = send(&responder, &format!("--key {key} --expect code=0 --expect auth=valid"));
        assert_eq!(code, 0, "{algorithm}: {document:#}");
    }
}

#[test]
fn a_rate_keeps_requests_apart() {
    let responder = Responder::with(Fault::None);
    let (code, document) = send(&responder, &format!("--key {KEY} --repeat 4 --rate 5/s"));
    assert_eq!((code, &document["passed"]), (0, &4.into()));
    let steps = document["steps"].as_array().unwrap();
    let times: Vec<jiff::Timestamp> = steps.iter().map(|step| time_of(&step["request"])).collect();
    for pair in times.windows(2) {
        assert!(milliseconds(pair[0], pair[1]) >= 199, "{pair:?}");
    }
    let names: Vec<&str> =
        document["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["request (1 of 4)", "request (2 of 4)", "request (3 of 4)", "request (4 of 4)"]);
}

#[test]
fn there_is_a_ceiling_where_no_rate_is_asked_for() {
    let responder = Responder::with(Fault::None);
    let (_, document) = send(&responder, &format!("--key {KEY} --repeat 4"));
    let time = |index: usize| time_of(&document["steps"][index]["request"]);
    assert!(milliseconds(time(0), time(3)) >= 299, "{document:#}");
}
