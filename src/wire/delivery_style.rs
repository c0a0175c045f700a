//! The Encapsulating Delivery Style extension (RFC 3024 §3.3), which has no data.

/// An empty extension that asks the foreign agent for encapsulated delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EncapsulatingDeliveryStyle;

impl EncapsulatingDeliveryStyle {
    /// The only Length allowed.
    pub const LENGTH: usize = 0;
}
