//! `send` on a host with two access networks: interfaces, source addresses, and what the network says.
//!
//! These tests need root: they make network namespaces, joined by veth pairs, and remove them again. Nothing leaves
//! those, but for what one of them sends over a raw socket to loopback.

#![cfg(target_os = "linux")]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;
mod responder;

use std::fs::File;
use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use nix::sched::{CloneFlags, setns};
use program::environment::{PROGRAM, command};
use program::{Run, finished};
use responder::{KEY, Responder, reply_to, request_of, signed};
use serde_json::Value;
use socket2::{Domain, Protocol, Socket, Type};

/// The home agent's address, which both access networks lead to, each to an agent of its own.
const HOME_AGENT: &str = "198.51.100.1";

/// A node with two access networks, `wlan0` and `lte0`, and behind each of them a home agent.
struct Networks {
    name: String,
}

impl Networks {
    /// The networks; `name` tells those of several tests apart.
    fn new(name: &str) -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let uid =
            status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap().split_whitespace().nth(1);
        assert_eq!(
            uid,
            Some("0"),
            "this test makes network namespaces and needs root: run it as .ci/run does"
        );
        let networks = Self { name: format!("mipflow-{}-{name}", std::process::id()) };
        for place in ["node", "a", "b"] {
            ip(&format!("netns add {}", networks.place(place)));
            networks.at(place, "link set lo up");
        }
        let (node, a, b) = (networks.place("node"), networks.place("a"), networks.place("b"));
        ip(&format!("-n {node} link add wlan0 type veth peer name up0 netns {a}"));
        ip(&format!("-n {node} link add lte0 type veth peer name up0 netns {b}"));
        for (place, device, address) in [
            ("node", "wlan0", "192.0.2.10/26"),
            ("node", "lte0", "192.0.2.70/26"),
            ("a", "up0", "192.0.2.1/26"),
            ("b", "up0", "192.0.2.65/26"),
        ] {
            networks.at(place, &format!("addr add {address} brd + dev {device}"));
            networks.at(place, &format!("link set {device} up"));
        }
        networks.at("a", &format!("addr add {HOME_AGENT}/32 dev lo"));
        networks.at("b", &format!("addr add {HOME_AGENT}/32 dev lo"));
        // Wi-Fi is preferred.
        networks.at("node", &format!("route add {HOME_AGENT} via 192.0.2.1 dev wlan0 metric 100"));
        networks.at("node", &format!("route add {HOME_AGENT} via 192.0.2.65 dev lte0 metric 200"));
        networks
    }

    fn place(&self, place: &str) -> String {
        format!("{}-{place}", self.name)
    }

    fn at(&self, place: &str, arguments: &str) {
        ip(&format!("-n {} {arguments}", self.place(place)));
    }

    /// A home agent at `place`, listening at `address`, that grants everything for `lifetime` seconds, for as long as
    /// the test runs.
    fn agent(&self, place: &str, address: &str, lifetime: u16) {
        let endpoint = format!("{address}:434");
        let namespace = File::open(format!("/run/netns/{}", self.place(place))).unwrap();
        let (ready, is_ready) = mpsc::channel();
        // The namespace is the thread's alone, and its sockets stay there.
        std::thread::spawn(move || {
            setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
            let socket = UdpSocket::bind(endpoint).unwrap();
            ready.send(()).unwrap();
            let mut octets = [0; 2048];
            while let Ok((length, source)) = socket.recv_from(&mut octets) {
                let SocketAddr::V4(source) = source else { continue };
                let mut reply = reply_to(&request_of(&octets[..length]).unwrap());
                reply.lifetime = lifetime;
                socket.send_to(&signed(&reply, &[]), source).unwrap();
            }
        });
        is_ready.recv_timeout(Duration::from_secs(10)).unwrap();
    }

    /// Runs `mipflow send` on the node.
    fn send(&self, arguments: &str) -> Run {
        let mut command = command("ip");
        command.args(["netns", "exec", &self.place("node"), PROGRAM, "send"]);
        command.args(arguments.split_whitespace());
        finished(&mut command)
    }

    /// The only step of a run that has to succeed.
    fn step(&self, arguments: &str) -> Value {
        let run = self.send(&format!("--home-address 10.1.0.1 --key {KEY} --format json {arguments}"));
        assert_eq!(run.code, 0, "{arguments}: {}{}", run.out, run.error);
        let document: Value = serde_json::from_str(&run.out).unwrap();
        document["steps"][0].clone()
    }
}

