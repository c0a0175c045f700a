//! Endpoints of messages as people write them: `ADDRESS` or `ADDRESS:PORT`.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::str::FromStr;

use thiserror::Error;

use crate::wire;

/// An IPv4 address with a port, or without one if the default is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The address.
    pub address: Ipv4Addr,
    /// The UDP port, if one was written.
    pub port: Option<u16>,
}

impl Endpoint {
    /// The socket address, with `port` if none was written.
    pub fn with_default_port(self, port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(self.address, self.port.unwrap_or(port))
    }
}

/// The text is not an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "'{0}' is not an IPv4 address, with or without a port: write it as in 198.51.100.1 or 198.51.100.1:434"
)]
pub struct EndpointError(String);

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let wrong = || EndpointError(text.to_owned());
        let (address, port) = match text.split_once(':') {
            Some((address, port)) => (address, Some(wire::number(port).ok_or_else(wrong)?)),
            None => (text, None),
        };
        Ok(Self { address: address.parse().map_err(|_| wrong())?, port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(formatter, "{}:{port}", self.address),
            None => write!(formatter, "{}", self.address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_may_follow() {
        let endpoint: Endpoint = "198.51.100.1:4340".parse().unwrap();
        assert_eq!(endpoint.with_default_port(434), "198.51.100.1:4340".parse().unwrap());
        let endpoint: Endpoint = "198.51.100.1".parse().unwrap();
        assert_eq!(endpoint.with_default_port(434), "198.51.100.1:434".parse().unwrap());
        for text in
            ["", "198.51.100", "198.51.100.1:", "198.51.100.1:+5", "198.51.100.1:65536", "::1", "host:434"]
        {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
    }
}
