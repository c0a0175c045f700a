//! The tables as they stood when the screen was paused, or at the moment the time cursor is set to.

use super::app::{App, Counted, Freezing, Frozen, Moment, Why};
use super::facts::Facts;
use super::view::View;
use super::views::is_of;
use crate::counted::counted;
use crate::state::{Exchange, Observer, Still};
use crate::trace::{Counts, Seen, Trace};
use crate::watch::Counters;

/// The facts that a frozen screen shows.
pub fn facts_of<'a>(frozen: &'a Frozen, facts: Facts<'a>) -> Facts<'a> {
    let Counted { counts, counters, network, clock_backwards } = &frozen.counted;
    Facts {
        observer: &frozen.observer,
        messages: &frozen.messages,
        findings: &frozen.findings,
        counts,
        counters: *counters,
        network: *network,
        clock_backwards: *clock_backwards,
        ..facts
    }
}

impl App {
    /// The facts that are shown: those that are true now, or those the screen was frozen with.
    pub fn shown<'a>(&'a self, facts: Facts<'a>) -> Facts<'a> {
        self.frozen.as_ref().map_or(facts, |frozen| facts_of(frozen, facts))
    }

    /// Changes the screen with the facts that are shown; frozen ones are taken out of it meanwhile.
    pub(super) fn with_shown(&mut self, facts: Facts<'_>, change: impl FnOnce(&mut Self, Facts<'_>)) {
        let frozen = self.frozen.take();
        change(self, frozen.as_ref().map_or(facts, |frozen| facts_of(frozen, facts)));
        self.frozen = frozen;
    }

    /// Holds the screen still, or lets it show again what is true now.
    pub(super) fn pause(&mut self, facts: Facts<'_>) {
        if self.thaw() {
            return;
        }
        self.freezing = Some(Freezing {
            still: Still::begin(facts.observer),
            messages: facts.messages.clone(),
            packets: facts.counters.packets,
            counted: Counted::now(facts),
            findings: facts.findings.clone(),
        });
        self.go_on_freezing(facts);
    }

    /// Copies the next piece of the tables; once the last one is copied, the copy is shown.
    pub(super) fn go_on_freezing(&mut self, facts: Facts<'_>) {
        let is_complete = |freezing: &mut Freezing| freezing.still.go_on(facts.observer);
        if self.freezing.as_mut().is_some_and(is_complete) {
            self.frozen = self.freezing.take().map(|freezing| Box::new(freezing.finish(Why::Paused)));
        }
    }

    /// Shows again what is true now; returns whether something else was shown, or being copied to be shown.
    fn thaw(&mut self) -> bool {
        let freezing = self.freezing.take().map(|freezing| freezing.finish(Why::Paused));
        let thawed = self.frozen.take().map(|frozen| *frozen).or(freezing);
        let was_frozen = thawed.is_some();
        if was_frozen {
            self.tunnels.forget_rates();
        }
        if thawed.as_ref().is_some_and(|thawed| thawed.why != Why::Paused) {
            self.forget_pinned();
        }
        self.thawed.extend(thawed);
        was_frozen
    }

    /// Sets the time cursor to the exchange before or after the one it is at; in the ladder only exchanges of its node
    /// count.
    pub(super) fn move_cursor(&mut self, facts: Facts<'_>, later: bool) {
        let node = (self.view() == View::Ladder).then(|| self.ladder.node()).flatten();
        let node = node.and_then(|node| facts.node(node));
        let here = self.cursor();
        let moments = facts
            .observer
            .exchanges()
            .filter(|exchange| node.is_none_or(|node| is_of(exchange, node)))
            .filter_map(end_of);
        let there = match (here, later) {
            (None, true) => {
                self.say("this is now: [ goes back");
                return;
            }
            (Some(here), true) => moments.filter(|moment| *moment > here).min(),
            (Some(here), false) => moments.filter(|moment| *moment < here).max(),
            (None, false) => moments.max(),
        };
        match there {
            Some(moment) => {
                self.set_cursor(facts, moment);
                let and_more = match facts.messages.signalling().forgotten() {
                    0 => String::new(),
                    forgotten => {
                        let forgotten = counted(forgotten, "message");
                        format!(" and {forgotten:#} that {} forgotten", forgotten.verb("was", "were"))
                    }
                };
                self.say(format!(
                    "as after frame {}, without the tunnelled packets{and_more}; ] goes on, p back to now",
                    moment.frame
                ));
            }
            None if later => {
                self.thaw();
                self.say("back to now");
            }
            None => self.complain("no exchange before this one"),
        }
        self.refresh(facts);
        if let (View::Ladder, Some(moment)) = (self.view(), there) {
            self.ladder.go_to_frame(moment.frame);
        }
    }

    /// Forgets rows that were kept although the tables have lost them: they belong to the time shown so far.
    fn forget_pinned(&mut self) {
        self.tunnels.forget_pinned();
        self.ladder.forget_pinned();
        self.messages.forget_pinned();
        self.flows.forget_pinned();
        self.findings.forget_pinned();
    }

    /// Shows the tables as they stood at a moment: a new observer sees the kept messages up to it.
    fn set_cursor(&mut self, facts: Facts<'_>, moment: Moment) {
        let mut observer = Observer::new(facts.input.options);
        let mut trace = Trace::new(facts.ports, facts.numbers, false);
        let until = |frame: u64| frame <= moment.frame;
        // Without tunnel data messages (RFC 3519): the packets of other tunnels are not kept, so these alone would be
        // half of the truth.
        let messages = facts.messages.signalling().iter();
        for message in messages.take_while(|message| until(message.frame().number)) {
            for frame in message.frames() {
                observer.advance(frame.time);
                if let Seen::Message(seen) = trace.take(&frame) {
                    observer.message(&seen.event(facts.keys));
                }
            }
        }
        observer.advance(moment.time);
        // A request without a reply by then counts as unanswered, as at the end of `decode --at`.
        observer.close();
        let counted = Counted::of_messages(&trace, &observer, facts);
        self.thaw();
        self.forget_pinned();
        self.frozen = Some(Box::new(Frozen {
            observer: Box::new(observer),
            messages: facts.messages.until(moment.frame),
            packets: facts.counters.packets,
            counted,
            findings: facts.findings.until(moment),
            why: Why::Cursor(moment),
        }));
    }
}