impl Drop for Networks {
    fn drop(&mut self) {
        for place in ["node", "a", "b"] {
            // What was not made cannot be removed.
            let _ = Command::new("ip").args(["netns", "del", &self.place(place)]).output();
        }
    }
}

fn ip(arguments: &str) {
    let output = Command::new("ip")
        .args(arguments.split_whitespace())
        .output()
        .expect("this test needs the command ip (Debian: iproute2)");
    assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_registration_leaves_by_the_interface_it_registers() {
    let networks = Networks::new("by");
    networks.agent("a", HOME_AGENT, 111);
    networks.agent("b", HOME_AGENT, 222);
    // The agents behind the two networks have one address; what they grant tells which was asked.
    for (more, source, granted) in [
        ("", "192.0.2.10", 111),
        ("--interface wlan0", "192.0.2.10", 111),
        ("--interface lte0", "192.0.2.70", 222),
        ("--interface lte0 --source 192.0.2.70", "192.0.2.70", 222),
        ("--interface lte0 --source 192.0.2.70:4000", "192.0.2.70", 222),
    ] {
        let step = networks.step(&format!("--ha {HOME_AGENT} --flags D {more}"));
        assert_eq!(step["reply"]["lifetime"], granted, "{more}");
        assert_eq!(step["request"]["care_of_address"], source, "{more}");
        assert!(step["request"]["source"].as_str().unwrap().starts_with(&format!("{source}:")), "{more}");
    }
}

#[test]
fn a_scenario_registers_each_network_through_itself() {
    let networks = Networks::new("each");
    networks.agent("a", HOME_AGENT, 111);
    networks.agent("b", HOME_AGENT, 222);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("both.toml");
    let step = |interface: &str, bid: u8| {
        format!("[[step]]\nname = \"{interface}\"\ninterface = \"{interface}\"\nbid = {bid}\nlabel = {bid}\n")
    };
    let head = format!("[defaults]\nha = \"{HOME_AGENT}\"\nhome_address = \"10.1.0.1\"\nflags = [\"D\"]\n");
    std::fs::write(&file, format!("{head}{}{}", step("wlan0", 1), step("lte0", 2))).unwrap();
    let capture = directory.path().join("both.pcap");
    let run = networks.send(&format!("--key {KEY} -w {} {}", capture.display(), file.display()));
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    assert!(
        run.out.contains(&format!("sending 1 request to {HOME_AGENT}:434 from 192.0.2.10:")),
        "{}",
        run.out
    );
    assert!(run.out.contains(" by lte0\n"), "{}", run.out);
    let decoded = program::shown(&format!("decode --show nodes --format json {}", capture.display()));
    let document: Value = serde_json::from_str(&decoded).unwrap();
    let bindings = document["nodes"][0]["bindings"].as_array().unwrap();
    let found: Vec<String> = bindings
        .iter()
        .map(|binding| format!("{} {}", binding["care_of_address"], binding["lifetime"]))
        .collect();
    assert_eq!(found, ["\"192.0.2.10\" 111", "\"192.0.2.70\" 222"]);
}

#[test]
fn broadcast_addresses_of_a_network_are_refused_unless_allowed() {
    let networks = Networks::new("all");
    networks.agent("a", "0.0.0.0", 111);
    let refused = networks.send("--ha 192.0.2.63 --home-address 10.1.0.1");
    assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{}", refused.error);
    assert!(
        refused.error.contains("192.0.2.63 is a broadcast address of a network of this host"),
        "{}",
        refused.error
    );
    assert!(refused.error.contains("--allow-broadcast"), "{}", refused.error);
    let with_source = networks.send("--ha 192.0.2.63 --home-address 10.1.0.1 --source 192.0.2.10");
    assert_eq!(with_source.code, 2, "{}", with_source.error);

    let step = networks.step("--ha 192.0.2.63 --allow-broadcast");
    assert_eq!(step["reply"]["source"], "192.0.2.1:434");
    // An agent can answer from no other address than its own.
    assert!(!rules(&step).contains(&"REG-021"), "{step:#}");
    let step = networks.step("--ha 255.255.255.255 --interface wlan0 --allow-broadcast");
    assert_eq!(step["reply"]["source"], "192.0.2.1:434");
}

#[test]
fn a_broadcast_from_the_port_of_an_earlier_request_is_one_all_the_same() {
    let networks = Networks::new("port");
    networks.agent("a", "0.0.0.0", 111);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("both.toml");
    let lines = "[defaults]\nhome_address = \"10.1.0.1\"\nsource = \"192.0.2.10:4000\"\nhome_agent = \"192.0.2.1\"\n\
                 [[step]]\nname = \"one\"\nha = \"192.0.2.1\"\n[[step]]\nname = \"all\"\nha = \"192.0.2.63\"\n";
    std::fs::write(&file, lines).unwrap();
    let ask = |more: &str| networks.send(&format!("--key {KEY} --format json {more} {}", file.display()));
    let refused = ask("");
    assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{}", refused.error);
    let allowed = ask("--allow-broadcast");
    assert_eq!(allowed.code, 0, "{}{}", allowed.out, allowed.error);
    let document: Value = serde_json::from_str(&allowed.out).unwrap();
    assert_eq!(document["steps"][1]["reply"]["source"], "192.0.2.1:434");
}

/// ICMP's word that the destination of that UDP datagram is unreachable, as it is sent over a raw socket.
fn unreachable(code: u8, source: SocketAddr, destination: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let length = |octets: usize| u16::try_from(octets).unwrap().to_be_bytes();
    // Of code 4 the last two are the MTU: what loopback has anyhow, or nearly.
    let mut octets = vec![3, code, 0, 0, 0, 0, 0xff, 0xff, 0x45, 0];
    octets.extend(length(28 + payload.len()));
    octets.extend([0, 1, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
    octets.extend([source.port().to_be_bytes(), destination.port().to_be_bytes()].concat());
    octets.extend(length(8 + payload.len()));
    octets.extend([0, 0]);
    octets.extend(payload);
    for (place, range) in [(18, 8..28), (2, 0..octets.len())] {
        let words = octets[range].chunks(2);
        let sum: u32 =
            words.map(|word| u32::from(word[0]) << 8 | u32::from(*word.get(1).unwrap_or(&0))).sum();
        let sum = (sum & 0xffff) + (sum >> 16);
        let sum = !u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
        octets[place..place + 2].copy_from_slice(&sum.to_be_bytes());
    }
    octets
}

#[test]
fn word_of_an_earlier_request_does_not_end_the_next() {
    for (is_of_the_first, error) in [(true, Value::Null), (false, "ICMP destination unreachable".into())] {
        let mut first = Vec::new();
        let responder = Responder::start(move |socket, source, octets| {
            if first.is_empty() {
                first = octets.to_vec();
                return;
            }
            let raw = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4)).unwrap();
            let lost = if is_of_the_first { &first } else { octets };
            let word = unreachable(1, source, socket.local_addr().unwrap(), lost);
            raw.send_to(&word, &SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
            std::thread::sleep(Duration::from_millis(200));
            socket.send_to(&signed(&reply_to(&request_of(octets).unwrap()), &[]), source).unwrap();
        });
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("two.toml");
        let lines = "[defaults]\nhome_address = \"10.1.0.1\"\nretries = 0\nsource = \"127.0.0.1\"\n\
                     [[step]]\nname = \"silent\"\ntimeout = \"50ms\"\nexpect = \"reply=none\"\n\
                     [[step]]\nname = \"answered\"\n";
        std::fs::write(&file, lines).unwrap();
        let (ha, file) = (responder.ha(), file.display().to_string());
        let run = program::run(&format!("send --ha {ha} --key {KEY} --format json {file}"));
        let document: Value = serde_json::from_str(&run.out).unwrap();
        let step = &document["steps"][1];
        match error.as_str() {
            None => assert_eq!((run.code, &step["reply"]["code"]), (0, &0.into()), "{step:#}"),
            Some(error) => assert!(step["error"].as_str().unwrap().starts_with(error), "{step:#}"),
        }
    }
}

#[test]
fn a_request_that_is_too_long_for_a_link_is_sent_again() {
    for (answers, error) in [(true, ""), (false, "ICMP destination unreachable: fragmentation needed")] {
        let mut count = 0;
        let responder = Responder::start(move |socket, source, octets| {
            count += 1;
            if count == 1 {
                let raw = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4)).unwrap();
                let word = unreachable(4, source, socket.local_addr().unwrap(), octets);
                raw.send_to(&word, &SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
            } else if answers {
                socket.send_to(&signed(&reply_to(&request_of(octets).unwrap()), &[]), source).unwrap();
            }
        });
        let ha = responder.ha();
        let run = program::run(&format!(
            "send --ha {ha} --home-address 10.1.0.1 --key {KEY} --retries 1 --timeout 100ms --format json"
        ));
        let document: Value = serde_json::from_str(&run.out).unwrap();
        let step = &document["steps"][0];
        assert_eq!((&step["attempts"], step["passed"] == answers), (&2.into(), true), "{step:#}");
        // Where nothing answered, it may be why.
        assert!(step["error"].as_str().unwrap_or_default().starts_with(error), "{step:#}");
        assert_eq!(step["error"].is_null(), answers, "{step:#}");
    }
}

#[test]
fn all_mobility_agents_are_asked_on_the_link_only() {
    let networks = Networks::new("link");
    networks.at("node", "route add 224.0.0.0/4 dev wlan0");
    let ask = |more: &str| {
        networks.send(&format!(
            "--ha 224.0.0.11 --allow-broadcast --home-agent 255.255.255.255 --home-address 10.1.0.1 --key {KEY} \
             --retries 0 --timeout 100ms --expect reply=none --format json {more}"
        ))
    };
    for more in ["", "--dry-run"] {
        let run = ask(more);
        assert_eq!(run.code, 0, "{}{}", run.out, run.error);
        let document: Value = serde_json::from_str(&run.out).unwrap();
        // With any other TTL than 1, REG-024 would tell it.
        assert!(!rules(&document["steps"][0]).contains(&"REG-024"), "{document:#}");
    }
}

/// The rules that found something in a step.
fn rules(step: &Value) -> Vec<&str> {
    step["findings"].as_array().unwrap().iter().map(|found| found["rule"].as_str().unwrap()).collect()
}

#[test]
fn what_the_network_says_is_told() {
    let networks = Networks::new("no");
    let nobody = networks.send(&format!("--ha {HOME_AGENT} --home-address 10.1.0.1"));
    assert_eq!(nobody.code, 1, "{}", nobody.error);
    assert!(nobody.out.contains(&format!("port unreachable, says {HOME_AGENT}")), "{}", nobody.out);

    let own =
        networks.send(&format!("--ha {HOME_AGENT} --home-address 10.1.0.1 --source 127.0.0.5 --retries 0"));
    assert_eq!(own.code, 1, "{}", own.error);
    let told = "not sent: from 127.0.0.5, a loopback address, no other host can be reached";
    assert!(own.out.contains(told), "{}", own.out);

    networks.at("a", &format!("addr del {HOME_AGENT}/32 dev lo"));
    networks.at("a", &format!("route add unreachable {HOME_AGENT}"));
    let output = Command::new("ip")
        .args(["netns", "exec", &networks.place("a"), "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"])
        .output();
    let forwards = output.is_ok_and(|output| output.status.success());
    assert!(forwards, "forwarding cannot be switched on in the namespace");
    let routed = networks.send(&format!("--ha {HOME_AGENT} --home-address 10.1.0.1"));
    assert_eq!(routed.code, 1, "{}", routed.error);
    assert!(routed.out.contains("host unreachable, says 192.0.2.1"), "{}", routed.out);

    let no_route = networks.send("--ha 203.0.113.1 --home-address 10.1.0.1");
    assert_eq!(no_route.code, 3, "{}", no_route.out);
    assert!(no_route.error.contains("there is no route to 203.0.113.1:434"), "{}", no_route.error);
}
