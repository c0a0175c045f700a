//! `mipflow watch` on interfaces: in network namespaces that each test makes for itself. They need root and iproute2.

#![cfg(target_os = "linux")]
// Helpers of tests may fail loudly, as the tests themselves may; they wait by the clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::disallowed_methods)]

mod privileges;
#[path = "../program/mod.rs"]
mod program;
mod wire;

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use program::capture::{datagram, request};
use program::watching::{PATIENCE, Watching};
use program::{finished, mipflow, shown};
use serde_json::{Value, json};
use wire::{End, Network, ethernet, frames_of, ip};

/// Starts a watch and waits until it captures: when everything is open, the first thread gives up all it may.
fn watch(arguments: &str) -> Watching {
    ready(Watching::start(&mut mipflow(&format!("watch --headless {arguments}"))))
}

fn ready(mut watching: Watching) -> Watching {
    let deadline = Instant::now() + PATIENCE;
    while permitted(&watching, &watching.pid().to_string()) != Some(0) {
        if Instant::now() > deadline {
            watching.wait_for_line("what it waits for");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    watching
}

/// A line of what the system says of a thread.
fn status(watching: &Watching, thread: &str, line: &str) -> Option<String> {
    let path = format!("/proc/{}/task/{thread}/status", watching.pid());
    let status = std::fs::read_to_string(path).ok()?;
    status
        .lines()
        .find_map(|found| found.strip_prefix(line)?.strip_prefix(':'))
        .map(|text| text.trim().to_owned())
}

/// The capabilities a thread may have.
fn permitted(watching: &Watching, thread: &str) -> Option<u64> {
    // The program has to be another than this one first.
    let name = status(watching, thread, "Name")?;
    let started = name == "mipflow" || name == "capture";
    started.then(|| u64::from_str_radix(&status(watching, thread, "CapPrm")?, 16).ok()).flatten()
}

fn is(kind: &str) -> impl Fn(&Value) -> bool {
    let kind = kind.to_owned();
    move |record| record["record"] == kind.as_str()
}

/// A request of this home address, as an Ethernet frame behind tags.
fn request_of(home_address: Ipv4Addr, tags: &[(u16, u16)]) -> Vec<u8> {
    let mut message = request(&[]);
    message[4..8].copy_from_slice(&home_address.octets());
    ethernet(tags, &datagram(1024, 434, &message))
}

#[test]
fn what_passes_on_an_interface_is_told() {
    let _network = Network::with_pairs(1);
    let mut watching = watch("a0");
    let mut end = End::open("b0");
    let frames = frames_of("samples/tunnels.pcap");
    // One frame has to be told at once, not when others push it.
    end.send(&frames[0]);
    watching.wait_for("the first request", is("message"));
    frames[1..].iter().for_each(|frame| end.send(frame));
    watching.wait_for("a flow", is("flow"));
    let ended = watching.interrupt();
    assert_eq!((ended.code, &ended.told), (Some(0), &Vec::new()));

    // All but times, and numbers of frames, is what decode says of the file.
    let plain = |record: &Value| {
        let mut record = record.clone();
        record["time"] = Value::Null;
        record["frame"] = Value::Null;
        record
    };
    let decoded = shown("decode --format ndjson samples/tunnels.pcap");
    let decoded: Vec<Value> = decoded.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| decoded.iter().filter(|record| record["record"] == kind).collect::<Vec<_>>();
    let messages = |records: &[&Value]| records.iter().map(|record| plain(record)).collect::<Vec<_>>();
    assert_eq!(messages(&ended.of("message")), messages(&of("message")));
    let ends =
        |flow: &Value| [&flow["source"], &flow["destination"], &flow["protocol"]].map(Value::to_string);
    let mut flows: Vec<_> = ended.of("flow").into_iter().map(ends).collect();
    let mut expected: Vec<_> = of("flow").into_iter().map(ends).collect();
    flows.sort();
    flows.dedup();
    expected.sort();
    expected.dedup();
    assert_eq!(flows, expected);
    assert!(ended.of("exchange").iter().all(|exchange| exchange["status"] == "accepted"));

    let (capture, file) = (ended.capture(), of("capture")[0]);
    assert_eq!((&capture["files"], &capture["link_types"]), (&json!(["a0"]), &json!(["Ethernet"])));
    for count in ["registrations", "tunnelled", "fragments", "undecodable"] {
        assert_eq!(capture[count], file[count], "{count}");
    }
    assert_eq!((&capture["dropped"], &capture["skipped"]), (&json!(0), &json!(0)));
    assert_eq!(capture["first"].as_str().map(str::len), Some("2024-06-01T10:00:00.000000000Z".len()));
}

#[test]
fn tagged_frames_and_fragments_pass_the_usual_filter_and_others_do_not() {
    let _network = Network::with_pairs(1);
    let mut watching = watch("a0");
    let mut end = End::open("b0");
    let tags: [&[(u16, u16)]; 4] =
        [&[], &[(0x8100, 7)], &[(0x88a8, 7), (0x8100, 8)], &[(0x8100, 7), (0x8100, 8)]];
    for (number, tags) in (1..).zip(tags) {
        // Something else, with and without a tag, which must not be counted.
        end.send(&ethernet(tags, &datagram(53, 1024, &[0; 20])));
        end.send(&request_of(Ipv4Addr::new(10, 9, 0, number), tags));
    }
    // A request in two fragments, tagged.
    let mut whole = datagram(1024, 434, &request(&[0; 40]));
    whole[4..6].copy_from_slice(&[7, 7]);
    let cut = 20 + 16;
    let mut first = whole[..cut].to_vec();
    first[2..4].copy_from_slice(&u16::try_from(cut).unwrap().to_be_bytes());
    first[6] = 0x20;
    let mut second = [&whole[..20], &whole[cut..]].concat();
    let length = u16::try_from(second.len()).unwrap();
    second[2..4].copy_from_slice(&length.to_be_bytes());
    second[7] = 2;
    end.send(&ethernet(&[(0x8100, 7)], &first));
    end.send(&ethernet(&[(0x8100, 7)], &second));
    for number in 1..=4 {
        let message = watching.wait_for("a request", is("message"));
        assert_eq!(message["home_address"], format!("10.9.0.{number}"));
    }
    let reassembled = watching.wait_for("the reassembled request", is("message"));
    assert_eq!(reassembled["home_address"], "10.1.0.1");
    let ended = watching.interrupt();
    assert_eq!((&ended.capture()["packets"], &ended.capture()["fragments"]), (&json!(6), &json!(2)));
}

#[test]
fn registrations_in_pppoe_and_mpls_pass_the_usual_filter() {
    let _network = Network::with_pairs(1);
    let mut watching = watch("-i a0 -i lo");
    let mut everything = watch("any");
    let mut end = End::open("b0");
    let packet = |number| request_of(Ipv4Addr::new(10, 9, 0, number), &[])[14..].to_vec();
    let behind = |tags: &[(u16, u16)], ether_type: [u8; 2], header: &[u8], packet: &[u8]| {
        let mut frame = ethernet(tags, &[header, packet].concat());
        let at = 12 + 4 * tags.len();
        frame[at..at + 2].copy_from_slice(&ether_type);
        frame
    };
    // Version and type 1, a session's data, session 7, a length that nobody reads; PPP's number of IPv4.
    let pppoe = [0x11, 0, 0, 7, 0, 82, 0, 0x21];
    // Label 16, the only one, TTL 64.
    let mpls = [0, 1, 1, 64];
    for (number, (tags, ether_type, header)) in (1..).zip([
        (&[][..], [0x88, 0x64], &pppoe[..]),
        (&[(0x8100, 7)], [0x88, 0x64], &pppoe),
        (&[(0x88a8, 7), (0x8100, 8)], [0x88, 0x64], &pppoe),
        (&[], [0x88, 0x47], &mpls),
        (&[(0x8100, 7)], [0x88, 0x47], &mpls),
        (&[(0x88a8, 7), (0x8100, 8), (0x8100, 9)], [8, 0], &[]),
    ]) {
        end.send(&behind(tags, ether_type, header, &packet(number)));
        for watching in [&mut watching, &mut everything] {
            let home_address = format!("10.9.0.{number}");
            watching.wait_for(&format!("request {number}"), |record| record["home_address"] == home_address);
        }
    }
    assert_eq!(watching.interrupt().capture()["packets"], 6);
    assert_eq!(everything.interrupt().code, Some(0));
}

#[test]
fn any_is_all_interfaces() {
    let _network = Network::with_pairs(1);
    let mut watching = watch("any");
    let mut end = End::open("b0");
    end.send(&request_of(Ipv4Addr::new(10, 9, 0, 1), &[(0x8100, 7)]));
    end.send(&ethernet(&[], &datagram(53, 1024, &[0; 20])));
    end.send(&request_of(Ipv4Addr::new(10, 9, 0, 2), &[]));
    watching.wait_for("the first", |record| record["home_address"] == "10.9.0.1");
    watching.wait_for("the second", |record| record["home_address"] == "10.9.0.2");
    let ended = watching.interrupt();
    let capture = ended.capture();
    assert_eq!((&capture["files"], &capture["link_types"]), (&json!(["any"]), &json!(["SLL2"])));
    // Both ends of the pair see each frame, sent and received.
    assert_eq!(capture["packets"], 4, "{capture}");
}

#[test]
fn another_filter_takes_the_place_of_the_usual_one() {
    let _network = Network::with_pairs(1);
    let mut watching =
        Watching::start(mipflow("watch --headless a0 -f").arg("udp port 53 or udp dst port 434"));
    watching = ready(watching);
    let mut end = End::open("b0");
    end.send(&ethernet(&[], &datagram(434, 1024, &request(&[]))));
    end.send(&ethernet(&[], &datagram(53, 1024, &[0; 20])));
    end.send(&request_of(Ipv4Addr::new(10, 9, 0, 2), &[]));
    watching.wait_for("the request", is("message"));
    assert_eq!(watching.interrupt().capture()["packets"], 2);
}

#[test]
fn requests_and_replies_on_different_interfaces_meet_in_order() {
    let _network = Network::with_pairs(2);
    let mut watching = watch("-i a0 -i a1");
    let (mut requests, mut replies) = (End::open("b0"), End::open("b1"));
    let frames = frames_of("samples/tunnels.pcap");
    let exchanges = 200_u32;
    for number in 0..exchanges {
        let identification = u64::from(number).to_be_bytes();
        let mut pair = [frames[0].clone(), frames[1].clone()];
        for (frame, at) in pair.iter_mut().zip([16, 12]) {
            // Ethernet, IPv4, UDP, and the fields before the Identification.
            let start = 14 + 20 + 8 + at;
            frame[start..start + 8].copy_from_slice(&identification);
        }
        requests.send(&pair[0]);
        replies.send(&pair[1]);
    }
    for _ in 0..exchanges {
        let exchange = watching.wait_for("an exchange", is("exchange"));
        assert_eq!(exchange["status"], "accepted", "{exchange}");
    }
    let ended = watching.interrupt();
    assert_eq!(ended.capture()["files"], json!(["a0", "a1"]));
    assert_eq!(ended.capture()["clock_backwards"], 0);
    let files: Vec<_> = ended.of("message").iter().map(|message| message["file"].as_u64().unwrap()).collect();
    assert_eq!(files, [0, 1].repeat(usize::try_from(exchanges).unwrap()));
}

/// Everything that was sent is somewhere: looked at, dropped or skipped.
fn assert_adds_up(capture: &Value, sent: u64) {
    let count =
        |name: &str| capture[name].as_u64().unwrap_or_else(|| panic!("{name} is a number in {capture}"));
    assert_eq!(count("packets") + count("dropped") + count("skipped"), sent, "{capture}");
}

#[test]
fn what_the_kernel_drops_is_counted() {
    const SENT: u64 = 20_000;
    let _network = Network::with_pairs(1);
    let mut watching = watch("--buffer 256K a0");
    let mut end = End::open("b0");
    end.send(&request_of(Ipv4Addr::new(10, 9, 0, 1), &[]));
    watching.wait_for("a request", is("message"));
    watching.signal(Signal::SIGSTOP);
    let frame = request_of(Ipv4Addr::new(10, 9, 0, 2), &[]);
    (1..SENT).for_each(|_| end.send(&frame));
    watching.signal(Signal::SIGCONT);
    watching.wait_for("a request that found room", |record| record["home_address"] == "10.9.0.2");
    let ended = watching.interrupt();
    assert!(ended.capture()["dropped"].as_u64().unwrap() > 0, "{}", ended.capture());
    assert_adds_up(ended.capture(), SENT);
}

#[test]
fn what_the_kernel_has_when_it_is_ended_is_looked_at() {
    // So few that a busy machine looks at them in the two seconds there are.
    const SENT: u64 = 5_000;
    let _network = Network::with_pairs(1);
    let mut watching = watch("a0");
    let mut end = End::open("b0");
    let frame = request_of(Ipv4Addr::new(10, 9, 0, 1), &[]);
    end.send(&frame);
    watching.wait_for("a request", is("message"));
    watching.signal(Signal::SIGSTOP);
    (1..SENT).for_each(|_| end.send(&frame));
    // It is told to end before it sees any of them.
    watching.signal(Signal::SIGINT);
    watching.signal(Signal::SIGCONT);
    let ended = watching.wait();
    assert_eq!((ended.code, &ended.capture()["packets"]), (Some(0), &json!(SENT)));
}

#[test]
fn who_does_not_read_holds_up_nothing_and_what_is_skipped_is_counted() {
    const SENT: u64 = 120_000;
    let _network = Network::with_pairs(1);
    let mut watching = ready(Watching::start_unread(&mut mipflow("watch --headless a0")));
    let mut end = End::open("b0");
    let frame = request_of(Ipv4Addr::new(10, 9, 0, 2), &[]);
    (0..SENT).for_each(|_| end.send(&frame));
    // Not read until it has all come or been given up: then the memory it takes is what it may take.
    let resident = status(&watching, &watching.pid().to_string(), "VmRSS").unwrap();
    let kilobytes: u64 = resident.split(' ').next().unwrap().parse().unwrap();
    assert!(kilobytes < 200_000, "{resident} of memory");
    watching.read();
    watching.wait_for("a request", is("message"));
    let ended = watching.interrupt();
    assert!(ended.capture()["skipped"].as_u64().unwrap() > 0, "{}", ended.capture());
    assert_adds_up(ended.capture(), SENT);
}

#[test]
fn an_interface_that_goes_away_is_waited_for_without_root() {
    let _network = Network::with_pairs(1);
    let mut watching = watch("--user nobody a0");
    let mut end = End::open("b0");
    end.send(&request_of(Ipv4Addr::new(10, 9, 0, 1), &[]));
    watching.wait_for("a request", is("message"));
    Network::remove_pair(0);
    watching.wait_for_line("a0 went away");
    Network::add_pair(0);
    watching.wait_for_line("a0 is back");
    let mut end = End::open("b0");
    end.send(&request_of(Ipv4Addr::new(10, 9, 0, 2), &[]));
    watching.wait_for("a request", |record| record["home_address"] == "10.9.0.2");

    // Switched off and on.
    ip("link set a0 down");
    watching.wait_for_line("a0 went away");
    ip("link set a0 up");
    watching.wait_for_line("a0 is back");
    end.send(&request_of(Ipv4Addr::new(10, 9, 0, 3), &[]));
    watching.wait_for("a request", |record| record["home_address"] == "10.9.0.3");
    let ended = watching.interrupt();
    assert_eq!((ended.code, &ended.capture()["packets"]), (Some(0), &json!(3)));
}

#[test]
fn frames_are_cut_as_asked() {
    let _network = Network::with_pairs(1);
    let mut watching = watch("--snaplen 60 --no-promiscuous a0");
    let mut end = End::open("b0");
    end.send(&request_of(Ipv4Addr::new(10, 9, 0, 1), &[]));
    let message = watching.wait_for("a request", is("message"));
    assert_eq!((&message["truncated"], &message["home_address"]), (&json!(true), &json!("10.9.0.1")));
    let ended = watching.interrupt();
    assert_eq!((ended.code, &ended.capture()["truncated"]), (Some(0), &json!(1)));
}

#[test]
fn an_interface_that_is_down_is_said_to_be() {
    let _network = Network::with_pairs(1);
    ip("link set a0 down");
    let run = finished(&mut mipflow("watch --headless a0"));
    assert_eq!(run.code, 3);
    assert!(
        run.error.contains("it is down") && run.error.contains("sudo ip link set a0 up"),
        "{}",
        run.error
    );
    let run = finished(&mut mipflow("watch --headless -f nonsense a0"));
    assert!(run.code == 2 && run.error.contains("nonsense"), "{}", run.error);
}

#[test]
fn signals_and_conditions_end_it_with_the_last_record() {
    let _network = Network::with_pairs(1);
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let watching = watch("a0");
        watching.signal(signal);
        let ended = watching.wait();
        assert_eq!((ended.code, &ended.capture()["packets"]), (Some(0), &json!(0)), "{signal}");
    }
    let watching = watch("--stop-after packets=3 a0");
    let mut end = End::open("b0");
    (0..5).for_each(|_| end.send(&request_of(Ipv4Addr::new(10, 9, 0, 1), &[])));
    let ended = watching.wait();
    assert_eq!((ended.code, &ended.capture()["packets"]), (Some(0), &json!(3)));
    let ended = watch("--stop-after seconds=0.5 a0").wait();
    assert_eq!((ended.code, &ended.capture()["packets"]), (Some(0), &json!(0)));
}

#[test]
fn a_closed_pipe_ends_it() {
    let _network = Network::with_pairs(1);
    let mut command = mipflow("watch --headless a0");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut end = None;
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "it does not end");
        end.get_or_insert_with(|| End::open("b0")).send(&request_of(Ipv4Addr::new(10, 9, 0, 1), &[]));
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(0));
}
