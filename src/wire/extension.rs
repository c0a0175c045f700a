//! An extension: its header (RFC 5944 §1.8 to §1.11) and its content.

use super::{
    Authentication, Challenge, DualStack, DynamicHomeAgent, EncapsulatingDeliveryStyle, ExtensionType, Field,
    FieldSink, FlowBinding, Form, GreKey, Malformed, Meaning, MessageString, MobileNetwork, Multipath, Nai,
    Numbers, Problem, Reader, RevocationSupport, UdpTunnelReply, UdpTunnelRequest, Value, VendorSpecific,
};

/// One extension as it stands in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// The type octet.
    pub kind: ExtensionType,
    /// How its header was laid out.
    pub layout: Layout,
    /// Offset of the type octet from the start of the UDP payload.
    pub offset: usize,
    /// The octets that its Length counts, as far as they were captured and the datagram has them.
    pub data: &'a [u8],
    /// Its Length field: the number of octets of `data` if none are missing.
    pub length: usize,
    /// The octet in the Sub-Type's place of a long header, or the Sub-Type of a short extension.
    pub subtype: Option<u8>,
    /// The fault, if not all octets that the Length counts are there.
    pub cut: Option<Malformed>,
    /// See [`Extension::is_family`].
    pub(super) family: bool,
}

/// The layout of an extension's header on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// The form that the type calls for.
    Proper(Form),
    /// A type of the Multipath family whose sender put an 8-bit Length where the Sub-Type belongs, as a short
    /// extension would have it.
    FamilyAsShort,
    /// The datagram ends within the header.
    Cut,
}

impl Layout {
    /// Octets before those that Length counts.
    pub const fn header_length(self) -> usize {
        match self {
            Self::Proper(Form::Padding) | Self::Cut => 1,
            Self::Proper(Form::Simple | Form::Short) | Self::FamilyAsShort => 2,
            Self::Proper(Form::Long | Form::LongReserved) => 4,
        }
    }
}

