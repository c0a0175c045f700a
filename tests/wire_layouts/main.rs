//! Every layout of the codec against octets written by hand from the figures of the RFCs.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod base_extensions;
#[allow(dead_code, unreachable_pub, reason = "other tests use more of it")]
#[path = "../program/capture.rs"]
mod capture;
mod damaged_framing;
mod damaged_selectors;
mod fields;
mod flow_binding;
mod messages;
mod multipath;
mod selectors;
mod snapshot_length;

use capture::hexadecimal as octets;
use mipflow::wire::{Content, Extension, ExtensionType, Malformed, Message, Numbers, Problem};

/// The fixed part of a Registration Request: 24 octets, so that the first extension is at offset 24.
const REQUEST: &str = "01 02 0708  0a000001  c6336401  cb007102  0102030405060708";

/// A Registration Request with `extensions` behind its fixed part.
fn request(extensions: &str) -> Vec<u8> {
    [octets(REQUEST), octets(extensions)].concat()
}

fn parse(octets: &[u8]) -> Message<'_> {
    Message::parse(octets, 0, Numbers::default())
}

/// The only extension of a message.
fn only<'a>(message: &Message<'a>) -> Extension<'a> {
    let extensions: Vec<_> = message.extensions().collect();
    assert_eq!(extensions.len(), 1, "{extensions:?}");
    extensions[0]
}

/// Checks that `digits` are an extension of type `kind` that says `content`, and that `content` emits them, after
/// what is in the buffer already.
fn is_extension(digits: &str, kind: ExtensionType, subtype: u8, content: Content<'_>) {
    let payload = request(digits);
    let message = parse(&payload);
    assert_eq!(message.malformed(), None);
    let extension = only(&message);
    assert_eq!(extension.kind, kind);
    assert_eq!(extension.offset, 24);
    assert_eq!(extension.total_length(), octets(digits).len());
    assert_eq!(extension.cut, None);
    assert_eq!(extension.content(), Ok(content));
    let mut out = vec![0xee, 0xff];
    content.emit(kind, subtype, Numbers::default(), &mut out);
    assert_eq!(out, [vec![0xee, 0xff], octets(digits)].concat());
}

/// Checks that `digits` are one extension whose content is at fault in this way.
fn is_malformed(digits: &str, offset: usize, problem: Problem) {
    let payload = request(digits);
    assert_eq!(only(&parse(&payload)).content(), Err(Malformed { offset, problem }), "{digits}");
}
