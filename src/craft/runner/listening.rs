//! Listening while a step waits: recognises its answer among everything that comes.

use std::net::SocketAddrV4;
use std::time::{Duration, Instant};

use super::{Exchange, RunError, Runner};
use crate::craft::answer::{Authenticity, reply_of};
use crate::craft::call::Call;
use crate::craft::channel::{Arrival, Event};
use crate::craft::clock;
use crate::craft::history::Relation;
use crate::craft::outcome::{Ignored, Outcome, Trouble};
use crate::craft::packet::SentOrReceived;
use crate::craft::replay::ReplayStyle;
use crate::craft::time_to_live;
use crate::wall_clock;
use crate::wire::{Message, RegistrationReply, ReplyCode, high_half, low_half};

/// A datagram that came, to be reported by a step.
#[derive(Debug)]
pub(super) struct Letter {
    channel: usize,
    source: SocketAddrV4,
    packet: SentOrReceived,
}

impl Runner {
    /// Waits until the given time, or until the run is interrupted. Datagrams that come meanwhile are recorded, and
    /// kept for the next step to report.
    pub(super) fn pause(&mut self, until: Option<Instant>) -> Result<(), RunError> {
        while let Some(left) = until.map(|until| until.saturating_duration_since(clock::instant()))
            && !left.is_zero()
            && !self.is_interrupted()
        {
            let arrival = self.channels.receive(left.min(clock::LOOK)).map_err(RunError::Receive)?;
            // An ICMP report is dropped: no request is waiting that it could be about.
            if let Some(Arrival { channel, event: Event::Datagram { source, octets } }) = arrival {
                let packet = self.record(channel, source, &octets);
                if self.kept.len() < Outcome::MOST_IGNORED {
                    self.kept.push(Letter { channel, source, packet });
                } else {
                    self.kept_beyond = self.kept_beyond.saturating_add(1);
                }
            }
        }
        Ok(())
    }

    /// Records a datagram that came by this channel.
    fn record(&mut self, channel: usize, source: SocketAddrV4, octets: &[u8]) -> SentOrReceived {
        // The socket does not tell the TTL of a received datagram, and no rule needs it.
        let ttl = time_to_live::supposed(None);
        self.tape.record(wall_clock::now(), source, self.local(channel), ttl, octets)
    }

    /// Handles what comes until then, or until the run is interrupted. Returns whether that ended the exchange.
    pub(super) fn listen(
        &mut self,
        exchange: &mut Exchange<'_>,
        until: Option<Instant>,
    ) -> Result<bool, RunError> {
        for letter in std::mem::take(&mut self.kept) {
            self.sort(exchange, letter, clock::instant());
        }
        let beyond = &mut exchange.outcome.ignored_beyond;
        *beyond = beyond.saturating_add(std::mem::take(&mut self.kept_beyond));
        loop {
            let patience =
                until.map_or(Duration::ZERO, |until| until.saturating_duration_since(clock::instant()));
            let arrival = self.channels.receive(patience.min(clock::LOOK)).map_err(RunError::Receive)?;
            let now = clock::instant();
            let is_over = self.is_interrupted() || until.is_none_or(|until| now >= until);
            if let Some(arrival) = arrival
                && self.take(exchange, arrival, now)
            {
                return Ok(true);
            }
            // The time limit holds while more comes, too: a flood of foreign datagrams must not hold up the run.
            if is_over {
                return Ok(false);
            }
        }
    }

    /// Handles one arrival. Returns whether it ended the exchange.
    fn take(&mut self, exchange: &mut Exchange<'_>, arrival: Arrival, now: Instant) -> bool {
        let Arrival { channel, event } = arrival;
        let outcome = &mut exchange.outcome;
        match event {
            Event::Unreachable(unreachable) => {
                // The returned payload can end early, or continue with padding (RFC 4884 §5.1).
                let is_of_this_step = |packet: &SentOrReceived| {
                    packet.payload().iter().zip(&unreachable.payload).all(|(sent, returned)| sent == returned)
                };
                let is_ours = unreachable.destination.is_none_or(|place| place == exchange.call.destination)
                    && channel == exchange.channel
                    && outcome.packets.iter().any(is_of_this_step);
                let is_waited_for = is_ours && self.history.is_waiting(channel);
                match unreachable.icmp {
                    // Source quench and redirect are only advice: the datagram was not dropped.
                    Some((4 | 5, _)) => false,
                    // The system now knows how long a packet may be, and fragments the next one (RFC 1191 §3).
                    Some((3, 4)) => {
                        if is_waited_for {
                            exchange.too_long = Some(unreachable);
                        }
                        false
                    }
                    _ => {
                        if is_waited_for {
                            outcome.trouble = Some(Trouble::Unreachable(unreachable));
                        }
                        is_waited_for
                    }
                }
            }
            Event::Datagram { source, octets } => {
                let packet = self.record(channel, source, &octets);
                self.sort(exchange, Letter { channel, source, packet }, now)
            }
        }
    }

