//! The outcome of a step.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::answer::Authenticity;
use super::expectation::Judgement;
use super::icmp::Unreachable;
use super::packet::SentOrReceived;
use crate::wire::KeyRing;

/// The outcome of one step that has a message to send.
#[derive(Debug)]
pub struct Outcome {
    /// The step's name.
    pub name: String,
    /// Everything sent and received for it, in order; the observer and the rules take it frame by frame.
    pub packets: Vec<SentOrReceived>,
    /// The last transmission of the request, as an index into `packets`.
    pub request: Option<usize>,
    /// The reply that answered it, as an index into `packets`.
    pub reply: Option<usize>,
    /// Whether the request went to a broadcast or multicast address.
    pub asks_many: bool,
    /// What else came, as indices into `packets`, and why it is not the answer.
    pub ignored: Vec<(usize, Ignored)>,
    /// How many further datagrams came that are not the answer, and were not kept for want of room.
    pub ignored_beyond: u64,
    /// The number of transmissions.
    pub attempts: u32,
    /// Time from the transmission that was answered to its answer.
    pub round_trip: Option<Duration>,
    /// What kept the request from arriving.
    pub trouble: Option<Trouble>,
    /// The judgements of the expectations, in order.
    pub judgements: Vec<Judgement>,
    /// Why it cannot be judged: the `skip_if` condition that holds, or that it was interrupted.
    pub skipped: Option<String>,
    /// Whether the user ended the run before the step was over.
    pub is_interrupted: bool,
    /// The keys that verify its messages.
    pub keys: KeyRing,
}

impl Outcome {
    /// How many datagrams that are not the answer are kept: enough to see what they are.
    pub(super) const MOST_IGNORED: usize = 256;

    /// Whether all expectations held and there was no trouble; `None` if nothing was sent or the step cannot be judged.
    pub fn passed(&self) -> Option<bool> {
        if self.skipped.is_some() || self.attempts == 0 && self.trouble.is_none() {
            return None;
        }
        Some(self.trouble.is_none() && self.judgements.iter().all(|judgement| judgement.held == Some(true)))
    }

    /// Notes that the user ended the run before the step was over.
    pub fn interrupt(&mut self) {
        self.is_interrupted = true;
        self.skipped = Some("it was interrupted".to_owned());
    }

    /// The packet of the last transmission of the request.
    pub fn request_packet(&self) -> Option<&SentOrReceived> {
        self.request.and_then(|index| self.packets.get(index))
    }

    /// The packets that came, whether taken as the answer or not.
    pub fn received(&self) -> impl Iterator<Item = &SentOrReceived> {
        let came = self.ignored.iter().map(|(index, _)| *index).chain(self.reply);
        came.filter_map(|index| self.packets.get(index))
    }

    /// The packet of the reply that answered it.
    pub fn reply_packet(&self) -> Option<&SentOrReceived> {
        self.reply.and_then(|index| self.packets.get(index))
    }
}

/// Why a datagram is not the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// Another host sent it, or the agent from another port.
    Stranger,
    /// It is not a Registration Reply, or one that ends within its fixed part.
    NoReply,
    /// It answers a request that was answered before.
    Duplicate,
    /// It answers an earlier transmission, for which it is too late.
    Late,
    /// Its Identification matches no request.
    WrongIdentification,
    /// Its authenticator is bad or missing.
    Unauthenticated(Authenticity),
}

impl Ignored {
    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::NoReply => "no-reply",
            Self::Duplicate => "duplicate",
            Self::Late => "late",
            Self::WrongIdentification => "wrong-identification",
            Self::Unauthenticated(_) => "unauthenticated",
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Stranger => "a stranger's: it came from somewhere else than it was sent to",
            Self::NoReply => "no Registration Reply",
            Self::Duplicate => "a duplicate: this request was answered before",
            Self::Late => "late: it answers an earlier transmission",
            Self::WrongIdentification => "of no request: the low half of its Identification is unknown",
            Self::Unauthenticated(Authenticity::Invalid) => "not authentic: its authenticator is wrong",
            Self::Unauthenticated(Authenticity::NoKey) => "not authentic: there is no key for its SPI",
            Self::Unauthenticated(Authenticity::Several) => {
                "not authentic: it has more than one Mobile-Home Authentication extension"
            }
            Self::Unauthenticated(_) => "not authentic: it has no authenticator",
        })
    }
}

/// What kept a request from arriving.
#[derive(Debug)]
pub enum Trouble {
    /// It was reported as unreachable.
    Unreachable(Unreachable),
    /// The system would not send it.
    NotSent(io::Error),
    /// It was to be sent to another host from this address, a loopback address.
    FromLoopback(Ipv4Addr),
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(unreachable) => unreachable.fmt(formatter),
            Self::NotSent(error) => write!(formatter, "not sent: {error}"),
            Self::FromLoopback(source) => {
                write!(formatter, "not sent: from {source}, a loopback address, no other host can be reached")
            }
        }
    }
}
