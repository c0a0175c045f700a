//! Pairs of the EXCH rules.

use crate::Pair;

pub const PAIRS: &[Pair] = &[];
