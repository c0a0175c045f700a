//! The engine: takes frames one at a time, and keeps what a screen shows.

use std::sync::Arc;

use super::counters::Rate;
use super::recent_data::RecentData;
use super::{AllMessages, CaptureCounters, Counters, RecentMessage, RecentMessages};
use crate::capture::{Frame, LinkType};
use crate::pipeline::{Observed, ObservedMessage, Pipeline};
use crate::rules::{self, Finding, Findings};
use crate::state::{Attribution, Limits, Observer, Options};
use crate::time::Timestamp;
use crate::trace::{SeenMessage, Trace};
use crate::wire::{Header, KeyRing, Numbers, PORT};

/// Settings of an engine.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// UDP ports of Mobile IP.
    pub ports: Vec<u16>,
    /// The numbers of RFC 7629, or those that older implementations use instead.
    pub numbers: Numbers,
    /// Keys to verify authenticators with.
    pub keys: KeyRing,
    /// Settings of the observer. [`Taken`] tells the node of a tunnelled packet only if [`Options::attribute`] is on.
    pub observer: Options,
    /// Settings of the validator; `None` for no rules.
    pub rules: Option<rules::Options>,
    /// The most messages that are kept with their octets; as many Tunnel Data messages are kept beside them.
    pub recent_messages: usize,
    /// The most octets those messages may take.
    pub recent_octets: usize,
    /// The most batches of tunnelled packets that are kept, of up to 1024 packets each; see [`Engine::packet`].
    pub recent_data: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            ports: vec![PORT],
            numbers: Numbers::default(),
            keys: KeyRing::default(),
            observer: Options::default(),
            rules: Some(rules::Options::default()),
            recent_messages: 10_000,
            recent_octets: 64 << 20,
            recent_data: 32,
        }
    }
}

/// Bounds of the tables for a watch, which may go on for weeks, and in which strangers may try to fill every table.
pub const LIVE_LIMITS: Limits = Limits {
    nodes: 1 << 18,
    rules: 1 << 21,
    pending: 1 << 17,
    exchanges: 1 << 16,
    flows: 1 << 20,
    flows_of_one_node: 1 << 16,
    flow_binding_octets: 64 << 20,
    unknown_tunnels: 1 << 18,
};

/// What a frame turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Taken {
    /// A message on a Mobile IP port.
    Message(Attribution),
    /// A tunnelled packet.
    Tunnelled(Attribution),
    /// Not Mobile IP, or a fragment of what may become it.
    #[default]
    Nothing,
}

/// The pipeline, the recent messages and the counters. It has no thread, no screen and no clock: frames and times are
/// passed to it.
#[derive(Debug)]
pub struct Engine {
    ports: Vec<u16>,
    keys: KeyRing,
    pipeline: Pipeline,
    messages: AllMessages,
    data: RecentData,
    link_types: Vec<LinkType>,
    /// Time of the last frame of each input.
    last: Vec<Option<Timestamp>>,
    clock_backwards: u64,
    capture: CaptureCounters,
    rate: Rate,
    /// Grows whenever the tables were brought up to date and there was something new.
    revision: u64,
    /// Frames seen and the second of the clock when the tables were last brought up to date.
    refreshed: (u64, Option<i64>),
    ended: bool,
}

impl Engine {
    /// An engine that has seen nothing yet.
    pub fn new(options: EngineOptions) -> Self {
        let EngineOptions {
            ports,
            numbers,
            keys,
            observer,
            rules,
            recent_messages,
            recent_octets,
            recent_data,
        } = options;
        Self {
            pipeline: Pipeline::new(Trace::new(&ports, numbers, true), observer, rules),
            ports,
            keys,
            messages: AllMessages::new(recent_messages, recent_octets),
            data: RecentData::new(recent_data),
            link_types: Vec::new(),
            last: Vec::new(),
            clock_backwards: 0,
            capture: CaptureCounters::default(),
            rate: Rate::default(),
            revision: 0,
            refreshed: (0, None),
            ended: false,
        }
    }

    /// Takes the next frame.
    pub fn take(&mut self, frame: &Frame<'_>) -> Taken {
        self.take_and(frame, |_, _, _| {})
    }

