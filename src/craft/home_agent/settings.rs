//! The settings of a home agent.

use crate::craft::ReplayStyle;
use crate::state::Prefix;
use crate::wire::{KeyRing, Numbers};

/// The settings of a home agent.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Keys of the security associations.
    pub keys: KeyRing,
    /// Whether requests have to be authorised with one of the keys.
    pub require_auth: bool,
    /// Whether nodes may have several bindings by RFC 7629.
    pub multipath: bool,
    /// The longest lifetime granted, in seconds; 65535 means for ever.
    pub max_lifetime: u16,
    /// The most active bindings of one node.
    pub max_bindings: usize,
    /// Home networks, IPv4. Without any, every home address is served and none is given.
    pub home_prefixes: Vec<Prefix>,
    /// Replay protection.
    pub replay: ReplayStyle,
    /// Assigned numbers.
    pub numbers: Numbers,
    /// Scatters the hash tables, as [`Options::seed`](crate::state::Options::seed) does.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keys: KeyRing::default(),
            require_auth: false,
            multipath: true,
            max_lifetime: u16::MAX,
            max_bindings: 254,
            home_prefixes: Vec::new(),
            replay: ReplayStyle::default(),
            numbers: Numbers::default(),
            seed: 0,
        }
    }
}
