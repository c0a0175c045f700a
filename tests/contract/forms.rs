//! The forms that values have, and how a value is held against a type.

use serde::de::value::Error as ValueError;
use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::Value;

/// A key that has to be there, but may be `null`.
#[derive(Debug)]
pub struct OrNull<T>(Option<T>);

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
pub struct Text<const FORM: u8>;

/// `0x` and 16 digits.
pub const IDENTIFICATION: u8 = 0;
/// Pairs of hexadecimal digits.
pub const OCTETS: u8 = 1;
/// RFC 3339 in UTC with microseconds, as all samples have them.
pub const TIME: u8 = 2;
/// An IPv4 address.
pub const ADDRESS: u8 = 3;
/// `address:port`.
pub const ENDPOINT: u8 = 4;
/// An address of either family.
pub const ANY_ADDRESS: u8 = 5;

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

pub type Address = Text<ADDRESS>;

pub fn is<T: DeserializeOwned>(value: &Value) {
    if let Err(error) = serde_json::from_value::<T>(value.clone()) {
        panic!("{error}\n{value:#}");
    }
}

/// The keys of a structure or the words of an enumeration, in its order: what its deserializer asks for.
pub fn keys<T: DeserializeOwned>() -> Vec<&'static str> {
    let mut keys = Vec::new();
    let asked = T::deserialize(Keys(&mut keys));
    assert!(asked.is_err() && !keys.is_empty(), "{} has none", std::any::type_name::<T>());
    keys
}

/// Takes down what is asked for, and has none of it.
struct Keys<'k>(&'k mut Vec<&'static str>);

impl<'de> Deserializer<'de> for Keys<'_> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ValueError> {
        Err(ValueError::custom("no structure"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, ValueError> {
        self.0.extend(fields);
        Err(ValueError::custom("that is all"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, ValueError> {
        self.0.extend(words);
        Err(ValueError::custom("that is all"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}
