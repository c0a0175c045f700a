//! Pairs of the REV rules.

use crate::Pair;

pub const PAIRS: &[Pair] = &[];
