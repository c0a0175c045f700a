//! The vendor extensions: critical (RFC 3115 §2) and normal (RFC 3115 §3).

use super::{FieldSink, Reader};

/// The data of a vendor or organization.
///
/// The critical form has its reserved octet in the header; the normal form has two reserved octets before the vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorSpecific<'a> {
    /// Reserved octets of the normal form; 0 in the critical form.
    pub reserved: u16,
    /// The vendor: its SMI Network Management Private Enterprise Code in the low 24 bits.
    pub vendor: u32,
    /// A number the vendor assigned.
    pub kind: u16,
    /// The vendor's data.
    pub value: &'a [u8],
}

impl<'a> VendorSpecific<'a> {
    /// Reads the data octets of a critical extension.
    pub fn read_critical<S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        Self::read(reader, 0)
    }

    /// Reads the data octets of a normal extension.
    pub fn read_normal<S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>) -> Self {
        let reserved = reader.u16("reserved", "Reserved");
        Self::read(reader, reserved)
    }

    /// Appends the data octets of a critical extension.
    pub fn emit_critical(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.vendor.to_be_bytes());
        out.extend_from_slice(&self.kind.to_be_bytes());
        out.extend_from_slice(self.value);
    }

    /// Appends the data octets of a normal extension.
    pub fn emit_normal(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.reserved.to_be_bytes());
        self.emit_critical(out);
    }

    fn read<S: FieldSink<'a>>(reader: &mut Reader<'a, '_, S>, reserved: u16) -> Self {
        let vendor = reader.u32("vendor", "Vendor/Org-ID");
        let kind = reader.u16("vendor_type", "Vendor Type");
        let value = reader.rest("value", "Vendor Value");
        Self { reserved, vendor, kind, value }
    }
}
