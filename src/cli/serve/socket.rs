//! The socket of a home agent: it knows which of its addresses a datagram was sent to, and answers from there.

use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::sockopt::{Ipv4PacketInfo, RcvBuf};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, sendmsg, setsockopt,
};

use crate::cli::Failure;
use crate::craft::home_agent::Received;
use crate::time::Timestamp;

/// The most octets of a datagram.
pub(super) const MOST: usize = 1 << 16;
/// Octets of datagrams that may wait while others are answered.
const WAITING: usize = 4 << 20;

/// A bound UDP socket.
pub(super) struct Socket {
    socket: UdpSocket,
    address: SocketAddrV4,
}

impl Socket {
    /// Listens at an address.
    pub fn bind(address: SocketAddrV4) -> Result<Self, Failure> {
        let failed = |error: &io::Error| {
            let help = match error.kind() {
                ErrorKind::PermissionDenied => {
                    "a port below 1024 is for root: take another one, as in --listen 127.0.0.1:4434"
                }
                ErrorKind::AddrInUse => {
                    "another program listens there: take another port, or 0 for a free one"
                }
                ErrorKind::AddrNotAvailable => "no interface of this machine has that address",
                _ => return Failure::io(format!("{address} cannot be listened on: {error}"), None),
            };
            Failure::io(format!("{address} cannot be listened on: {error}"), Some(help.to_owned()))
        };
        let socket = UdpSocket::bind(address).map_err(|error| failed(&error))?;
        setsockopt(&socket, Ipv4PacketInfo, &true).map_err(|error| failed(&error.into()))?;
        // As much as the system allows is enough.
        let _ = setsockopt(&socket, RcvBuf, &WAITING);
        let address = match socket.local_addr().map_err(|error| failed(&error))? {
            SocketAddr::V4(bound) => bound,
            SocketAddr::V6(_) => address,
        };
        Ok(Self { socket, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddrV4 {
        self.address
    }

    /// The next datagram if there is one already; it has the time `now`.
    pub fn take<'b>(&self, buffer: &'b mut [u8], now: Timestamp) -> Result<Option<Received<'b>>, Failure> {
        self.receive(buffer, MsgFlags::MSG_DONTWAIT, || now)
    }

    /// The next datagram, if one comes before the time is over or a signal comes.
    pub fn wait<'b>(
        &self,
        buffer: &'b mut [u8],
        patience: Duration,
    ) -> Result<Option<Received<'b>>, Failure> {
        let set = self.socket.set_read_timeout(Some(patience.max(Duration::from_millis(1))));
        set.map_err(|error| self.failed(&error))?;
        self.receive(buffer, MsgFlags::empty(), super::now)
    }

    fn receive<'b>(
        &self,
        buffer: &'b mut [u8],
        flags: MsgFlags,
        time: impl FnOnce() -> Timestamp,
    ) -> Result<Option<Received<'b>>, Failure> {
        let mut room = nix::cmsg_space!(libc::in_pktinfo);
        let (octets, is_cut, source, to) = {
            let mut parts = [IoSliceMut::new(buffer)];
            let message =
                match recvmsg::<SockaddrIn>(self.socket.as_raw_fd(), &mut parts, Some(&mut room), flags) {
                    Ok(message) => message,
                    // Nothing came, or what was sent before met a closed port.
                    Err(Errno::EAGAIN | Errno::EINTR | Errno::ECONNREFUSED) => return Ok(None),
                    Err(error) => return Err(self.failed(&error.into())),
                };
            let Some(source) = message.address else { return Ok(None) };
            let mut to = None;
            for control in message.cmsgs().into_iter().flatten() {
                if let ControlMessageOwned::Ipv4PacketInfo(info) = control {
                    to = Some((octets_of(info.ipi_addr), octets_of(info.ipi_spec_dst)));
                }
            }
            let is_cut = message.flags.contains(MsgFlags::MSG_TRUNC);
            (message.bytes, is_cut, SocketAddrV4::from(source), to)
        };
        let (destination, own_address) = to.unwrap_or((*self.address.ip(), *self.address.ip()));
        Ok(Some(Received {
            octets: buffer.get(..octets).unwrap_or_default(),
            is_cut,
            source,
            destination: SocketAddrV4::new(destination, self.address.port()),
            own_address,
            time: time(),
        }))
    }

    /// Sends a datagram from one of the machine's addresses; whether it could be sent.
    pub fn send(&self, source: SocketAddrV4, destination: SocketAddrV4, octets: &[u8]) -> bool {
        let info = libc::in_pktinfo {
            ipi_ifindex: 0,
            ipi_spec_dst: libc::in_addr { s_addr: u32::from_ne_bytes(source.ip().octets()) },
            ipi_addr: libc::in_addr { s_addr: 0 },
        };
        let control = [ControlMessage::Ipv4PacketInfo(&info)];
        let destination = SockaddrIn::from(destination);
        let parts = [IoSlice::new(octets)];
        let send =
            || sendmsg(self.socket.as_raw_fd(), &parts, &control, MsgFlags::empty(), Some(&destination));
        // An error may be about what was sent before, and is told only once.
        send().or_else(|_| send()).is_ok()
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::io(format!("{} can no longer be listened on: {error}", self.address), None)
    }
}

/// An address as the system has it, in network order.
fn octets_of(address: libc::in_addr) -> Ipv4Addr {
    Ipv4Addr::from(address.s_addr.to_ne_bytes())
}
