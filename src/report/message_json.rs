//! A message as JSON: the `message` object of the contract.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::net::{Checksum, Encapsulation, FlowFacts, Peeled, UdpTunnel};
use crate::trace::SeenMessage;
use crate::wire::{
    Bounds, Extension, Field, FieldSink, Header, KeyRing, Malformed, Meaning, RequestFlags, TrafficSelector,
    Value, Verdict,
};

/// A message on its way to JSON.
pub(super) struct MessageJson<'r, 'a> {
    /// The message.
    pub seen: &'r SeenMessage<'a>,
    /// Its time as RFC 3339.
    pub time: &'r str,
    /// The keys its authenticators are verified with.
    pub keys: &'r KeyRing,
    /// Whether `"record": "message"` goes first.
    pub record: bool,
}

impl Serialize for MessageJson<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { seen, .. } = self;
        let message = &seen.message;
        let mut map = serializer.serialize_map(None)?;
        if self.record {
            map.serialize_entry("record", "message")?;
        }
        map.serialize_entry("frame", &seen.frame)?;
        map.serialize_entry("file", &seen.file)?;
        map.serialize_entry("time", self.time)?;
        map.serialize_entry("source", &Endpoint(seen.datagram.source))?;
        map.serialize_entry("destination", &Endpoint(seen.datagram.destination))?;
        match message.kind().map(|kind| (kind.0, kind.name())) {
            Some((_, Some(name))) => map.serialize_entry("type", name)?,
            Some((number, None)) => map.serialize_entry("type", &number)?,
            None => map.serialize_entry("type", &())?,
        }
        let facts = HeaderFacts::of(seen);
        map.serialize_entry("flags", &Flags(facts.flags))?;
        map.serialize_entry("code", &facts.code)?;
        map.serialize_entry("code_name", &facts.code_name)?;
        map.serialize_entry("lifetime", &facts.lifetime)?;
        map.serialize_entry("home_address", &facts.home_address.map(Address))?;
        map.serialize_entry("home_agent", &facts.home_agent.map(Address))?;
        map.serialize_entry("care_of_address", &facts.care_of_address.map(Address))?;
        map.serialize_entry("identification", &facts.identification.map(Hexadecimal16))?;
        map.serialize_entry("extensions", &ExtensionList(self))?;
        map.serialize_entry("malformed", &message.malformed().map(Text))?;
        map.serialize_entry("truncated", &seen.is_truncated())?;
        map.serialize_entry("udp_checksum", checksum_name(seen.datagram.checksum()))?;
        match &message.header {
            Header::Revocation(revocation) => {
                map.serialize_entry("from_home_agent", &revocation.from_home_agent)?;
                map.serialize_entry("inform", &revocation.inform)?;
                map.serialize_entry("home_domain_address", &Address(revocation.home_domain_address))?;
                map.serialize_entry("foreign_domain_address", &Address(revocation.foreign_domain_address))?;
                map.serialize_entry("revocation_identifier", &revocation.identifier)?;
            }
            Header::RevocationAcknowledgement(acknowledgement) => {
                map.serialize_entry("inform", &acknowledgement.inform)?;
                map.serialize_entry("revocation_identifier", &acknowledgement.identifier)?;
            }
            Header::TunnelData(data) => {
                map.serialize_entry("next_header", &data.next_header.0)?;
                let inner = UdpTunnel::of(&seen.datagram).and_then(|tunnel| tunnel.peeled);
                map.serialize_entry("inner", &inner.as_ref().and_then(Inner::of))?;
            }
            Header::Other(_) | Header::Short(..) => {
                map.serialize_entry("data", &HexadecimalOctets(message.octets))?;
            }
            Header::Request(_) | Header::Reply(_) => {}
        }
        map.end()
    }
}

