//! `mipflow serve` as its users run it: a process, UDP on loopback, signals.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// These tests live in the present: the home agent's clock is the machine's.
#![allow(clippy::disallowed_methods)]

mod program;
mod server;

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use mipflow::capture::{Frame, LinkType, Writer};
use mipflow::craft::home_agent::Packet;
use mipflow::time::Timestamp;
use nix::sys::signal::Signal;
use program::{run, shown};
use server::{Request, Server};

#[test]
fn text_begins_with_where_it_listens_and_shows_each_message() {
    let server = Server::text("--listen 127.0.0.1:0 --key 256=text:secret");
    let reply = server.ask(&Request::bid(1).signed("256=text:secret"));
    assert_eq!((reply[0], reply[1]), (3, 0));
    let forged = server.ask(&Request::bid(1).signed("256=text:wrong"));
    assert_eq!(forged[1], 131);
    let end = server.end(Signal::SIGINT);
    let text = end.out;
    assert!(text.contains(" RRQ  10.1.0.1 at 127.0.0.1 for 600 s [D] · BID 1 "), "{text}");
    assert!(text.contains(" RRP  10.1.0.1 accepted for 600 s · mobile-home-auth SPI 256 valid\n"), "{text}");
    assert!(text.contains(" INVALID\n"), "{text}");
    // What is believed at the end, as decode shows it.
    assert!(text.contains("Mobile nodes"), "{text}");
    assert!(text.contains("multipath enabled"), "{text}");
    assert_eq!(
        end.error,
        "2 requests: 1 accepted, 1 denied, 0 answered again, 0 dropped; 0 datagrams ignored\n"
    );
    assert!(!text.contains("secret"));
}

#[test]
fn ndjson_is_byte_by_byte_what_decode_prints_of_the_same_packets() {
    let server = Server::ndjson("--listen 127.0.0.1:0 --max-bindings 2 --max-lifetime 300");
    let requests = [
        Request::bid(1).rule(&[1, 2]),
        Request::bid(2),
        Request::bid(3),
        Request::bid(2).rule(&[9]),
        Request::bid(1).lifetime(0),
        Request::bid(1).lifetime(65535),
    ];
    let mut packets = Vec::new();
    let (mut exchanges, mut node) = (Vec::new(), String::new());
    for (request, code) in requests.into_iter().zip([0, 0, 135, 153, 0, 0]) {
        let octets = request.octets(server.address());
        let reply = server.send(&octets);
        assert_eq!(reply[1], code);
        packets.extend([
            (server.client(), server.address(), octets),
            (server.address(), server.client(), reply),
        ]);
        exchanges.push(server.line());
        // A denied request leaves no record of the node.
        if code == 0 {
            node = server.line();
        }
    }
    let port = server.address().port();
    server.end(Signal::SIGTERM);

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("served.pcap");
    let mut writer = Writer::create(&path, &[] as &[&str]).unwrap();
    for (number, (source, destination, octets)) in (1..).zip(packets) {
        let time = Timestamp::new(1_717_236_000, i64::try_from(number).unwrap() * 1_000_000);
        let packet = Packet::new(number, time, source, destination, &octets);
        writer
            .write(&Frame {
                number,
                file: 0,
                time,
                precision: Packet::PRECISION,
                link_type: LinkType::RAW,
                data: &packet.octets,
                original_length: u32::try_from(packet.octets.len()).unwrap(),
            })
            .unwrap();
    }
    writer.finish().unwrap();
    let decoded = shown(&format!(
        "decode --format ndjson --show exchanges,nodes --port {port} {}",
        path.to_str().unwrap()
    ));
    let decoded: Vec<String> = decoded.lines().map(without_times).collect();
    let served: Vec<String> = exchanges.iter().chain([&node]).map(|line| without_times(line)).collect();
    // The capture's own record comes last.
    assert_eq!(decoded[..decoded.len() - 1], served);
}

/// A record without what a clock had to say.
fn without_times(line: &str) -> String {
    let mut parts = line.split('"').map(|part| {
        let is_time = part.len() == 27 && part.ends_with('Z') && part.starts_with("20");
        if is_time { "TIME".to_owned() } else { part.to_owned() }
    });
    let line = parts.by_ref().collect::<Vec<_>>().join("\"");
    match line.split_once("\"round_trip_ms\":") {
        Some((before, after)) => {
            let after =
                after.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
            format!("{before}\"round_trip_ms\":N{after}")
        }
        None => line,
    }
}

