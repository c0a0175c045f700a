//! Pairs of the EXT rules.

use crate::Pair;

pub const PAIRS: &[Pair] = &[];
