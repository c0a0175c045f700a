//! Pairs of the REG rules.

use crate::Pair;

pub const PAIRS: &[Pair] = &[];
