//! Builds a Registration Request from what was asked for.

use std::net::Ipv4Addr;

use thiserror::Error;

use super::flow_rule::FlowRule;
use super::overrides::{self, Override, OverrideError};
use super::raw_extension::{ExtensionSizeError, RawExtension};
use super::sign::{append_mobile_home_authentication, append_short_mobile_home_authentication};
use crate::wire::{Content, ExtensionType, Key, Multipath, Nai, Numbers, RegistrationRequest, RequestFlags};

/// All parts of a request but its Identification, which is made when the request is sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// The flags octet.
    pub flags: RequestFlags,
    /// The requested lifetime in seconds.
    pub lifetime: u16,
    /// The home address.
    pub home_address: Ipv4Addr,
    /// The Home Agent field.
    pub home_agent: Ipv4Addr,
    /// The care-of address.
    pub care_of_address: Ipv4Addr,
    /// The Multipath extension.
    pub multipath: Option<Multipath>,
    /// The flow rules, each of which becomes a Flow-Binding extension.
    pub flows: Vec<FlowRule>,
    /// The Mobile Node NAI extension (RFC 2794).
    pub nai: Option<String>,
    /// Further extensions, in this order.
    pub extensions: Vec<RawExtension>,
    /// Fields to set to given values, valid or not.
    pub overrides: Vec<Override>,
    /// How it is signed, if there is a key.
    pub signature: Signature,
    /// The assigned numbers that it is written with.
    pub numbers: Numbers,
}

/// How a request is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signature {
    /// With a Mobile-Home Authentication extension.
    #[default]
    Right,
    /// With a Mobile-Home Authentication extension whose authenticator is wrong in its last bit.
    Wrong,
    /// With such an extension that has only the first 8 octets of the authenticator.
    Short,
    /// With the key, under an SPI that no security association has: 0xbeef0000 (3203334144).
    UnknownSpi,
    /// Not at all.
    None,
}

const UNKNOWN_SPI: u32 = 0xbeef_0000;

/// Why a request cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// A field cannot be set.
    #[error("{error}")]
    Override {
        /// The override's key.
        key: String,
        /// What is wrong.
        error: OverrideError,
    },
    /// An extension cannot be written.
    #[error(transparent)]
    Extension(#[from] ExtensionSizeError),
    /// The NAI does not fit its extension.
    #[error("a NAI has at most 255 octets, and this one has {0}")]
    Nai(usize),
    /// The message does not fit a datagram.
    #[error("the request has {0} octets, and a UDP datagram carries at most 65507")]
    TooLong(usize),
}

/// How many octets a UDP datagram over IPv4 can carry: 65535 less both headers.
pub(super) const MOST_PAYLOAD: usize = 65_507;

impl Request {
    /// The UDP payload of this request with this Identification, signed with `key`.
    ///
    /// Overrides are applied before signing, but after it those of the authentication extension that it appends.
    pub fn build(&self, identification: u64, key: Option<&Key>) -> Result<Vec<u8>, RequestError> {
        let mut octets = self.unsigned(identification)?;
        let key = key.filter(|_| self.signature != Signature::None);
        let is_late =
            |wanted: &Override| key.is_some() && wanted.is_of(AUTHENTICATION) && !self.has_own_auth();
        let (late, early): (Vec<&Override>, Vec<&Override>) =
            self.overrides.iter().partition(|wanted| is_late(wanted));
        set(&early, |wanted| overrides::apply(&mut octets, wanted, self.numbers))?;
        if let Some(key) = key {
            let offset = octets.len();
            self.sign(&mut octets, key);
            set(&late, |wanted| overrides::apply_to_extension(&mut octets, offset, wanted, self.numbers))?;
        }
        if octets.len() > MOST_PAYLOAD {
            return Err(RequestError::TooLong(octets.len()));
        }
        Ok(octets)
    }

    fn sign(&self, octets: &mut Vec<u8>, key: &Key) {
        match self.signature {
            Signature::Short => append_short_mobile_home_authentication(octets, key, self.numbers),
            Signature::UnknownSpi => {
                let mut key = key.clone();
                key.spi = UNKNOWN_SPI;
                append_mobile_home_authentication(octets, &key, self.numbers);
            }
            _ => append_mobile_home_authentication(octets, key, self.numbers),
        }
        if let (Signature::Wrong, Some(last)) = (self.signature, octets.last_mut()) {
            *last ^= 1;
        }
    }

    /// Whether one of `extensions` is itself a Mobile-Home Authentication extension.
    fn has_own_auth(&self) -> bool {
        self.extensions.iter().any(|extension| extension.kind == ExtensionType::MOBILE_HOME_AUTHENTICATION)
    }

    fn unsigned(&self, identification: u64) -> Result<Vec<u8>, RequestError> {
        let fixed = RegistrationRequest {
            flags: self.flags,
            lifetime: self.lifetime,
            home_address: self.home_address,
            home_agent: self.home_agent,
            care_of_address: self.care_of_address,
            identification,
        };
        let mut octets = Vec::new();
        fixed.emit(&mut octets);
        if let Some(multipath) = self.multipath {
            let kind = ExtensionType(self.numbers.multipath_family);
            Content::Multipath(multipath).emit(kind, Multipath::SUBTYPE, self.numbers, &mut octets);
        }
        for flow in &self.flows {
            flow.emit(self.numbers, &mut octets);
        }
        if let Some(nai) = &self.nai {
            if nai.len() > 255 {
                return Err(RequestError::Nai(nai.len()));
            }
            Content::Nai(Nai(nai.as_bytes())).emit(ExtensionType::NAI, 0, self.numbers, &mut octets);
        }
        for extension in &self.extensions {
            extension.emit(self.numbers, &mut octets)?;
        }
        Ok(octets)
    }
}

