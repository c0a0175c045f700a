//! The screen live, in a real terminal and a network namespace of its own. Needs root, iproute2 and tmux, and fails
//! without them.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Waits end by the clock.
#![allow(clippy::disallowed_methods)]

mod terminal;

use std::net::UdpSocket;
use std::process::Command;

use nix::sched::{CloneFlags, unshare};
use terminal::Terminal;

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
        assert!(up.expect("iproute2 is needed: ./setup headers installs it").success());
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
    let text = terminal.shows("2 of 2 up");
    assert!(text.contains("0 dropped") && text.contains("live"), "{text}");
    // What is left runs down by itself.
    terminal.wait("lifetimes that run down", |text| {
        text.lines()
            .any(|line| line.contains("BID 12") && (line.contains(" 299 s") || line.contains(" 298 s")))
    });
    // A paused screen stands still; four packets pass meanwhile.
    terminal.keys(&["p"]);
    terminal.shows("PAUSED +0");
    network.register(12, 0);
    network.register(13, 600);
    let text = terminal.shows("PAUSED +4");
    assert!(text.contains("2 of 2 up"), "{text}");
    terminal.keys(&["p"]);
    let text = terminal.shows("2 of 3 up");
    assert!(text.lines().any(|line| line.contains("BID 12") && line.contains("deregistered")), "{text}");
    // Back to before the de-registration: exchanges one and two were frames 1 to 4.
    terminal.keys(&["[", "[", "["]);
    terminal.shows("AT FRAME 4");
    terminal.shows("2 of 2 up");
    terminal.keys(&["q"]);
    terminal.wait("the shell", |text| !text.contains("[1 Tunnels]"));
}
