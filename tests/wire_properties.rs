//! Laws of the codec over messages and octets that proptest makes up.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod generators;
#[allow(unreachable_pub, reason = "the fuzz targets use it as a library")]
mod laws;

use mipflow::wire::{Discard, Form, Layout, Message, Numbers, Reader, TrafficSelector};
use proptest::collection::vec;
use proptest::prelude::*;

/// A message with the numbers it is emitted under.
fn message_and_numbers() -> impl Strategy<Value = (generators::AnyMessage, Numbers)> {
    generators::numbers().prop_flat_map(|numbers| (generators::message(numbers), Just(numbers)))
}

/// Octets that look like a message for a while: damaged ones, and any at all behind a type octet.
fn odd_octets() -> impl Strategy<Value = (Vec<u8>, Numbers)> {
    let kind = prop_oneof![Just(1u8), Just(3), Just(4), Just(7), Just(15), Just(22), any::<u8>()];
    let rest = prop_oneof![vec(any::<u8>(), 0..4), vec(any::<u8>(), 0..30), vec(any::<u8>(), 0..160)];
    let random = (kind, rest).prop_map(|(kind, rest)| [vec![kind], rest].concat());
    // Lengths small enough that a walk takes more than one step.
    let small = (0..24usize, vec(prop_oneof![0..8u8, any::<u8>(), Just(154)], 0..160))
        .prop_map(|(kind, rest)| [vec![1], vec![0; kind], rest].concat());
    generators::numbers().prop_flat_map(move |numbers| {
        let damaged = generators::damaged_message(numbers);
        (
            prop_oneof![4 => damaged.boxed(), 1 => random.clone().boxed(), 1 => small.clone().boxed()],
            Just(numbers),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    #[test]
    fn what_is_emitted_reads_back((given, numbers) in message_and_numbers()) {
        let octets = given.emit(numbers);
        let message = Message::parse(&octets, 0, numbers);
        prop_assert_eq!(message.header, given.header.header());
        prop_assert_eq!(message.malformed(), None);
        let found: Vec<_> = message.extensions().collect();
        prop_assert_eq!(found.len(), given.extensions.len());
        for (extension, given) in found.iter().zip(&given.extensions) {
            let form = given.kind.form(numbers);
            prop_assert_eq!(extension.kind, given.kind);
            prop_assert_eq!(extension.layout, Layout::Proper(form));
            prop_assert_eq!(extension.content(), Ok(given.content.content()));
            if matches!(form, Form::Long | Form::LongReserved) {
                prop_assert_eq!(extension.subtype, Some(given.subtype));
            }
        }
        laws::wire::every_octet_is_told_once(&octets, 0, numbers);
        laws::wire::what_reads_well_is_emitted_again(&octets, numbers);
    }

    #[test]
    fn any_octets_are_told_whole((octets, numbers) in odd_octets(), not_captured in prop_oneof![Just(0usize), 0..300usize]) {
        laws::wire::every_octet_is_told_once(&octets, not_captured, numbers);
    }

    #[test]
    fn any_octets_that_read_well_are_emitted_again((octets, numbers) in odd_octets()) {
        laws::wire::what_reads_well_is_emitted_again(&octets, numbers);
    }

    #[test]
    fn selectors_read_back(selector in generators::selector()) {
        let mut octets = Vec::new();
        selector.emit(&mut octets);
        let mut sink = Discard;
        let mut reader = Reader::new(&octets, 0, 0, &mut sink);
        prop_assert_eq!(TrafficSelector::read(&mut reader, selector.format.ts_format()), Some(selector));
        prop_assert_eq!(reader.finish(), None);
        laws::wire::selector_text_reads_back(&selector);
    }

    #[test]
    fn any_text_settles(text in "((src|dst|proto|sport|dport|ds|spi|label|any|x) ?[-+/.:0-9a-f]{0,12} ?){0,4}") {
        laws::wire::text_settles(&text);
    }

    #[test]
    fn text_of_good_terms_settles(
        text in "(src (10\\.0\\.0\\.[1-9]{1,2}(/[0-9]{1,2}|-10\\.0\\.1\\.[0-9])?) )?(proto (tcp|udp|[0-9]{1,2}|6-17) )?(ds [1-5]?[0-9](-6[0-3])? )?(label [0-9]{1,8})?"
    ) {
        laws::wire::text_settles(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn prefixes_of_messages_agree((given, numbers) in message_and_numbers()) {
        laws::wire::prefixes_agree(&given.emit(numbers), numbers);
    }

    #[test]
    fn prefixes_of_any_octets_agree((octets, numbers) in odd_octets()) {
        laws::wire::prefixes_agree(&octets, numbers);
    }
}
