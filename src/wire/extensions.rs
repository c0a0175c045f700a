//! Walks the extensions of a message one after another (RFC 5944 §1.8 to §1.11).

use super::{Extension, ExtensionType, Form, Layout, Malformed, Numbers, Problem};

/// Iterates over the extensions of a message in wire order. The first extension that runs past the end of the octets is
/// the last one returned, with its fault.
#[derive(Clone, Debug)]
pub struct Extensions<'a> {
    octets: &'a [u8],
    at: usize,
    not_captured: usize,
    numbers: Numbers,
}

impl<'a> Extensions<'a> {
    /// The extensions in `octets` (a whole UDP payload) from offset `start`. The snapshot length cut `not_captured`
    /// octets off the payload.
    pub fn new(octets: &'a [u8], start: usize, not_captured: usize, numbers: Numbers) -> Self {
        Self { octets, at: start, not_captured, numbers }
    }

    /// The extension at the current offset, as far as it is there. `rest` begins with its type octet.
    #[inline]
    fn extension_at(&self, rest: &'a [u8]) -> Option<Extension<'a>> {
        let kind = ExtensionType(*rest.first()?);
        let form = kind.form(self.numbers);
        let family = kind.0 == self.numbers.multipath_family;
        // Fast path: nearly all extensions are whole and without doubt in the form that their type calls for.
        let (data, subtype) = match (form, rest) {
            (Form::Simple, [_, length, behind @ ..]) => (behind.get(..usize::from(*length)), None),
            (Form::Short, [_, length, behind @ ..]) => {
                (behind.get(..usize::from(*length)), behind.first().copied().filter(|_| *length > 0))
            }
            (Form::Long | Form::LongReserved, [_, second, high, low, behind @ ..])
                if !family || *high == 0 =>
            {
                (behind.get(..usize::from(u16::from_be_bytes([*high, *low]))), Some(*second))
            }
            _ => (None, None),
        };
        match data {
            Some(data) => Some(Extension {
                kind,
                layout: Layout::Proper(form),
                offset: self.at,
                data,
                length: data.len(),
                subtype,
                cut: None,
                family,
            }),
            None => Some(self.odd_extension_at(rest, kind)),
        }
    }

    /// Reads padding, and an extension that is not whole or may have another form than its type calls for.
    fn odd_extension_at(&self, rest: &'a [u8], kind: ExtensionType) -> Extension<'a> {
        let form = kind.form(self.numbers);
        let family = kind.0 == self.numbers.multipath_family;
        let there = rest.len().saturating_add(self.not_captured);
        let (layout, length) = match (form, rest) {
            (Form::Padding, _) => (Layout::Proper(form), Some(0)),
            (Form::Simple | Form::Short, [_, length, ..]) => {
                (Layout::Proper(form), Some(usize::from(*length)))
            }
            (_, [_, length, 1 | 2, ..])
                if family && *length >= 5 && usize::from(*length).saturating_add(2) <= there =>
            {
                (Layout::FamilyAsShort, Some(usize::from(*length)))
            }
            (Form::Long | Form::LongReserved, [_, _, high, low, ..]) => {
                (Layout::Proper(form), Some(usize::from(u16::from_be_bytes([*high, *low]))))
            }
            _ => (Layout::Cut, None),
        };
        let header = layout.header_length();
        let after = rest.get(header..).unwrap_or_default();
        let data = length.map_or(after, |length| after.get(..length).unwrap_or(after));
        let needed = match (length, form) {
            (Some(length), _) => header.saturating_add(length),
            (None, Form::Long | Form::LongReserved) => 4,
            (None, _) => 2,
        };
        let subtype = match (layout, form) {
            (Layout::Proper(Form::Short) | Layout::FamilyAsShort, _) => data.first().copied(),
            (Layout::Proper(Form::Long | Form::LongReserved), _)
            | (Layout::Cut, Form::Long | Form::LongReserved) => rest.get(1).copied(),
            _ => None,
        };
        let cut = (needed > rest.len()).then(|| {
            let problem = if needed <= there {
                Problem::NotCaptured { missing: needed.saturating_sub(rest.len()) }
            } else {
                Problem::PastEnd { extension: kind.0, needed, left: there }
            };
            Malformed { offset: self.at, problem }
        });
        let length = length.unwrap_or(data.len());
        Extension { kind, layout, offset: self.at, data, length, subtype, cut, family }
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = Extension<'a>;

    fn next(&mut self) -> Option<Extension<'a>> {
        let extension = self.extension_at(self.octets.get(self.at..)?)?;
        self.at = if extension.cut.is_some() {
            self.octets.len()
        } else {
            self.at.saturating_add(extension.total_length())
        };
        Some(extension)
    }
}
