//! The sockets of a run, bound so that a registration leaves from the address and by the interface that it registers.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::AsFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use socket2::{Domain, Protocol, Socket, Type};
use thiserror::Error;

use super::endpoint::Endpoint;
use super::icmp::{self, Unreachable};
use crate::wire::PORT;

/// What a socket has to be bound to, and where it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    /// The address to send from.
    pub source: Option<Endpoint>,
    /// The interface to send by.
    pub interface: Option<String>,
    /// The destination.
    pub destination: SocketAddrV4,
}

/// Why a socket cannot be opened.
#[derive(Debug, Error)]
pub enum ChannelError {
    /// There is no such interface.
    #[error("there is no interface '{0}'")]
    NoInterface(String),
    /// The socket cannot be bound to the interface.
    #[error("a socket cannot be bound to the interface '{name}': {error}")]
    Interface {
        /// The interface.
        name: String,
        /// What the system said.
        error: io::Error,
    },
    /// The socket cannot be bound to the source address.
    #[error("a socket cannot be bound to {source_address}: {error}")]
    Source {
        /// The address.
        source_address: SocketAddrV4,
        /// What the system said.
        error: io::Error,
    },
    /// There is no route to the agent.
    #[error("there is no route to {destination}: {error}")]
    NoRoute {
        /// The agent.
        destination: SocketAddrV4,
        /// What the system said.
        error: io::Error,
    },
    /// The agent's address is the broadcast address of a network of this host.
    #[error("{0} is a broadcast address of a network of this host")]
    Broadcast(Ipv4Addr),
    /// Any other failure.
    #[error("a socket cannot be created: {0}")]
    Other(#[from] io::Error),
}

impl ChannelError {
    /// What can be done about it, if anything.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoInterface(_) => Some("mipflow interfaces lists them"),
            Self::Interface { error, .. } if error.kind() == ErrorKind::PermissionDenied => {
                Some("binding to an interface needs the capability CAP_NET_RAW, or root")
            }
            Self::Source { error, .. } if error.kind() == ErrorKind::AddrNotAvailable => {
                Some("a request can only leave from an address of this host")
            }
            Self::Source { error, .. } if error.kind() == ErrorKind::PermissionDenied => {
                Some("ports below 1024 need the capability CAP_NET_BIND_SERVICE, or root")
            }
            Self::NoRoute { .. } => Some("look at the routes, and at --source and --interface"),
            Self::Broadcast(_) => Some("if all hosts there are to be asked, add --allow-broadcast"),
            Self::Other(error) if error.raw_os_error() == Some(Errno::EMFILE as i32) => Some(
                "this process may not open more sockets at once: raise the limit with `ulimit -n`, or ask fewer",
            ),
            Self::Interface { .. } | Self::Source { .. } | Self::Other(_) => None,
        }
    }
}

/// An open socket.
#[derive(Debug)]
pub(super) struct Channel {
    interface: Option<String>,
    ways: Vec<Way>,
    socket: UdpSocket,
    /// The address of this host and the port it is bound to; the port is never 0.
    pub local: SocketAddrV4,
    /// The TTL of unicast datagrams, as the system set it.
    ttl: u32,
}

/// A binding that a channel serves.
#[derive(Debug)]
struct Way {
    binding: Binding,
    /// Whether the destination is a broadcast or multicast address.
    is_to_many: bool,
}

/// Something that came, and the channel by which it came.
#[derive(Debug)]
pub(super) struct Arrival {
    /// Index of the channel.
    pub channel: usize,
    /// What came.
    pub event: Event,
}

/// What can come from a socket.
#[derive(Debug)]
pub(super) enum Event {
    /// A datagram.
    Datagram { source: SocketAddrV4, octets: Vec<u8> },
    /// A report that something sent did not arrive.
    Unreachable(Unreachable),
}

/// All sockets of a run.
#[derive(Debug, Default)]
pub(super) struct Channels {
    channels: Vec<Channel>,
    allow_broadcast: bool,
}

impl Channels {
    pub(super) fn new(allow_broadcast: bool) -> Self {
        Self { channels: Vec::new(), allow_broadcast }
    }

