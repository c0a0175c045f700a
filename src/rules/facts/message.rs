//! One message, read once for all rules that look at it.

use std::net::SocketAddrV4;
use std::ops::Range;

use smallvec::SmallVec;

use super::{FlowBindingFacts, Leg, Traits, TypeSet};
use crate::net::{Datagram, IpPacket};
use crate::rules::{Place, Subject};
use crate::state::MessageEvent;
use crate::wire::{
    Content, Extension, ExtensionType, Form, Header, KeyRing, Layout, Malformed, Message, Multipath,
    RegistrationReply, RegistrationRequest, TIMESTAMP_RANGE, protection, seconds_ahead,
};

/// A message on a Mobile IP port, as rules see it.
#[derive(Debug)]
pub(in crate::rules) struct MessageFacts<'e, 'a> {
    /// The packet.
    pub place: Place,
    /// The datagram.
    pub datagram: &'e Datagram<'a>,
    /// The message in it.
    pub message: &'e Message<'a>,
    /// Where it came from.
    pub source: SocketAddrV4,
    /// Where it went.
    pub destination: SocketAddrV4,
    /// The leg of its path (D5).
    pub leg: Leg,
    /// The extensions before the first that cannot be framed, in wire order.
    pub extensions: SmallVec<[Extension<'a>; 8]>,
    /// The extension that runs past the end of the datagram, where the walk stopped (EXT-001).
    pub overrun: Option<(Extension<'a>, Malformed)>,
    /// Whether the snapshot length cut the message, so that extensions may be missing.
    pub is_cut: bool,
    /// Whether the walk reached an authorization-enabling extension, even a cut one: what is missing before was not
    /// sent.
    pub is_all_said: bool,
    /// The types that occur.
    pub types: TypeSet,
    /// What the message is and what it carries.
    pub traits: Traits,
    /// What its Multipath extensions of Length 4 say, each with its index in `extensions`.
    sound_multipaths: SmallVec<[(usize, Multipath); 1]>,
    /// The usable Multipath extension of a request (D6).
    pub usable: Option<Multipath>,
    /// The extension up to which a registration is protected: the first Type 32, or where there is none, the first
    /// Type 36 Sub-Type 1.
    pub protection: Option<Extension<'a>>,
    /// The Flow-Binding extensions.
    pub flow_bindings: Vec<FlowBindingFacts<'a>>,
    /// The operator's keys.
    pub keys: &'e KeyRing,
}

impl<'e, 'a> MessageFacts<'e, 'a> {
    /// A message whose extensions are still to be [read](Self::read). They are read into this value, because it is too
    /// large to be moved. Its leg is set by the caller, who knows the session.
    pub fn unread(event: &MessageEvent<'e, 'a>, keys: &'e KeyRing) -> Self {
        let message = event.message;
        let (source, destination) = event.endpoints();
        Self {
            place: Place { frame: event.frame, time: event.time, precision: event.precision },
            datagram: event.datagram,
            message,
            source,
            destination,
            leg: Leg::ForeignAgent,
            extensions: SmallVec::new(),
            overrun: None,
            is_cut: event.datagram.is_cut(),
            is_all_said: false,
            types: TypeSet::default(),
            traits: Traits::of_header(&message.header),
            sound_multipaths: SmallVec::new(),
            usable: None,
            protection: None,
            flow_bindings: Vec::new(),
            keys,
        }
    }

    /// Reads the extensions.
    pub fn read(&mut self) {
        for extension in self.message.extensions() {
            self.is_all_said |= extension.is_authorization();
            match extension.cut {
                Some(fault) if fault.is_fault() => self.overrun = Some((extension, fault)),
                Some(_) => {}
                None => self.take(extension),
            }
        }
        if self.traits.have(Traits::FLOW_BINDING) {
            // Room for exactly those that are there: the allocator serves blocks of up to a kilobyte fastest.
            self.flow_bindings.reserve_exact(self.flow_binding_extensions().count());
            let extensions = self.extensions.iter().filter(|extension| extension.is_flow_binding());
            self.flow_bindings.extend(extensions.map(FlowBindingFacts::of));
            let is_odd = self.traits.have(Traits::FAMILY_BEHIND)
                || !self.flow_bindings.iter().all(FlowBindingFacts::is_ordinary);
            self.adds(Traits::ODD_FLOW_BINDING.only_if(is_odd));
        }
        if self.traits.have(Traits::AUTHENTICATION) {
            self.protection = protection(self.extensions.iter().copied());
        }
        let has_one_home = self.of_type(ExtensionType::MOBILE_HOME_AUTHENTICATION).count() == 1;
        self.adds(Traits::NOT_ONE_HOME.only_if(!has_one_home));
        self.adds(Traits::UNAUTHORIZED.only_if(self.protection.is_none()));
        self.adds(Traits::OVERRUN.only_if(self.overrun.is_some()));
        self.adds(Traits::KEYS.only_if(!self.keys.is_empty()));
        self.adds(Traits::NO_MULTIPATH.only_if(!self.has_multipath()));
        let is_from_elsewhere = |request: &RegistrationRequest| *self.source.ip() != request.care_of_address;
        self.adds(Traits::FROM_ELSEWHERE.only_if(self.request().is_some_and(is_from_elsewhere)));
        self.usable = self.only_multipath().filter(|multipath| !matches!(multipath.bid, 0 | 255));
    }

    fn take(&mut self, extension: Extension<'a>) {
        self.types.add(extension.kind);
        let is_behind = extension.is_family() && self.traits.have(Traits::AUTHENTICATION);
        let is_second = extension.is_multipath() && self.has_multipath();
        self.adds(Traits::of_extension(&extension));
        self.adds(Traits::FAMILY_BEHIND.only_if(is_behind).and(Traits::ODD_MULTIPATH.only_if(is_second)));
        if extension.is_multipath() {
            if let Ok(Content::Multipath(multipath)) = extension.content() {
                self.adds(Traits::of_multipath(multipath));
                self.sound_multipaths.push((self.extensions.len(), multipath));
            } else {
                self.adds(Traits::ODD_MULTIPATH);
            }
        }
        self.extensions.push(extension);
    }

    fn adds(&mut self, traits: Traits) {
        self.traits = self.traits.and(traits);
    }

    /// The fixed part, when this is a Registration Request.
    pub fn request(&self) -> Option<&'e RegistrationRequest> {
        match &self.message.header {
            Header::Request(request) => Some(request),
            _ => None,
        }
    }

    /// The fixed part, when this is a Registration Reply.
    pub fn reply(&self) -> Option<&'e RegistrationReply> {
        match &self.message.header {
            Header::Reply(reply) => Some(reply),
            _ => None,
        }
    }

