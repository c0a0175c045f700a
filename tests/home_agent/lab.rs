//! A home agent, a clock that moves when a test says so, and what a test wants to know of an answer.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::craft::append_authentication;
use mipflow::craft::home_agent::{HomeAgent, Ignored, Outcome, Received, Settings, Taken};
use mipflow::state::{Bid, BindingState, Node, Prefix};
use mipflow::time::Timestamp;
use mipflow::wire::{ExtensionType, Header, Key, KeyRing, Message, Numbers, RegistrationReply};

use super::history::{Ask, EPOCH, HOME_AGENT, NODE};

/// 2024-06-01T10:00:00Z in seconds since 1900, as NTP counts them.
pub const NTP_EPOCH: u64 = 0xea05_6fa0;

/// The home agent of a test.
pub struct Lab {
    pub agent: HomeAgent,
    /// Milliseconds since [`EPOCH`].
    pub milliseconds: i64,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answered {
    pub reply: RegistrationReply,
    pub octets: Vec<u8>,
    pub taken: Taken,
}

impl Lab {
    pub fn new(settings: Settings) -> Self {
        Self { agent: HomeAgent::new(settings), milliseconds: 0 }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::new(EPOCH, self.milliseconds * 1_000_000)
    }

    /// The Identification of a node whose clock goes right.
    pub fn identification(&self) -> u64 {
        let (seconds, milliseconds) = (self.milliseconds / 1_000, self.milliseconds % 1_000);
        let seconds = NTP_EPOCH + u64::try_from(seconds).unwrap();
        let fraction = (u64::try_from(milliseconds).unwrap() << 32) / 1_000;
        seconds << 32 | fraction
    }

    /// Lets 20 ms pass, and sends a request whose Identification is the time.
    pub fn ask(&mut self, ask: &Ask) -> Answered {
        self.milliseconds += 20;
        self.ask_as_is(&ask.again(self.identification()))
    }

    /// The same, signed.
    pub fn ask_signed(&mut self, ask: &Ask, key: &str) -> Answered {
        self.milliseconds += 20;
        self.send(ask, &signed(&ask.again(self.identification()), key))
    }

    /// Sends a request now, with the Identification it has.
    pub fn ask_as_is(&mut self, ask: &Ask) -> Answered {
        self.send(ask, &ask.octets())
    }

    /// Sends octets from and to where a request would go.
    pub fn send(&mut self, ask: &Ask, octets: &[u8]) -> Answered {
        answered(self.taken(ask, octets))
    }

    /// The same, whether or not they are answered.
    pub fn taken(&mut self, ask: &Ask, octets: &[u8]) -> Taken {
        match self.receive(ask.source, ask.destination, octets) {
            Outcome::Taken(taken) => *taken,
            Outcome::Ignored(why) => panic!("ignored: {why:?}"),
        }
    }

    pub fn receive(&mut self, source: SocketAddrV4, destination: SocketAddrV4, octets: &[u8]) -> Outcome {
        self.agent.receive(&Received {
            octets,
            is_cut: false,
            source,
            destination,
            own_address: HOME_AGENT,
            time: self.now(),
        })
    }

    /// Why octets are ignored.
    pub fn ignored(&mut self, source: SocketAddrV4, octets: &[u8]) -> Ignored {
        match self.receive(source, SocketAddrV4::new(HOME_AGENT, 434), octets) {
            Outcome::Ignored(why) => why,
            Outcome::Taken(taken) => panic!("taken: {taken:?}"),
        }
    }

    /// Lets time pass; gives the home addresses of the nodes that lost bindings by it.
    pub fn pass(&mut self, milliseconds: i64) -> Vec<Ipv4Addr> {
        self.milliseconds += milliseconds;
        let expired = self.agent.expire(self.now());
        expired.into_iter().map(|index| self.agent.node(index).unwrap().home_address.unwrap()).collect()
    }

    pub fn node(&self, home_address: Ipv4Addr) -> &Node {
        let mut nodes = self.agent.observer().nodes();
        nodes.find(|node| node.home_address == Some(home_address)).expect("a node")
    }

    /// BIDs of the active bindings of [`NODE`]; 0 stands for one without.
    pub fn active(&self) -> Vec<u8> {
        let active = |node: &Node| {
            let active = node.bindings().iter().filter(|binding| binding.state == BindingState::Active);
            active.map(|binding| binding.bid().map_or(0, Bid::octet)).collect()
        };
        let mut nodes = self.agent.observer().nodes();
        nodes.find(|node| node.home_address == Some(NODE)).map(active).unwrap_or_default()
    }
}

/// An answer that has to be there; its fixed part read by hand, octet by octet.
pub fn answered(taken: Taken) -> Answered {
    let octets = taken.reply_octets().expect("a reply").to_vec();
    let message = Message::parse(&octets, 0, Numbers::default());
    let Header::Reply(reply) = message.header else { panic!("no reply: {octets:02x?}") };
    assert_eq!(message.malformed(), None);
    assert_eq!((octets[0], octets[1]), (3, reply.code.0));
    Answered { reply, octets, taken }
}

impl Answered {
    pub fn code(&self) -> u8 {
        self.reply.code.0
    }

    /// Types of the extensions, in wire order.
    pub fn extensions(&self) -> Vec<u8> {
        let message = Message::parse(&self.octets, 0, Numbers::default());
        message.extensions().map(|extension| extension.kind.0).collect()
    }

    /// What a key says of each authenticator.
    pub fn verdicts(&self, key: &str) -> Vec<&'static str> {
        let message = Message::parse(&self.octets, 0, Numbers::default());
        let keys = keys(&[key]);
        message
            .extensions()
            .filter_map(|extension| Some(keys.verify(&self.octets, &extension)?.name()))
            .collect()
    }
}

pub fn keys(texts: &[&str]) -> KeyRing {
    let mut keys = KeyRing::default();
    for text in texts {
        keys.add(Key::parse(text).unwrap());
    }
    keys
}

/// Settings with keys, written as on the command line.
pub fn with_keys(texts: &[&str]) -> Settings {
    Settings { keys: keys(texts), ..Settings::default() }
}

/// A request with a Mobile-Home Authentication extension.
pub fn signed(ask: &Ask, key: &str) -> Vec<u8> {
    signed_as(ask.octets(), 32, key)
}

/// Octets with an authentication extension of this type behind them.
pub fn signed_as(mut octets: Vec<u8>, kind: u8, key: &str) -> Vec<u8> {
    append_authentication(&mut octets, ExtensionType(kind), &Key::parse(key).unwrap(), Numbers::default());
    octets
}

pub fn prefix(text: &str) -> Prefix {
    let (address, length) = text.split_once('/').unwrap();
    Prefix::covering(address.parse().unwrap(), length.parse().unwrap())
}