/// The content of an extension, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// Padding: one octet, no content.
    Padding,
    /// RFC 7629 §4.1.
    Multipath(Multipath),
    /// RFC 7629 §4.2.
    FlowBinding(FlowBinding<'a>),
    /// RFC 5944 §3.5 and RFC 4721 §5, whatever the type.
    Authentication(Authentication<'a>),
    /// RFC 2794 §2.
    Nai(Nai<'a>),
    /// RFC 4721 §4.
    Challenge(Challenge<'a>),
    /// RFC 3543 §3.2.
    RevocationSupport(RevocationSupport<'a>),
    /// RFC 3519 §3.1.
    UdpTunnelRequest(UdpTunnelRequest),
    /// RFC 3519 §3.2.
    UdpTunnelReply(UdpTunnelReply),
    /// RFC 3024 §3.3.
    EncapsulatingDeliveryStyle(EncapsulatingDeliveryStyle),
    /// RFC 5177 §4.
    MobileNetwork(MobileNetwork),
    /// RFC 5454 §2.
    DualStack(DualStack),
    /// RFC 4433 §3.4.
    DynamicHomeAgent(DynamicHomeAgent),
    /// RFC 4917.
    MessageString(MessageString<'a>),
    /// RFC 3115 §2, §3, whatever the type.
    VendorSpecific(VendorSpecific<'a>),
    /// RFC 6245.
    GreKey(GreKey),
    /// An extension that is not read field by field: all octets that its Length counts.
    Opaque(&'a [u8]),
}

impl<'a> Extension<'a> {
    /// Octets before those that Length counts.
    pub fn header_length(&self) -> usize {
        self.layout.header_length()
    }

    /// Octets from the type octet to the last data octet that is there.
    pub fn total_length(&self) -> usize {
        self.header_length().saturating_add(self.data.len())
    }

    /// Offset of the first octet that Length counts, from the start of the UDP payload.
    pub fn data_offset(&self) -> usize {
        self.offset.saturating_add(self.header_length())
    }

    /// Whether this is an authentication extension (types 32, 33, 34 and 36).
    pub const fn is_authentication(&self) -> bool {
        !self.family
            && matches!(
                self.kind,
                ExtensionType::MOBILE_HOME_AUTHENTICATION
                    | ExtensionType::MOBILE_FOREIGN_AUTHENTICATION
                    | ExtensionType::FOREIGN_HOME_AUTHENTICATION
                    | ExtensionType::GENERALIZED_AUTHENTICATION
            )
    }

    /// Whether this is the Multipath extension, sound or not.
    pub fn is_multipath(&self) -> bool {
        self.is_of_family(Multipath::SUBTYPE)
    }

    /// Whether this is a Flow-Binding extension, sound or not.
    pub fn is_flow_binding(&self) -> bool {
        self.is_of_family(FlowBinding::SUBTYPE)
    }

    /// Whether its type is the configured type of the Multipath family.
    pub const fn is_family(&self) -> bool {
        self.family
    }

    /// The name that JSON uses; `unknown` for an unassigned type.
    pub fn name(&self) -> &'static str {
        if self.is_multipath() {
            "multipath"
        } else if self.is_flow_binding() {
            "flow-binding"
        } else if self.family {
            "multipath-family"
        } else {
            self.kind.name().unwrap_or("unknown")
        }
    }

    /// The content of the extension, or the fault if there is one.
    pub fn content(&self) -> Result<Content<'a>, Malformed> {
        match self.read(&mut super::Discard) {
            (content, None) => Ok(content),
            (_, Some(malformed)) => Err(malformed),
        }
    }

    /// The content of the extension as far as it can be read, and the fault if there is one.
    pub fn content_and_fault(&self) -> (Content<'a>, Option<Malformed>) {
        self.read(&mut super::Discard)
    }

    /// Passes the fields of the header to `sink`: type, Sub-Type and Length, as the layout has them. A Sub-Type that
    /// Length counts belongs to the content: [`Extension::describe`] passes it.
    pub fn describe_header<S: FieldSink<'a>>(&self, sink: &mut S) {
        let mut tell = |key, title, at: usize, width: usize, value, meaning| {
            let start = self.offset.saturating_add(at);
            let octets = start..start.saturating_add(width);
            sink.field(Field { key, title, octets, mask: 0, value, meaning, detail: false });
        };
        let name = Meaning::Name { key: None, name: Some(self.name()) };
        let length = Value::Number(self.length as u64);
        let subtype = self.subtype.map_or(Value::Absent, |octet| Value::Number(octet.into()));
        tell("type", "Type", 0, 1, Value::Number(self.kind.0.into()), name);
        match self.layout {
            Layout::Cut | Layout::Proper(Form::Padding) => {}
            Layout::Proper(Form::Simple | Form::Short) => {
                tell("length", "Length", 1, 1, length, Meaning::None);
            }
            Layout::Proper(Form::Long) => {
                tell("subtype", "Sub-Type", 1, 1, subtype, Meaning::None);
                tell("length", "Length", 2, 2, length, Meaning::None);
            }
            Layout::Proper(Form::LongReserved) => {
                tell("reserved", "Reserved", 1, 1, subtype, Meaning::None);
                tell("length", "Length", 2, 2, length, Meaning::None);
            }
            Layout::FamilyAsShort => {
                tell("length", "Length, where Sub-Type belongs", 1, 1, length, Meaning::None);
            }
        }
    }

    /// Passes the fields of the content to `sink`, and returns the fault if there is one.
    pub fn describe<S: FieldSink<'a>>(&self, sink: &mut S) -> Option<Malformed> {
        self.read(sink).1
    }

    fn is_of_family(&self, subtype: u8) -> bool {
        self.family && self.layout == Layout::Proper(Form::Long) && self.subtype == Some(subtype)
    }

    fn read<S: FieldSink<'a>>(&self, sink: &mut S) -> (Content<'a>, Option<Malformed>) {
        let missing = match self.cut {
            Some(Malformed { problem: Problem::NotCaptured { missing }, .. }) => missing,
            _ => 0,
        };
        let mut reader = Reader::new(self.data, self.data_offset(), missing, sink);
        if let Some(cut) = self.cut.filter(|_| self.layout == Layout::Cut && self.data.is_empty()) {
            // Only the type octet is there, so each field of the content is missing, not empty.
            reader.blame(cut.offset, cut.problem);
        }
        let (content, expected) = self.read_content(&mut reader);
        let fault = reader.finish();
        let fault = match (self.cut, expected) {
            (Some(cut), _) => Some(cut),
            _ if self.layout == Layout::FamilyAsShort => {
                Some(Malformed { offset: self.offset.saturating_add(1), problem: Problem::ShortLayout })
            }
            (None, Some(expected)) if expected != self.length => {
                let length_at = if self.header_length() == 4 { 2 } else { 1 };
                let problem = Problem::WrongLength { expected, found: self.length };
                Some(Malformed { offset: self.offset.saturating_add(length_at), problem })
            }
            _ => fault,
        };
        (content, fault)
    }

    /// Reads the data. Also returns the Length that the RFC's figure fixes, if it fixes one.
    fn read_content<S: FieldSink<'a>>(&self, reader: &mut Reader<'a, '_, S>) -> (Content<'a>, Option<usize>) {
        if self.is_multipath() {
            return (Content::Multipath(Multipath::read(reader)), Some(Multipath::LENGTH));
        }
        if self.is_flow_binding() {
            return (Content::FlowBinding(FlowBinding::read(reader)), None);
        }
        if self.layout == Layout::FamilyAsShort {
            reader.u8("subtype", "Sub-Type, where Length belongs");
        }
        // The octets of a header that was cut do not belong to the content.
        if self.family || self.layout == Layout::Cut && !self.data.is_empty() {
            return (self.read_opaque(reader), None);
        }
        match self.kind {
            ExtensionType::PADDING => (Content::Padding, None),
            ExtensionType::MOBILE_HOME_AUTHENTICATION
            | ExtensionType::MOBILE_FOREIGN_AUTHENTICATION
            | ExtensionType::FOREIGN_HOME_AUTHENTICATION
            | ExtensionType::GENERALIZED_AUTHENTICATION => {
                (Content::Authentication(Authentication::read(reader)), None)
            }
            ExtensionType::NAI => (Content::Nai(Nai::read(reader)), None),
            ExtensionType::CHALLENGE => (Content::Challenge(Challenge::read(reader)), None),
            ExtensionType::REVOCATION_SUPPORT => {
                (Content::RevocationSupport(RevocationSupport::read(reader)), None)
            }
            ExtensionType::UDP_TUNNEL_REQUEST => {
                (Content::UdpTunnelRequest(UdpTunnelRequest::read(reader)), Some(UdpTunnelRequest::LENGTH))
            }
            ExtensionType::UDP_TUNNEL_REPLY => {
                (Content::UdpTunnelReply(UdpTunnelReply::read(reader)), Some(UdpTunnelReply::LENGTH))
            }
            ExtensionType::ENCAPSULATING_DELIVERY_STYLE => (
                Content::EncapsulatingDeliveryStyle(EncapsulatingDeliveryStyle),
                Some(EncapsulatingDeliveryStyle::LENGTH),
            ),
            ExtensionType::DYNAMIC_HOME_AGENT => {
                (Content::DynamicHomeAgent(DynamicHomeAgent::read(reader)), Some(DynamicHomeAgent::LENGTH))
            }
            ExtensionType::MESSAGE_STRING => (Content::MessageString(MessageString::read(reader)), None),
            ExtensionType::CRITICAL_VENDOR | ExtensionType::CRITICAL_VENDOR_3025 => {
                (Content::VendorSpecific(VendorSpecific::read_critical(reader)), None)
            }
            ExtensionType::NORMAL_VENDOR | ExtensionType::NORMAL_VENDOR_3025 => {
                (Content::VendorSpecific(VendorSpecific::read_normal(reader)), None)
            }
            ExtensionType::GRE_KEY => (Content::GreKey(GreKey::read(reader)), Some(GreKey::LENGTH)),
            ExtensionType::MOBILE_NETWORK => self.read_mobile_network(reader),
            ExtensionType::DUAL_STACK => self.read_dual_stack(reader),
            _ => (self.read_opaque(reader), None),
        }
    }

    /// Passes what is left to read as one field, and returns all octets that Length counts.
    fn read_opaque<S: FieldSink<'a>>(&self, reader: &mut Reader<'a, '_, S>) -> Content<'a> {
        reader.rest("data", "Data");
        Content::Opaque(self.data)
    }

    fn read_mobile_network<S: FieldSink<'a>>(
        &self,
        reader: &mut Reader<'a, '_, S>,
    ) -> (Content<'a>, Option<usize>) {
        let expected = match self.subtype {
            Some(MobileNetwork::REQUEST) => Some(MobileNetwork::REQUEST_LENGTH),
            Some(MobileNetwork::EXPLICIT | MobileNetwork::IMPLICIT) => {
                Some(MobileNetwork::ACKNOWLEDGEMENT_LENGTH)
            }
            _ => None,
        };
        let network = MobileNetwork::read(reader).map(Content::MobileNetwork);
        (network.unwrap_or_else(|| self.read_opaque(reader)), expected)
    }

    fn read_dual_stack<S: FieldSink<'a>>(
        &self,
        reader: &mut Reader<'a, '_, S>,
    ) -> (Content<'a>, Option<usize>) {
        let expected = match self.subtype {
            Some(DualStack::PREFIX_REQUEST) => Some(DualStack::PREFIX_REQUEST_LENGTH),
            Some(DualStack::PREFIX_REPLY) => Some(DualStack::PREFIX_REPLY_LENGTH),
            Some(DualStack::TUNNELING_MODE) => Some(DualStack::TUNNELING_MODE_LENGTH),
            _ => None,
        };
        let dual_stack = DualStack::read(reader).map(Content::DualStack);
        (dual_stack.unwrap_or_else(|| self.read_opaque(reader)), expected)
    }
}

