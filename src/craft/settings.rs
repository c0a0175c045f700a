//! What a user asks for, in layers: in each layer a setting is present or not, and upper layers take precedence.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::endpoint::Endpoint;
use super::expectation::Expectation;
use super::flow_rule::FlowRule;
use super::overrides::Override;
use super::raw_extension::RawExtension;
use super::replay::{Identification, ReplayStyle};
use super::request::Signature;
use crate::wire::{AccessTechnology, Key, RequestFlags};

/// Declares the settings once, and derives how layers combine.
macro_rules! settings {
    ($($(#[$doc:meta])+ $name:ident: $kind:ty,)+) => {
        /// The settings of one step, as far as they were given.
        #[derive(Clone, Debug, Default)]
        pub struct Settings {
            $($(#[$doc])+ pub $name: Option<$kind>,)+
        }

        impl Settings {
            /// The names of the settings.
            pub const NAMES: &[&str] = &[$(stringify!($name)),+];

            /// These settings where they are given, otherwise those of `below`.
            #[must_use]
            pub fn over(self, below: &Self) -> Self {
                Self { $($name: self.$name.or_else(|| below.$name.clone()),)+ }
            }
        }
    };
}

settings! {
    /// The home agent to send to.
    ha: Endpoint,
    /// The port of a home agent that was given without one.
    port: u16,
    /// The home address; 0.0.0.0 asks for one.
    home_address: Ipv4Addr,
    /// The care-of address.
    care_of_address: Ipv4Addr,
    /// The Home Agent field.
    home_agent: Ipv4Addr,
    /// The address to send from.
    source: Endpoint,
    /// The interface to send by.
    interface: String,
    /// The requested lifetime in seconds.
    lifetime: u16,
    /// The flags octet.
    flags: RequestFlags,
    /// The Network Access Identifier.
    nai: String,
    /// The Binding Identifier: adds a Multipath extension.
    bid: u8,
    /// If-ATT of the Multipath extension.
    att: AccessTechnology,
    /// If-Label of the Multipath extension.
    label: u8,
    /// B of the Multipath extension.
    bulk: bool,
    /// O of the Multipath extension.
    overwrite: bool,
    /// Flow rules.
    flow: Vec<FlowRule>,
    /// Further extensions.
    ext: Vec<RawExtension>,
    /// Keys: the first one signs, all verify.
    key: Vec<Key>,
    /// How a request is signed, if there is a key.
    sign: Signature,
    /// The style of replay protection, which gives the Identification.
    replay: ReplayStyle,
    /// An Identification in place of a fresh one.
    identification: Identification,
    /// How many transmissions may follow the first one.
    retries: u32,
    /// How long the first transmission waits for a reply.
    timeout: Duration,
    /// What the reply has to be like.
    expect: Vec<Expectation>,
    /// If an expectation does not hold but one of these does, the step is skipped as one that cannot be judged.
    skip_if: Vec<Expectation>,
    /// Requests per second at most.
    rate: f64,
    /// How often the step is made.
    repeat: u32,
    /// Take replies whose authenticator is bad or missing.
    accept_unauthenticated: bool,
    /// Take replies of the agent whose Identification matches no request.
    accept_any_identification: bool,
    /// A pause before the step.
    wait: Duration,
    /// A UDP payload that is sent as it is.
    raw: Vec<u8>,
    /// Fields to set to given values, valid or not.
    overrides: Vec<Override>,
}
