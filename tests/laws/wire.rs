//! Laws of the codec.

use mipflow::wire::{
    Bounds, Content, Extension, Field, Header, Message, Numbers, SelectorFormat, SelectorLayout,
    TrafficSelector, Value,
};

/// Reads everything a payload can be asked for, prints what can be printed, and checks that every octet is told
/// to the sink exactly once.
pub fn every_octet_is_told_once(octets: &[u8], not_captured: usize, numbers: Numbers) {
    let message = Message::parse(octets, not_captured, numbers);
    let mut fields = Vec::new();
    message.describe(&mut fields);
    let mut end = fixed_part(&message);
    assert_tiled(&fields, 0, end);
    let _ = format!("{message:?} {:?}", message.malformed().map(|fault| fault.to_string()));
    for extension in message.extensions() {
        assert_eq!(extension.offset, end, "extensions stand one behind the other");
        end += extension.total_length();
        describe_extension(&extension, octets);
    }
    if message.extensions().next().is_some() {
        assert_eq!(end, octets.len(), "the walk goes to the end");
    }
    assert!(
        not_captured > 0
            || message.malformed().is_some()
            || message.extensions().all(|one| one.cut.is_none())
    );
}

fn describe_extension(extension: &Extension<'_>, octets: &[u8]) {
    let mut fields = Vec::new();
    extension.describe_header(&mut fields);
    let fault = extension.describe(&mut fields);
    assert_tiled(&fields, extension.offset, extension.offset + extension.total_length());
    assert_eq!(fault, extension.content().err(), "describing and reading find the same fault");
    assert!(
        fault.is_none_or(|fault| fault.offset <= octets.len()),
        "a fault is within the octets: {fault:?}"
    );
    assert_eq!(
        extension.data,
        &octets[extension.data_offset()..extension.data_offset() + extension.data.len()]
    );
    let _ =
        format!("{} {extension:?} {:?} {fields:?}", extension.name(), fault.map(|fault| fault.to_string()));
    if let Ok(Content::FlowBinding(flow_binding)) = extension.content()
        && let Some(selector) = flow_binding.selector
    {
        selector_text_reads_back(&selector);
    }
}

/// Where the octets end that [`Message::describe`] speaks of.
fn fixed_part(message: &Message<'_>) -> usize {
    match message.header {
        Header::Short(..) => message.octets.len(),
        Header::Request(_) => 24,
        Header::Reply(_) | Header::Revocation(_) => 20,
        Header::RevocationAcknowledgement(_) => 12,
        Header::TunnelData(_) => 4,
        // Only the type is read, though extensions begin behind 24 octets where the type is known.
        Header::Other(_) if message.extensions().next().is_some() => 24,
        Header::Other(_) => 1,
    }
}

