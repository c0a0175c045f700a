//! A message as JSON: the `message` object of the contract.

use std::net::IpAddr;

use super::header_facts::HeaderFacts;
use super::json_writer::{Hexadecimal, HexadecimalOctets, Null, Object, Phrase, Text, ToJson, Word, array};
use crate::net::{Checksum, Encapsulation, FlowFacts, Peeled, UdpTunnel};
use crate::trace::SeenMessage;
use crate::wire::{
    Extension, Field, FieldSink, Header, KeyRing, Layout, Malformed, Meaning, MessageType, RequestFlags,
    TrafficSelector, Value, Verdict,
};

/// A message that can be written as JSON.
pub(super) struct MessageJson<'r, 'a> {
    /// The message.
    pub seen: &'r SeenMessage<'a>,
    /// Its time in RFC 3339 format.
    pub time: &'r str,
    /// The keys that verify its authenticators.
    pub keys: &'r KeyRing,
}

impl ToJson for MessageJson<'_, '_> {
    fn write(&self, out: &mut Vec<u8>) {
        let Self { seen, .. } = self;
        let message = &seen.message;
        let mut object = Object::begin(out);
        object.entry("frame", seen.frame);
        object.entry("file", seen.file);
        object.entry("time", Word(self.time));
        object.entry("source", seen.datagram.source);
        object.entry("destination", seen.datagram.destination);
        match message.kind().map(|kind| (kind.0, kind.name())) {
            Some((_, Some(name))) => object.entry("type", Word(name)),
            Some((number, None)) => object.entry("type", number),
            None => object.entry("type", Null),
        }
        let facts = HeaderFacts::of(&seen.message);
        object.entry("flags", facts.flags);
        object.entry("code", facts.code);
        object.entry("code_name", facts.code_name.map(Word));
        object.entry("lifetime", facts.lifetime);
        object.entry("home_address", facts.home_address);
        object.entry("home_agent", facts.home_agent);
        object.entry("care_of_address", facts.care_of_address);
        object.entry("identification", facts.identification.map(|number| Hexadecimal(number, 16)));
        object.entry("extensions", ExtensionList(self));
        object.entry("malformed", message.malformed().map(Phrase));
        object.entry("truncated", seen.is_truncated());
        object.entry("udp_checksum", Word(checksum_name(seen.datagram.checksum())));
        match message.kind() {
            Some(MessageType::REVOCATION) => {
                object.entry("from_home_agent", facts.from_home_agent);
                object.entry("inform", facts.inform);
                object.entry("home_domain_address", facts.home_domain_address);
                object.entry("foreign_domain_address", facts.foreign_domain_address);
                object.entry("revocation_identifier", facts.revocation_identifier);
            }
            Some(MessageType::REVOCATION_ACKNOWLEDGEMENT) => {
                object.entry("inform", facts.inform);
                object.entry("revocation_identifier", facts.revocation_identifier);
            }
            Some(MessageType::TUNNEL_DATA) => {
                object.entry("next_header", facts.next_header);
                let inner = UdpTunnel::of(&seen.datagram).and_then(|tunnel| tunnel.peeled);
                object.entry("inner", inner.as_ref().and_then(Inner::of));
            }
            _ => {}
        }
        if matches!(message.header, Header::Other(_) | Header::Short(..)) {
            object.entry("data", HexadecimalOctets(message.octets));
        }
        object.end();
    }
}

struct ExtensionList<'j, 'r, 'a>(&'j MessageJson<'r, 'a>);

impl ToJson for ExtensionList<'_, '_, '_> {
    fn write(&self, out: &mut Vec<u8>) {
        let extensions = self.0.seen.message.extensions();
        let mut verifier = self.0.keys.verifier(self.0.seen.message.octets);
        array(
            out,
            extensions.map(|extension| {
                let is_signed = extension.is_authentication();
                let verdict = is_signed.then(|| verifier.verify(&extension)).flatten();
                ExtensionJson { extension, verdict }
            }),
        );
    }
}

struct ExtensionJson<'a> {
    extension: Extension<'a>,
    /// Whether its authenticator is valid under the keys; `None` if it has none.
    verdict: Option<Verdict>,
}

impl ToJson for ExtensionJson<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let Self { extension, verdict } = self;
        let mut object = Object::begin(out);
        object.entry("type", extension.kind.0);
        let reserves_it = has_reserved_octet(extension);
        object.entry("subtype", extension.subtype.filter(|_| !reserves_it));
        object.entry("length", (extension.layout != Layout::Cut).then_some(extension.length));
        object.entry("offset", extension.offset);
        object.entry("name", Word(extension.name()));
        if reserves_it {
            object.entry("reserved", extension.subtype);
        }
        let malformed = extension.describe(&mut FieldEntries(&mut object));
        object.entry("malformed", malformed.filter(Malformed::is_fault).map(Phrase));
        if extension.is_authentication() {
            object.entry("verdict", verdict.map(Verdict::name).map(Word));
        }
        if !has_all_its_fields(extension) {
            object.entry("data", HexadecimalOctets(extension.data));
        }
        object.end();
    }
}

/// Whether the extension has a reserved octet in the place of a Sub-Type (RFC 3115 §2).
fn has_reserved_octet(extension: &Extension<'_>) -> bool {
    extension.name() == "critical-vendor"
}

