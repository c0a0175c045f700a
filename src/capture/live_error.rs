//! The reasons why an interface cannot be captured from, and what to do about them.

use thiserror::Error;

use super::privileges;

/// An interface could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LiveError {
    /// There is no interface of this name.
    #[error("there is no interface `{name}`")]
    NoSuchInterface {
        /// The name as given.
        name: String,
        /// The interfaces that exist.
        known: Vec<String>,
    },
    /// The system does not let this process capture.
    #[error("`{name}` cannot be captured from: the capability {missing} is missing")]
    Permission {
        /// The interface.
        name: String,
        /// The missing capability.
        missing: &'static str,
    },
    /// The interface is switched off.
    #[error("`{name}` cannot be captured from: it is down")]
    Down {
        /// The interface.
        name: String,
    },
    /// The filter cannot be applied to the frames of this interface.
    #[error("the filter `{expression}` cannot be applied to `{name}`: {message}")]
    Filter {
        /// The interface.
        name: String,
        /// The expression as given.
        expression: String,
        /// What libpcap said.
        message: String,
    },
    /// Anything else.
    #[error("`{name}` cannot be captured from: {message}")]
    Other {
        /// The interface.
        name: String,
        /// What libpcap said.
        message: String,
    },
}

impl LiveError {
    /// What can be done about it, if anything.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoSuchInterface { known, .. } if known.is_empty() => None,
            Self::NoSuchInterface { known, .. } => Some(format!("there are {}", known.join(", "))),
            Self::Permission { .. } => Some(format!(
                "grant it once to this binary: {}\nor run mipflow as root; it gives root up when the interfaces are \
                 open, see --user",
                privileges::grant_command()
            )),
            Self::Down { name } => Some(format!("switch it on: sudo ip link set {name} up")),
            Self::Filter { .. } => Some(
                "the language is that of tcpdump, see `man pcap-filter`; for example `udp port 434 or proto 4`"
                    .to_owned(),
            ),
            Self::Other { .. } => None,
        }
    }

    /// Whether waiting may help, because the interface may come back.
    pub(super) fn may_pass(&self) -> bool {
        !matches!(self, Self::Permission { .. } | Self::Filter { .. })
    }
}
