//! The screen live, in a real terminal and a network namespace of its own. Needs root, iproute2 and tmux, and fails
//! without them.

#![cfg(target_os = "linux")]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Waits end by the clock.
#![allow(clippy::disallowed_methods)]

mod terminal;

use std::net::UdpSocket;
use std::process::Command;

use nix::sched::{CloneFlags, unshare};
use terminal::Terminal;
use terminal::environment::PROGRAM;

const AGENT: [u8; 4] = [127, 0, 0, 1];

/// A node and its home agent on the loopback.
struct Network {
    node: UdpSocket,
    agent: UdpSocket,
    identification: u64,
}

impl Network {
    /// In a namespace that the calling thread, and what it starts, has to itself from now on.
    fn new() -> Self {
        unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace is made, as root");
        let up = Command::new("ip").args(["link", "set", "lo", "up"]).status();
        assert!(up.expect("iproute2 is needed: ./setup installs it").success());
        Self {
            node: UdpSocket::bind("127.0.0.1:0").unwrap(),
            agent: UdpSocket::bind("127.0.0.1:434").unwrap(),
            identification: 1,
        }
    }

    /// A request with Multipath (BID, care-of address 127.0.0.BID) and its reply.
    fn register(&mut self, bid: u8, lifetime: u16) {
        self.identification += 1;
        let home_address = [10, 1, 0, 1];
        let mut request = vec![1, 0x22];
        request.extend(lifetime.to_be_bytes());
        request.extend([home_address, AGENT, [127, 0, 0, bid]].concat());
        request.extend(self.identification.to_be_bytes());
        request.extend([154, 1, 0, 4, 4, bid, bid, 0]);
        self.node.send_to(&request, "127.0.0.1:434").unwrap();
        let mut octets = [0; 128];
        let (_, node) = self.agent.recv_from(&mut octets).unwrap();
        let mut reply = vec![3, 0];
        reply.extend(lifetime.to_be_bytes());
        reply.extend([home_address, AGENT].concat());
        reply.extend(self.identification.to_be_bytes());
        self.agent.send_to(&reply, node).unwrap();
        self.node.recv_from(&mut octets).unwrap();
    }
}

/// The commands of a section of docs/watch.md, each in a block of its own.
fn commands(section: &str) -> Vec<String> {
    let page = std::fs::read_to_string("docs/watch.md").unwrap();
    let (_, section) = page.split_once(section).expect("the page has this section");
    let section = section.split("\n#").next().unwrap();
    let blocks = section.split("```sh\n").skip(1).map(|block| block.split("\n```").next().unwrap());
    // Root needs no sudo.
    let command =
        |block: &str| block.trim_start_matches("sudo ").replacen("mipflow", &format!("'{PROGRAM}'"), 1);
    blocks.map(command).collect()
}

/// Whether the flow of the call stands below the tunnel with this BID, before the next tunnel or the end.
fn is_call_in(text: &str, bid: u8) -> bool {
    let lines = text.lines().skip_while(|line| !line.contains(&format!("  BID {bid}  ")));
    let mut below = lines.skip(1).take_while(|line| !line.contains("  BID ") && !line.contains("Policy"));
    below.any(|line| line.contains("udp 203.0.113.50:5060") && line.contains("conforms"))
}

