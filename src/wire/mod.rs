//! The Mobile IP codec: messages, their extensions, and the numbers they are made of.
//!
//! Everything here is a pure function of octets: no I/O, no clock, and no allocation where a borrowed view is enough.
//! One file holds one message or extension, with reading and emitting side by side.
//!
//! # The contract
//!
//! - Reading is total: any octets give a value, and their fault is a [`Malformed`] beside what could be read. No input
//!   causes a panic.
//! - "Malformed" and "not captured" are different things: octets that a snapshot length cut off are
//!   [`Problem::NotCaptured`], and not the sender's fault.
//! - What was on the wire is kept, valid or not. Values are judged by the rules, not by the codec.
//! - Emitting and reading are inverse: what a type emits reads back as the same value.
//!
//! # How layouts are written
//!
//! Each type reads its fields once, in order, through a [`Reader`]. The same pass serves three uses: the typed value
//! (with [`Discard`], which costs nothing), the packet tree and the JSON (both with a [`FieldSink`] that receives the
//! name, octets, value and meaning of each field).

mod access_technology;
mod authentication;
mod authenticator;
mod challenge;
mod delivery_style;
mod digits;
mod dual_stack;
mod dynamic_home_agent;
mod extension;
mod extension_type;
mod extensions;
mod field;
mod flow_binding;
mod gre_key;
mod identification;
mod ip_protocol;
mod malformed;
mod message;
mod message_string;
mod message_type;
mod mobile_network;
mod multipath;
mod nai;
mod numbers;
mod protection;
mod reader;
mod registration_reply;
mod registration_request;
mod reply_code;
mod revocation;
mod revocation_support;
mod selector_bounds;
mod selector_field;
mod selector_format;
mod selector_text;
mod traffic_selector;
mod tunnel_data;
mod udp_tunnel;
mod vendor_specific;
mod verifier;

pub use access_technology::AccessTechnology;
pub use authentication::Authentication;
pub use authenticator::{Algorithm, Key, KeyError, KeyRing, Verdict};
pub use challenge::Challenge;
pub use delivery_style::EncapsulatingDeliveryStyle;
pub use digits::number;
pub use dual_stack::{DualStack, Ipv6PrefixCode};
pub use dynamic_home_agent::DynamicHomeAgent;
pub use extension::{Content, Extension, Layout};
pub use extension_type::{ExtensionType, Form};
pub use extensions::Extensions;
pub use field::{Discard, Field, FieldSink, Meaning, Value};
pub(crate) use flow_binding::PlainFlowBinding;
pub use flow_binding::{Action, FlowBinding};
pub use gre_key::GreKey;
pub use identification::{NTP_EPOCH, TIMESTAMP_RANGE, high_half, low_half, of_halves, seconds_ahead};
pub use ip_protocol::IpProtocol;
pub use malformed::{Malformed, Problem};
pub use message::{Header, Message};
pub use message_string::MessageString;
pub use message_type::MessageType;
pub use mobile_network::{MobileNetwork, MobileNetworkCode};
pub use multipath::Multipath;
pub use nai::Nai;
pub use numbers::{Numbers, PORT};
pub use protection::protection;
pub use reader::Reader;
pub use registration_reply::RegistrationReply;
pub use registration_request::{RegistrationRequest, RequestFlags};
pub use reply_code::{Decision, ReplyCode};
pub use revocation::{Revocation, RevocationAcknowledgement};
pub use revocation_support::RevocationSupport;
pub use selector_bounds::Bounds;
pub use selector_field::{SelectorField, SelectorValue};
pub use selector_format::SelectorFormat;
pub use selector_text::SelectorTextError;
pub use traffic_selector::{SelectorLayout, TrafficSelector};
pub use tunnel_data::TunnelData;
pub use udp_tunnel::{UdpTunnelReply, UdpTunnelRequest};
pub use vendor_specific::VendorSpecific;
pub use verifier::Verifier;