    /// The index of the channel for this binding, which is opened if it is new.
    pub(super) fn open(&mut self, binding: &Binding) -> Result<usize, ChannelError> {
        let has_it = |channel: &Channel| channel.ways.iter().any(|way| way.binding == *binding);
        if let Some(index) = self.channels.iter().position(has_it) {
            return Ok(index);
        }
        let Binding { interface, destination, .. } = binding;
        let ip = destination.ip();
        let is_broadcast = is_broadcast_here(binding)?;
        if is_broadcast && !self.allow_broadcast {
            return Err(ChannelError::Broadcast(*ip));
        }
        let is_to_many = is_broadcast || ip.is_broadcast() || ip.is_multicast();
        let way = Way { binding: binding.clone(), is_to_many };
        let source = source_of(binding, self.allow_broadcast)?;
        // A given port can be bound only once, whatever its destinations are.
        let has_port = |channel: &Channel| {
            source.port() != 0 && channel.local == source && channel.interface == *interface
        };
        if let Some((index, channel)) =
            self.channels.iter_mut().enumerate().find(|(_, channel)| has_port(channel))
        {
            channel.ways.push(way);
            return Ok(index);
        }
        let (socket, local) = open(source, interface.as_deref(), self.allow_broadcast)?;
        let ttl = socket.ttl()?;
        self.channels.push(Channel { interface: interface.clone(), ways: vec![way], socket, local, ttl });
        Ok(self.channels.len().saturating_sub(1))
    }

    pub(super) fn get(&self, index: usize) -> Option<&Channel> {
        self.channels.get(index)
    }

