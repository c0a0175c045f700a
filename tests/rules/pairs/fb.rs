//! Pairs of the FB rules.

use crate::Pair;

pub const PAIRS: &[Pair] = &[];
