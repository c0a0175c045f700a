//! The Multipath extension (RFC 7629 §4.1), which registers one of several care-of addresses.

use super::reader::Bits;
use super::{AccessTechnology, FieldSink, Reader};

/// The four data octets of a Multipath extension.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---------------+---------------+---------------+-+-+-----------+
/// |    If-ATT     |   If-Label    |      BID      |B|O| Reserved  |
/// +---------------+---------------+---------------+-+-+-----------+
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multipath {
    /// Access technology of the interface.
    pub access_technology: AccessTechnology,
    /// Label of the interface; RFC 7629 allows 1 to 255.
    pub label: u8,
    /// Binding Identifier as it was on the wire; RFC 7629 allows 1 to 254.
    pub bid: u8,
    /// B: update the lifetime of all bindings of the node.
    pub bulk: bool,
    /// O: replace all other bindings of the node with this one.
    pub overwrite: bool,
    /// The six reserved bits, 0 to 63; RFC 7629 requires 0.
    pub reserved: u8,
}

impl Multipath {
    /// Sub-Type within the Multipath family.
    pub const SUBTYPE: u8 = 1;
    /// The only Length allowed, in octets.
    pub const LENGTH: usize = 4;

    /// Reads the data octets.
    pub fn read<'a, S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        let access_technology = AccessTechnology(reader.named_u8(
            "if_att",
            "If-ATT",
            Some("if_att_name"),
            |octet| AccessTechnology(octet).name(),
        ));
        let label = reader.u8("if_label", "If-Label");
        let bid = reader.u8("bid", "Binding ID");
        let flags = reader.bits::<1>(
            "Flags",
            &[
                Bits { key: "bulk", title: "Bulk Re-registration (B)", mask: 0x80 },
                Bits { key: "overwrite", title: "Registration Overwrite (O)", mask: 0x40 },
                Bits { key: "reserved", title: "Reserved", mask: 0x3f },
            ],
        );
        Self {
            access_technology,
            label,
            bid,
            bulk: flags & 0x80 != 0,
            overwrite: flags & 0x40 != 0,
            reserved: (flags & 0x3f).try_into().unwrap_or_default(),
        }
    }

    /// Appends the data octets. Of `reserved`, only the low six bits fit.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let flags = u8::from(self.bulk) << 7 | u8::from(self.overwrite) << 6 | (self.reserved & 0x3f);
        out.extend_from_slice(&[self.access_technology.0, self.label, self.bid, flags]);
    }
}
