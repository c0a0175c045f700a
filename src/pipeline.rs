//! The order in which trace, observer and rules take a frame, in one place: whoever reads frames asks here, and is told
//! what each turned out to be.

use crate::capture::Frame;
use crate::net::PlainTunnel;
use crate::rules::{self, Finding, Findings, Place, Validator};
use crate::state::{self, Attribution, Observer};
use crate::time::Timestamp;
use crate::trace::{Seen, SeenMessage, Trace};
use crate::wire::KeyRing;

/// The trace, the observer, and the rules where they are asked.
///
/// The only clock is the time of the frames; [`Pipeline::advance`] moves it without one.
#[derive(Debug)]
pub struct Pipeline {
    trace: Trace,
    observer: Observer,
    validator: Option<Validator>,
}

/// What a frame turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed<T> {
    /// A datagram on a Mobile IP port, tunnel data among them, with what came of the look at it.
    Message(T),
    /// A tunnelled packet.
    Tunnelled {
        /// Whose it is, as far as [`state::Options::attribute`] asks for it.
        attribution: Attribution,
        /// Whether it was put together from fragments, of which the frame has the last.
        reassembled: bool,
    },
    /// A fragment of a tunnelled packet, which waits for the others.
    Fragment,
    /// Nothing of Mobile IP, or a fragment of what may become a message.
    Nothing,
}

/// A message, and what was made of it.
#[derive(Clone, Copy, Debug)]
pub struct ObservedMessage<'p, 'a> {
    /// The message and the packet that brought it.
    pub seen: &'p SeenMessage<'a>,
    /// Whose it is.
    pub attribution: Attribution,
    /// What is believed now that it was taken.
    pub observer: &'p Observer,
    /// What the rules found in this very packet at once; some of it is found only later.
    pub added: &'p [Finding],
}

impl Pipeline {
    /// A pipeline that has seen nothing yet. Without `rules` nobody judges what is seen; with them the observer keeps
    /// what they ask it for.
    pub fn new(trace: Trace, observer: state::Options, rules: Option<rules::Options>) -> Self {
        let keep_before = observer.keep_before || rules.is_some();
        let vouching = Validator::VOUCHING;
        Self {
            trace,
            observer: Observer::new(state::Options { keep_before, vouching, ..observer }),
            validator: rules.map(Validator::new),
        }
    }

    /// Takes the next frame, its authenticators judged with these keys; if it is a message, hands it to `look` before
    /// it is forgotten.
    // Into its caller, as what it calls. A message is shown and not given back: it is large, and its way through memory
    // would cost a twentieth of all that reading a registration costs.
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
        // Most of a large capture, on the shortest way there is.
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
                // Packets that wait are judged by the tables as they were before it.
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

    /// Counts a frame that a filter kept from being looked at. It does not move the clock.
    #[inline]
    pub fn pass_over(&mut self, frame: &Frame<'_>) {
        self.trace.note_unread(frame);
        self.trace.pass_over(frame);
    }

    /// Moves the clock, also where no frame does: what expires or is due by then does so.
    // Into its callers: each frame comes through here, and for nearly all of them nothing is due.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn advance(&mut self, time: Timestamp) {
        let Some(validator) = &mut self.validator else { return self.observer.advance(time) };
        // Bindings may expire by it, and packets that wait came before.
        self.observer.advance_after(time, |observer| validator.release(observer));
        validator.advance(time, &mut self.observer);
    }

    /// Brings the tables up to date while the observation goes on; see [`Observer::refresh`]. Packets that wait for
    /// their judgement get it before, by the tables as they saw them.
    pub fn refresh(&mut self) {
        if let Some(validator) = &mut self.validator {
            validator.release(&mut self.observer);
        }
        self.observer.refresh();
    }

    /// Ends the observation: nothing more will come. What is unanswered now stays so.
    pub fn close(&mut self) {
        if let Some(validator) = &mut self.validator {
            validator.close(&mut self.observer);
        }
        self.observer.close();
    }

    /// What was counted on the way there. [`Trace::fragment_frames`] tells of the last frame only if
    /// [`state::Options::attribute`] is on: otherwise not every frame gets as far.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What is believed.
    pub fn observer(&self) -> &Observer {
        &self.observer
    }

    /// What is believed, to be asked for what only changes when it is asked for.
    pub fn observer_mut(&mut self) -> &mut Observer {
        &mut self.observer
    }

    /// What the rules found, as far as nobody took it; `None` when they are not asked.
    pub fn findings(&self) -> Option<&Findings> {
        self.validator.as_ref().map(Validator::findings)
    }

    /// Hands over what was found since this was asked last; see [`Validator::take_findings`].
    pub fn take_findings(&mut self) -> Vec<Finding> {
        self.validator.as_mut().map(Validator::take_findings).unwrap_or_default()
    }
}
