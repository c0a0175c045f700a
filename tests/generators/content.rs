//! Extensions of every kind.

use std::net::{Ipv4Addr, Ipv6Addr};

use mipflow::wire::{
    AccessTechnology, Action, Authentication, Challenge, Content, DualStack, DynamicHomeAgent,
    EncapsulatingDeliveryStyle, ExtensionType, FlowBinding, Form, GreKey, IpProtocol, Ipv6PrefixCode,
    MessageString, MobileNetwork, MobileNetworkCode, Multipath, Nai, Numbers, RevocationSupport,
    TrafficSelector, UdpTunnelReply, UdpTunnelRequest, VendorSpecific,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// One extension to be emitted.
#[derive(Clone, Debug)]
pub(crate) struct AnyExtension {
    pub(crate) kind: ExtensionType,
    /// The octet beside the type of a long header; 0 in the other forms.
    pub(crate) subtype: u8,
    pub(crate) content: AnyContent,
}

/// A content that owns its octets.
#[derive(Clone, Debug)]
pub(crate) enum AnyContent {
    /// One that borrows nothing.
    Plain(Content<'static>),
    FlowBinding {
        action: Action,
        bids: Vec<u8>,
        ts_format: u8,
        selector: Option<TrafficSelector>,
        octets: Vec<u8>,
    },
    Authentication {
        spi: u32,
        authenticator: Vec<u8>,
    },
    Nai(Vec<u8>),
    Challenge(Vec<u8>),
    RevocationSupport {
        inform: bool,
        reserved: u16,
        timestamp: u32,
        more: Vec<u8>,
    },
    MessageString {
        subtype: u8,
        text: Vec<u8>,
    },
    VendorSpecific {
        reserved: u16,
        vendor: u32,
        kind: u16,
        value: Vec<u8>,
    },
    Opaque(Vec<u8>),
}

impl AnyContent {
    /// What the codec emits and must read.
    pub(crate) fn content(&self) -> Content<'_> {
        match self {
            Self::Plain(content) => *content,
            Self::FlowBinding { action, bids, ts_format, selector, octets } => {
                Content::FlowBinding(FlowBinding {
                    action: *action,
                    bids,
                    ts_format: *ts_format,
                    selector: *selector,
                    selector_octets: octets,
                })
            }
            Self::Authentication { spi, authenticator } => {
                Content::Authentication(Authentication { spi: *spi, authenticator })
            }
            Self::Nai(octets) => Content::Nai(Nai(octets)),
            Self::Challenge(octets) => Content::Challenge(Challenge(octets)),
            Self::RevocationSupport { inform, reserved, timestamp, more } => {
                Content::RevocationSupport(RevocationSupport {
                    inform: *inform,
                    reserved: *reserved,
                    timestamp: *timestamp,
                    more,
                })
            }
            Self::MessageString { subtype, text } => {
                Content::MessageString(MessageString { subtype: *subtype, text })
            }
            Self::VendorSpecific { reserved, vendor, kind, value } => {
                Content::VendorSpecific(VendorSpecific {
                    reserved: *reserved,
                    vendor: *vendor,
                    kind: *kind,
                    value,
                })
            }
            Self::Opaque(octets) => Content::Opaque(octets),
        }
    }
}

/// Some octets; few as a rule, and now and then as many as an 8-bit Length leaves room for behind eight others.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![8 => vec(any::<u8>(), 0..24), 1 => vec(any::<u8>(), 247)]
}

/// Contents of one type, with any octet in the Sub-Type's place of a long header.
fn of_type(
    kind: ExtensionType,
    numbers: Numbers,
    content: impl Strategy<Value = AnyContent> + 'static,
) -> BoxedStrategy<AnyExtension> {
    let subtype = match kind.form(numbers) {
        Form::Long | Form::LongReserved => any::<u8>().boxed(),
        Form::Padding | Form::Simple | Form::Short => Just(0).boxed(),
    };
    (content, subtype).prop_map(move |(content, subtype)| AnyExtension { kind, subtype, content }).boxed()
}

fn plain<T: std::fmt::Debug>(
    strategy: impl Strategy<Value = T> + 'static,
    content: impl Fn(T) -> Content<'static> + 'static,
) -> impl Strategy<Value = AnyContent> + 'static {
    strategy.prop_map(move |value| AnyContent::Plain(content(value)))
}

