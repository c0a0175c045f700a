//! An extension given by its octets: `TYPE[.SUBTYPE]:HEX`.

use std::str::FromStr;

use thiserror::Error;

use super::hexadecimal;
use crate::wire::{self, Content, ExtensionType, Form, Numbers};

/// An extension whose data is written in hexadecimal; its type need not be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawExtension {
    /// The type octet.
    pub kind: ExtensionType,
    /// The Sub-Type. In a long extension it is in the header; in any other it is the first data octet, which the Length
    /// counts.
    pub subtype: Option<u8>,
    /// The data octets after the Sub-Type.
    pub data: Vec<u8>,
}

/// Why a text is not an extension.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RawExtensionError {
    /// The text does not have the form of an extension.
    #[error("'{0}' is not an extension: write TYPE:HEX or TYPE.SUBTYPE:HEX, with numbers from 0 to 255")]
    Form(String),
    /// The data is not written in pairs of hexadecimal digits.
    #[error("the data '{0}' is not written in pairs of hexadecimal digits")]
    Data(String),
}

/// Why an extension cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExtensionSizeError {
    /// There is more data than the Length can express.
    #[error("extension {kind} has {octets} octets of data and its Length can say {most}")]
    TooLong {
        /// The type.
        kind: u8,
        /// Octets of data.
        octets: usize,
        /// Octets that the Length can express.
        most: usize,
    },
    /// Padding has neither Sub-Type nor data.
    #[error("extension 0 is one octet of padding and has neither Sub-Type nor data")]
    Padding,
}

impl RawExtension {
    /// Appends the extension in the form that its type has under `numbers`.
    pub fn emit(&self, numbers: Numbers, out: &mut Vec<u8>) -> Result<(), ExtensionSizeError> {
        let form = self.kind.form(numbers);
        let is_long = matches!(form, Form::Long | Form::LongReserved);
        let inside = self.subtype.filter(|_| !is_long);
        let data: Vec<u8> = inside.into_iter().chain(self.data.iter().copied()).collect();
        let most = match form {
            Form::Padding if data.is_empty() => 0,
            Form::Padding => return Err(ExtensionSizeError::Padding),
            Form::Simple | Form::Short => usize::from(u8::MAX),
            Form::Long | Form::LongReserved => usize::from(u16::MAX),
        };
        if data.len() > most {
            return Err(ExtensionSizeError::TooLong { kind: self.kind.0, octets: data.len(), most });
        }
        Content::Opaque(&data).emit(self.kind, self.subtype.unwrap_or_default(), numbers, out);
        Ok(())
    }
}

impl FromStr for RawExtension {
    type Err = RawExtensionError;

    fn from_str(text: &str) -> Result<Self, RawExtensionError> {
        let wrong = || RawExtensionError::Form(text.to_owned());
        let octet = |text: &str| wire::number(text).ok_or_else(wrong);
        let (name, data) = text.split_once(':').ok_or_else(wrong)?;
        let (kind, subtype) = match name.split_once('.') {
            Some((kind, subtype)) => (octet(kind)?, Some(octet(subtype)?)),
            None => (octet(name)?, None),
        };
        let data = hexadecimal::octets(data).ok_or_else(|| RawExtensionError::Data(data.to_owned()))?;
        Ok(Self { kind: ExtensionType(kind), subtype, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        text.parse::<RawExtension>().unwrap().emit(Numbers::default(), &mut out).unwrap();
        out
    }

    #[test]
    fn the_type_decides_the_form() {
        assert_eq!(octets("200:c0ffee"), [200, 3, 0xc0, 0xff, 0xee]);
        assert_eq!(octets("154.1:04010100"), [154, 1, 0, 4, 4, 1, 1, 0]);
        assert_eq!(octets("154:"), [154, 0, 0, 0]);
        assert_eq!(octets("148.0:1800"), [148, 3, 0, 0x18, 0]);
        assert_eq!(octets("38:00000009"), [38, 0, 0, 4, 0, 0, 0, 9]);
        assert_eq!(octets("0:"), [0]);
    }

    #[test]
    fn faults_are_told() {
        for text in ["200", "256:00", "x:00", "+1:00", "154.256:00", ":00"] {
            assert!(matches!(text.parse::<RawExtension>(), Err(RawExtensionError::Form(_))), "{text}");
        }
        for text in ["200:0", "200:zz"] {
            assert!(matches!(text.parse::<RawExtension>(), Err(RawExtensionError::Data(_))), "{text}");
        }
        let long = format!("200:{}", "00".repeat(256)).parse::<RawExtension>().unwrap();
        let error = ExtensionSizeError::TooLong { kind: 200, octets: 256, most: 255 };
        assert_eq!(long.emit(Numbers::default(), &mut Vec::new()), Err(error));
        let padding = "0:00".parse::<RawExtension>().unwrap();
        assert_eq!(padding.emit(Numbers::default(), &mut Vec::new()), Err(ExtensionSizeError::Padding));
    }
}
