//! A checked step: everything needed to send its message and to judge what comes back.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use thiserror::Error;

use super::endpoint::Endpoint;
use super::expectation::Expectation;
use super::replay::{Identification, ReplayStyle};
use super::request::{MOST_PAYLOAD, Request, RequestError};
use super::settings::Settings;
use crate::wire::{AccessTechnology, Key, KeyRing, Multipath, Numbers, PORT};

/// One message to be sent, and how to send it.
#[derive(Clone, Debug)]
pub struct Call {
    /// The home agent.
    pub destination: SocketAddrV4,
    /// The address to send from; `None` leaves it to the system.
    pub source: Option<Endpoint>,
    /// The interface to send by.
    pub interface: Option<String>,
    /// The message.
    pub payload: Payload,
    /// The keys that verify replies; the first one also signs the request.
    pub keys: KeyRing,
    /// The style of replay protection, which gives the Identifications.
    pub style: ReplayStyle,
    /// An Identification in place of a fresh one.
    pub identification: Option<Identification>,
    /// How many transmissions may follow the first one.
    pub retries: u32,
    /// How long the first transmission waits for a reply.
    pub timeout: Duration,
    /// The least time between two transmissions, including the first one of the next step.
    pub gap: Duration,
    /// What the reply has to be like.
    pub expectations: Vec<Expectation>,
    /// If an expectation does not hold but one of these does, the step is skipped as one that cannot be judged.
    pub skip_if: Vec<Expectation>,
    /// Take replies whose authenticator is bad or missing.
    pub accept_unauthenticated: bool,
    /// Take replies of the agent whose Identification matches no request.
    pub accept_any_identification: bool,
    /// Whether this is the request of a node that has only a name and returns home. If the agent assigned it an address
    /// before, that becomes both its Home Address and its Care-of Address.
    pub returns_home: bool,
}

/// The security association of a request: the agent, and the home address and NAI of the node.
pub(super) type Association = (SocketAddrV4, Ipv4Addr, Option<String>);

/// The content of a message to be sent.
#[derive(Clone, Debug)]
pub enum Payload {
    /// A Registration Request. If no care-of address was given, it is the address that the request is sent from.
    Request {
        /// The request; its care-of address counts only if one was given.
        request: Box<Request>,
        /// Whether a care-of address was given.
        has_care_of_address: bool,
    },
    /// Octets that are sent as they are.
    Raw(Vec<u8>),
}

/// Why no step can be made from settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct SettingsError {
    /// The setting at fault.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What can be done.
    pub help: Option<String>,
}

/// Requests per second at most, unless set otherwise.
const DEFAULT_RATE: f64 = 10.0;
/// Retransmissions, unless set otherwise.
const DEFAULT_RETRIES: u32 = 2;
/// How long the first transmission waits for a reply, unless set otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1);
/// The requested lifetime in seconds, unless set otherwise.
const DEFAULT_LIFETIME: u16 = 600;

impl Call {
    /// The call for these settings, checked as far as possible without sending anything. Broadcast and multicast
    /// destinations are refused unless `allow_broadcast` is set.
    pub fn new(settings: &Settings, numbers: Numbers, allow_broadcast: bool) -> Result<Self, SettingsError> {
        let destination = destination(settings, allow_broadcast)?;
        let payload = match &settings.raw {
            Some(octets) => raw(octets)?,
            None => request(settings, destination, numbers)?,
        };
        let mut keys = KeyRing::default();
        settings.key.iter().flatten().for_each(|key| keys.add(key.clone()));
        let expectations = settings.expect.clone().unwrap_or_else(|| vec![Expectation::accepted()]);
        let rate = settings.rate.unwrap_or(DEFAULT_RATE);
        let call = Self {
            destination,
            source: settings.source,
            interface: settings.interface.clone(),
            payload,
            keys,
            style: settings.replay.unwrap_or_default(),
            identification: settings.identification,
            retries: settings.retries.unwrap_or(DEFAULT_RETRIES),
            timeout: settings.timeout.unwrap_or(DEFAULT_TIMEOUT),
            gap: Duration::try_from_secs_f64(rate.recip()).unwrap_or(Duration::MAX),
            expectations,
            skip_if: settings.skip_if.clone().unwrap_or_default(),
            accept_unauthenticated: settings.accept_unauthenticated.unwrap_or_default(),
            accept_any_identification: settings.accept_any_identification.unwrap_or_default(),
            returns_home: false,
        };
        // A trial build, so that a request that cannot be built is reported before anything is sent.
        call.octets(0, Ipv4Addr::UNSPECIFIED, None).map_err(|error| not_built(&error, settings))?;
        Ok(call)
    }

    /// The UDP payload with this Identification, sent from `source`. `assigned` is the agent-assigned home address.
    pub fn octets(
        &self,
        identification: u64,
        source: Ipv4Addr,
        assigned: Option<Ipv4Addr>,
    ) -> Result<Vec<u8>, RequestError> {
        match &self.payload {
            Payload::Raw(octets) => Ok(octets.clone()),
            Payload::Request { request, has_care_of_address } => {
                let mut request = request.clone();
                if !has_care_of_address {
                    request.care_of_address = source;
                }
                if let Some(address) = assigned.filter(|_| self.returns_home) {
                    request.home_address = address;
                    request.care_of_address = address;
                }
                request.build(identification, self.key())
            }
        }
    }

    /// Sets [`Call::returns_home`]: such a request names 0.0.0.0 as both Home Address and Care-of Address.
    pub(super) fn note_return(&mut self) {
        self.returns_home = match &self.payload {
            Payload::Request { request, has_care_of_address: true } => {
                request.home_address.is_unspecified() && request.care_of_address.is_unspecified()
            }
            Payload::Request { .. } | Payload::Raw(_) => false,
        };
    }

