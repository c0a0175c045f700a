//! Reports about datagrams that did not arrive: ICMP errors from the socket's error queue.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

use nix::errno::Errno;

/// A report that a datagram did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// Where the datagram was going, if that is known.
    pub destination: Option<SocketAddrV4>,
    /// The router or host that reported it; `None` if this host did.
    pub reporter: Option<Ipv4Addr>,
    /// ICMP type and code, if the report came by ICMP.
    pub icmp: Option<(u8, u8)>,
    /// The beginning of the datagram's payload, as far as it came back, by which the datagram is recognised.
    pub(super) payload: Vec<u8>,
    /// The system's error for it.
    error: Errno,
}

impl fmt::Display for Unreachable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.icmp {
            Some((3, code)) => write!(formatter, "ICMP destination unreachable: {}", unreachable_name(code))?,
            Some((4, _)) => formatter.write_str("ICMP source quench")?,
            Some((5, _)) => formatter.write_str("ICMP redirect")?,
            Some((11, _)) => formatter.write_str("ICMP time exceeded")?,
            Some((12, _)) => formatter.write_str("ICMP parameter problem")?,
            Some((kind, code)) => write!(formatter, "ICMP type {kind} code {code}")?,
            None => write!(formatter, "{}", self.error.desc())?,
        }
        match self.reporter {
            Some(reporter) => write!(formatter, ", says {reporter}"),
            None => Ok(()),
        }
    }
}

/// The codes of type 3 (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1).
fn unreachable_name(code: u8) -> String {
    let name = match code {
        0 => "network unreachable",
        1 => "host unreachable",
        2 => "protocol unreachable",
        3 => "port unreachable",
        4 => "fragmentation needed",
        5 => "source route failed",
        6 => "network unknown",
        7 => "host unknown",
        9 => "network administratively prohibited",
        10 => "host administratively prohibited",
        13 => "communication administratively prohibited",
        other => return format!("code {other}"),
    };
    name.to_owned()
}

/// Whether an error is about an earlier datagram; [`next`] then returns the details.
pub(super) fn is_pending(error: &io::Error) -> bool {
    let fates = [
        Errno::ECONNREFUSED,
        Errno::EHOSTUNREACH,
        Errno::ENETUNREACH,
        Errno::EHOSTDOWN,
        Errno::ENOPROTOOPT,
        Errno::EPROTO,
        Errno::EMSGSIZE,
    ];
    error.raw_os_error().is_some_and(|number| fates.contains(&Errno::from_raw(number)))
}

#[cfg(target_os = "linux")]
pub(super) use queue::{ask_for_word, next};

/// On other systems a socket that is not connected gets no such reports.
#[cfg(not(target_os = "linux"))]
mod silence {
    use std::io;
    use std::net::UdpSocket;

    use super::Unreachable;

    pub(in crate::craft) fn ask_for_word(_: &UdpSocket) -> io::Result<()> {
        Ok(())
    }

    pub(in crate::craft) fn next(_: &UdpSocket) -> Option<Unreachable> {
        None
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) use silence::{ask_for_word, next};

/// The error queue that Linux keeps for a socket on request.
#[cfg(target_os = "linux")]
mod queue {
    use std::io::{self, IoSliceMut};
    use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
    use std::os::fd::AsRawFd;

    use nix::errno::Errno;
    use nix::libc;
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, setsockopt, sockopt};

    use super::Unreachable;

    /// Asks the system to queue reports about this socket's datagrams.
    pub(in crate::craft) fn ask_for_word(socket: &UdpSocket) -> io::Result<()> {
        setsockopt(socket, sockopt::Ipv4RecvErr, &true).map_err(io::Error::from)
    }

    /// The next report in the socket's error queue.
    pub(in crate::craft) fn next(socket: &UdpSocket) -> Option<Unreachable> {
        let mut octets = [0; 64];
        let mut slices = [IoSliceMut::new(&mut octets)];
        // Room for the error, for the address that reported it, and for their padding.
        let mut room = [0; 256];
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let word = recvmsg::<SockaddrIn>(socket.as_raw_fd(), &mut slices, Some(&mut room), flags).ok()?;
        let destination = word.address.map(SocketAddrV4::from);
        let length = word.bytes;
        let told = word.cmsgs().ok()?.find_map(|message| match message {
            ControlMessageOwned::Ipv4RecvErr(error, reporter) => Some((error, reporter)),
            _ => None,
        });
        let (error, reporter) = told?;
        let is_icmp = error.ee_origin == libc::SO_EE_ORIGIN_ICMP;
        let reporter = reporter.map(|address| Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)));
        Some(Unreachable {
            destination,
            reporter: reporter.filter(|_| is_icmp),
            icmp: is_icmp.then_some((error.ee_type, error.ee_code)),
            payload: octets.get(..length).unwrap_or_default().to_vec(),
            error: Errno::from_raw(i32::try_from(error.ee_errno).unwrap_or_default()),
        })
    }
}
