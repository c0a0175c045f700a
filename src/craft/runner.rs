//! Runs steps: sends, retransmits, waits and judges.

mod listening;

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use thiserror::Error;

use super::answer::{Answer, Authenticity, reply_of};
use super::call::{Association, Call};
use super::channel::{Binding, ChannelError, Channels};
use super::clock;
use super::expectation::{Expectation, Judgement};
use super::history::History;
use super::icmp::Unreachable;
use super::outcome::{Outcome, Trouble};
use super::replay::{ReplayState, ReplayStyle};
use super::request::RequestError;
use super::tape::Tape;
use super::time_to_live;
use crate::capture::{WriteError, Writer};
use crate::wall_clock;
use crate::wire::{Header, Message, Numbers, low_half};
use listening::Letter;

/// One checked step of a conversation.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name in reports.
    pub name: String,
    /// A pause before the step.
    pub wait: Option<Duration>,
    /// What it sends; `None` for a step that only waits.
    pub call: Option<Arc<Call>>,
}

/// Settings of a run.
pub struct RunOptions {
    /// The assigned numbers by which messages are read.
    pub numbers: Numbers,
    /// Whether broadcast and multicast destinations are allowed.
    pub allow_broadcast: bool,
    /// Whether to build requests only: no socket is opened, and nothing is sent.
    pub dry_run: bool,
    /// Set to end the run early; nothing more is sent then.
    pub interrupted: Arc<AtomicBool>,
}

/// Why a run cannot continue. What an agent does is never the reason.
#[derive(Debug, Error)]
pub enum RunError {
    /// A socket cannot be opened.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// A socket failed.
    #[error("waiting for replies failed: {0}")]
    Receive(io::Error),
    /// The capture cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The system provides no random numbers for a nonce.
    #[error("the system provides no random numbers: {0}")]
    Randomness(getrandom::Error),
    /// A request cannot be built.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// The route that requests take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The address and port that they are sent from.
    pub source: SocketAddrV4,
    /// The interface that they are sent by, if it was given.
    pub interface: Option<String>,
    /// Where they are sent to.
    pub destination: SocketAddrV4,
    /// How many steps use the route.
    pub steps: usize,
}

/// A run in progress: its sockets, its replay protection and what it sent.
pub struct Runner {
    channels: Channels,
    numbers: Numbers,
    dry_run: bool,
    replay: HashMap<Association, ReplayState>,
    /// The home address that the agent last assigned in each association.
    assigned: HashMap<Association, Ipv4Addr>,
    history: History,
    tape: Tape,
    /// Datagrams that came while a step only waited, and how many more came but were not kept.
    kept: Vec<Letter>,
    kept_beyond: u64,
    interrupted: Arc<AtomicBool>,
    /// The time from which the next step may send.
    clear: Option<Instant>,
}

/// The least time between transmissions of one request (RFC 5944 §3.6.3).
const LEAST_PERIOD: Duration = Duration::from_secs(1);
/// How long a step listens after its end, so that duplicates are seen; less if the next step is due earlier.
const LISTEN_ON: Duration = Duration::from_millis(100);

/// One exchange in progress.
struct Exchange<'s> {
    call: &'s Call,
    channel: usize,
    local: SocketAddrV4,
    outcome: Outcome,
    sent_at: Option<Instant>,
    identification: Option<u64>,
    /// A report that a transmission was too long for a link on its way.
    too_long: Option<Unreachable>,
}

impl Runner {
    /// Opens all sockets that the steps need, and sends nothing.
    pub fn new(steps: &[Step], options: RunOptions) -> Result<Self, RunError> {
        let RunOptions { numbers, allow_broadcast, dry_run, interrupted } = options;
        let mut channels = Channels::new(allow_broadcast);
        if !dry_run {
            for call in steps.iter().filter_map(|step| step.call.as_ref()) {
                channels.open(&binding(call))?;
            }
        }
        Ok(Self {
            channels,
            numbers,
            dry_run,
            replay: HashMap::new(),
            assigned: HashMap::new(),
            history: History::default(),
            tape: Tape::default(),
            kept: Vec::new(),
            kept_beyond: 0,
            interrupted,
            clear: None,
        })
    }

    /// Writes everything that is sent and received from now on to `writer`.
    pub fn record_to(&mut self, writer: Writer) {
        self.tape.record_to(writer);
    }

    /// The routes that the steps will use, in the order of their first use. None in a dry run.
    pub fn routes(&mut self, steps: &[Step]) -> Result<Vec<Route>, RunError> {
        let mut routes: Vec<Route> = Vec::new();
        if self.dry_run {
            return Ok(routes);
        }
        for call in steps.iter().filter_map(|step| step.call.as_ref()) {
            let channel = self.channel(call)?;
            let source = self.local(channel);
            let interface = call.interface.clone();
            let is_same = |route: &&mut Route| {
                route.source == source
                    && route.interface == interface
                    && route.destination == call.destination
            };
            match routes.iter_mut().find(is_same) {
                Some(route) => route.steps = route.steps.saturating_add(1),
                None => {
                    routes.push(Route { source, interface, destination: call.destination, steps: 1 });
                }
            }
        }
        Ok(routes)
    }