/// The name of the extension that signing appends.
const AUTHENTICATION: &str = "mobile-home-auth";

/// Applies overrides. If one is refused, the error names its key.
fn set(
    wanted: &[&Override],
    mut apply: impl FnMut(&[&Override]) -> Result<(), OverrideError>,
) -> Result<(), RequestError> {
    apply(wanted).map_err(|error| {
        let is_named = |wanted: &&&Override| match &error {
            OverrideError::Value { field, .. } => wanted.key == *field,
            OverrideError::NoExtension { name, .. } => wanted.is_of(name),
            OverrideError::NoField { field, .. } => {
                wanted.key == *field || wanted.key.ends_with(&format!(".{field}"))
            }
        };
        let key = wanted.iter().find(is_named).map(|wanted| wanted.key.clone()).unwrap_or_default();
        RequestError::Override { key, error }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::craft::overrides::OverrideValue;
    use crate::wire::{AccessTechnology, KeyRing, Message, Verdict};

    fn request() -> Request {
        Request {
            flags: RequestFlags(0x22),
            lifetime: 600,
            home_address: [10, 1, 0, 1].into(),
            home_agent: [198, 51, 100, 1].into(),
            care_of_address: [192, 0, 2, 10].into(),
            multipath: Some(Multipath {
                access_technology: AccessTechnology(4),
                label: 1,
                bid: 1,
                bulk: false,
                overwrite: true,
                reserved: 0,
            }),
            flows: vec!["drop: any".parse().unwrap()],
            nai: Some("n@x".to_owned()),
            extensions: vec!["200:c0".parse().unwrap()],
            overrides: Vec::new(),
            signature: Signature::Right,
            numbers: Numbers::default(),
        }
    }

    fn verdict(octets: &[u8], key: &Key) -> Option<Verdict> {
        let mut keys = KeyRing::default();
        keys.add(key.clone());
        let message = Message::parse(octets, 0, Numbers::default());
        keys.verify(octets, &message.extensions().last().unwrap())
    }

    #[test]
    fn octets_stand_in_order() {
        let octets = request().build(0xea05_6fa0_8000_0000, None).unwrap();
        let mut expected = vec![1, 0x22, 0x02, 0x58, 10, 1, 0, 1, 198, 51, 100, 1, 192, 0, 2, 10];
        expected.extend([0xea, 0x05, 0x6f, 0xa0, 0x80, 0, 0, 0]);
        expected.extend([154, 1, 0, 4, 4, 1, 1, 0x40]);
        expected.extend([154, 2, 0, 8, 0, 1, 255, 1, 0, 0, 0, 0]);
        expected.extend([131, 3, b'n', b'@', b'x', 200, 1, 0xc0]);
        assert_eq!(octets, expected);
    }

    #[test]
    fn overrides_are_signed_but_those_of_the_signature() {
        let key = Key::parse("256=text:secret").unwrap();
        let set = |key: &str, value| Override { key: key.to_owned(), value };
        let mut request = request();
        request.overrides = vec![set("multipath.reserved", OverrideValue::Number(3))];
        let octets = request.build(1, Some(&key)).unwrap();
        assert_eq!(octets[31], 0x43);
        assert_eq!(verdict(&octets, &key), Some(Verdict::Valid));

        request.overrides.push(set("mobile-home-auth.spi", OverrideValue::Number(999)));
        let octets = request.build(1, Some(&key)).unwrap();
        assert_eq!(octets[octets.len() - 20..octets.len() - 16], [0, 0, 3, 231]);
        assert_eq!(verdict(&octets, &key), Some(Verdict::NoKey));
    }

    #[test]
    fn a_request_can_be_signed_wrongly_or_not_at_all() {
        let key = Key::parse("256=text:secret").unwrap();
        let wrong = Request { signature: Signature::Wrong, ..request() }.build(1, Some(&key)).unwrap();
        assert_eq!(verdict(&wrong, &key), Some(Verdict::Invalid));
        let unknown = Request { signature: Signature::UnknownSpi, ..request() }.build(1, Some(&key)).unwrap();
        assert_eq!(unknown[unknown.len() - 20..unknown.len() - 16], [0xbe, 0xef, 0, 0]);
        let there = Key::parse("3203334144=text:secret").unwrap();
        assert_eq!(verdict(&unknown, &there), Some(Verdict::Valid), "who has it finds it right");
        let short = Request { signature: Signature::Short, ..request() }.build(1, Some(&key)).unwrap();
        let (covered, authenticator) = short.split_at(short.len() - 8);
        assert_eq!(covered[covered.len() - 6..], [32, 12, 0, 0, 1, 0]);
        assert_eq!(*authenticator, key.authenticator(covered)[..8]);
        assert_eq!(verdict(&short, &key), Some(Verdict::Invalid));
        let none = Request { signature: Signature::None, ..request() };
        assert_eq!(none.build(1, Some(&key)), none.build(1, None));
    }

    #[test]
    fn a_refused_override_is_named() {
        let wanted = Override { key: "nai.colour".to_owned(), value: OverrideValue::Number(1) };
        let request = Request { overrides: vec![wanted], ..request() };
        assert!(
            matches!(request.build(1, None), Err(RequestError::Override { key, .. }) if key == "nai.colour")
        );
    }
}
