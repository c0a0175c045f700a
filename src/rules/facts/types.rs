//! Small facts: legs, sets of types, traits of messages.

use crate::rules::memory::Asked;
use crate::wire::{
    Authentication, Extension, ExtensionType, Header, Multipath, RegistrationReply, ReplyCode,
};

/// The leg of a message's path (D5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::rules) enum Leg {
    /// To or from the home agent.
    HomeAgent,
    /// Between mobile node and foreign agent.
    ForeignAgent,
}

/// A set of values of one octet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::rules) struct OctetSet([u64; 4]);

impl OctetSet {
    /// Adds a value; gives whether it was not there before.
    pub fn add(&mut self, octet: u8) -> bool {
        let is_new = !self.has(octet);
        if let Some(word) = self.0.get_mut(usize::from(octet >> 6)) {
            *word |= 1 << (octet & 63);
        }
        is_new
    }

    /// Whether a value is in the set.
    pub fn has(&self, octet: u8) -> bool {
        self.0.get(usize::from(octet >> 6)).is_some_and(|word| word & 1 << (octet & 63) != 0)
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// Whether any value of this set is in the other, too.
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(own, other)| own & other != 0)
    }

    /// Whether all values of this set are in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(own, other)| own & !other == 0)
    }

    /// The values in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u8> {
        let words = self.0.into_iter().zip((0..=u8::MAX).step_by(64)).filter(|(word, _)| *word != 0);
        words.flat_map(|(word, first)| {
            (0..64u8).filter(move |bit| word & 1 << bit != 0).map(move |bit| first | bit)
        })
    }
}

impl FromIterator<u8> for OctetSet {
    fn from_iter<I: IntoIterator<Item = u8>>(octets: I) -> Self {
        let mut set = Self::default();
        for octet in octets {
            set.add(octet);
        }
        set
    }
}

/// A set of extension types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::rules) struct TypeSet(OctetSet);

impl TypeSet {
    /// Adds a type.
    pub fn add(&mut self, kind: ExtensionType) {
        self.0.add(kind.0);
    }

    /// Whether a type is in the set.
    pub fn has(&self, kind: ExtensionType) -> bool {
        self.0.has(kind.0)
    }
}

/// What a message is and what it carries, as far as that spares checks: a check that looks at Multipath extensions need
/// not see a message without any, and a check for odd ones need not see a message in which nothing is odd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::rules) struct Traits(u64);