    /// Waits for whatever comes first on any channel, for at most `patience`.
    pub(super) fn receive(&self, patience: Duration) -> io::Result<Option<Arrival>> {
        let mut descriptors: Vec<PollFd<'_>> = self
            .channels
            .iter()
            .map(|channel| PollFd::new(channel.socket.as_fd(), PollFlags::POLLIN))
            .collect();
        // Rounded up: a wait that ends early would be started again and again.
        let milliseconds = patience.as_nanos().div_ceil(1_000_000);
        let timeout = PollTimeout::try_from(milliseconds).unwrap_or(PollTimeout::MAX);
        match nix::poll::poll(&mut descriptors, timeout) {
            Ok(0) | Err(Errno::EINTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let is_ready = |descriptor: &PollFd<'_>| descriptor.any().unwrap_or_default();
        let ready = descriptors.iter().position(is_ready);
        let Some((channel, socket)) =
            ready.and_then(|index| Some((index, &self.channels.get(index)?.socket)))
        else {
            return Ok(None);
        };
        let event = match icmp::next(socket) {
            Some(unreachable) => Some(Event::Unreachable(unreachable)),
            None => receive_datagram(socket)?,
        };
        Ok(event.map(|event| Arrival { channel, event }))
    }
}

impl Channel {
    /// Whether many hosts listen at that destination, so that replies can come from any of them.
    pub(super) fn sends_to_many(&self, destination: SocketAddrV4) -> bool {
        self.ways.iter().any(|way| way.is_to_many && way.binding.destination == destination)
    }

    /// Sends a datagram with this TTL, or with the system's. Returns the TTL used.
    pub(super) fn send(&self, octets: &[u8], destination: SocketAddrV4, ttl: Option<u8>) -> io::Result<u8> {
        let ttl = self.set_ttl(*destination.ip(), ttl)?;
        // A pending error about an earlier datagram makes this send fail, so it is tried again. The error is not lost:
        // `receive` reports it from the error queue.
        match self.socket.send_to(octets, destination) {
            Err(error) if icmp::is_pending(&error) => self.socket.send_to(octets, destination).map(|_| ttl),
            sent => sent.map(|_| ttl),
        }
    }

    /// Sets the TTL for datagrams to `destination`, and returns the one that the socket then has.
    fn set_ttl(&self, destination: Ipv4Addr, wanted: Option<u8>) -> io::Result<u8> {
        let socket = &self.socket;
        let ttl = if destination.is_multicast() {
            if let Some(wanted) = wanted {
                socket.set_multicast_ttl_v4(wanted.into())?;
            }
            socket.multicast_ttl_v4()?
        } else {
            let wanted = wanted.map_or(self.ttl, u32::from);
            // A TTL that was never set is left alone: a route may have its own.
            if socket.ttl()? != wanted {
                socket.set_ttl(wanted)?;
            }
            socket.ttl()?
        };
        Ok(u8::try_from(ttl).unwrap_or(u8::MAX))
    }
}

fn receive_datagram(socket: &UdpSocket) -> io::Result<Option<Event>> {
    let mut octets = vec![0; usize::from(u16::MAX)];
    match socket.recv_from(&mut octets) {
        Ok((length, SocketAddr::V4(source))) => {
            octets.truncate(length);
            Ok(Some(Event::Datagram { source, octets }))
        }
        Ok(_) => Ok(None),
        // A datagram with a wrong checksum wakes the socket, but then there is nothing to receive.
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(None),
        Err(error) if icmp::is_pending(&error) => Ok(icmp::next(socket).map(Event::Unreachable)),
        Err(error) => Err(error),
    }
}

/// The address to send from; port 0 means any port. If none was given, it is the address that the system would send
/// from: it has to be known, because a request names its care-of address and a capture its source.
fn source_of(binding: &Binding, allow_broadcast: bool) -> Result<SocketAddrV4, ChannelError> {
    let Binding { source, interface, destination } = binding;
    let given = source.map(|endpoint| endpoint.with_default_port(0));
    match given.filter(|given| !given.ip().is_unspecified()) {
        Some(given) if is_of_many(*given.ip())? => {
            Err(ChannelError::Source { source_address: given, error: Errno::EADDRNOTAVAIL.into() })
        }
        Some(given) => Ok(given),
        None => {
            let address = address_towards(interface.as_deref(), *destination, allow_broadcast)?;
            Ok(SocketAddrV4::new(address, given.map_or(0, |given| given.port())))
        }
    }
}

/// Whether this is a multicast or broadcast address. The system lets sockets be bound to one, but then sends from
/// another address, which neither the request nor the capture would name.
fn is_of_many(address: Ipv4Addr) -> Result<bool, ChannelError> {
    let destination = SocketAddrV4::new(address, PORT);
    let is_broadcast = || is_broadcast_here(&Binding { source: None, interface: None, destination });
    Ok(address.is_multicast() || address.is_broadcast() || is_broadcast()?)
}

fn open(
    source: SocketAddrV4,
    interface: Option<&str>,
    allow_broadcast: bool,
) -> Result<(UdpSocket, SocketAddrV4), ChannelError> {
    let socket = bare(interface, allow_broadcast)?;
    socket.bind(&source.into()).map_err(|error| ChannelError::Source { source_address: source, error })?;
    socket.set_nonblocking(true)?;
    let socket: UdpSocket = socket.into();
    icmp::ask_for_word(&socket)?;
    match socket.local_addr()? {
        SocketAddr::V4(local) => Ok((socket, local)),
        SocketAddr::V6(_) => Err(ChannelError::Other(ErrorKind::Unsupported.into())),
    }
}

/// The address of this host from which the system sends to `destination`. Nothing is sent to find out.
fn address_towards(
    interface: Option<&str>,
    destination: SocketAddrV4,
    allow_broadcast: bool,
) -> Result<Ipv4Addr, ChannelError> {
    let probe = bare(interface, allow_broadcast)?;
    probe.connect(&destination.into()).map_err(|error| ChannelError::NoRoute { destination, error })?;
    match probe.local_addr()?.as_socket_ipv4() {
        Some(local) => Ok(*local.ip()),
        None => Err(ChannelError::Other(ErrorKind::Unsupported.into())),
    }
}

/// Whether the destination is the broadcast address of a network of this host: the system refuses it to a socket
/// without the broadcast option. Nothing is sent to find out.
fn is_broadcast_here(binding: &Binding) -> Result<bool, ChannelError> {
    let probe = bare(binding.interface.as_deref(), false)?;
    let refused = probe.connect(&binding.destination.into()).err();
    Ok(refused.is_some_and(|error| error.kind() == ErrorKind::PermissionDenied))
}

/// A socket that is bound to the interface, if there is one, and not yet to an address.
fn bare(interface: Option<&str>, allow_broadcast: bool) -> Result<Socket, ChannelError> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_broadcast(allow_broadcast)?;
    if let Some(name) = interface {
        // The system takes an empty name to mean no interface, and would then use any.
        if name.is_empty() {
            return Err(ChannelError::NoInterface(String::new()));
        }
        bind_to_interface(&socket, name).map_err(|error| {
            if error.raw_os_error() == Some(Errno::ENODEV as i32) {
                ChannelError::NoInterface(name.to_owned())
            } else {
                ChannelError::Interface { name: name.to_owned(), error }
            }
        })?;
    }
    Ok(socket)
}

#[cfg(target_os = "linux")]
fn bind_to_interface(socket: &Socket, name: &str) -> io::Result<()> {
    socket.bind_device(Some(name.as_bytes()))
}

/// Systems other than Linux have no `SO_BINDTODEVICE`.
#[cfg(not(target_os = "linux"))]
fn bind_to_interface(_: &Socket, _: &str) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}