impl Content<'_> {
    /// Appends an extension of type `kind` with this content: header, then data. `subtype` is the second octet of a
    /// long header; the other forms have no Sub-Type, or hold it in their data.
    ///
    /// A Length that the header cannot hold is written as the largest possible one; all the data follow nevertheless.
    pub fn emit(&self, kind: ExtensionType, subtype: u8, numbers: Numbers, out: &mut Vec<u8>) {
        out.push(kind.0);
        match kind.form(numbers) {
            Form::Padding => return,
            Form::Simple | Form::Short => out.push(0),
            Form::Long | Form::LongReserved => out.extend_from_slice(&[subtype, 0, 0]),
        }
        let start = out.len();
        self.emit_data(kind, out);
        let length = out.len().saturating_sub(start);
        let header = match kind.form(numbers) {
            Form::Long | Form::LongReserved => {
                u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes().to_vec()
            }
            _ => vec![u8::try_from(length).unwrap_or(u8::MAX)],
        };
        let at = start.saturating_sub(header.len());
        if let Some(place) = out.get_mut(at..start) {
            place.copy_from_slice(&header);
        }
    }

    fn emit_data(&self, kind: ExtensionType, out: &mut Vec<u8>) {
        match self {
            Self::Padding | Self::EncapsulatingDeliveryStyle(_) => {}
            Self::Multipath(multipath) => multipath.emit(out),
            Self::FlowBinding(flow_binding) => flow_binding.emit(out),
            Self::Authentication(authentication) => authentication.emit(out),
            Self::Nai(nai) => nai.emit(out),
            Self::Challenge(challenge) => challenge.emit(out),
            Self::RevocationSupport(support) => support.emit(out),
            Self::UdpTunnelRequest(request) => request.emit(out),
            Self::UdpTunnelReply(reply) => reply.emit(out),
            Self::MobileNetwork(network) => network.emit(out),
            Self::DualStack(dual_stack) => dual_stack.emit(out),
            Self::DynamicHomeAgent(agent) => agent.emit(out),
            Self::MessageString(string) => string.emit(out),
            Self::VendorSpecific(vendor) => match kind {
                ExtensionType::CRITICAL_VENDOR | ExtensionType::CRITICAL_VENDOR_3025 => {
                    vendor.emit_critical(out);
                }
                _ => vendor.emit_normal(out),
            },
            Self::GreKey(key) => key.emit(out),
            Self::Opaque(data) => out.extend_from_slice(data),
        }
    }
}
