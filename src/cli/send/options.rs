//! The options of `send` that are settings of a step.

use std::net::Ipv4Addr;
use std::time::Duration;

use clap::Args;

use crate::cli::quantity::{number, parse_duration};
use crate::craft::{
    Endpoint, Expectation, FlowRule, Identification, MOST_REPETITIONS, RawExtension, ReplayStyle,
    RequestFlagsText, Settings, parse_access_technology, parse_identification, parse_rate,
};
use crate::wire::AccessTechnology;

/// What one request is made of, how it is sent, and what is expected of its reply.
#[derive(Debug, Args)]
pub(super) struct RequestOptions {
    /// The home agent to send to
    #[arg(long, value_name = "ADDRESS[:PORT]")]
    ha: Option<Endpoint>,

    /// The home agent's UDP port, if --ha has none [default: 434]
    #[arg(long, value_name = "N", value_parser = number::<u16>(1, 65_535))]
    port: Option<u16>,

    /// The mobile node's home address; 0.0.0.0, the default with --nai, asks the agent to assign one
    #[arg(long, value_name = "ADDRESS")]
    home_address: Option<Ipv4Addr>,

    /// The care-of address [default: the address it is sent from]
    #[arg(long, value_name = "ADDRESS")]
    care_of_address: Option<Ipv4Addr>,

    /// The Home Agent field [default: the address of --ha]
    #[arg(long, value_name = "ADDRESS")]
    home_agent: Option<Ipv4Addr>,

    /// Send from this address [default: the system's choice]
    #[arg(long, value_name = "ADDRESS[:PORT]")]
    source: Option<Endpoint>,

    /// Send through this interface, whatever the routes say
    #[arg(long, value_name = "NAME")]
    interface: Option<String>,

    /// The lifetime to ask for, in seconds; 0 de-registers, 65535 never expires [default: 600]
    #[arg(long, value_name = "SECONDS", value_parser = number::<u16>(0, 65_535))]
    lifetime: Option<u16>,

    /// Flags to set, of S, B, D, M, G, r, T and x
    #[arg(long, value_name = "LETTERS")]
    flags: Option<RequestFlagsText>,

    /// Add a Network Access Identifier
    #[arg(long, value_name = "NAI")]
    nai: Option<String>,

    /// Add a Multipath extension with this Binding Identifier
    #[arg(long, value_name = "N", value_parser = number::<u8>(0, 255))]
    bid: Option<u8>,

    /// Its access technology, by name or number [default: Virtual]
    #[arg(long, value_name = "NAME|N", value_parser = parse_access_technology)]
    att: Option<AccessTechnology>,

    /// Its interface label [default: 1]
    #[arg(long, value_name = "N", value_parser = number::<u8>(0, 255))]
    label: Option<u8>,

    /// Set its B flag: update the lifetime of all bindings
    #[arg(long)]
    bulk: bool,

    /// Set its O flag: replace all other bindings
    #[arg(long)]
    overwrite: bool,

    /// Add a Flow-Binding extension, as in 'forward 1,2: proto udp dport 5060' or 'drop: dst 10.1.0.1' (repeatable)
    #[arg(long, value_name = "RULE")]
    flow: Vec<FlowRule>,

    /// Add an extension by its octets (repeatable)
    #[arg(long, value_name = "TYPE[.SUBTYPE]:HEX", allow_hyphen_values = true)]
    ext: Vec<RawExtension>,

    /// Where the Identification comes from: timestamp or nonce [default: timestamp]
    #[arg(long, value_name = "STYLE")]
    replay: Option<ReplayStyle>,

    /// Use this Identification, in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = parse_identification)]
    identification: Option<u64>,

    /// Transmissions after the first one, as long as no reply comes [default: 2]
    #[arg(long, value_name = "N", value_parser = number::<u32>(0, u32::MAX.into()))]
    retries: Option<u32>,

    /// How long the first transmission waits for a reply; each further one waits twice as long as the one before, and at
    /// least 1s [default: 1s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, allow_hyphen_values = true)]
    timeout: Option<Duration>,

    /// What to expect of the reply: code=0, 'code in 0,1', 'lifetime<=600', 'rtt<50ms', auth=valid, reply=none,
    /// extension=NAME and others; 'A or B' accepts either (repeatable) [default: code in 0,1]
    #[arg(long, value_name = "EXPR")]
    expect: Vec<Expectation>,

    /// The most requests to send in a second [default: 10/s]
    #[arg(long, value_name = "N/s", value_parser = parse_rate, allow_hyphen_values = true)]
    rate: Option<f64>,

    /// Send the request N times
    #[arg(long, value_name = "N", value_parser = number::<u32>(1, MOST_REPETITIONS.into()))]
    repeat: Option<u32>,

    /// Accept a reply whose authenticator is wrong or missing
    #[arg(long)]
    accept_unauthenticated: bool,

    /// Accept a reply of the agent with any Identification
    #[arg(long)]
    accept_any_identification: bool,
}

impl RequestOptions {
    /// The settings that were given.
    pub(super) fn settings(&self) -> Settings {
        let given = |flag: bool| flag.then_some(true);
        Settings {
            ha: self.ha,
            port: self.port,
            home_address: self.home_address,
            care_of_address: self.care_of_address,
            home_agent: self.home_agent,
            source: self.source,
            interface: self.interface.clone(),
            lifetime: self.lifetime,
            flags: self.flags.map(|flags| flags.0),
            nai: self.nai.clone(),
            bid: self.bid,
            att: self.att,
            label: self.label,
            bulk: given(self.bulk),
            overwrite: given(self.overwrite),
            flow: some(&self.flow),
            ext: some(&self.ext),
            key: None,
            sign: None,
            replay: self.replay,
            identification: self.identification.map(Identification::Given),
            retries: self.retries,
            timeout: self.timeout,
            expect: some(&self.expect),
            skip_if: None,
            rate: self.rate,
            repeat: self.repeat,
            accept_unauthenticated: given(self.accept_unauthenticated),
            accept_any_identification: given(self.accept_any_identification),
            wait: None,
            raw: None,
            overrides: None,
        }
    }
}

/// A list that was given: an empty one was not.
fn some<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}