impl Freezing {
    fn finish(self, why: Why) -> Frozen {
        let Self { still, messages, packets, counted, findings } = self;
        Frozen { observer: still.finish(), messages, packets, counted, findings, why }
    }
}

impl Counted {
    fn now(facts: Facts<'_>) -> Self {
        Self {
            counts: facts.counts.clone(),
            counters: facts.counters,
            network: facts.network,
            clock_backwards: facts.clock_backwards,
        }
    }

    /// The counts when only messages are looked at. Losses at the interfaces are known only for the whole capture.
    fn of_messages(trace: &Trace, observer: &Observer, facts: Facts<'_>) -> Self {
        // Times still count from the first frame, and have as many digits as before.
        let Counts { first, precision, .. } = *facts.counts;
        let counts = Counts { first, precision, ..trace.counts().clone() };
        let counters = Counters {
            packets: counts.packets,
            bytes: counts.bytes,
            registrations: counts.registrations(),
            tunnelled: observer.tunnelled(),
            capture: facts.counters.capture,
            ..Counters::default()
        };
        Self { counts, counters, network: trace.network_counters(), clock_backwards: 0 }
    }
}

/// The moment of the last packet of an exchange, as far as it was seen.
fn end_of(exchange: &Exchange) -> Option<Moment> {
    exchange.legs.iter().map(|leg| Moment { frame: leg.frame, time: leg.time }).max()
}