    /// Whether all extensions could be walked, so that what seems absent is not just unreadable.
    pub fn is_whole(&self) -> bool {
        self.overrun.is_none() && !self.is_cut
    }

    /// Whether something that the message said of bindings, policy or grants may not have been captured.
    pub fn hides_something(&self) -> bool {
        self.is_cut && !self.is_all_said
    }

    /// The extensions of a type, in wire order.
    pub fn of_type(&self, kind: ExtensionType) -> impl Iterator<Item = &Extension<'a>> {
        let among = if self.types.has(kind) { self.extensions.as_slice() } else { &[] };
        among.iter().filter(move |extension| !extension.is_family() && extension.kind == kind)
    }

    /// The extensions of a type and Sub-Type.
    pub fn of_subtype(&self, kind: ExtensionType, subtype: u8) -> impl Iterator<Item = &Extension<'a>> {
        self.of_type(kind).filter(move |extension| extension.subtype == Some(subtype))
    }

    /// The first extension of a type.
    pub fn first(&self, kind: ExtensionType) -> Option<&Extension<'a>> {
        self.of_type(kind).next()
    }

    /// Whether a type occurs.
    pub fn has(&self, kind: ExtensionType) -> bool {
        self.first(kind).is_some()
    }

    /// The extensions of Type 154 Sub-Type 1, sound or not.
    pub fn multipaths(&self) -> impl Iterator<Item = &Extension<'a>> {
        self.extensions.iter().filter(|extension| extension.is_multipath())
    }

    /// The extensions of Type 154 Sub-Type 2, sound or not.
    pub fn flow_binding_extensions(&self) -> impl Iterator<Item = &Extension<'a>> {
        self.extensions.iter().filter(|extension| extension.is_flow_binding())
    }

    /// The extensions of Type 154, of any Sub-Type and layout.
    pub fn family(&self) -> impl Iterator<Item = &Extension<'a>> {
        self.extensions.iter().filter(|extension| extension.is_family())
    }

    /// The Multipath extensions of Length 4, with what they say.
    pub fn sound_multipaths(&self) -> impl Iterator<Item = (&Extension<'a>, Multipath)> {
        let of = |(place, multipath): &(usize, Multipath)| Some((self.extensions.get(*place)?, *multipath));
        self.sound_multipaths.iter().filter_map(of)
    }

    /// Whether the message has Type 154 Sub-Type 1, sound or not.
    pub fn has_multipath(&self) -> bool {
        self.traits.have(Traits::MULTIPATH)
    }

    /// The authorization-enabling extensions (D4): Type 32, and Type 36 Sub-Type 1.
    pub fn authorizations(&self) -> impl Iterator<Item = &Extension<'a>> {
        self.extensions.iter().filter(|extension| extension.is_authorization())
    }

    /// Time to live of the packet that brought it.
    pub fn ttl(&self) -> u8 {
        self.datagram.ip.ttl()
    }

    /// The octets up to the end of the first Type 32, which no agent on the way may change.
    pub fn protected(&self) -> Option<&'a [u8]> {
        let last = self.first(ExtensionType::MOBILE_HOME_AUTHENTICATION)?;
        self.message.octets.get(..last.offset.saturating_add(last.total_length()))
    }

    /// Whether an Identification, read as NTP seconds, lies within a day of the message's time (D16).
    pub fn is_timestamp(&self, identification: u64) -> bool {
        is_timestamp(identification, self.place)
    }

    /// Who sent it, as far as its addresses say.
    pub fn sender(&self) -> Subject {
        let source = *self.source.ip();
        match &self.message.header {
            Header::Request(request) if source == request.home_agent => Subject::HomeAgent,
            Header::Request(request) => {
                let is_relay = self.leg == Leg::HomeAgent
                    && !request.flags.co_located()
                    && source == request.care_of_address;
                if is_relay { Subject::ForeignAgent } else { Subject::MobileNode }
            }
            Header::Reply(reply) if source == reply.home_agent || self.leg == Leg::HomeAgent => {
                Subject::HomeAgent
            }
            // The foreign agent relays the reply; the code shows who made it.
            Header::Reply(reply) => match reply.code.decision() {
                crate::wire::Decision::DeniedByForeignAgent => Subject::ForeignAgent,
                _ => Subject::HomeAgent,
            },
            Header::Revocation(revocation) if source == revocation.home_domain_address => Subject::HomeAgent,
            Header::Revocation(_) => Subject::ForeignAgent,
            _ => Subject::Any,
        }
    }

    fn only_multipath(&self) -> Option<Multipath> {
        self.request()?;
        let (only, multipath) = self.sound_multipaths().next()?;
        self.multipaths().all(|extension| extension.offset == only.offset).then_some(multipath)
    }
}