fn multipath() -> impl Strategy<Value = AnyContent> {
    plain((any::<(u8, u8, u8)>(), any::<(bool, bool)>(), 0..64u8), |((att, label, bid), flags, reserved)| {
        Content::Multipath(Multipath {
            access_technology: AccessTechnology(att),
            label,
            bid,
            bulk: flags.0,
            overwrite: flags.1,
            reserved,
        })
    })
}

fn flow_binding() -> impl Strategy<Value = AnyContent> {
    let action = prop_oneof![0..2u8, any::<u8>()].prop_map(Action::from);
    let bids = prop_oneof![8 => vec(any::<u8>(), 0..10), 1 => vec(any::<u8>(), 255)];
    let known = super::selector().prop_map(|selector| {
        let mut octets = Vec::new();
        selector.emit(&mut octets);
        (selector.format.ts_format(), Some(selector), octets)
    });
    let unknown =
        (prop_oneof![Just(0), 3..=255u8], octets()).prop_map(|(format, octets)| (format, None, octets));
    (action, bids, prop_oneof![4 => known.boxed(), 1 => unknown.boxed()]).prop_map(
        |(action, bids, (ts_format, selector, octets))| AnyContent::FlowBinding {
            action,
            bids,
            ts_format,
            selector,
            octets,
        },
    )
}

/// The Multipath family: its two members, and others that are opaque.
fn family(numbers: Numbers) -> BoxedStrategy<AnyExtension> {
    let kind = ExtensionType(numbers.multipath_family);
    let member = |subtype| move |content| AnyExtension { kind, subtype, content };
    let other = (prop_oneof![Just(0), 3..=255u8], octets()).prop_map(move |(subtype, octets)| AnyExtension {
        kind,
        subtype,
        content: AnyContent::Opaque(octets),
    });
    prop_oneof![
        multipath().prop_map(member(Multipath::SUBTYPE)),
        flow_binding().prop_map(member(FlowBinding::SUBTYPE)),
        other,
    ]
    .boxed()
}

fn authentication() -> impl Strategy<Value = AnyContent> + Clone {
    let lengths = prop_oneof![Just(16usize), Just(20), Just(32), 0..40usize];
    (any::<u32>(), lengths.prop_flat_map(|length| vec(any::<u8>(), length)))
        .prop_map(|(spi, authenticator)| AnyContent::Authentication { spi, authenticator })
}

fn udp_tunnel_request() -> impl Strategy<Value = AnyContent> {
    plain((any::<(u8, u8, bool, bool, u8, u16)>(), 0..64u8), |(given, reserved_2)| {
        let (subtype, reserved_1, force, through_foreign_agent, encapsulation, reserved_3) = given;
        Content::UdpTunnelRequest(UdpTunnelRequest {
            subtype,
            reserved_1,
            force,
            through_foreign_agent,
            reserved_2,
            encapsulation: IpProtocol(encapsulation),
            reserved_3,
        })
    })
}

fn udp_tunnel_reply() -> impl Strategy<Value = AnyContent> {
    plain((any::<(u8, u8, bool, u16)>(), 0..1u16 << 15), |(given, reserved)| {
        let (subtype, code, force, keepalive_interval) = given;
        Content::UdpTunnelReply(UdpTunnelReply { subtype, code, force, reserved, keepalive_interval })
    })
}

fn mobile_network() -> impl Strategy<Value = AnyContent> {
    let known = plain(any::<(bool, bool, u8, u8, u8, u32)>(), |given| {
        let (request, explicit, code, prefix_length, reserved, prefix) = given;
        let (code, prefix) = (MobileNetworkCode(code), Ipv4Addr::from(prefix));
        Content::MobileNetwork(if request {
            MobileNetwork::Request { prefix_length, prefix }
        } else {
            MobileNetwork::Acknowledgement { explicit, code, prefix_length, reserved, prefix }
        })
    });
    prop_oneof![4 => known, 1 => of_unknown_subtype(3)]
}

