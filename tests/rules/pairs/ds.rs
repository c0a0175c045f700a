//! Pairs of the DS rules.

use crate::Pair;

pub const PAIRS: &[Pair] = &[];
