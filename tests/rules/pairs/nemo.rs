//! Pairs of the NEMO rules.

use crate::Pair;

pub const PAIRS: &[Pair] = &[];
