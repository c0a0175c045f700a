//! What the screens show, borrowed from whoever knows it.

use std::ffi::OsString;

use crate::capture::LinkType;
use crate::net;
use crate::state::{Node, Observer, Options};
use crate::time::{Precision, Timestamp};
use crate::trace::{Counts, SeenMessage};
use crate::watch::{AllMessages, Counters, Engine, RecentMessage};
use crate::wire::{KeyRing, Numbers};

use super::finding_log::FindingLog;

/// Everything there is to show, at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The observer: the nodes, bindings and tunnels as they are believed to be.
    pub observer: &'a Observer,
    /// The messages seen last.
    pub messages: &'a AllMessages,
    /// What was counted in frames.
    pub counts: &'a Counts,
    /// What was counted by the capture.
    pub counters: Counters,
    /// Fragments and frames that could not be decoded.
    pub network: net::Counters,
    /// Link types of the inputs.
    pub link_types: &'a [LinkType],
    /// Frames that were earlier than the one before.
    pub clock_backwards: u64,
    /// UDP ports of Mobile IP.
    pub ports: &'a [u16],
    /// The numbers messages are read under.
    pub numbers: Numbers,
    /// The keys authenticators are judged with.
    pub keys: &'a KeyRing,
    /// What is wrong.
    pub findings: &'a FindingLog,
    /// Where the frames come from.
    pub input: &'a Input,
}

/// Where frames come from, and how that goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Names as they were given.
    pub names: Vec<String>,
    /// The files of these names, by the octets of their names, which may be no text.
    pub files: Vec<OsString>,
    /// What kind of input.
    pub kind: InputKind,
    /// Whether nothing more will come.
    pub ended: bool,
    /// What is wrong with it right now, as `eth0 has gone away`.
    pub trouble: Option<String>,
    /// What the observer was told, for tables as they stood at another time.
    pub options: Options,
}

impl Input {
    /// Whether it is a file, all of which is still there.
    pub fn can_be_read_again(&self) -> bool {
        self.kind != InputKind::Live && self.names.iter().all(|name| name != "-")
    }
}

/// What kind of input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InputKind {
    /// Interfaces.
    Live,
    /// Files, read at once, or standard input.
    File,
    /// Files, replayed by their own clock.
    Replay {
        /// Seconds of the capture per second of real time.
        speed: f64,
        /// Whether it is held.
        held: bool,
    },
}

/// A node in the observer's table. The place may have had another node before; the birth tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeRef {
    /// Its place in the table.
    pub place: u32,
    /// Its birth.
    pub birth: u32,
}

impl<'a> Facts<'a> {
    /// What an engine knows.
    pub fn of(engine: &'a Engine, findings: &'a FindingLog, input: &'a Input) -> Self {
        Self {
            observer: engine.observer(),
            messages: engine.all_messages(),
            counts: engine.trace().counts(),
            counters: engine.counters(),
            network: engine.trace().network_counters(),
            link_types: engine.link_types(),
            clock_backwards: engine.clock_backwards(),
            ports: engine.ports(),
            numbers: engine.trace().numbers(),
            keys: engine.keys(),
            findings,
            input,
        }
    }

    /// The node in a place of the table.
    pub fn node_ref(&self, place: u32) -> Option<NodeRef> {
        let node = self.observer.node(place).filter(|node| node.is_named())?;
        Some(NodeRef { place, birth: node.birth() })
    }

    /// The node, while the observer knows it.
    pub fn node(&self, node: NodeRef) -> Option<&'a Node> {
        self.observer.node(node.place).filter(|found| found.birth() == node.birth && found.is_named())
    }

    /// All nodes, in order of appearance.
    pub fn nodes(&self) -> Vec<NodeRef> {
        let mut nodes: Vec<NodeRef> =
            (0..self.observer.node_places()).filter_map(|place| self.node_ref(place)).collect();
        nodes.sort_unstable_by_key(|node| node.birth);
        nodes
    }

    /// Reads a message again.
    pub fn read<T>(&self, message: &RecentMessage, look: impl FnOnce(&SeenMessage<'_>) -> T) -> Option<T> {
        message.read(self.ports, self.numbers, look)
    }

    /// The time tables stand at.
    pub fn now(&self) -> Timestamp {
        self.observer.clock()
    }

    /// Digits of times.
    pub fn precision(&self) -> Precision {
        self.counts.precision
    }
}