/// The fields of the fixed part that every message object has, `None` where the message has none.
#[derive(Default)]
struct HeaderFacts {
    flags: RequestFlags,
    code: Option<u8>,
    code_name: Option<&'static str>,
    lifetime: Option<u16>,
    home_address: Option<Ipv4Addr>,
    home_agent: Option<Ipv4Addr>,
    care_of_address: Option<Ipv4Addr>,
    identification: Option<u64>,
}

impl HeaderFacts {
    fn of(seen: &SeenMessage<'_>) -> Self {
        let message = &seen.message;
        match &message.header {
            Header::Request(request) => Self {
                flags: request.flags,
                lifetime: Some(request.lifetime),
                home_address: Some(request.home_address),
                home_agent: Some(request.home_agent),
                care_of_address: Some(request.care_of_address),
                identification: Some(request.identification),
                ..Self::default()
            },
            Header::Reply(reply) => Self {
                code: Some(reply.code.0),
                code_name: Some(reply.code.name(message.numbers())),
                lifetime: Some(reply.lifetime),
                home_address: Some(reply.home_address),
                home_agent: Some(reply.home_agent),
                identification: Some(reply.identification),
                ..Self::default()
            },
            Header::Revocation(revocation) => {
                Self { home_address: Some(revocation.home_address), ..Self::default() }
            }
            Header::RevocationAcknowledgement(acknowledgement) => {
                Self { home_address: Some(acknowledgement.home_address), ..Self::default() }
            }
            Header::Short(..) => {
                let mut facts = Self::default();
                message.describe(&mut facts);
                facts
            }
            Header::TunnelData(_) | Header::Other(_) => Self::default(),
        }
    }
}

/// What can be read of a fixed part that is cut short.
impl FieldSink<'_> for HeaderFacts {
    const WANTS_DETAILS: bool = false;

    fn field(&mut self, field: Field<'_>) {
        match (field.key, field.value) {
            ("code", Value::Number(code)) => {
                self.code = u8::try_from(code).ok();
                if let Meaning::Name { name, .. } = field.meaning {
                    self.code_name = name;
                }
            }
            ("lifetime", Value::Number(seconds)) => self.lifetime = u16::try_from(seconds).ok(),
            ("home_address", Value::Ipv4(address)) => self.home_address = Some(address),
            ("home_agent", Value::Ipv4(address)) => self.home_agent = Some(address),
            ("care_of_address", Value::Ipv4(address)) => self.care_of_address = Some(address),
            ("identification", Value::Hexadecimal(value, _)) => self.identification = Some(value),
            (key, Value::Flag(true)) if key.starts_with("flags.") => {
                self.flags.0 |= u8::try_from(field.mask).unwrap_or_default();
            }
            _ => {}
        }
    }
}

struct ExtensionList<'j, 'r, 'a>(&'j MessageJson<'r, 'a>);

impl Serialize for ExtensionList<'_, '_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for extension in self.0.seen.message.extensions() {
            list.serialize_element(&ExtensionJson { extension, message: self.0 })?;
        }
        list.end()
    }
}

struct ExtensionJson<'j, 'r, 'a> {
    extension: Extension<'a>,
    message: &'j MessageJson<'r, 'a>,
}

impl Serialize for ExtensionJson<'_, '_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { extension, message } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &extension.kind.0)?;
        map.serialize_entry("subtype", &extension.subtype)?;
        map.serialize_entry("length", &extension.length)?;
        map.serialize_entry("offset", &extension.offset)?;
        map.serialize_entry("name", extension.name())?;
        let mut fields = FieldEntries { map: &mut map, failed: None };
        let malformed = extension.describe(&mut fields);
        if let Some(error) = fields.failed {
            return Err(error);
        }
        map.serialize_entry("malformed", &malformed.filter(Malformed::is_fault).map(Text))?;
        if extension.is_authentication() {
            let octets = message.seen.message.octets;
            let verdict = message.keys.verify(octets, extension).map(Verdict::name);
            map.serialize_entry("verdict", &verdict)?;
        }
        if !has_all_its_fields(extension) {
            map.serialize_entry("data", &HexadecimalOctets(extension.data))?;
        }
        map.end()
    }
}

