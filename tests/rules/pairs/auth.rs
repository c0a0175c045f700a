//! Pairs of the AUTH rules.

use crate::Pair;

pub const PAIRS: &[Pair] = &[];