fn dual_stack() -> impl Strategy<Value = AnyContent> {
    let known = plain((0..3u8, any::<(u8, u8, u8, u128)>()), |(which, given)| {
        let (code, prefix_length, reserved, prefix) = given;
        let (code, prefix) = (Ipv6PrefixCode(code), Ipv6Addr::from(prefix));
        Content::DualStack(match which {
            0 => DualStack::PrefixRequest { prefix_length, prefix },
            1 => DualStack::PrefixReply { code, prefix_length, reserved, prefix },
            _ => DualStack::TunnelingMode { reserved },
        })
    });
    prop_oneof![4 => known, 1 => of_unknown_subtype(4)]
}

/// Data whose first octet is a Sub-Type from `least` up.
fn of_unknown_subtype(least: u8) -> impl Strategy<Value = AnyContent> {
    (least..=255, octets()).prop_map(|(subtype, octets)| AnyContent::Opaque([vec![subtype], octets].concat()))
}

fn vendor_specific(normal: bool) -> impl Strategy<Value = AnyContent> {
    (any::<(u16, u32, u16)>(), octets()).prop_map(move |((reserved, vendor, kind), value)| {
        // The critical form has its reserved octet in the header.
        AnyContent::VendorSpecific { reserved: if normal { reserved } else { 0 }, vendor, kind, value }
    })
}

/// The types whose data the codec does not read: most of those with a name, and some without.
const OPAQUE: [u8; 31] = [
    1, 31, 35, 39, 40, 41, 42, 43, 45, 46, 47, 49, 50, 64, 127, 128, 129, 135, 136, 138, 140, 141, 142, 143,
    146, 147, 149, 151, 153, 254, 255,
];

/// Any extension, to be emitted under `numbers`.
pub(crate) fn extension(numbers: Numbers) -> impl Strategy<Value = AnyExtension> {
    let of = |kind: ExtensionType, content: BoxedStrategy<AnyContent>| of_type(kind, numbers, content);
    let several = |kinds: &[u8], content: &dyn Fn() -> BoxedStrategy<AnyContent>| {
        let kinds: Vec<_> = kinds.iter().map(|kind| of(ExtensionType(*kind), content())).collect();
        proptest::strategy::Union::new(kinds)
    };
    let support =
        (any::<(bool, u32)>(), 0..1u16 << 15, octets()).prop_map(|((inform, timestamp), reserved, more)| {
            AnyContent::RevocationSupport { inform, reserved, timestamp, more }
        });
    let string =
        (any::<u8>(), octets()).prop_map(|(subtype, text)| AnyContent::MessageString { subtype, text });
    let agent = plain(any::<u32>(), |address| {
        Content::DynamicHomeAgent(DynamicHomeAgent { home_agent: Ipv4Addr::from(address) })
    });
    let style = Content::EncapsulatingDeliveryStyle(EncapsulatingDeliveryStyle);
    prop_oneof![
        8 => family(numbers),
        4 => several(&[32, 33, 34, 36], &|| authentication().boxed()),
        1 => of(ExtensionType::PADDING, Just(AnyContent::Plain(Content::Padding)).boxed()),
        1 => of(ExtensionType::NAI, octets().prop_map(AnyContent::Nai).boxed()),
        1 => of(ExtensionType::CHALLENGE, octets().prop_map(AnyContent::Challenge).boxed()),
        1 => of(ExtensionType::REVOCATION_SUPPORT, support.boxed()),
        1 => of(ExtensionType::UDP_TUNNEL_REQUEST, udp_tunnel_request().boxed()),
        1 => of(ExtensionType::UDP_TUNNEL_REPLY, udp_tunnel_reply().boxed()),
        1 => of(ExtensionType::ENCAPSULATING_DELIVERY_STYLE, Just(AnyContent::Plain(style)).boxed()),
        1 => of(ExtensionType::MOBILE_NETWORK, mobile_network().boxed()),
        1 => of(ExtensionType::DUAL_STACK, dual_stack().boxed()),
        1 => of(ExtensionType::DYNAMIC_HOME_AGENT, agent.boxed()),
        1 => of(ExtensionType::MESSAGE_STRING, string.boxed()),
        1 => of(ExtensionType::GRE_KEY, plain(any::<u32>(), |key| Content::GreKey(GreKey { key })).boxed()),
        1 => several(&[37, 38], &|| vendor_specific(false).boxed()),
        1 => several(&[133, 134], &|| vendor_specific(true).boxed()),
        2 => several(&OPAQUE, &|| octets().prop_map(AnyContent::Opaque).boxed()),
    ]
}
