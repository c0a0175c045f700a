//! Finds the Mobile IP message or the tunnelled packet in a frame, and counts what was seen.

use std::collections::BTreeSet;

use crate::capture::{Frame, LinkType};
use crate::net::{
    Counters, Datagram, Dissector, FlowFacts, Layers, Packet, Tunnel, TunnelProblem, UdpTunnel, peel_all,
};
use crate::state::{AuthenticationFacts, MessageEvent};
use crate::time::{Precision, Timestamp};
use crate::wire::{KeyRing, Message, MessageType, Numbers, Verdict};

/// Turns frames into messages and tunnelled packets.
#[derive(Debug)]
pub struct Trace {
    dissector: Dissector,
    numbers: Numbers,
    counts: Counts,
    /// The inputs that have frames of an unsupported link type, each with that link type.
    unread: BTreeSet<(u32, LinkType)>,
}

/// What a frame turned out to be.
// Taken apart where it is made, and never stored: boxing the message would cost more than the space saves.
#[allow(clippy::large_enum_variant)]
#[derive(Debug)]
pub enum Seen<'a> {
    /// A datagram on a Mobile IP port, Tunnel Data included.
    Message(SeenMessage<'a>),
    /// A tunnelled packet, not opened yet.
    Tunnelled(Tunnel<'a>),
    /// A fragment of a tunnelled packet. It does not count by itself: the whole packet comes with the last fragment.
    Fragment(Tunnel<'a>),
    /// Not Mobile IP, or a fragment of what may become a message.
    Nothing,
}

/// A message and the packet that brought it.
#[derive(Debug)]
pub struct SeenMessage<'a> {
    /// Number of the frame; for a reassembled datagram, the number of the frame with the fragment that completed it.
    pub frame: u64,
    /// Index of the input that the frame came from.
    pub file: u32,
    /// When that frame was captured.
    pub time: Timestamp,
    /// Digits of `time` that the capture recorded.
    pub precision: Precision,
    /// Octets of that frame on its link, before the snapshot length cut it.
    pub frame_length: u32,
    /// The UDP datagram.
    pub datagram: Datagram<'a>,
    /// The message in it.
    pub message: Message<'a>,
}

impl<'a> SeenMessage<'a> {
    /// Whether the snapshot length cut the message.
    pub fn is_truncated(&self) -> bool {
        self.datagram.is_cut()
    }

    /// The message as an event for the observer, its authenticators verified with these keys.
    pub fn event<'e>(&'e self, keys: &KeyRing) -> MessageEvent<'e, 'a> {
        let mut authentication = AuthenticationFacts::default();
        if !keys.is_empty() {
            let mut verifier = keys.verifier(self.message.octets);
            for extension in self.message.extensions() {
                match verifier.verify(&extension) {
                    Some(Verdict::Invalid) => authentication.invalid = true,
                    Some(Verdict::NoKey) => authentication.unknown_spi = true,
                    Some(Verdict::Valid) | None => {}
                }
            }
        }
        MessageEvent {
            frame: self.frame,
            time: self.time,
            precision: self.precision,
            datagram: &self.datagram,
            message: &self.message,
            authentication,
        }
    }
}

/// What was seen so far.
#[derive(Clone, Debug)]
pub struct Counts {
    /// Frames.
    pub packets: u64,
    /// Octets of those frames on their links.
    pub bytes: u64,
    /// Time of the earliest frame.
    pub first: Option<Timestamp>,
    /// Time of the latest frame.
    pub last: Option<Timestamp>,
    /// The finest precision of any frame.
    pub precision: Precision,
    /// Frames that the snapshot length cut.
    pub truncated: u64,
    /// Mobile IP messages that the snapshot length cut, except Tunnel Data.
    pub cut_messages: u64,
    /// Tunnelled packets, Tunnel Data included, that were cut before the end of their addresses and ports.
    pub cut_tunnelled: u64,
    /// Messages by type; `empty_messages` counts those without a type.
    pub messages: [u64; 256],
    /// Datagrams on a Mobile IP port without any payload.
    pub empty_messages: u64,
    /// Registration Replies by Code.
    pub reply_codes: [u64; 256],
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            packets: 0,
            bytes: 0,
            first: None,
            last: None,
            precision: Precision::SECONDS,
            truncated: 0,
            cut_messages: 0,
            cut_tunnelled: 0,
            messages: [0; 256],
            empty_messages: 0,
            reply_codes: [0; 256],
        }
    }
}

impl Counts {
    /// Messages of this type.
    pub fn of_type(&self, kind: MessageType) -> u64 {
        self.messages.get(usize::from(kind.0)).copied().unwrap_or_default()
    }

    /// Registration Requests and Replies together.
    pub fn registrations(&self) -> u64 {
        self.of_type(MessageType::REGISTRATION_REQUEST) + self.of_type(MessageType::REGISTRATION_REPLY)
    }

