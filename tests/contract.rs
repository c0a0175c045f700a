//! The JSON contract for messages, extensions and the capture, as types that refuse any key they do not know and
//! any key that is missing.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// The fields are named by the contract.
#![allow(clippy::struct_field_names)]

mod program;

use program::{KEY, shown};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A key that has to be there, but may be `null`.
#[derive(Debug)]
struct OrNull<T>(Option<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for OrNull<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By way of a value: a missing key would pass for an absent option.
        match Value::deserialize(deserializer)? {
            Value::Null => Ok(Self(None)),
            value => serde_json::from_value(value).map(|value| Self(Some(value))).map_err(D::Error::custom),
        }
    }
}

/// Text of a fixed form.
#[derive(Debug)]
struct Text<const FORM: u8>;

/// `0x` and 16 digits.
const IDENTIFICATION: u8 = 0;
/// Pairs of hexadecimal digits.
const OCTETS: u8 = 1;
/// RFC 3339 in UTC with microseconds, as all samples have them.
const TIME: u8 = 2;
/// An IPv4 address.
const ADDRESS: u8 = 3;
/// `address:port`.
const ENDPOINT: u8 = 4;
/// An address of either family.
const ANY_ADDRESS: u8 = 5;

impl<'de, const FORM: u8> Deserialize<'de> for Text<FORM> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_hexadecimal = |digits: &str| {
            digits.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit))
        };
        let fits = match FORM {
            IDENTIFICATION => {
                text.strip_prefix("0x").is_some_and(|digits| digits.len() == 16 && is_hexadecimal(digits))
            }
            OCTETS => text.len() % 2 == 0 && is_hexadecimal(&text),
            TIME => text.len() == 27 && text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok(),
            ADDRESS => text.parse::<std::net::Ipv4Addr>().is_ok(),
            ENDPOINT => text.parse::<std::net::SocketAddr>().is_ok(),
            _ => text.parse::<std::net::IpAddr>().is_ok(),
        };
        if fits { Ok(Self) } else { Err(D::Error::custom(format!("{text:?} has the wrong form"))) }
    }
}

type Address = Text<ADDRESS>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Document {
    schema: String,
    messages: Vec<Value>,
    capture: Capture,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Capture {
    files: Vec<String>,
    link_types: Vec<String>,
    packets: u64,
    bytes: u64,
    first: OrNull<Text<TIME>>,
    last: OrNull<Text<TIME>>,
    registrations: u64,
    tunnelled: u64,
    fragments: u64,
    undecodable: u64,
    truncated: u64,
    evicted: Evicted,
    dropped: OrNull<u64>,
    clock_backwards: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Evicted {
    nodes: u64,
    exchanges: u64,
    flows: u64,
    findings: u64,
    fragments: u64,
    bindings: u64,
    rules: u64,
    legs: u64,
    others: u64,
}

/// What every message has, and what its kind adds.
macro_rules! message {
    ($name:ident { $($field:ident: $kind:ty),* $(,)? }) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code)]
        struct $name {
            frame: u64,
            file: u32,
            time: Text<TIME>,
            source: Text<ENDPOINT>,
            destination: Text<ENDPOINT>,
            r#type: Value,
            flags: Vec<String>,
            code: OrNull<u8>,
            code_name: OrNull<String>,
            lifetime: OrNull<u16>,
            home_address: OrNull<Address>,
            home_agent: OrNull<Address>,
            care_of_address: OrNull<Address>,
            identification: OrNull<Text<IDENTIFICATION>>,
            extensions: Vec<Value>,
            malformed: OrNull<String>,
            truncated: bool,
            udp_checksum: Checksum,
            $($field: $kind),*
        }
    };
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Checksum {
    Correct,
    Wrong,
    Absent,
    Unverified,
}

message!(Registration {});
message!(Unreadable { data: Text<OCTETS> });
message!(TunnelData { next_header: u8, inner: OrNull<Inner> });
message!(Revocation {
    from_home_agent: bool,
    inform: bool,
    home_domain_address: Address,
    foreign_domain_address: Address,
    revocation_identifier: u32,
});
message!(RevocationAcknowledgement { inform: bool, revocation_identifier: u32 });

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Inner {
    encapsulation: String,
    source: Text<ANY_ADDRESS>,
    destination: Text<ANY_ADDRESS>,
    protocol: u8,
    source_port: OrNull<u16>,
    destination_port: OrNull<u16>,
    bytes: u32,
}

