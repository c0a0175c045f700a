//! Pairs of the UDPT rules.

use crate::Pair;

pub const PAIRS: &[Pair] = &[];
