//! The catalogue of rules, and the validator that judges by it what was seen.
//!
//! A rule is declared once, with its check beside it ([`Rule`]); documentation, `explain`, JSON and tests come from that
//! declaration. Checks are functions from facts to findings; they change nothing, and none takes octets apart: what an
//! extension says they ask of [`crate::wire`].

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
