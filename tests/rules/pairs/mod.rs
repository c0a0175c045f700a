//! The pairs, in files named after the rules' prefixes.

mod auth;
mod ds;
mod exch;
mod ext;
mod fb;
mod mp;
mod nemo;
mod reg;
mod rev;
mod ts;
mod tun;
mod udpt;

use crate::Pair;

/// All pairs.
pub fn all() -> impl Iterator<Item = &'static Pair> {
    [
        ext::PAIRS,
        auth::PAIRS,
        reg::PAIRS,
        mp::PAIRS,
        fb::PAIRS,
        ts::PAIRS,
        exch::PAIRS,
        udpt::PAIRS,
        nemo::PAIRS,
        ds::PAIRS,
        rev::PAIRS,
    ]
    .into_iter()
    .chain(tun::TOPICS)
    .flatten()
}