/// What every extension has, and what its kind adds.
macro_rules! extension {
    ($name:ident { $($field:ident: $kind:ty),* $(,)? }) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code)]
        struct $name {
            r#type: u8,
            subtype: OrNull<u8>,
            length: u32,
            offset: u32,
            name: String,
            malformed: OrNull<String>,
            $($field: $kind),*
        }
    };
}

extension!(Multipath {
    if_att: OrNull<u8>,
    if_att_name: OrNull<String>,
    if_label: OrNull<u8>,
    bid: OrNull<u8>,
    bulk: OrNull<bool>,
    overwrite: OrNull<bool>,
    reserved: OrNull<u8>,
});
extension!(FlowBinding {
    action: Action,
    bid_count: OrNull<u8>,
    bids: Vec<u8>,
    ts_format: OrNull<u8>,
    ts_layout: OrNull<String>,
    selector: OrNull<Selector>,
    selector_text: OrNull<String>,
});
extension!(Authentication { spi: OrNull<u32>, authenticator: OrNull<Text<OCTETS>>, verdict: OrNull<Verdict> });
extension!(Nai { nai: OrNull<String> });
extension!(Opaque { data: Text<OCTETS> });
extension!(Challenge { challenge: Text<OCTETS>, data: Text<OCTETS> });
extension!(RevocationSupport { inform: bool, reserved: u16, timestamp: u32, data: Text<OCTETS> });
extension!(UdpTunnelRequest {
    reserved_1: u8,
    force: bool,
    through_foreign_agent: bool,
    reserved_2: u8,
    encapsulation: u8,
    reserved_3: u16,
    data: Text<OCTETS>,
});
extension!(UdpTunnelReply {
    reply_code: u8,
    force: bool,
    reserved: u16,
    keepalive_interval: u16,
    data: Text<OCTETS>,
});
extension!(MobileNetworkRequest { prefix_length: u8, prefix: Address, data: Text<OCTETS> });
extension!(MobileNetworkAcknowledgement {
    code: u8,
    prefix_length: u8,
    reserved: u8,
    prefix: Address,
    data: Text<OCTETS>,
});
extension!(PrefixRequest { prefix_length: u8, prefix: Text<ANY_ADDRESS>, data: Text<OCTETS> });
extension!(PrefixReply {
    code: u8,
    prefix_length: u8,
    reserved: u8,
    prefix: Text<ANY_ADDRESS>,
    data: Text<OCTETS>,
});
extension!(TunnelingMode { reserved: u8, data: Text<OCTETS> });
extension!(DynamicHomeAgent { home_agent: Address, data: Text<OCTETS> });
extension!(MessageString { text: String, data: Text<OCTETS> });
extension!(CriticalVendor { vendor: u32, vendor_type: u16, value: Text<OCTETS>, data: Text<OCTETS> });
extension!(NormalVendor {
    reserved: OrNull<u16>,
    vendor: OrNull<u32>,
    vendor_type: OrNull<u16>,
    value: OrNull<Text<OCTETS>>,
    data: Text<OCTETS>,
});
extension!(GreKey { key: u32, data: Text<OCTETS> });

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Drop,
    Forward,
    #[serde(untagged)]
    #[allow(dead_code)]
    Number(u8),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Valid,
    Invalid,
    NoKey,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Selector {
    source_address: OrNull<[Text<ANY_ADDRESS>; 2]>,
    destination_address: OrNull<[Text<ANY_ADDRESS>; 2]>,
    spi: OrNull<[u32; 2]>,
    flow_label: OrNull<[u32; 2]>,
    source_port: OrNull<[u16; 2]>,
    destination_port: OrNull<[u16; 2]>,
    ds: OrNull<[u8; 2]>,
    protocol: OrNull<[u8; 2]>,
}

fn is<T: DeserializeOwned>(value: &Value) {
    if let Err(error) = serde_json::from_value::<T>(value.clone()) {
        panic!("{error}\n{value:#}");
    }
}

