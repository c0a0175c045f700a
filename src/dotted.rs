//! IPv4 addresses in dotted decimal, each formatted at once. Reports write hundreds of thousands of addresses, and the
//! standard library, which writes octet by octet, takes five times as long.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// Room for an address, a colon and a port.
const ROOM: usize = 15 + 1 + 5;

/// The text of an address: `192.0.2.1`, or `192.0.2.1:434`.
#[derive(Clone, Copy)]
pub(crate) struct Dotted {
    octets: [u8; ROOM],
    length: usize,
}

/// The text of an address.
#[inline]
pub(crate) fn dotted(address: Ipv4Addr) -> Dotted {
    let mut text = Dotted { octets: [0; ROOM], length: 0 };
    for octet in address.octets() {
        let (digits, length) = decimal(octet);
        text.push(&digits);
        text.length += length + 1;
    }
    // No dot follows the last octet.
    text.length -= 1;
    text
}

/// The text of an address and a port.
#[inline]
pub(crate) fn dotted_end(address: Ipv4Addr, port: u16) -> Dotted {
    let mut text = dotted(address);
    text.push(b":");
    text.length += 1;
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(port);
    text.push(digits.as_bytes());
    text.length += digits.len();
    text
}

impl Dotted {
    /// The characters of the text, all of them ASCII.
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }

    /// Copies `octets` behind the end of the text. The caller adds to the length as many of them as belong to the text.
    fn push(&mut self, octets: &[u8]) {
        if let Some(room) = self.octets.get_mut(self.length..).and_then(|room| room.get_mut(..octets.len())) {
            room.copy_from_slice(octets);
        }
    }
}

impl fmt::Display for Dotted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(std::str::from_utf8(self.octets()).unwrap_or_default())
    }
}

/// An address of either IP version as text; an IPv4 address is written by [`dotted`].
#[derive(Clone, Copy)]
pub(crate) struct Address(pub IpAddr);

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => dotted(address).fmt(formatter),
            IpAddr::V6(address) => address.fmt(formatter),
        }
    }
}

/// The digits of an octet and the dot that may follow them, and how many digits there are.
#[inline]
pub(crate) fn decimal(value: u8) -> ([u8; 4], usize) {
    static DECIMALS: [([u8; 4], usize); 256] = decimals();
    DECIMALS.get(usize::from(value)).copied().unwrap_or_default()
}

// The compiler evaluates this function, and would refuse both a wrong index and a digit that is too large.
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)]
const fn decimals() -> [([u8; 4], usize); 256] {
    let mut decimals = [([0; 4], 0); 256];
    let mut value = 0;
    while value < decimals.len() {
        let hundreds = b'0' + (value / 100) as u8;
        let tens = b'0' + (value / 10 % 10) as u8;
        let units = b'0' + (value % 10) as u8;
        decimals[value] = match value {
            0..10 => ([units, b'.', 0, 0], 1),
            10..100 => ([tens, units, b'.', 0], 2),
            _ => ([hundreds, tens, units, b'.'], 3),
        };
        value += 1;
    }
    decimals
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddrV4;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// As the standard library writes it, also in a field of some width.
        #[test]
        fn addresses_are_written_as_everywhere(address: Ipv4Addr, port: u16) {
            prop_assert_eq!(dotted(address).to_string(), address.to_string());
            let end = SocketAddrV4::new(address, port);
            prop_assert_eq!(dotted_end(address, port).to_string(), end.to_string());
            prop_assert_eq!(format!("{:<24}|", dotted_end(address, port)), format!("{end:<24}|"));
            prop_assert_eq!(format!("{:>17}|", dotted(address)), format!("{address:>17}|"));
        }
    }

    #[test]
    fn the_shortest_and_the_longest_fit() {
        assert_eq!(dotted_end(Ipv4Addr::UNSPECIFIED, 0).to_string(), "0.0.0.0:0");
        assert_eq!(dotted_end(Ipv4Addr::BROADCAST, u16::MAX).to_string(), "255.255.255.255:65535");
    }
}