    /// Takes a datagram as the answer or as ignored. Returns whether it is the answer.
    fn sort(&mut self, exchange: &mut Exchange<'_>, letter: Letter, now: Instant) -> bool {
        let Letter { channel, source, packet } = letter;
        let index = exchange.outcome.packets.len();
        let examined = self.examine(exchange, channel, source, &packet);
        if let Err(Ignored::Duplicate | Ignored::Late) = examined {
            self.learn_nonce(exchange.call, source, &packet);
        }
        match examined {
            Err(_) if exchange.outcome.ignored.len() >= Outcome::MOST_IGNORED => {
                let beyond = &mut exchange.outcome.ignored_beyond;
                *beyond = beyond.saturating_add(1);
                false
            }
            Err(ignored) => {
                exchange.outcome.packets.push(packet);
                exchange.outcome.ignored.push((index, ignored));
                false
            }
            Ok(reply) => {
                exchange.outcome.packets.push(packet);
                exchange.outcome.reply = Some(index);
                let round_trip = exchange.sent_at.map(|sent_at| now.saturating_duration_since(sent_at));
                exchange.outcome.round_trip = round_trip;
                self.history.answered();
                self.learn(exchange, index, reply);
                true
            }
        }
    }

    /// The reply in a datagram, or why it is not the answer to the waiting request.
    fn examine(
        &self,
        exchange: &Exchange<'_>,
        channel: usize,
        source: SocketAddrV4,
        packet: &SentOrReceived,
    ) -> Result<RegistrationReply, Ignored> {
        let call = exchange.call;
        let asked_many = self.asks_many(channel, call);
        let is_known =
            self.history.knows(channel, source) || asked_many && source.port() == call.destination.port();
        if !is_known {
            return Err(Ignored::Stranger);
        }
        let message = Message::parse(packet.payload(), 0, self.numbers);
        let reply = reply_of(&message).ok_or(Ignored::NoReply)?;
        match self.history.relation(channel, low_half(reply.identification)) {
            Relation::Awaited => {}
            Relation::Answered => return Err(Ignored::Duplicate),
            Relation::Earlier => return Err(Ignored::Late),
            Relation::None if call.accept_any_identification && self.history.is_waiting(channel) => {}
            Relation::None => return Err(Ignored::WrongIdentification),
        }
        if source != call.destination && !asked_many {
            return Err(Ignored::Stranger);
        }
        match Authenticity::of(&message, &call.keys) {
            Authenticity::Valid => Ok(reply),
            _ if call.keys.is_empty() || call.accept_unauthenticated => Ok(reply),
            other => Err(Ignored::Unauthenticated(other)),
        }
    }

    /// Takes the agent's nonce from a reply that is not the answer, if it is authentic and of the same node: the agent
    /// wants the nonce that it sent last, also where it answered a retransmission.
    fn learn_nonce(&mut self, call: &Call, source: SocketAddrV4, packet: &SentOrReceived) {
        let message = Message::parse(packet.payload(), 0, self.numbers);
        let association = call.association();
        let (_, home_address, _) = association;
        let is_of_node =
            |reply: &RegistrationReply| home_address.is_unspecified() || reply.home_address == home_address;
        if let Some(reply) = reply_of(&message).filter(is_of_node)
            && call.style == ReplayStyle::Nonce
            && source == call.destination
            && Authenticity::of(&message, &call.keys) == Authenticity::Valid
        {
            self.replay.entry(association).or_default().take_up_nonce(reply.identification);
        }
    }

    /// Takes the agent's clock or nonce (RFC 5944 §5.7), and the home address that it assigned (RFC 2794 §3), from a
    /// reply for later requests.
    fn learn(&mut self, exchange: &Exchange<'_>, index: usize, reply: RegistrationReply) {
        let call = exchange.call;
        if reply.code.is_accepted() && !reply.home_address.is_unspecified() {
            self.assigned.insert(call.association(), reply.home_address);
        }
        let Some(packet) = exchange.outcome.packets.get(index) else { return };
        let message = Message::parse(packet.payload(), 0, self.numbers);
        let is_authentic =
            call.keys.is_empty() || Authenticity::of(&message, &call.keys) == Authenticity::Valid;
        if !is_authentic {
            return;
        }
        let state = self.replay.entry(call.association()).or_default();
        // A reply that repeats the high half of the request does not tell the agent's time.
        let is_echo = exchange.identification.map(high_half) == Some(high_half(reply.identification));
        match call.style {
            ReplayStyle::Nonce => state.take_up_nonce(reply.identification),
            ReplayStyle::Timestamp if reply.code.is_accepted() => {
                exchange.identification.into_iter().for_each(|accepted| state.note_accepted(accepted));
            }
            ReplayStyle::Timestamp if reply.code == ReplyCode::IDENTIFICATION_MISMATCH && !is_echo => {
                state.take_up_clock(reply.identification, packet.time);
            }
            ReplayStyle::Timestamp => {}
        }
    }
}
