//! Octets and numbers written in hexadecimal.

/// The octets that pairs of hexadecimal digits stand for; white space is ignored. `None` if the text is anything else.
pub(super) fn octets(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().filter(|character| !character.is_whitespace()).map(digit).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// A number of at most sixteen hexadecimal digits, with or without `0x`; `_` may separate digits.
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text).replace('_', "");
    let is_number = (1..=16).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_hexdigit());
    is_number.then(|| u64::from_str_radix(&digits, 16).ok()).flatten()
}

/// An Identification: at most sixteen hexadecimal digits, with or without `0x`.
pub fn parse_identification(text: &str) -> Result<u64, String> {
    number(text)
        .ok_or_else(|| format!("'{text}' is not an Identification: it takes up to 16 hexadecimal digits"))
}

fn digit(character: char) -> Option<u8> {
    character.to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_pairs_and_numbers() {
        assert_eq!(octets("00 fF\n1a"), Some(vec![0, 0xff, 0x1a]));
        assert_eq!(octets(""), Some(vec![]));
        assert_eq!(octets("0"), None);
        assert_eq!(octets("0x00"), None);
        assert_eq!(number("0xe8fe6f800d468152"), Some(0xe8fe_6f80_0d46_8152));
        assert_eq!(number("0XfF"), Some(0xff));
        assert_eq!(number("e8fe6f80_0d468152"), Some(0xe8fe_6f80_0d46_8152));
        for text in ["", "0x", "+1", "-1", "11223344556677889", "00000000000000001", "0xg"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
