//! Pairs of the TS rules.

use crate::Pair;

pub const PAIRS: &[Pair] = &[];