#[test]
fn the_readme_in_three_terminals() {
    unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace is made, as root");
    let up = Command::new("ip").args(["link", "set", "lo", "up"]).status();
    assert!(up.expect("iproute2 is needed: ./setup installs it").success());
    let commands = commands("## In three terminals");
    let [watch, serve, send] = commands.as_slice() else { panic!("three commands: {commands:?}") };
    let (screen, agent, node) = (Terminal::new(), Terminal::new(), Terminal::new());
    screen.line(watch);
    screen.shows("no Mobile IP on udp/4434 yet");
    agent.line(serve);
    agent.shows("127.0.0.1:4434");
    node.line(send);
    screen.shows("1 of 1 up");
    screen.shows("2 of 2 up");
    screen.wait("the call in Wi-Fi's tunnel", |text| is_call_in(text, 1));
    screen.shows_all(&["FAILOVER", "1 of 2 up", "deregistered"]);
    screen.wait("the call in LTE's tunnel", |text| {
        is_call_in(text, 2) && !is_call_in(text, 1) && text.contains("was BID 1")
    });
    let over = screen.wait("the end", |text| {
        text.contains("0 of 2 up") && text.contains("no flow policy") && !text.contains("FAILOVER")
    });
    let status = over.lines().find(|line| line.contains("  live  ")).expect("there is a status line");
    assert!(!status.contains("must") && !status.contains("should"), "{status}");
    let sent = node.shows("54 passed");
    assert!(!sent.contains("FAIL"), "{sent}");
    agent.keys(&["C-c"]);
    screen.keys(&["q"]);
    screen.wait("the shell", |text| !text.contains("[1 Tunnels]"));
}

#[test]
fn each_interface_that_is_away_is_told_until_it_is_back() {
    unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace is made, as root");
    let link = |arguments: &str| {
        let done = Command::new("ip").arg("link").args(arguments.split(' ')).status();
        assert!(done.expect("iproute2 is needed: ./setup installs it").success(), "{arguments}");
    };
    for (near, far) in [("a0", "a1"), ("b0", "b1")] {
        link(&format!("add {near} type veth peer name {far}"));
        link(&format!("set {near} up"));
        link(&format!("set {far} up"));
    }
    let terminal = Terminal::new();
    terminal.watch("-i a0 -i b0");
    terminal.shows("waiting for packets");
    link("set a0 down");
    terminal.shows("a0 has gone away, waiting for it");
    link("set b0 down");
    terminal.shows("a0, b0 have gone away, waiting for them");
    link("set b0 up");
    terminal.shows("a0 has gone away, waiting for it");
    link("set a0 up");
    terminal.wait("both interfaces", |text| !text.contains("gone away") && text.contains("a0 b0  live"));
    terminal.keys(&["q"]);
    terminal.wait("the shell", |text| !text.contains("[1 Tunnels]"));
}

#[test]
fn registrations_appear_and_go_as_they_happen() {
    let mut network = Network::new();
    let terminal = Terminal::new();
    terminal.watch("--user root lo");
    terminal.shows("no Mobile IP on udp/434 yet; waiting for packets");
    network.register(11, 600);
    terminal.shows("1 of 1 up");
    terminal.shows("BID 11");
    network.register(12, 300);
    terminal.shows_all(&["2 of 2 up", "0 dropped", "live"]);
    // What is left runs down by itself.
    terminal.wait("lifetimes that run down", |text| {
        let left = |line: &str| line.split(" s").next()?.split(' ').next_back()?.parse::<u32>().ok();
        text.lines()
            .filter(|line| line.contains("BID 12"))
            .filter_map(left)
            .any(|left| (200..300).contains(&left))
    });
    // A paused screen stands still; four packets pass meanwhile.
    terminal.keys(&["p"]);
    terminal.shows("PAUSED +0");
    network.register(12, 0);
    network.register(13, 600);
    terminal.shows_all(&["PAUSED +4", "2 of 2 up"]);
    terminal.keys(&["p"]);
    terminal.wait("the de-registration", |text| {
        text.contains("2 of 3 up")
            && text.lines().any(|line| line.contains("BID 12") && line.contains("deregistered"))
    });
    // Back to before the de-registration: exchanges one and two were frames 1 to 4.
    terminal.keys(&["[", "[", "["]);
    terminal.shows("AT FRAME 4");
    terminal.shows("2 of 2 up");
    terminal.keys(&["q"]);
    terminal.wait("the shell", |text| !text.contains("[1 Tunnels]"));
}
