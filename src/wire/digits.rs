//! Decimal numbers, as mipflow reads them in all texts.

use std::str::FromStr;

/// A number in decimal digits alone: the standard library's `parse` would accept a plus sign too.
pub fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