/// The octets of an extension in the UDP payload, header included.
pub(in crate::rules) fn octets_of(extension: &Extension<'_>) -> Range<usize> {
    extension.offset..extension.offset.saturating_add(extension.total_length())
}

/// What an extension is called in findings: `Type 32`, or with its Sub-Type `Type 148/0`.
pub(in crate::rules) fn name_of(extension: &Extension<'_>) -> String {
    let kind = extension.kind.0;
    match extension.subtype.filter(|_| extension.layout != Layout::Proper(Form::LongReserved)) {
        Some(subtype) => format!("Type {kind}/{subtype}"),
        None => format!("Type {kind}"),
    }
}

/// One octet of an extension's data, by its index after the header (from 0), as octets of the UDP payload.
pub(in crate::rules) fn data_octet(extension: &Extension<'_>, place: usize) -> Range<usize> {
    let start = extension.data_offset().saturating_add(place);
    start..start.saturating_add(1)
}

/// Whether an Identification, read as seconds of NTP, lies within a day of a packet's time (D16).
pub(in crate::rules) fn is_timestamp(identification: u64, place: Place) -> bool {
    seconds_ahead(identification, place.time.seconds()).saturating_abs() <= TIMESTAMP_RANGE
}

/// Whether a message came over IPv4, as Mobile IPv4 has to.
pub(in crate::rules) const fn is_over_ipv4(datagram: &Datagram<'_>) -> bool {
    matches!(datagram.ip, IpPacket::V4(_))
}