    fn channel(&mut self, call: &Call) -> Result<usize, RunError> {
        Ok(self.channels.open(&binding(call))?)
    }

    fn asks_many(&self, channel: usize, call: &Call) -> bool {
        self.channels.get(channel).is_some_and(|channel| channel.sends_to_many(call.destination))
    }

    fn local(&self, channel: usize) -> SocketAddrV4 {
        let nowhere = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
        self.channels.get(channel).map_or(nowhere, |channel| channel.local)
    }

    /// Runs the next step. `None` if it only waits, or if it was interrupted before it sent anything.
    pub fn run(&mut self, step: &Step) -> Result<Option<Outcome>, RunError> {
        self.history.begin_step();
        let Some(call) = &step.call else {
            if let Some(wait) = step.wait.filter(|_| !self.dry_run) {
                self.pause(clock::instant().checked_add(wait))?;
            }
            return Ok(None);
        };
        let channel = if self.dry_run { 0 } else { self.channel(call)? };
        let local = if self.dry_run { source_without_socket(call) } else { self.local(channel) };
        let outcome = Outcome {
            name: step.name.clone(),
            packets: Vec::new(),
            request: None,
            reply: None,
            asks_many: self.asks_many(channel, call),
            ignored: Vec::new(),
            ignored_beyond: 0,
            attempts: 0,
            round_trip: None,
            trouble: None,
            judgements: Vec::new(),
            skipped: None,
            is_interrupted: false,
            keys: call.keys.clone(),
        };
        let mut exchange =
            Exchange { call, channel, local, outcome, sent_at: None, identification: None, too_long: None };
        if self.dry_run {
            self.build(&mut exchange)?;
            exchange.outcome.judgements = call.expectations.iter().map(Expectation::unjudged).collect();
        } else {
            if let Some(wait) = step.wait {
                self.listen(&mut exchange, clock::instant().checked_add(wait))?;
            }
            self.listen(&mut exchange, self.clear)?;
            if self.is_interrupted() {
                return Ok(None);
            }
            self.transmit(&mut exchange)?;
            self.judge(&mut exchange);
        }
        Ok(Some(exchange.outcome))
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Completes the capture. An error in writing it is only returned here, since the steps have results nevertheless.
    pub fn finish(self) -> Result<(), RunError> {
        Ok(self.tape.finish()?)
    }

    /// Sends the request, and retransmits it, until there is an answer or no attempt is left.
    fn transmit(&mut self, exchange: &mut Exchange<'_>) -> Result<(), RunError> {
        let call = exchange.call;
        let mut octets = Vec::new();
        let mut patience = call.timeout;
        for attempt in 0..=call.retries {
            let is_last = attempt == call.retries;
            let is_fresh = call.style == ReplayStyle::Timestamp && call.identification.is_none();
            if attempt == 0 || is_fresh {
                octets = self.octets(exchange)?;
            }
            self.send(exchange, &octets);
            if exchange.outcome.trouble.is_some() {
                break;
            }
            let period = if is_last {
                // No retransmission follows, so the lifetime does not limit this wait.
                patience.max(call.timeout)
            } else {
                bounded(patience.max(LEAST_PERIOD), call.lifetime()).max(call.gap)
            };
            let until = exchange.sent_at.and_then(|sent_at| sent_at.checked_add(period));
            if self.listen(exchange, until)? || self.is_interrupted() {
                break;
            }
            patience = period.saturating_mul(2);
        }
        self.clear = exchange.sent_at.and_then(|sent_at| sent_at.checked_add(call.gap));
        let listen_on = clock::instant().checked_add(LISTEN_ON);
        let until = self.clear.zip(listen_on).map(|(clear, listen_on)| clear.min(listen_on)).or(listen_on);
        self.listen(exchange, until)?;
        let Exchange { outcome, too_long, .. } = exchange;
        if outcome.reply.is_none() && outcome.trouble.is_none() && !self.is_interrupted() {
            outcome.trouble = too_long.take().map(Trouble::Unreachable);
        }
        Ok(())
    }

    /// Builds the request once and records it without sending it.
    fn build(&mut self, exchange: &mut Exchange<'_>) -> Result<(), RunError> {
        let octets = self.octets(exchange)?;
        let destination = exchange.call.destination;
        let ttl = time_to_live::supposed(time_to_live::wanted(&octets, *destination.ip(), self.numbers));
        let packet = self.tape.record(wall_clock::now(), exchange.local, destination, ttl, &octets);
        exchange.outcome.request = Some(exchange.outcome.packets.len());
        exchange.outcome.packets.push(packet);
        Ok(())
    }

    fn octets(&mut self, exchange: &Exchange<'_>) -> Result<Vec<u8>, RunError> {
        let call = exchange.call;
        let association = call.association();
        let assigned = self.assigned.get(&association).copied();
        let state = self.replay.entry(association).or_default();
        let own = || getrandom::u32().map_err(RunError::Randomness);
        let identification = state.identification(call.identification, call.style, wall_clock::now(), own)?;
        let octets = call.octets(identification, *exchange.local.ip(), assigned)?;
        if let Some(sent) = identification_of(&octets, self.numbers) {
            state.note_sent(sent);
        }
        Ok(octets)
    }

    fn send(&mut self, exchange: &mut Exchange<'_>, octets: &[u8]) {
        let Exchange { call, channel, local, outcome, .. } = exchange;
        let Some(socket) = self.channels.get(*channel) else { return };
        exchange.identification = identification_of(octets, self.numbers);
        let low = exchange.identification.map(low_half);
        let (time, sent_at) = (wall_clock::now(), clock::instant());
        let wanted_ttl = time_to_live::wanted(octets, *call.destination.ip(), self.numbers);
        let ttl = match socket.send(octets, call.destination, wanted_ttl) {
            Ok(ttl) => ttl,
            Err(error) => {
                let source = *local.ip();
                let from_loopback = error.kind() == io::ErrorKind::InvalidInput
                    && source.is_loopback()
                    && !call.destination.ip().is_loopback();
                outcome.trouble =
                    Some(if from_loopback { Trouble::FromLoopback(source) } else { Trouble::NotSent(error) });
                return;
            }
        };
        self.history.sent(*channel, call.destination, low);
        exchange.sent_at = Some(sent_at);
        outcome.attempts = outcome.attempts.saturating_add(1);
        let packet = self.tape.record(time, *local, call.destination, ttl, octets);
        outcome.request = Some(outcome.packets.len());
        outcome.packets.push(packet);
    }

    fn judge(&self, exchange: &mut Exchange<'_>) {
        let Exchange { call, outcome, identification, .. } = exchange;
        if outcome.reply.is_none() && outcome.trouble.is_none() && self.is_interrupted() {
            outcome.interrupt();
            outcome.judgements = call.expectations.iter().map(Expectation::unjudged).collect();
            return;
        }
        let answer = outcome.reply_packet().and_then(|packet| {
            let message = Message::parse(packet.payload(), 0, self.numbers);
            Some(Answer {
                message,
                reply: reply_of(&message)?,
                round_trip: outcome.round_trip.unwrap_or_default(),
                authenticity: Authenticity::of(&message, &call.keys),
                requested: identification.unwrap_or_default(),
            })
        });
        let judge = |expected: &Expectation| expected.judge(answer.as_ref(), self.numbers);
        let judgements: Vec<Judgement> = call.expectations.iter().map(judge).collect();
        let held = judgements.iter().all(|judgement| judgement.held == Some(true));
        if !held && outcome.trouble.is_none() {
            let reason = call.skip_if.iter().map(judge).find(|judgement| judgement.held == Some(true));
            outcome.skipped = reason.map(|reason| reason.expect);
        }
        outcome.judgements = judgements;
    }
}

fn binding(call: &Call) -> Binding {
    let Call { source, interface, destination, .. } = call;
    Binding { source: *source, interface: interface.clone(), destination: *destination }
}

/// Where a request would be sent from, as far as that is known without a socket. Port 0 means that none was chosen.
fn source_without_socket(call: &Call) -> SocketAddrV4 {
    let given = call.source.map(|source| source.with_default_port(0));
    let care_of_address = || call.care_of_address().unwrap_or(Ipv4Addr::UNSPECIFIED);
    given
        .filter(|given| !given.ip().is_unspecified())
        .unwrap_or_else(|| SocketAddrV4::new(care_of_address(), given.map_or(0, |given| given.port())))
}

/// Limits the period before a retransmission to the requested lifetime, but not below a second (RFC 5944 §3.6.3).
fn bounded(period: Duration, lifetime: Option<u16>) -> Duration {
    match lifetime {
        Some(lifetime @ 1..) => period.min(Duration::from_secs(lifetime.into()).max(LEAST_PERIOD)),
        Some(0) | None => period,
    }
}

/// The Identification of a Registration Request; `None` for anything else.
fn identification_of(octets: &[u8], numbers: Numbers) -> Option<u64> {
    match Message::parse(octets, 0, numbers).header {
        Header::Request(request) => Some(request.identification),
        _ => None,
    }
}