fn check_message(message: &Value) {
    let is_whole = message["malformed"].is_null() || !message["identification"].is_null();
    match message["type"].as_str() {
        Some("rrq" | "rrp") if is_whole => is::<Registration>(message),
        Some("tunnel-data") => is::<TunnelData>(message),
        Some("revocation") => is::<Revocation>(message),
        Some("revocation-ack") => is::<RevocationAcknowledgement>(message),
        _ => is::<Unreadable>(message),
    }
    for extension in message["extensions"].as_array().unwrap() {
        check_extension(extension);
    }
}

fn check_extension(extension: &Value) {
    let mut extension = extension.clone();
    // What follows the last field of a malformed extension is told under a key of its own.
    if !extension["malformed"].is_null() {
        extension.as_object_mut().unwrap().remove("left_over");
    }
    let extension = &extension;
    match (extension["name"].as_str().unwrap(), extension["subtype"].as_u64()) {
        ("multipath", _) => is::<Multipath>(extension),
        ("flow-binding", _) => is::<FlowBinding>(extension),
        (name, _) if name.ends_with("-auth") => is::<Authentication>(extension),
        ("nai", _) => is::<Nai>(extension),
        ("challenge", _) => is::<Challenge>(extension),
        ("revocation-support", _) => is::<RevocationSupport>(extension),
        ("udp-tunnel-request", _) => is::<UdpTunnelRequest>(extension),
        ("udp-tunnel-reply", _) => is::<UdpTunnelReply>(extension),
        ("mobile-network", Some(0)) => is::<MobileNetworkRequest>(extension),
        ("mobile-network", Some(1 | 2)) => is::<MobileNetworkAcknowledgement>(extension),
        ("dual-stack", Some(1)) => is::<PrefixRequest>(extension),
        ("dual-stack", Some(2)) => is::<PrefixReply>(extension),
        ("dual-stack", Some(3)) => is::<TunnelingMode>(extension),
        ("dynamic-home-agent", _) => is::<DynamicHomeAgent>(extension),
        ("message-string", _) => is::<MessageString>(extension),
        ("critical-vendor", _) => is::<CriticalVendor>(extension),
        ("normal-vendor", _) => is::<NormalVendor>(extension),
        ("gre-key", _) => is::<GreKey>(extension),
        _ => is::<Opaque>(extension),
    }
}

const SAMPLES: [&str; 5] = ["figure3", "foreign-agent", "tunnels", "extensions", "malformed"];

#[test]
fn documents_hold_to_the_contract() {
    for name in SAMPLES {
        for key in [String::new(), format!("--key {KEY}")] {
            let text = shown(&format!("decode --format json --show messages {key} samples/{name}.pcap"));
            let document: Document = serde_json::from_str(&text).unwrap();
            assert_eq!(document.schema, "mipflow/1");
            assert_eq!(document.capture.files, [format!("samples/{name}.pcap")]);
            assert!(!document.messages.is_empty());
            document.messages.iter().for_each(check_message);
        }
    }
}

#[test]
fn records_are_the_objects_of_the_document() {
    for name in SAMPLES {
        let arguments = format!("--show messages samples/{name}.pcap");
        let document: Value =
            serde_json::from_str(&shown(&format!("decode --format json {arguments}"))).unwrap();
        let text = shown(&format!("decode --format ndjson {arguments}"));
        let mut records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(text.lines().all(|line| line.starts_with("{\"record\":\"")), "record is the first key");
        let kinds: Vec<Value> = records
            .iter_mut()
            .map(|record| record.as_object_mut().unwrap().remove("record").unwrap())
            .collect();
        let capture = records.pop().unwrap();
        assert_eq!(capture, document["capture"]);
        assert_eq!(Value::from(records), document["messages"]);
        assert_eq!(kinds.last().unwrap(), "capture");
        assert!(kinds.iter().rev().skip(1).all(|kind| kind == "message"));
    }
}

#[test]
fn a_document_without_messages_is_whole() {
    let text = shown("decode --format json --show messages --bpf arp samples/figure3.pcap");
    let document: Document = serde_json::from_str(&text).unwrap();
    assert!(document.messages.is_empty());
    assert_eq!((document.capture.packets, document.capture.registrations), (46, 0));
}