/// Whether the contract lists the fields of this extension; all others show their octets too.
fn has_all_its_fields(extension: &Extension<'_>) -> bool {
    extension.is_multipath()
        || extension.is_flow_binding()
        || extension.is_authentication()
        || extension.name() == "nai"
}

/// Writes each field told as an entry of the extension's object.
struct FieldEntries<'m, M: SerializeMap> {
    map: &'m mut M,
    failed: Option<M::Error>,
}

impl<'a, M: SerializeMap> FieldSink<'a> for FieldEntries<'_, M> {
    const WANTS_DETAILS: bool = false;

    fn field(&mut self, field: Field<'a>) {
        // The Sub-Type of a short extension stands with the header, opaque octets with `data`.
        if field.detail || self.failed.is_some() || matches!(field.key, "subtype" | "data") {
            return;
        }
        if let Err(error) = self.entries(field) {
            self.failed = Some(error);
        }
    }
}

impl<M: SerializeMap> FieldEntries<'_, M> {
    fn entries(&mut self, field: Field<'_>) -> Result<(), M::Error> {
        let Field { key, value, meaning, .. } = field;
        match (value, meaning) {
            (Value::Number(_), Meaning::Word(word)) => self.map.serialize_entry(key, word),
            (Value::Absent, Meaning::Word(_)) => self.map.serialize_entry(key, &()),
            (Value::Selector { selector, whole }, Meaning::Name { key: Some(layout), name }) => {
                self.map.serialize_entry(key, &SelectorJson(&selector))?;
                self.map.serialize_entry("selector_text", &whole.then_some(Text(selector)))?;
                self.map.serialize_entry(layout, &name)
            }
            (_, _) if key == "selector" => {
                self.map.serialize_entry(key, &())?;
                self.map.serialize_entry("selector_text", &())?;
                self.map.serialize_entry("ts_layout", &())
            }
            (Value::List(octets), _) => self.map.serialize_entry(key, octets),
            (value, Meaning::Name { key: Some(name_key), name }) => {
                self.map.serialize_entry(key, &Plain(value))?;
                self.map.serialize_entry(name_key, &name)
            }
            (value, _) => self.map.serialize_entry(key, &Plain(value)),
        }
    }
}

/// A value without a meaning of its own in JSON.
struct Plain<'a>(Value<'a>);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Value::Absent => serializer.serialize_unit(),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            Value::Number(number) => serializer.serialize_u64(*number),
            Value::Hexadecimal(number, digits) => {
                serializer.collect_str(&format_args!("0x{number:0digits$x}"))
            }
            Value::Ipv4(address) => Address(*address).serialize(serializer),
            Value::Ipv6(address) => serializer.collect_str(address),
            Value::Text(octets) => serializer.serialize_str(&String::from_utf8_lossy(octets)),
            Value::Octets(octets) => HexadecimalOctets(octets).serialize(serializer),
            Value::List(octets) => octets.serialize(serializer),
            Value::Selector { selector, .. } => SelectorJson(selector).serialize(serializer),
        }
    }
}

/// A selector as the contract has it: each field `null` or its first and last value.
pub(super) struct SelectorJson<'s>(pub &'s TrafficSelector);

impl Serialize for SelectorJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(selector) = self;
        let mut map = serializer.serialize_map(Some(8))?;
        map.serialize_entry("source_address", &selector.source_address.range_or_single())?;
        map.serialize_entry("destination_address", &selector.destination_address.range_or_single())?;
        map.serialize_entry("spi", &selector.spi.range_or_single())?;
        map.serialize_entry("flow_label", &selector.flow_label.range_or_single())?;
        map.serialize_entry("source_port", &selector.source_port.range_or_single())?;
        map.serialize_entry("destination_port", &selector.destination_port.range_or_single())?;
        map.serialize_entry("ds", &six_bits(selector.ds))?;
        map.serialize_entry("protocol", &selector.protocol.range_or_single())?;
        map.end()
    }
}

