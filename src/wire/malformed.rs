//! Faults in octets: what is wrong, and where.

use std::fmt;

use crate::counted::counted;

/// A fault in a message or extension, with the place where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Where, in octets from the start of the UDP payload.
    pub offset: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// The ways in which octets can be malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A field needs more octets than its extension or message has left.
    FieldMissing {
        /// The field's name in its figure.
        field: &'static str,
        /// Octets the field takes.
        needed: usize,
        /// Octets that were left.
        left: usize,
    },
    /// An extension's Length field differs from what its figure allows.
    WrongLength {
        /// The only Length allowed.
        expected: usize,
        /// The Length on the wire.
        found: usize,
    },
    /// An extension needs more octets than the datagram has left.
    PastEnd {
        /// The extension's type.
        extension: u8,
        /// Octets it takes, header included.
        needed: usize,
        /// Octets left in the datagram.
        left: usize,
    },
    /// An extension of the Multipath family has its Length where the Sub-Type belongs, as if it were a short
    /// extension (RFC 7629 §4.1, §4.2; RFC 5944 §1.11).
    ShortLayout,
    /// Octets remain after the last field of a layout that allows none there.
    LeftOver {
        /// How many octets remain.
        octets: usize,
    },
    /// The message ends before its fixed part does (RFC 5944 §3.3, §3.4; RFC 3519 §3.3; RFC 3543 §3.3, §3.4).
    FixedPartShort {
        /// Octets of the fixed part.
        needed: usize,
        /// Octets of the datagram.
        found: usize,
    },
    /// The datagram has no octets, not even a type.
    Empty,
    /// The snapshot length cut these octets off; the packet itself may be sound.
    NotCaptured {
        /// Octets that were on the link but not in the capture.
        missing: usize,
    },
}

impl Malformed {
    /// Whether the octets are at fault, and not merely missing from the capture.
    pub const fn is_fault(&self) -> bool {
        !matches!(self.problem, Problem::NotCaptured { .. })
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problem {
            Problem::FieldMissing { field, needed, left } => {
                let (needed, are) = (counted(needed, "octet"), counted(left, "octet").verb("is", "are"));
                write!(formatter, "{field} needs {needed} and {left} {are} left")
            }
            Problem::WrongLength { expected, found } => {
                write!(formatter, "Length is {found} and must be {expected}")
            }
            Problem::PastEnd { extension, needed, left } => write!(
                formatter,
                "extension {extension} takes {} and the datagram has {left} left",
                counted(needed, "octet")
            ),
            Problem::ShortLayout => {
                formatter.write_str("the Length stands before the Sub-Type, as in a short extension")
            }
            Problem::LeftOver { octets } => write!(formatter, "{} left over", counted(octets, "octet")),
            Problem::FixedPartShort { needed, found } => {
                let (found, is) = (counted(found, "octet"), counted(found, "octet").verb("is", "are"));
                write!(formatter, "{found} {is} fewer than the {needed} of the fixed part")
            }
            Problem::Empty => formatter.write_str("no octets"),
            Problem::NotCaptured { missing } => {
                let missing = counted(missing, "octet");
                write!(formatter, "{missing} {} not captured", missing.verb("was", "were"))
            }
        }?;
        write!(formatter, " (offset {})", self.offset)
    }
}

impl std::error::Error for Malformed {}
