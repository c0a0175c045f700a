//! Pairs of the TUN rules.

use crate::Pair;

pub const PAIRS: &[Pair] = &[];