#[test]
fn a_copy_gets_the_same_reply_once_more_and_its_exchange_says_so() {
    let server = Server::ndjson("--listen 127.0.0.1:0");
    let octets = Request::bid(1).octets(server.address());
    let first = server.send(&octets);
    let records = [server.record(), server.record()];
    assert_eq!((&records[0]["record"], &records[1]["record"]), (&"exchange".into(), &"node".into()));
    assert_eq!(server.send(&octets), first);
    let again = server.record();
    assert_eq!((&again["record"], &again["retransmissions"]), (&"exchange".into(), &1.into()));
    assert_eq!((&again["request_frames"], &again["reply_frames"]), (&[1, 3][..].into(), &[2, 4][..].into()));
    assert_eq!(server.end(Signal::SIGINT).out, "", "no other record came");
}

#[test]
fn an_expiry_is_told_when_it_comes_though_nothing_else_does() {
    let server = Server::ndjson("--listen 127.0.0.1:0");
    server.ask(&Request::bid(1).lifetime(1));
    assert_eq!(server.record()["record"], "exchange");
    assert_eq!(server.record()["bindings"][0]["state"], "active");
    let node = server.record();
    assert_eq!((&node["record"], &node["bindings"][0]["state"]), (&"node".into(), &"expired".into()));
}

#[test]
fn after_152_the_nodes_next_record_says_refused() {
    let server = Server::ndjson("--listen 127.0.0.1:0 --multipath off");
    assert_eq!(server.ask(&Request::bid(1))[1], 152);
    assert_eq!(server.record()["code"], 152);
    let refused = server.record();
    assert_eq!((&refused["record"], &refused["multipath"]), (&"node".into(), &"refused".into()));
    assert_eq!(server.ask(&Request::plain())[1], 0);
    assert_eq!(server.record()["code"], 0);
    assert_eq!(server.record()["multipath"], "refused");
}

#[test]
fn older_numbers_are_answered_with_older_codes() {
    let old = "--ext-type 149 --code-multipath-not-allowed 148";
    let server = Server::ndjson(&format!("--listen 127.0.0.1:0 --multipath off {old}"));
    // Of the RFC's type it reads the Sub-Type for a Length, and loses its place.
    assert_eq!(server.ask(&Request::bid(1))[1], 134);
    let sent = run(&format!("send --ha {} --home-address 10.1.0.2 --bid 1 {old}", server.address()));
    assert!(sent.out.contains("code 148 MULTIPATH_NOT_ALLOWED"), "{}", sent.out);
}

#[test]
fn each_option_does_what_it_says() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys.toml");
    std::fs::write(&keys, "[[key]]\nspi = 300\nhex = \"00ff\"\nalgorithm = \"hmac-sha256\"\n").unwrap();
    let server = Server::ndjson(&format!(
        "--listen 127.0.0.1:0 --key 256=text:secret --key 257/hmac-sha1=0a0b --key-file {} --require-auth \
         --max-lifetime 60 --max-bindings 1 --home-prefix 10.1.0.0/16 --home-prefix 10.3.0.0/24 --multipath on",
        keys.to_str().unwrap()
    ));
    let key = "300/hmac-sha256=00ff";
    let code = |request: Request| server.ask(&request)[1];
    assert_eq!(code(Request::bid(1)), 131);
    assert_eq!(code(Request::bid(1).signed("256=text:wrong")), 131);
    assert_eq!(code(Request::bid(1).signed("999=text:secret")), 131);
    assert_eq!(code(Request::bid(1).signed("256=text:secret")), 0);
    assert_eq!(code(Request::bid(2).signed("257/hmac-sha1=0a0b")), 135);
    assert_eq!(code(Request::bid(2).home([10, 2, 0, 1]).signed(key)), 129);
    assert_eq!(code(Request::bid(2).home([10, 3, 0, 1]).signed(key)), 0);
    let reply = server.ask(&Request::bid(1).lifetime(600).signed(key));
    assert_eq!(reply[1..4], [0, 0, 60]);
    // Type 32, 36 octets of data, SPI 300: signed as the request was.
    assert_eq!(reply[20..26], [32, 36, 0, 0, 1, 44]);
    assert_eq!(server.end(Signal::SIGTERM).code, 0);
}

#[test]
fn an_agent_that_can_only_refuse_says_so() {
    let said = "--require-auth without a --key refuses every request";
    let server = Server::text("--listen 127.0.0.1:0 --require-auth");
    assert_eq!(server.ask(&Request::plain().signed("256=text:secret"))[1], 131);
    let ended = server.end(Signal::SIGTERM);
    assert!(ended.error.contains(said), "{}", ended.error);
    let ended =
        Server::text("--listen 127.0.0.1:0 --require-auth --key 256=text:secret").end(Signal::SIGTERM);
    assert!(!ended.error.contains(said), "{}", ended.error);
}

