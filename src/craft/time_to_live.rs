//! The time to live (TTL) of a request, where a specification requires one.

use std::net::Ipv4Addr;

use crate::wire::{Header, Message, Numbers};

/// The TTL by which a request is known to come from a neighbour (RFC 3024 §3.2).
const OF_A_NEIGHBOUR: u8 = 255;
/// The TTL of a datagram that must not leave the link.
const ON_THE_LINK: u8 = 1;
/// The TTL that most systems use, for when this system's is not known.
const USUAL: u8 = 64;

/// The TTL for octets that go to `destination`; `None` leaves it to the system.
///
/// A foreign agent accepts a request for a reverse tunnel only from a neighbour, which it recognises by a TTL of 255
/// (RFC 3024 §3.2, §4.1.1). A request to all mobility agents must not leave the link (RFC 5944 §3.6.1.1); here that
/// holds for any other multicast too.
pub(super) fn wanted(octets: &[u8], destination: Ipv4Addr, numbers: Numbers) -> Option<u8> {
    let goes_by_foreign_agent = match Message::parse(octets, 0, numbers).header {
        Header::Request(request) => request.flags.reverse_tunnel() && request.home_agent != destination,
        _ => false,
    };
    match destination.is_multicast() {
        _ if goes_by_foreign_agent => Some(OF_A_NEIGHBOUR),
        true => Some(ON_THE_LINK),
        false => None,
    }
}

/// The TTL to assume where no socket can tell it.
pub(super) fn supposed(wanted: Option<u8>) -> u8 {
    wanted.unwrap_or(USUAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request to the home agent 198.51.100.1 with these flags.
    fn request(flags: u8) -> Vec<u8> {
        let mut octets = vec![1, flags, 2, 0x58, 10, 1, 0, 1, 198, 51, 100, 1, 192, 0, 2, 10];
        octets.extend([0; 8]);
        octets
    }

    #[test]
    fn reverse_tunnels_by_a_foreign_agent_and_multicast_ask_for_one() {
        let of =
            |flags, destination: [u8; 4]| wanted(&request(flags), destination.into(), Numbers::default());
        assert_eq!(of(0x02, [192, 0, 2, 1]), Some(255), "T, by a foreign agent");
        assert_eq!(of(0x22, [192, 0, 2, 1]), Some(255), "D and T, by a foreign agent");
        assert_eq!(of(0x02, [198, 51, 100, 1]), None, "T, to the home agent itself");
        assert_eq!(of(0x20, [192, 0, 2, 1]), None, "without T");
        assert_eq!(of(0x20, [224, 0, 0, 11]), Some(1));
        assert_eq!(of(0x22, [224, 0, 0, 11]), Some(255));
        assert_eq!(wanted(&[0xff], [192, 0, 2, 1].into(), Numbers::default()), None);
    }
}
