//! Passes each frame to trace, observer and rules, in that order. Everything that reads frames uses this module.

use crate::capture::Frame;
use crate::net::PlainTunnel;
use crate::rules::{self, Finding, Findings, Place, Validator};
use crate::state::{self, Attribution, Observer};
use crate::time::Timestamp;
use crate::trace::{Seen, SeenMessage, Trace};
use crate::wire::KeyRing;

/// A trace, an observer and, if asked for, the rules.
///
/// The pipeline's only clock is the time of the frames; [`Pipeline::advance`] moves this clock without a frame.
#[derive(Debug)]
pub struct Pipeline {
    trace: Trace,
    observer: Observer,
    validator: Option<Validator>,
}

/// What a frame turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed<T> {
    /// A datagram on a Mobile IP port, Tunnel Data included, with what `look` returned for it.
    Message(T),
    /// A tunnelled packet.
    Tunnelled {
        /// The node and tunnel that the packet belongs to, if [`state::Options::attribute`] asks for them.
        attribution: Attribution,
        /// Whether the packet was reassembled from fragments; the frame then holds the last of them.
        reassembled: bool,
    },
    /// A fragment of a tunnelled packet that waits for others.
    Fragment,
    /// Not Mobile IP, or a fragment of what may become a message.
    Nothing,
}

/// A message, just after the observer and the rules took it.
#[derive(Clone, Copy, Debug)]
pub struct ObservedMessage<'p, 'a> {
    /// The message and the packet that brought it.
    pub seen: &'p SeenMessage<'a>,
    /// The node that the message belongs to.
    pub attribution: Attribution,
    /// The observer, which has taken this message.
    pub observer: &'p Observer,
    /// What the rules found in this packet at once; they may find more later.
    pub added: &'p [Finding],
}

impl Pipeline {
    /// A pipeline that has seen nothing yet; it has no rules if `rules` is `None`. With rules, the observer also keeps
    /// what they need.
    pub fn new(trace: Trace, observer: state::Options, rules: Option<rules::Options>) -> Self {
        let keep_before = observer.keep_before || rules.is_some();
        let vouching = Validator::VOUCHING;
        Self {
            trace,
            observer: Observer::new(state::Options { keep_before, vouching, ..observer }),
            validator: rules.map(Validator::new),
        }
    }

    /// Takes the next frame, and verifies its authenticators with these keys. A message is passed to `look`, since it
    /// is not kept.
    // Inlined into its caller, like what it calls. A message is passed to `look` and not returned because it is large:
    // moving it through memory would cost a twentieth of all that reading a registration costs.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn take<T>(
        &mut self,
        frame: &Frame<'_>,
        keys: &KeyRing,
        look: impl FnOnce(ObservedMessage<'_, '_>) -> T,
    ) -> Observed<T> {
        self.advance(frame.time);
        let Self { trace, observer, validator } = self;
        // The shortest path, which most packets of a large capture take.
        if observer.takes_plain()
            && let Some(plain) = PlainTunnel::of(frame)
            && let Some(attribution) = observer.plain(&plain, frame.time)
        {
            trace.pass_over(frame);
            if let Some(validator) = validator {
                validator.plain_soon(&plain, Place::of(frame), attribution, observer);
            }
            return Observed::Tunnelled { attribution, reassembled: false };
        }
        match trace.take(frame) {
            Seen::Nothing => Observed::Nothing,
            Seen::Fragment(fragment) => {
                if let Some(validator) = validator {
                    let attribution = observer.fragment(&fragment, frame.time);
                    validator.fragment(&fragment, Place::of(frame), attribution, observer);
                }
                Observed::Fragment
            }
            Seen::Tunnelled(tunnel) => {
                let attribution = observer.tunnel(&tunnel, frame.time);
                if let Some(validator) = validator {
                    validator.packet_soon(&tunnel, Place::of(frame), attribution, observer);
                }
                Observed::Tunnelled { attribution, reassembled: tunnel.reassembled }
            }
            Seen::Message(seen) => {
                // Packets that wait are judged by the tables as they were before this message.
                if let Some(validator) = validator {
                    validator.release(observer);
                }
                let event = seen.event(keys);
                let attribution = observer.message(&event);
                let added = validator.as_mut().map_or(&[][..], |validator| {
                    let added = validator.message(&event, attribution, keys, observer);
                    validator.findings().added(added)
                });
                Observed::Message(look(ObservedMessage { seen: &seen, attribution, observer, added }))
            }
        }
    }

    /// Counts a frame that a filter excluded, and does nothing else; the clock does not move.
    #[inline]
    pub fn pass_over(&mut self, frame: &Frame<'_>) {
        self.trace.note_unread(frame);
        self.trace.pass_over(frame);
    }

    /// Moves the clock without a frame: what expires or is due by `time` does so.
    // Inlined into its callers: each frame comes through here, and for nearly all of them nothing is due.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn advance(&mut self, time: Timestamp) {
        let Some(validator) = &mut self.validator else { return self.observer.advance(time) };
        // Bindings may expire by `time`, and the packets that wait came before that.
        self.observer.advance_after(time, |observer| validator.release(observer));
        validator.advance(time, &mut self.observer);
    }

    /// Brings the tables up to date while the observation goes on; see [`Observer::refresh`]. Packets that still wait
    /// to be judged are judged first, by the tables as they were when the packets came.
    pub fn refresh(&mut self) {
        if let Some(validator) = &mut self.validator {
            validator.release(&mut self.observer);
        }
        self.observer.refresh();
    }

    /// Ends the observation: no more frames will come, and requests without a reply are unanswered.
    pub fn close(&mut self) {
        if let Some(validator) = &mut self.validator {
            validator.close(&mut self.observer);
        }
        self.observer.close();
    }

    /// The trace, with its counters. [`Trace::fragment_frames`] is about the last frame only if
    /// [`state::Options::attribute`] is on; otherwise some frames do not reach the trace.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The observer, with its tables.
    pub fn observer(&self) -> &Observer {
        &self.observer
    }

    /// The observer, for changes that are made only on demand.
    pub fn observer_mut(&mut self) -> &mut Observer {
        &mut self.observer
    }

    /// The findings that have not been taken yet; `None` without rules.
    pub fn findings(&self) -> Option<&Findings> {
        self.validator.as_ref().map(Validator::findings)
    }

    /// Takes the findings since the last call; see [`Validator::take_findings`].
    pub fn take_findings(&mut self) -> Vec<Finding> {
        self.validator.as_mut().map(Validator::take_findings).unwrap_or_default()
    }
}