#[test]
fn nonces_replace_timestamps_where_that_is_asked_for() {
    let server = Server::ndjson("--listen 127.0.0.1:0 --replay nonce");
    let mut identification = [1, 2, 3, 4, 5, 6, 7, 8];
    for (low, code) in [(8, 133), (9, 0), (10, 0)] {
        identification[7] = low;
        let mut octets = Request::plain().octets(server.address());
        octets[16..24].copy_from_slice(&identification);
        let reply = server.send(&octets);
        assert_eq!((reply[1], &reply[16..20]), (code, &identification[4..]));
        identification[..4].copy_from_slice(&reply[12..16]);
    }
}

#[test]
fn what_is_malformed_elsewhere_or_late_gets_its_code() {
    let server = Server::text("--listen 127.0.0.1:0");
    let mut octets = Request::plain().octets(server.address());
    octets.extend([131, 9]);
    assert_eq!(server.send(&octets)[1], 134);
    let elsewhere = Request::plain().octets(SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 1), 434));
    let reply = server.send(&elsewhere);
    assert_eq!((reply[1], &reply[8..12]), (136, &[127, 0, 0, 1][..]));
    let mut late = Request::plain().octets(server.address());
    late[16..20].copy_from_slice(&[0; 4]);
    let before = server::ntp_seconds();
    let reply = server.send(&late);
    let told = u32::from_be_bytes(reply[12..16].try_into().unwrap());
    assert_eq!((reply[1], &reply[16..20]), (133, &late[20..24]));
    assert!((before..=server::ntp_seconds()).contains(&told), "its own time: {told}");
}

#[test]
fn it_answers_from_the_address_it_was_asked_at() {
    let server = Server::text("--listen 0.0.0.0:0");
    let port = server.address().port();
    for last in [1, 5, 77] {
        let asked = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, last), port);
        // A socket that is connected takes nothing from elsewhere.
        let client = server::client();
        client.connect(asked).unwrap();
        client.send(&Request::plain().home([10, 1, 0, last]).octets(asked)).unwrap();
        let mut reply = [0; 100];
        let length = client.recv(&mut reply).expect("a reply from the address that was asked");
        assert_eq!((length, reply[1], &reply[8..12]), (20, 0, &[127, 0, 0, last][..]));
    }
}

#[test]
fn a_broadcast_gets_136_with_the_agents_own_address() {
    let server = Server::text("--listen 0.0.0.0:0");
    let client = server::client();
    client.set_broadcast(true).unwrap();
    let everybody = SocketAddrV4::new(Ipv4Addr::new(127, 255, 255, 255), server.address().port());
    client.send_to(&Request::plain().octets(everybody), everybody).unwrap();
    let mut reply = [0; 100];
    let (_, from) = client.recv_from(&mut reply).expect("a reply");
    assert_eq!((reply[1], &reply[8..12]), (136, &[127, 0, 0, 1][..]));
    assert_eq!(from, SocketAddr::from(([127, 0, 0, 1], server.address().port())));
}

#[test]
fn garbage_is_ignored_and_counted_and_it_keeps_answering() {
    let server = Server::ndjson("--listen 127.0.0.1:0 --key 256=text:secret");
    // A number that goes everywhere (Knuth's generator), so that a failure can be repeated.
    let mut seed = 0x1234_5678_9abc_def0_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap()
    };
    let mut ignored = 0;
    let mut answered = 0;
    for round in 0..2_000u16 {
        let mut octets = Request::bid(2).rule(&[1, 2]).signed("256=text:secret").octets(server.address());
        match round % 4 {
            0 => octets = (0..random() % 200).map(|_| u8::try_from(random() % 256).unwrap()).collect(),
            1 => octets.truncate(random() % octets.len()),
            2 => {
                let place = random() % octets.len();
                octets[place] ^= u8::try_from(1 + random() % 255).unwrap();
            }
            _ => octets = vec![u8::try_from(random() % 256).unwrap(); 65_507 * (random() % 2)],
        }
        ignored += u64::from(octets.len() < 24 || octets[0] != 1);
        server.throw(&octets);
        // So that no datagram is lost for want of room in the socket, which one large one may fill.
        if round % 50 == 49 || octets.len() > 1_000 {
            answered += 1;
            let [_, last] = round.to_be_bytes();
            let good = Request::bid(1).home([10, 9, 0, last]);
            assert_eq!(server.ask_amid_others(&good)[1], 0);
        }
    }
    let end = server.end(Signal::SIGTERM);
    assert_eq!(end.code, 0);
    assert!(end.error.ends_with(&format!("; {ignored} datagrams ignored\n")), "{ignored}: {}", end.error);
    assert!(
        end.error.starts_with(&format!("{} requests: ", 2_000 + answered - ignored)),
        "{ignored}: {}",
        end.error
    );
}

