//! A network of the test's own: a namespace with pairs of interfaces, and frames put on one end.

use std::process::Command;

use mipflow::capture::{Next, Timeline};
use nix::sched::{CloneFlags, unshare};
use pcap::{Active, Capture};

/// A namespace that the calling thread, and whatever it starts, is in. It is gone with the thread.
pub struct Network;

impl Network {
    /// Puts the calling thread into a new namespace with this many pairs: `a0` and `b0`, `a1` and `b1`, and so on.
    pub fn with_pairs(pairs: usize) -> Self {
        assert!(nix::unistd::geteuid().is_root(), "these tests make network namespaces: run them as root");
        unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace can be made");
        ip("link set lo up");
        (0..pairs).for_each(Self::add_pair);
        Self
    }

    /// Adds a pair, and switches both ends on.
    pub fn add_pair(number: usize) {
        ip(&format!("link add a{number} type veth peer name b{number}"));
        ip(&format!("link set a{number} up"));
        ip(&format!("link set b{number} up"));
    }

    /// Takes a pair away.
    pub fn remove_pair(number: usize) {
        ip(&format!("link del a{number}"));
    }
}

/// Runs `ip` in the namespace of the calling thread.
pub fn ip(arguments: &str) {
    let output =
        Command::new("ip").args(arguments.split_whitespace()).output().expect("iproute2 is installed");
    assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The end of a wire that frames are put on.
pub struct End(Capture<Active>);

impl End {
    /// Opens an interface.
    pub fn open(name: &str) -> Self {
        let capture = Capture::from_device(name).and_then(Capture::open);
        Self(capture.unwrap_or_else(|error| panic!("{name} can be opened: {error}")))
    }

    /// Puts a frame on it.
    pub fn send(&mut self, frame: &[u8]) {
        // The queue of the interface may be full for a moment.
        while let Err(error) = self.0.sendpacket(frame) {
            let message = error.to_string();
            assert!(message.contains("No buffer space") || message.contains("temporarily"), "{message}");
        }
    }
}

/// The frames of a capture file.
pub fn frames_of(path: &str) -> Vec<Vec<u8>> {
    let mut timeline = Timeline::open(&[path]);
    let mut frames = Vec::new();
    while let Next::Frame(frame) = timeline.next() {
        frames.push(frame.data.to_vec());
    }
    assert!(timeline.errors().is_empty() && !frames.is_empty(), "{path}");
    frames
}

/// An Ethernet frame of this IPv4 packet, behind these tags: the number that names a tag, and its VLAN.
pub fn ethernet(tags: &[(u16, u16)], packet: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    for (kind, vlan) in tags {
        frame.extend(kind.to_be_bytes());
        frame.extend(vlan.to_be_bytes());
    }
    frame.extend([8, 0]);
    frame.extend(packet);
    frame
}
