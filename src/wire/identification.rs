//! The halves of an Identification (RFC 5944 §5.7).

/// The low half, which a reply copies from its request.
// The cut is what is wanted.
#[allow(clippy::cast_possible_truncation)]
pub const fn low_half(identification: u64) -> u32 {
    identification as u32
}

/// The high half, which the replay protection chooses: the seconds of a timestamp, or a nonce of the home agent.
pub const fn high_half(identification: u64) -> u32 {
    low_half(identification >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identification_has_two_halves() {
        let identification = 0xea05_6fa0_8000_0001;
        assert_eq!((high_half(identification), low_half(identification)), (0xea05_6fa0, 0x8000_0001));
    }
}
