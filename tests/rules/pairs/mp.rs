//! Pairs of the MP rules.

use crate::Pair;

pub const PAIRS: &[Pair] = &[];
