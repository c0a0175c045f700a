//! Messages and their extensions.

use serde::Deserialize;
use serde_json::Value;

use crate::forms::{ANY_ADDRESS, Address, ENDPOINT, IDENTIFICATION, OCTETS, OrNull, TIME, Text, is, keys};
use crate::inferred::Selector;

/// What every message has, and what its kind adds.
macro_rules! message {
    ($name:ident { $($field:ident: $kind:ty),* $(,)? }) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code)]
        pub struct $name {
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
pub enum Checksum {
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
pub struct Inner {
    encapsulation: InnerEncapsulation,
    source: Text<ANY_ADDRESS>,
    destination: Text<ANY_ADDRESS>,
    protocol: u8,
    source_port: OrNull<u16>,
    destination_port: OrNull<u16>,
    bytes: u32,
}

/// How a packet lies in Tunnel Data (RFC 3519 section 3.3): Next Header 4, 55, 47 or 41.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InnerEncapsulation {
    Ipip,
    Minimal,
    Gre,
    Ipv6,
}

/// What every extension has, and what its kind adds.
macro_rules! extension {
    ($name:ident { $($field:ident: $kind:ty),* $(,)? }) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code)]
        pub struct $name {
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
extension!(CriticalVendor {
    reserved: u8,
    vendor: u32,
    vendor_type: u16,
    value: Text<OCTETS>,
    data: Text<OCTETS>,
});
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
pub enum Action {
    Drop,
    Forward,
    #[serde(untagged)]
    #[allow(dead_code)]
    Number(u8),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Valid,
    Invalid,
    NoKey,
}

/// The keys of octets of no field: of an extension that is malformed for it, of a selector, and where an extension may be
/// longer than its fields.
const LEFT_OVER: [&str; 3] = ["left_over", "selector_left_over", "more"];

pub fn check_message(message: &Value) {
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

pub fn check_extension(extension: &Value) {
    let mut extension = extension.clone();
    // What follows the last field is told under a key of its own.
    if !extension["malformed"].is_null() {
        extension.as_object_mut().unwrap().remove(LEFT_OVER[0]);
    }
    extension.as_object_mut().unwrap().remove(LEFT_OVER[1]);
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
        // It has a reserved octet there.
        ("critical-vendor", None) => is::<CriticalVendor>(extension),
        ("normal-vendor", _) => is::<NormalVendor>(extension),
        ("gre-key", _) => is::<GreKey>(extension),
        _ => is::<Opaque>(extension),
    }
}

/// All keys of messages of any kind.
pub fn message_keys() -> Vec<&'static str> {
    [
        keys::<Registration>(),
        keys::<Unreadable>(),
        keys::<TunnelData>(),
        keys::<Revocation>(),
        keys::<RevocationAcknowledgement>(),
    ]
    .concat()
}

/// All keys of extensions of any kind.
pub fn extension_keys() -> Vec<&'static str> {
    [
        keys::<Multipath>(),
        keys::<FlowBinding>(),
        keys::<Authentication>(),
        keys::<Nai>(),
        keys::<Opaque>(),
        keys::<Challenge>(),
        keys::<RevocationSupport>(),
        keys::<UdpTunnelRequest>(),
        keys::<UdpTunnelReply>(),
        keys::<MobileNetworkRequest>(),
        keys::<MobileNetworkAcknowledgement>(),
        keys::<PrefixRequest>(),
        keys::<PrefixReply>(),
        keys::<TunnelingMode>(),
        keys::<DynamicHomeAgent>(),
        keys::<MessageString>(),
        keys::<CriticalVendor>(),
        keys::<NormalVendor>(),
        keys::<GreKey>(),
        LEFT_OVER.to_vec(),
    ]
    .concat()
}