    /// The requested lifetime in seconds; `None` for raw octets.
    pub fn lifetime(&self) -> Option<u16> {
        match &self.payload {
            Payload::Request { request, .. } => Some(request.lifetime),
            Payload::Raw(_) => None,
        }
    }

    /// The care-of address, if one was given.
    pub(super) fn care_of_address(&self) -> Option<Ipv4Addr> {
        match &self.payload {
            Payload::Request { request, has_care_of_address: true } => Some(request.care_of_address),
            Payload::Request { .. } | Payload::Raw(_) => None,
        }
    }

    /// The security association whose replay protection applies to the request.
    pub(super) fn association(&self) -> Association {
        match &self.payload {
            Payload::Request { request, .. } => (self.destination, request.home_address, request.nai.clone()),
            Payload::Raw(_) => (self.destination, Ipv4Addr::UNSPECIFIED, None),
        }
    }

    fn key(&self) -> Option<&Key> {
        self.keys.keys().first()
    }
}

fn error(key: &str, message: impl Into<String>, help: Option<&str>) -> SettingsError {
    SettingsError { key: key.to_owned(), message: message.into(), help: help.map(str::to_owned) }
}

fn destination(settings: &Settings, allow_broadcast: bool) -> Result<SocketAddrV4, SettingsError> {
    let help = "name it by --ha ADDRESS[:PORT], or ha = \"ADDRESS[:PORT]\" in the scenario";
    let endpoint = settings.ha.ok_or_else(|| error("ha", "there is no home agent to send to", Some(help)))?;
    let destination = endpoint.with_default_port(settings.port.unwrap_or(PORT));
    let address = destination.ip();
    if address.is_unspecified() {
        return Err(error("ha", "0.0.0.0 is not a home agent to send to", None));
    }
    if destination.port() == 0 {
        return Err(error("ha", "port 0 cannot be sent to", None));
    }
    if (address.is_multicast() || address.is_broadcast()) && !allow_broadcast {
        return Err(broadcast_refused(*address));
    }
    Ok(destination)
}

/// The error for a destination at which many hosts listen.
fn broadcast_refused(address: Ipv4Addr) -> SettingsError {
    let kind = if address.is_multicast() { "multicast" } else { "broadcast" };
    let message = format!("{address} is a {kind} address, and every host that listens there would be asked");
    error("ha", message, Some("if that is what you want, add --allow-broadcast"))
}

fn raw(octets: &[u8]) -> Result<Payload, SettingsError> {
    if octets.len() > MOST_PAYLOAD {
        let message = format!("{} octets are more than the {MOST_PAYLOAD} of a datagram", octets.len());
        return Err(error("raw", message, None));
    }
    Ok(Payload::Raw(octets.to_vec()))
}

fn request(
    settings: &Settings,
    destination: SocketAddrV4,
    numbers: Numbers,
) -> Result<Payload, SettingsError> {
    let home_address = match (settings.home_address, &settings.nai) {
        (Some(address), _) => address,
        // A node that has a name but no address asks for one (RFC 2794 §2).
        (None, Some(_)) => Ipv4Addr::UNSPECIFIED,
        (None, None) => {
            let help = "name the node by its home address, or by an NAI, which asks for an address";
            return Err(error("home_address", "there is no home address to register", Some(help)));
        }
    };
    let multipath = settings.bid.map(|bid| Multipath {
        access_technology: settings.att.unwrap_or(DEFAULT_ACCESS_TECHNOLOGY),
        label: settings.label.unwrap_or(1),
        bid,
        bulk: settings.bulk.unwrap_or_default(),
        overwrite: settings.overwrite.unwrap_or_default(),
        reserved: 0,
    });
    for (key, is_set) in [("bulk", settings.bulk), ("overwrite", settings.overwrite)] {
        if is_set == Some(true) && multipath.is_none() {
            let help = "add the Binding Identifier: it is what adds the extension";
            let message = format!("{key} is of the Multipath extension, and without a bid there is none");
            return Err(error(key, message, Some(help)));
        }
    }
    let request = Request {
        flags: settings.flags.unwrap_or_default(),
        lifetime: settings.lifetime.unwrap_or(DEFAULT_LIFETIME),
        home_address,
        home_agent: settings.home_agent.unwrap_or(*destination.ip()),
        care_of_address: settings.care_of_address.unwrap_or(Ipv4Addr::UNSPECIFIED),
        multipath,
        flows: settings.flow.clone().unwrap_or_default(),
        nai: settings.nai.clone(),
        extensions: settings.ext.clone().unwrap_or_default(),
        overrides: settings.overrides.clone().unwrap_or_default(),
        signature: settings.sign.unwrap_or_default(),
        numbers,
    };
    let has_care_of_address = settings.care_of_address.is_some();
    Ok(Payload::Request { request: Box::new(request), has_care_of_address })
}

/// "Virtual": the only technology that does not claim a medium.
const DEFAULT_ACCESS_TECHNOLOGY: AccessTechnology = AccessTechnology(1);

fn not_built(failed: &RequestError, settings: &Settings) -> SettingsError {
    let key = match failed {
        RequestError::Override { key, .. } if key.is_empty() => "override".to_owned(),
        RequestError::Override { key, .. } => format!("override.{key}"),
        RequestError::Extension(_) => "ext".to_owned(),
        RequestError::Nai(_) => "nai".to_owned(),
        // Only these three settings can make a request so long.
        RequestError::TooLong(_) => match (&settings.flow, &settings.ext) {
            (Some(_), _) => "flow".to_owned(),
            (None, Some(_)) => "ext".to_owned(),
            (None, None) => "override".to_owned(),
        },
    };
    error(&key, failed.to_string(), None)
}