/// The 6-bit values of a DS range; the ECN bits do not count.
fn six_bits(ds: Bounds<u8>) -> Option<(u8, u8)> {
    ds.range_or_single().map(|(start, end)| (start >> 2, end >> 2))
}

/// The packet inside a Tunnel Data message, under keys that no outer header uses.
#[derive(Serialize)]
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

/// The word for an encapsulation.
pub(super) const fn encapsulation_name(encapsulation: Encapsulation) -> &'static str {
    match encapsulation {
        Encapsulation::IpIp => "ipip",
        Encapsulation::Minimal => "minimal",
        Encapsulation::Gre => "gre",
        Encapsulation::SixInFour => "ipv6",
    }
}

/// The word for what became of a UDP checksum.
pub(super) const fn checksum_name(checksum: Checksum) -> &'static str {
    match checksum {
        Checksum::Absent => "absent",
        Checksum::Correct => "correct",
        Checksum::Wrong { .. } => "wrong",
        Checksum::Unverified => "unverified",
    }
}

struct Flags(RequestFlags);

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.letters())
    }
}

/// Anything that has a text.
struct Text<T>(T);

impl<T: std::fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An address and port; IPv4 is written without the formatting machinery, because every message has two.
struct Endpoint(SocketAddr);

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            SocketAddr::V4(endpoint) => {
                let mut text = Line::default();
                text.address(*endpoint.ip());
                text.push(b':');
                text.number(endpoint.port().into());
                serializer.serialize_str(text.as_str())
            }
            SocketAddr::V6(endpoint) => serializer.collect_str(&endpoint),
        }
    }
}

/// An IPv4 address.
struct Address(Ipv4Addr);

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Line::default();
        text.address(self.0);
        serializer.serialize_str(text.as_str())
    }
}

/// A 64-bit number as `0x` and 16 digits.
struct Hexadecimal16(u64);

impl Serialize for Hexadecimal16 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Line::default();
        text.push(b'0');
        text.push(b'x');
        for octet in self.0.to_be_bytes() {
            text.hexadecimal(octet);
        }
        serializer.serialize_str(text.as_str())
    }
}

/// Octets as pairs of digits.
struct HexadecimalOctets<'a>(&'a [u8]);

impl Serialize for HexadecimalOctets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Line::default();
        if self.0.len() * 2 <= text.octets.len() {
            for octet in self.0 {
                text.hexadecimal(*octet);
            }
            return serializer.serialize_str(text.as_str());
        }
        serializer.collect_str(&LongHexadecimal(self.0))
    }
}

struct LongHexadecimal<'a>(&'a [u8]);

impl std::fmt::Display for LongHexadecimal<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|octet| write!(formatter, "{octet:02x}"))
    }
}

/// A short ASCII text on the stack.
struct Line {
    octets: [u8; 80],
    length: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self { octets: [0; 80], length: 0 }
    }
}

impl Line {
    fn push(&mut self, octet: u8) {
        if let Some(place) = self.octets.get_mut(self.length) {
            *place = octet;
            self.length += 1;
        }
    }

    fn number(&mut self, number: u32) {
        let mut power = 10_000;
        while power > 1 && number < power {
            power /= 10;
        }
        while power > 0 {
            self.push(b'0' + u8::try_from(number / power % 10).unwrap_or_default());
            power /= 10;
        }
    }

    fn address(&mut self, address: Ipv4Addr) {
        for (index, octet) in address.octets().into_iter().enumerate() {
            if index > 0 {
                self.push(b'.');
            }
            self.number(octet.into());
        }
    }

    fn hexadecimal(&mut self, octet: u8) {
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        for nibble in [octet >> 4, octet & 15] {
            self.push(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'?'));
        }
    }

    fn as_str(&self) -> &str {
        self.octets.get(..self.length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }
}