impl Traits {
    /// Nothing in particular.
    pub const NONE: Self = Self(0);
    /// It is a Registration Request.
    pub const REQUEST: Self = Self(1);
    /// It is a Registration Reply.
    pub const REPLY: Self = Self(1 << 1);
    /// It has Type 154, of any Sub-Type and layout.
    pub const FAMILY: Self = Self(1 << 2);
    /// It has Type 154 Sub-Type 1, sound or not.
    pub const MULTIPATH: Self = Self(1 << 3);
    /// It has Type 154 Sub-Type 2, sound or not.
    pub const FLOW_BINDING: Self = Self(1 << 4);
    /// It has Type 32, 33, 34 or 36.
    pub const AUTHENTICATION: Self = Self(1 << 5);
    /// It has Type 34.
    pub const FOREIGN_HOME: Self = Self(1 << 6);
    /// It has Type 36 or 132.
    pub const CHALLENGE: Self = Self(1 << 7);
    /// It has an extension whose place among the authentication extensions matters: Type 33, 34 or 131.
    pub const ORDERED: Self = Self(1 << 8);
    /// It has Type 130.
    pub const DELIVERY_STYLE: Self = Self(1 << 9);
    /// It has Type 144.
    pub const UDP_TUNNEL_REQUEST: Self = Self(1 << 10);
    /// It has Type 44.
    pub const UDP_TUNNEL_REPLY: Self = Self(1 << 11);
    /// It has Type 148.
    pub const MOBILE_NETWORK: Self = Self(1 << 12);
    /// It has Type 152.
    pub const DUAL_STACK: Self = Self(1 << 13);
    /// It has an extension that runs past the end of the datagram.
    pub const OVERRUN: Self = Self(1 << 14);
    /// It has an extension of a type that is not assigned.
    pub const UNASSIGNED: Self = Self(1 << 15);
    /// It has an extension whose Length or direction is prescribed (EXT-007).
    pub const SHAPED: Self = Self(1 << 16);
    /// It has Type 154 that is neither Multipath nor Flow-Binding, or in another layout.
    pub const OTHER_FAMILY: Self = Self(1 << 17);
    /// It has several Multipath extensions, or an odd one: not of Length 4, with any flag, or with a BID, If-Label or
    /// If-ATT that is reserved or not assigned.
    pub const ODD_MULTIPATH: Self = Self(1 << 18);
    /// It has a Flow-Binding extension that is not [ordinary](super::FlowBindingFacts::is_ordinary) or not protected.
    pub const ODD_FLOW_BINDING: Self = Self(1 << 19);
    /// It has Type 154 behind an authentication extension.
    pub const FAMILY_BEHIND: Self = Self(1 << 20);
    /// It has no authorization-enabling extension (D4).
    pub const UNAUTHORIZED: Self = Self(1 << 21);
    /// It has an authentication extension without 16 octets of authenticator, or with an SPI that is reserved.
    pub const ODD_AUTHENTICATION: Self = Self(1 << 22);
    /// It has no Type 32, or several.
    pub const NOT_ONE_HOME: Self = Self(1 << 23);
    /// It has Type 33 or 130, which a foreign agent keeps for itself.
    pub const FOR_RELAY: Self = Self(1 << 24);
    /// The extensions that only few registrations have and that are remembered: Type 144, 148 or 152.
    pub const SELDOM: Self = Self::UDP_TUNNEL_REQUEST.and(Self::MOBILE_NETWORK).and(Self::DUAL_STACK);
    /// There are keys to verify it with.
    pub const KEYS: Self = Self(1 << 25);
    /// It is a reply that accepts (codes 0 and 1).
    pub const ACCEPTS: Self = Self(1 << 26);
    /// It is a reply that does not accept.
    pub const REFUSES: Self = Self(1 << 27);
    /// It is a reply with code 1.
    pub const CODE_1: Self = Self(1 << 28);
    /// It is a request with Lifetime 0.
    pub const DEREGISTERS: Self = Self(1 << 29);
    /// It is a request with S.
    pub const SIMULTANEOUS: Self = Self(1 << 30);
    /// It is a request with M or G.
    pub const ENCAPSULATES: Self = Self(1 << 31);
    /// It is a request that came from another address than the one to be registered.
    pub const FROM_ELSEWHERE: Self = Self(1 << 32);
    /// It has no Multipath extension.
    pub const NO_MULTIPATH: Self = Self(1 << 33);
    /// It is a reply whose request was not seen, or names another node.
    pub const STRAY: Self = Self(1 << 34);
    /// It is a reply to a request without Type 154.
    pub const ASKED_WITHOUT_FAMILY: Self = Self(1 << 35);
    /// It is a reply to a request with a Flow-Binding extension.
    pub const ASKED_FLOW_BINDING: Self = Self(1 << 36);
    /// It is a reply to a request with Bulk or Overwrite.
    pub const ASKED_FLAGS: Self = Self(1 << 37);
    /// It is a reply to a request for a mobile network.
    pub const ASKED_NETWORK: Self = Self(1 << 38);
    /// It is a reply to a request that is malformed (EXCH-010).
    pub const ASKED_FAULTY: Self = Self(1 << 39);
    /// It is a reply that ends a binding.
    pub const REMOVES: Self = Self(1 << 40);

    /// These traits and others together.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `needed` are among these.
    #[inline]
    pub const fn have(self, needed: Self) -> bool {
        self.0 & needed.0 == needed.0
    }

    /// Whether any of `others` are among these.
    pub const fn have_any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// The traits that follow from the fixed part of a message.
    pub const fn of_header(header: &Header<'_>) -> Self {
        match header {
            Header::Request(request) => {
                let flags = request.flags;
                Self::REQUEST
                    .and(Self::DEREGISTERS.only_if(request.lifetime == 0))
                    .and(Self::SIMULTANEOUS.only_if(flags.simultaneous_bindings()))
                    .and(Self::ENCAPSULATES.only_if(flags.minimal_encapsulation() || flags.gre()))
            }
            Header::Reply(reply) if reply.code.is_accepted() => {
                let has_code_1 = reply.code.0 == ReplyCode::ACCEPTED_NO_SIMULTANEOUS_BINDINGS.0;
                Self::REPLY.and(Self::ACCEPTS).and(Self::CODE_1.only_if(has_code_1))
            }
            Header::Reply(_) => Self::REPLY.and(Self::REFUSES),
            _ => Self::NONE,
        }
    }

