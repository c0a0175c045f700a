//! The catalogue of rules, and the validator that checks traffic against it.
//!
//! A rule is declared once, together with its check ([`Rule`]); documentation, `explain`, JSON and tests use that
//! declaration. Checks are functions from facts to findings. They change nothing, and they parse no octets:
//! [`crate::wire`] tells them what an extension says.

mod catalogue;
mod checks;
mod choice;
mod definitions;
mod facts;
mod finder;
mod finding;
mod held;
mod held_packet;
mod memory;
mod messages;
mod pairing;
mod rule;
mod timers;
mod traffic;
mod validator;
mod waiting;
mod way;
mod wording;
mod words;

pub use catalogue::CATALOGUE;
pub use choice::Choice;
pub use definitions::{DEFINITIONS, Definition};
pub use finding::{Finding, Findings, OfRule, Place};
pub use rule::{Level, Rule, Scope, Subject};
pub use validator::{Options, Validator};
pub use wording::Wording;