    /// Takes the next frame. If it is a message, shows it to `look`, with the keys and what the observer made of it.
    pub fn take_and(
        &mut self,
        frame: &Frame<'_>,
        look: impl FnOnce(&SeenMessage<'_>, &KeyRing, (Attribution, &Observer)),
    ) -> Taken {
        self.note(frame);
        let observed = self.pipeline.take(frame, &self.keys, |message| {
            let ObservedMessage { seen, attribution, observer, .. } = message;
            look(seen, &self.keys, (attribution, observer));
            (attribution, matches!(seen.message.header, Header::TunnelData(_)))
        });
        let (attribution, is_data) = match observed {
            Observed::Nothing => return Taken::Nothing,
            Observed::Fragment => {
                self.data.push(frame);
                return Taken::Nothing;
            }
            Observed::Tunnelled { attribution, .. } => {
                self.data.push(frame);
                return Taken::Tunnelled(attribution);
            }
            Observed::Message(message) => message,
        };
        let message = RecentMessage::new(frame, self.trace().fragment_frames(), attribution.node);
        self.messages.push(message, is_data);
        Taken::Message(attribution)
    }

    /// Counts a frame that a filter excluded.
    pub fn pass_over(&mut self, frame: &Frame<'_>) {
        self.note(frame);
        self.pipeline.pass_over(frame);
    }

    /// Brings everything up to date: expiry, the counters of tunnels and rules, and rates. `now` is the time where the
    /// frames come from (the wall clock when live, the player's clock when replayed), so that bindings expire without
    /// packets; `None` keeps the time of the last frame.
    ///
    /// It visits every node and flow: call it a few times a second, and less often if it takes long.
    pub fn tick(&mut self, now: Option<Timestamp>) {
        if self.ended {
            return;
        }
        if let Some(now) = now
            && self.trace().counts().packets > 0
            && now > self.observer().clock()
        {
            self.pipeline.advance(now);
        }
        self.pipeline.refresh();
        let counts = self.pipeline.trace().counts();
        if let Some(now) = now.or(counts.last) {
            self.rate.measure(now, counts.packets, counts.bytes);
        }
        let refreshed = (counts.packets, now.map(Timestamp::seconds));
        if std::mem::replace(&mut self.refreshed, refreshed) != refreshed {
            self.revision = self.revision.wrapping_add(1);
        }
    }

    /// Ends the observation: no more frames will come, and requests without a reply are unanswered.
    pub fn close(&mut self) {
        if !self.ended {
            self.pipeline.close();
            self.ended = true;
            self.revision = self.revision.wrapping_add(1);
        }
    }

    /// Notes the counters of the capture.
    pub fn set_capture_counters(&mut self, capture: CaptureCounters) {
        self.capture = capture;
    }

    /// Notes a link type that an input declares, seen or not.
    pub fn declare(&mut self, link_type: LinkType) {
        if !self.link_types.contains(&link_type) {
            self.link_types.push(link_type);
        }
    }

    /// The observer, for changes that are only made on demand.
    pub fn observer_mut(&mut self) -> &mut Observer {
        self.pipeline.observer_mut()
    }

    /// The observer. Counters of tunnels and rules, and expiry, are those of the last [`Engine::tick`].
    pub fn observer(&self) -> &Observer {
        self.pipeline.observer()
    }

    /// Findings that nobody has taken yet; `None` without rules.
    pub fn findings(&self) -> Option<&Findings> {
        self.pipeline.findings()
    }

    /// Takes the findings since the last call. Their counts stay.
    ///
    /// There is room for [`rules::Options::most_findings`] between two calls.
    pub fn take_findings(&mut self) -> Vec<Finding> {
        self.pipeline.take_findings()
    }

    /// The trace, with its counters.
    pub fn trace(&self) -> &Trace {
        self.pipeline.trace()
    }

    /// The messages seen last, except Tunnel Data, which would soon leave no room for others.
    pub fn messages(&self) -> &RecentMessages {
        self.messages.signalling()
    }

    /// The Tunnel Data messages (RFC 3519) seen last.
    pub fn tunnel_data(&self) -> &RecentMessages {
        self.messages.tunnel_data()
    }

    /// All messages seen last, Tunnel Data included.
    pub fn all_messages(&self) -> &AllMessages {
        &self.messages
    }

    /// The packet in this frame, if it is a tunnelled one that was seen recently.
    pub fn packet(&self, frame: u64) -> Option<Arc<RecentMessage>> {
        let seen = || self.data.by_number(frame);
        let copied = || Some(Arc::new(RecentMessage::of(&seen()?)));
        self.tunnel_data().by_frame(frame).cloned().or_else(copied)
    }

    /// Decodes a recent message again and shows it to `look`.
    pub fn read<T>(&self, message: &RecentMessage, look: impl FnOnce(&SeenMessage<'_>) -> T) -> Option<T> {
        message.read(&self.ports, self.trace().numbers(), look)
    }

    /// The keys that authenticators are verified with.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// UDP ports of Mobile IP.
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// Everything counted so far.
    pub fn counters(&self) -> Counters {
        let counts = self.trace().counts();
        let (packets_per_second, bytes_per_second) = self.rate.rates();
        Counters {
            packets: counts.packets,
            bytes: counts.bytes,
            registrations: counts.registrations(),
            tunnelled: self.observer().tunnelled(),
            packets_per_second,
            bytes_per_second,
            capture: self.capture,
        }
    }

    /// Link types of the frames, in order of appearance.
    pub fn link_types(&self) -> &[LinkType] {
        &self.link_types
    }

    /// Frames that were earlier than the frame before them from the same input.
    pub fn clock_backwards(&self) -> u64 {
        self.clock_backwards
    }

    /// A number that changes whenever [`Engine::tick`] or [`Engine::close`] brought the tables up to date with new frames,
    /// or with another second of the given clock.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    fn note(&mut self, frame: &Frame<'_>) {
        if self.link_types.last() != Some(&frame.link_type) {
            self.declare(frame.link_type);
        }
        let file = frame.file as usize;
        if file >= self.last.len() {
            self.last.resize(file.saturating_add(1), None);
        }
        if let Some(last) = self.last.get_mut(file) {
            let backwards = last.is_some_and(|last| frame.time < last);
            self.clock_backwards = self.clock_backwards.saturating_add(u64::from(backwards));
            *last = Some(frame.time);
        }
    }
}