    /// The traits of a reply that follow from the request that it answers, if that was seen.
    pub fn of_exchange(reply: &RegistrationReply, asked: Option<&Asked>) -> Self {
        let Some(asked) = asked else { return Self::STRAY };
        let home_address = asked.request.home_address;
        let is_its_own = home_address == reply.home_address || home_address.is_unspecified();
        Self::STRAY
            .only_if(!is_its_own)
            .and(Self::ASKED_WITHOUT_FAMILY.only_if(!asked.said.has_family))
            .and(Self::ASKED_FLOW_BINDING.only_if(asked.said.has_flow_binding))
            .and(Self::ASKED_FLAGS.only_if(asked.is_bulk() || asked.is_overwrite()))
            .and(Self::ASKED_NETWORK.only_if(asked.said.asks_network))
            .and(Self::ASKED_FAULTY.only_if(!asked.faults.is_empty()))
    }

    /// The traits that an extension gives its message.
    pub fn of_extension(extension: &Extension<'_>) -> Self {
        if extension.is_multipath() {
            return Self::FAMILY.and(Self::MULTIPATH);
        }
        if extension.is_flow_binding() {
            return Self::FAMILY.and(Self::FLOW_BINDING);
        }
        if extension.is_family() {
            return Self::FAMILY.and(Self::OTHER_FAMILY);
        }
        match extension.kind {
            ExtensionType::MOBILE_HOME_AUTHENTICATION => Self::of_authentication(extension),
            ExtensionType::MOBILE_FOREIGN_AUTHENTICATION => {
                Self::of_authentication(extension).and(Self::ORDERED).and(Self::FOR_RELAY)
            }
            ExtensionType::FOREIGN_HOME_AUTHENTICATION => {
                Self::of_authentication(extension).and(Self::FOREIGN_HOME).and(Self::ORDERED)
            }
            ExtensionType::GENERALIZED_AUTHENTICATION => {
                Self::of_authentication(extension).and(Self::CHALLENGE)
            }
            ExtensionType::CHALLENGE => Self::CHALLENGE,
            ExtensionType::NAI => Self::ORDERED,
            ExtensionType::ENCAPSULATING_DELIVERY_STYLE => {
                Self::DELIVERY_STYLE.and(Self::FOR_RELAY).and(Self::SHAPED)
            }
            ExtensionType::UDP_TUNNEL_REQUEST => Self::UDP_TUNNEL_REQUEST.and(Self::SHAPED),
            ExtensionType::UDP_TUNNEL_REPLY => Self::UDP_TUNNEL_REPLY.and(Self::SHAPED),
            ExtensionType::MOBILE_NETWORK => Self::MOBILE_NETWORK.and(Self::SHAPED),
            ExtensionType::DUAL_STACK => Self::DUAL_STACK.and(Self::SHAPED),
            ExtensionType::FOREIGN_AGENT_ERROR | ExtensionType::REVOCATION_SUPPORT => Self::SHAPED,
            kind if !kind.is_assigned() => Self::UNASSIGNED,
            _ => Self::NONE,
        }
    }

    fn of_authentication(extension: &Extension<'_>) -> Self {
        let has_proper_spi = extension.data.first_chunk().is_some_and(|spi| u32::from_be_bytes(*spi) > 255);
        let is_odd = extension.length != Authentication::SPI_LENGTH + 16 || !has_proper_spi;
        Self::AUTHENTICATION.and(Self::ODD_AUTHENTICATION.only_if(is_odd))
    }

    /// The traits that a readable Multipath extension gives its message.
    pub fn of_multipath(multipath: Multipath) -> Self {
        let has_odd_name = matches!(multipath.bid, 0 | 255) || multipath.label == 0;
        let has_flags = multipath.bulk || multipath.overwrite || multipath.reserved != 0;
        let technology = multipath.access_technology;
        let is_odd = has_odd_name || has_flags || technology.0 == 0 || technology.name().is_none();
        Self::ODD_MULTIPATH.only_if(is_odd)
    }

    /// These traits if `is_so`, else none.
    pub const fn only_if(self, is_so: bool) -> Self {
        if is_so { self } else { Self::NONE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_its_values_in_order_and_each_once() {
        let set: OctetSet = [255, 64, 3, 0, 64, 63, 128].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<u8>>(), [0, 3, 63, 64, 128, 255]);
        assert!(!set.is_empty() && !set.has(1));
        let some: OctetSet = [3, 255].into_iter().collect();
        assert!(some.is_within(&set) && !set.is_within(&some) && set.meets(&some));
        assert!(!some.meets(&[4, 254].into_iter().collect()));
        assert!(OctetSet::default().is_empty() && OctetSet::default().iter().next().is_none());
    }
}