/// Whether the contract lists the fields of this extension; all other extensions also show their octets as `data`.
fn has_all_its_fields(extension: &Extension<'_>) -> bool {
    extension.is_multipath()
        || extension.is_flow_binding()
        || extension.is_authentication()
        || extension.name() == "nai"
}

/// Writes each field it is given as an entry of the extension's object.
struct FieldEntries<'e, 'o>(&'e mut Object<'o>);

impl<'a> FieldSink<'a> for FieldEntries<'_, '_> {
    const WANTS_DETAILS: bool = false;

    // Inlined into the reader of each layout, where the compiler knows most of these values.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn field(&mut self, field: Field<'a>) {
        let Self(object) = self;
        let Field { key, value, meaning, detail, .. } = field;
        // The object already has the Sub-Type of a short extension from its header; opaque octets are in its `data`;
        // and a field that was cut off is null.
        if detail || matches!(key, "subtype" | "data" | "before_the_cut") {
            return;
        }
        match (value, meaning) {
            (Value::Number(_), Meaning::Word(word)) => object.entry(key, Word(word)),
            (Value::Absent, Meaning::Word(_)) => object.entry(key, Null),
            // Lists are never null.
            (Value::Absent, _) if key == "bids" => object.entry(key, Value::List(&[])),
            (Value::Selector { selector, whole }, Meaning::Name { key: Some(layout), name }) => {
                object.entry(key, SelectorJson(&selector));
                object.entry("selector_text", whole.then_some(Phrase(selector)));
                object.entry(layout, name.map(Word));
            }
            (_, _) if key == "selector" => {
                object.entry(key, Null);
                object.entry("selector_text", Null);
                object.entry("ts_layout", Null);
            }
            (value, Meaning::Name { key: Some(name_key), name }) => {
                object.entry(key, value);
                object.entry(name_key, name.map(Word));
            }
            (value, _) => object.entry(key, value),
        }
    }
}

/// The value alone, without its meaning.
impl ToJson for Value<'_> {
    #[allow(clippy::inline_always)] // for the same reason as in `FieldEntries`
    #[inline(always)]
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Absent => Null.write(out),
            Self::Flag(flag) => flag.write(out),
            Self::Number(number) => number.write(out),
            Self::Hexadecimal(number, digits) => Hexadecimal(*number, *digits).write(out),
            Self::Ipv4(address) => address.write(out),
            Self::Ipv6(address) => address.write(out),
            Self::Text(octets) => Text(String::from_utf8_lossy(octets)).write(out),
            Self::Octets(octets) => HexadecimalOctets(octets).write(out),
            Self::List(octets) => array(out, *octets),
            Self::Selector { selector, .. } => SelectorJson(selector).write(out),
        }
    }
}

/// A selector as the contract has it: each field `null` or its first and last value.
struct SelectorJson<'s>(&'s TrafficSelector);

impl ToJson for SelectorJson<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let Self(selector) = self;
        let mut object = Object::begin(out);
        object.entry("source_address", selector.source_address.range_or_single());
        object.entry("destination_address", selector.destination_address.range_or_single());
        object.entry("spi", selector.spi.range_or_single());
        object.entry("flow_label", selector.flow_label_bits().range_or_single());
        object.entry("source_port", selector.source_port.range_or_single());
        object.entry("destination_port", selector.destination_port.range_or_single());
        object.entry("ds", selector.ds_bits().range_or_single());
        object.entry("protocol", selector.protocol.range_or_single());
        object.end();
    }
}

/// The packet inside a Tunnel Data message: the `inner` object.
struct Inner {
    encapsulation: &'static str,
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    bytes: u32,
}

impl Inner {
    fn of(peeled: &Peeled<'_>) -> Option<Self> {
        let facts = FlowFacts::of(peeled.inner.as_ref()?);
        Some(Self {
            encapsulation: encapsulation_name(peeled.encapsulation),
            source: facts.key.source,
            destination: facts.key.destination,
            protocol: facts.key.protocol,
            source_port: facts.key.source_port,
            destination_port: facts.key.destination_port,
            bytes: facts.length,
        })
    }
}

impl ToJson for Inner {
    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::begin(out);
        object.entry("encapsulation", Word(self.encapsulation));
        object.entry("source", self.source);
        object.entry("destination", self.destination);
        object.entry("protocol", self.protocol);
        object.entry("source_port", self.source_port);
        object.entry("destination_port", self.destination_port);
        object.entry("bytes", self.bytes);
        object.end();
    }
}

/// The word for an encapsulation.
pub(super) const fn encapsulation_name(encapsulation: Encapsulation) -> &'static str {
    match encapsulation {
        Encapsulation::IpIp => "ipip",
        Encapsulation::Minimal => "minimal",
        Encapsulation::Gre => "gre",
        Encapsulation::SixInFour => "ipv6",
    }
}

/// The word for the state of a UDP checksum.
const fn checksum_name(checksum: Checksum) -> &'static str {
    match checksum {
        Checksum::Absent => "absent",
        Checksum::Correct => "correct",
        Checksum::Wrong { .. } => "wrong",
        Checksum::Unverified | Checksum::Offloaded => "unverified",
    }
}

/// The letters of the flags that are set.
impl ToJson for RequestFlags {
    fn write(&self, out: &mut Vec<u8>) {
        array(out, self.letters().map(Word));
    }
}