#[test]
fn signals_end_it_with_0() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        for busy in [false, true] {
            let server = Server::text("--listen 127.0.0.1:0");
            if busy {
                for last in 0..50 {
                    server.ask(&Request::bid(1).home([10, 1, 1, last]));
                }
            }
            let before = Instant::now();
            let end = server.end(signal);
            assert_eq!(end.code, 0);
            assert!(before.elapsed() < Duration::from_secs(20), "{signal} {:?}", before.elapsed());
        }
    }
}

#[test]
fn nobody_who_takes_its_output_keeps_it_from_ending() {
    let server = Server::unread("--listen 127.0.0.1:0 --format ndjson");
    let client = server::client();
    client.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    // A pipe holds 64 KiB and each request prints more than a kilobyte: it stops answering while it waits.
    let mut buffer = [0; 100];
    let is_stuck = (0..=255).any(|last| {
        let octets = Request::bid(1).home([10, 1, 2, last]).octets(server.address());
        client.send_to(&octets, server.address()).unwrap();
        client.recv(&mut buffer).is_err()
    });
    assert!(is_stuck, "all was answered");
    let before = Instant::now();
    assert_eq!(server.end(Signal::SIGTERM).code, 0);
    assert!(before.elapsed() < Duration::from_secs(20), "{:?}", before.elapsed());
}

#[test]
fn the_commands_of_its_page_serve() {
    let text = std::fs::read_to_string("docs/serve.md").unwrap();
    let commands = text.lines().filter_map(|line| line.strip_prefix("mipflow serve "));
    let mut tried = 0;
    for command in commands {
        let arguments = command.split(" | ").next().unwrap().replace("127.0.0.1:4434", "127.0.0.1:0");
        let server = match arguments.strip_suffix(" --format ndjson") {
            Some(arguments) => Server::ndjson(arguments),
            None => Server::text(&arguments),
        };
        let reply = server.ask(&Request::plain().signed("256=text:SECRET"));
        assert_eq!(reply[1], 0, "{command}");
        assert_eq!(server.end(Signal::SIGINT).code, 0, "{command}");
        tried += 1;
    }
    assert_eq!(tried, 4);
}

#[test]
fn what_cannot_be_served_is_told() {
    for (arguments, told) in [
        ("serve", "--listen"),
        ("serve --listen localhost", "it takes an IPv4 address"),
        ("serve --listen 127.0.0.1:0 --max-lifetime 0", "--max-lifetime"),
        ("serve --listen 127.0.0.1:0 --max-bindings 0", "--max-bindings"),
        ("serve --listen 127.0.0.1:0 --home-prefix 10.1.0.0/33", "it takes an IPv4 prefix"),
        ("serve --listen 127.0.0.1:0 --multipath maybe", "--multipath"),
        ("serve --listen 127.0.0.1:0 --key 256", "--key"),
    ] {
        let run = run(arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments}");
        assert!(run.error.contains(told), "{arguments}: {}", run.error);
    }
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for (listen, told) in [
        (format!("127.0.0.1:{port}"), "another program listens there"),
        ("192.0.2.1:4434".to_owned(), "no interface of this machine has that address"),
    ] {
        let run = run(&format!("serve --listen {listen}"));
        assert_eq!((run.code, run.out.as_str()), (3, ""), "{listen}");
        assert!(run.error.contains(told), "{listen}: {}", run.error);
    }
    let run = run("serve --listen 127.0.0.1:0 --key-file there-is-none.toml");
    assert_eq!(run.code, 3);
}

#[test]
fn what_is_dropped_in_silence_is_told_to_people_with_its_reason() {
    let server = Server::text("--listen 127.0.0.1:0");
    // Type 100 is nobody's, and below 128: who does not know it drops the message (RFC 5944 §1.8).
    server.throw(&Request::plain().followed_by(&[100, 2, 0, 0]).octets(server.address()));
    assert_eq!(server.ask(&Request::plain())[1], 0);
    let end = server.end(Signal::SIGINT);
    assert!(end.out.contains("dropped in silence: extension 100 (unknown)"), "{}", end.out);
    assert!(
        end.error.starts_with("2 requests: 1 accepted, 0 denied, 0 answered again, 1 dropped;"),
        "{}",
        end.error
    );
}
