//! The TTL that requests leave with: it is what the specifications ask for, and what the rules judge is what the
//! socket has.

#![cfg(target_os = "linux")]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use std::io::IoSliceMut;
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;
use std::time::Duration;

use nix::sys::socket::sockopt::Ipv4RecvTtl;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, setsockopt};
use program::run;
use serde_json::Value;

/// Somebody on loopback who looks at the TTL of what comes.
struct Listener(UdpSocket);

impl Listener {
    fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        setsockopt(&socket, Ipv4RecvTtl, &true).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self(socket)
    }

    fn ttl(&self) -> i32 {
        let mut octets = [0; 256];
        let mut slices = [IoSliceMut::new(&mut octets)];
        let mut room = nix::cmsg_space!(i32);
        let came = recvmsg::<SockaddrIn>(self.0.as_raw_fd(), &mut slices, Some(&mut room), MsgFlags::empty())
            .unwrap();
        came.cmsgs()
            .unwrap()
            .find_map(|message| match message {
                ControlMessageOwned::Ipv4Ttl(ttl) => Some(ttl),
                _ => None,
            })
            .expect("a TTL")
    }

    /// The rules that find something in a request to here, which nobody answers.
    fn rules(&self, more: &str) -> Vec<String> {
        let ha = self.0.local_addr().unwrap();
        let run = run(&format!(
            "send --ha {ha} --home-address 10.1.0.1 --retries 0 --timeout 50ms --expect reply=none --format json {more}"
        ));
        assert_eq!(run.code, 0, "{}{}", run.out, run.error);
        let document: Value = serde_json::from_str(&run.out).unwrap();
        let found = document["steps"][0]["findings"].as_array().unwrap();
        found.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_reverse_tunnel_by_a_foreign_agent_is_asked_for_with_255() {
    let by_foreign_agent = "--home-agent 198.51.100.1 --care-of-address 127.0.0.1 --flags T";
    let listener = Listener::new();
    assert!(!listener.rules(by_foreign_agent).contains(&"TUN-027".to_owned()));
    assert_eq!(listener.ttl(), 255);
    assert!(!listener.rules(&format!("{by_foreign_agent} --dry-run")).contains(&"TUN-027".to_owned()));
}

#[test]
fn other_requests_have_the_systems_ttl_whatever_was_sent_before() {
    let usual: i32 =
        std::fs::read_to_string("/proc/sys/net/ipv4/ip_default_ttl").unwrap().trim().parse().unwrap();
    let listener = Listener::new();
    let ha = listener.0.local_addr().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("three.toml");
    let capture = directory.path().join("three.pcap");
    let scenario = format!(
        "[defaults]\nha = \"{ha}\"\nhome_address = \"10.1.0.1\"\nhome_agent = \"198.51.100.1\"\nretries = 0\n\
         timeout = \"50ms\"\nexpect = [\"reply=none\"]\n\
         [[step]]\nflags = [\"D\"]\n[[step]]\nflags = [\"D\", \"T\"]\n[[step]]\nhome_agent = \"127.0.0.1\"\nflags = [\"T\"]\n"
    );
    std::fs::write(&file, scenario).unwrap();
    let run = run(&format!("send -w {} {}", capture.display(), file.display()));
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    let on_the_wire = [listener.ttl(), listener.ttl(), listener.ttl()];
    assert_eq!(on_the_wire, [usual, 255, usual]);
    // The capture has what was sent: behind 24 octets of file and 16 of record is the packet, its TTL in octet 8.
    let octets = std::fs::read(&capture).unwrap();
    let length = (octets.len() - 24) / 3;
    let written: Vec<i32> = (0..3).map(|packet| octets[24 + packet * length + 16 + 8].into()).collect();
    assert_eq!(written, on_the_wire);
}