    #[inline]
    fn frame(&mut self, frame: &Frame<'_>) {
        self.packets += 1;
        self.bytes = self.bytes.saturating_add(frame.original_length.into());
        self.first = Some(self.first.map_or(frame.time, |first| first.min(frame.time)));
        self.last = Some(self.last.map_or(frame.time, |last| last.max(frame.time)));
        self.precision = self.precision.max(frame.precision);
        self.truncated += u64::from(frame.is_cut());
    }

    fn message(&mut self, octets: &[u8]) {
        let Some(kind) = octets.first() else {
            self.empty_messages += 1;
            return;
        };
        if let Some(count) = self.messages.get_mut(usize::from(*kind)) {
            *count += 1;
        }
        if MessageType(*kind) == MessageType::REGISTRATION_REPLY
            && let Some(count) = octets.get(1).and_then(|code| self.reply_codes.get_mut(usize::from(*code)))
        {
            *count += 1;
        }
    }
}

impl Trace {
    /// A trace of the given Mobile IP ports and numbers. With `keep_fragments`, each fragment is copied, and
    /// [`Trace::fragment_frames`] gives the frames that made up a reassembled packet.
    pub fn new(ports: &[u16], numbers: Numbers, keep_fragments: bool) -> Self {
        let dissector = Dissector::new(ports).keep_frames(keep_fragments);
        Self { dissector, numbers, counts: Counts::default(), unread: BTreeSet::new() }
    }

    /// Takes the next frame of the timeline.
    // Inlined into its caller for the reason given at [`Dissector::dissect`].
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn take<'a>(&'a mut self, frame: &Frame<'a>) -> Seen<'a> {
        self.counts.frame(frame);
        match self.dissector.dissect(frame) {
            Packet::Other | Packet::Held(None) => Seen::Nothing,
            Packet::Undecodable(_) => {
                note_unread(&mut self.unread, frame);
                Seen::Nothing
            }
            Packet::Held(Some(fragment)) => Seen::Fragment(fragment),
            Packet::Tunnel(tunnel) => {
                if tunnel.outer.is_cut() && hides_flow(peel_all(&tunnel)) {
                    self.counts.cut_tunnelled += 1;
                }
                Seen::Tunnelled(tunnel)
            }
            Packet::Datagram(datagram) => {
                self.counts.message(datagram.payload);
                let missing = datagram.declared_length.saturating_sub(datagram.payload.len());
                if missing > 0 {
                    match UdpTunnel::of(&datagram) {
                        Some(tunnel) => self.counts.cut_tunnelled += u64::from(hides_flow(tunnel.layers())),
                        None => self.counts.cut_messages += 1,
                    }
                }
                Seen::Message(SeenMessage {
                    frame: frame.number,
                    file: frame.file,
                    time: frame.time,
                    precision: frame.precision,
                    frame_length: frame.original_length,
                    message: Message::parse(datagram.payload, missing, self.numbers),
                    datagram,
                })
            }
        }
    }

    /// Notes the link type of a frame if it is not supported.
    #[inline]
    pub fn note_unread(&mut self, frame: &Frame<'_>) {
        note_unread(&mut self.unread, frame);
    }

    /// The inputs, by index, that have frames of an unsupported link type, each with that link type.
    pub fn unread(&self) -> impl Iterator<Item = (u32, LinkType)> {
        self.unread.iter().copied()
    }

    /// Counts a frame without reading it: a filter excluded it, or it was recognised as a plain tunnelled packet.
    #[inline]
    pub fn pass_over(&mut self, frame: &Frame<'_>) {
        self.counts.frame(frame);
    }

    /// The frames of the fragments that made up what the last [`Trace::take`] returned.
    pub fn fragment_frames(&self) -> impl Iterator<Item = Frame<'_>> {
        self.dissector.fragment_frames()
    }

    /// The number of the first frame whose fragment still waits for others.
    pub fn first_waiting_frame(&self) -> Option<u64> {
        self.dissector.first_waiting_frame()
    }

    /// What was seen so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Counters of fragments and of frames that cannot be decoded.
    pub fn network_counters(&self) -> Counters {
        self.dissector.counters()
    }

    /// The assigned numbers by which messages are read.
    pub fn numbers(&self) -> Numbers {
        self.numbers
    }
}

#[inline]
fn note_unread(unread: &mut BTreeSet<(u32, LinkType)>, frame: &Frame<'_>) {
    if frame.link_type.name().is_none() {
        unread.insert((frame.file, frame.link_type));
    }
}

/// Whether a cut packet ends before the addresses and ports of its flow.
fn hides_flow(layers: Layers<'_>) -> bool {
    layers.last().is_some_and(|innermost| match (innermost.inner, innermost.problem) {
        (Some(packet), _) => FlowFacts::of(&packet).is_cut_before_ports(),
        (
            None,
            Some(TunnelProblem::GreHeaderCut | TunnelProblem::MinimalHeaderCut | TunnelProblem::Inner(_)),
        ) => true,
        (None, _) => false,
    })
}