/// Checks that the fields that are no details cover the octets from `start` to `end` in order, each once, and that
/// details stay within the field they belong to.
fn assert_tiled(fields: &[Field<'_>], start: usize, end: usize) {
    let mut at = start;
    let mut last = start..start;
    let mut mask = 0u32;
    for field in fields {
        if field.detail {
            assert!(
                last.start <= field.octets.start && field.octets.end <= last.end,
                "{field:?} in {last:?}"
            );
            continue;
        }
        if field.mask != 0 && field.octets == last && mask != 0 && !last.is_empty() {
            assert_eq!(mask & field.mask, 0, "two fields of one bit: {field:?}");
            mask |= field.mask;
            continue;
        }
        assert_masked_whole(mask, &last);
        assert_eq!(field.octets.start, at, "a gap or an overlap before {field:?} of {fields:?}");
        assert!(
            field.octets.end >= at && (field.value != Value::Absent || field.octets.is_empty()),
            "{field:?}"
        );
        at = field.octets.end;
        last = field.octets.clone();
        mask = field.mask;
    }
    assert_masked_whole(mask, &last);
    // A message of which only the type is read.
    assert!(at == end || (fields.len() == 1 && at == 1), "{at} instead of {end}: {fields:?}");
}

fn assert_masked_whole(mask: u32, octets: &std::ops::Range<usize>) {
    if mask != 0 && !octets.is_empty() {
        assert_eq!(
            u64::from(mask),
            (1u64 << (octets.len() * 8)) - 1,
            "bits of {octets:?} that nobody told of"
        );
    }
}

/// Checks that what reads without fault is emitted again to the same octets: each extension, the fixed part, and
/// the whole message when it has no fault at all.
pub fn what_reads_well_is_emitted_again(octets: &[u8], numbers: Numbers) {
    let message = Message::parse(octets, 0, numbers);
    let mut out = Vec::new();
    if !emit_fixed_part(&message, &mut out) {
        return;
    }
    let mut whole = message.malformed().is_none();
    for extension in message.extensions() {
        let Ok(content) = extension.content() else {
            whole = false;
            continue;
        };
        let mut again = vec![0xee];
        content.emit(extension.kind, extension.subtype.unwrap_or(0), numbers, &mut again);
        let end = extension.offset + extension.total_length();
        assert_eq!(again[1..], octets[extension.offset..end], "{extension:?}");
        out.extend_from_slice(&again[1..]);
        if let Content::FlowBinding(flow_binding) = content
            && let Some(selector) = flow_binding.selector
        {
            selector_is_emitted_again(&selector, flow_binding.selector_octets);
        }
    }
    if whole {
        assert_eq!(out, octets);
    }
}

/// Appends the fixed part, and says whether the message has one that can be emitted.
fn emit_fixed_part(message: &Message<'_>, out: &mut Vec<u8>) -> bool {
    match message.header {
        Header::Request(request) => request.emit(out),
        Header::Reply(reply) => reply.emit(out),
        Header::TunnelData(tunnelled) => tunnelled.emit(out),
        Header::Revocation(revocation) => revocation.emit(out),
        Header::RevocationAcknowledgement(acknowledgement) => acknowledgement.emit(out),
        // Read by its type alone, so there is nothing to emit it from.
        Header::Other(_) if message.extensions().next().is_some() => {
            out.extend_from_slice(&message.octets[..24]);
        }
        Header::Other(_) | Header::Short(..) => return false,
    }
    assert!(message.octets.starts_with(out), "{:?}", message.header);
    true
}

/// Checks that a selector read without fault from `octets` emits them again. Octets behind its last field are
/// allowed (TS-006) and are no part of it.
fn selector_is_emitted_again(selector: &TrafficSelector, octets: &[u8]) {
    let mut again = Vec::new();
    selector.emit(&mut again);
    assert!(octets.starts_with(&again), "{selector:?}: {again:02x?} of {octets:02x?}");
}

/// Checks that what is printed of a selector reads back as that selector, but for what text cannot say.
pub fn selector_text_reads_back(selector: &TrafficSelector) {
    let text = selector.to_string();
    let read = text.parse::<TrafficSelector>();
    assert_eq!(read, Ok(as_text_says(selector)), "{text}");
}

/// The selector without what its text leaves out: the layout, reserved bits, the ECN bits of the DS octet, the octet
/// above a flow label, and the format where no field depends on it.
fn as_text_says(selector: &TrafficSelector) -> TrafficSelector {
    let six_bits = |octet: Option<u8>| octet.map(|octet| octet & 0xfc);
    let mut said = TrafficSelector {
        format: SelectorFormat::Ipv4,
        layout: SelectorLayout::Direct,
        reserved: 0,
        ds: Bounds { start: six_bits(selector.ds.start), end: six_bits(selector.ds.end) },
        flow_label: selector.flow_label_bits(),
        ..*selector
    };
    let (source, destination) = (said.source_address, said.destination_address);
    let mut addresses = [source.start, source.end, destination.start, destination.end].into_iter().flatten();
    if !said.flow_label.is_absent() || addresses.any(|address| address.is_ipv6()) {
        said.format = SelectorFormat::Ipv6;
    }
    said
}

/// Checks that text which reads as a selector prints as text that reads the same, and that no text ends the program.
pub fn text_settles(text: &str) {
    match text.parse::<TrafficSelector>() {
        Ok(selector) => assert_eq!(selector.to_string().parse(), Ok(selector), "{text} as {selector}"),
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
}

/// Checks each prefix of a message: the extensions that are whole in it are those of the whole message, and where
/// the rest was merely not captured, nothing is held against the sender.
pub fn prefixes_agree(octets: &[u8], numbers: Numbers) {
    let whole = Message::parse(octets, 0, numbers);
    let good = whole.malformed().is_none();
    let extensions: Vec<_> = whole.extensions().collect();
    for length in 0..octets.len() {
        let prefix = &octets[..length];
        let cut = Message::parse(prefix, octets.len() - length, numbers);
        assert!(!good || cut.malformed().is_none(), "cut to {length}");
        for message in [cut, Message::parse(prefix, 0, numbers)] {
            let found: Vec<_> = message.extensions().collect();
            assert!(found.len() <= extensions.len());
            for (extension, same) in
                found.iter().zip(&extensions).filter(|(extension, _)| extension.cut.is_none())
            {
                assert_eq!(extension, same, "cut to {length}");
            }
        }
    }
}
