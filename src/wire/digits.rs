//! Numbers as they are written wherever mipflow reads text.

use std::str::FromStr;

/// A number in digits alone: the standard library's reading would take a plus sign too.
pub fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
