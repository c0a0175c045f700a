//! What the fuzz targets share: the laws of `tests/laws/`, the histories of `tests/history/`, and the numbers they
//! are checked under.

use mipflow::wire::Numbers;

/// The same histories that the tests of the observer write.
#[path = "../../tests/history/mod.rs"]
pub mod history;

/// The same laws that the property tests check.
#[path = "../../tests/laws/mod.rs"]
pub mod laws;

/// The numbers of RFC 7629, or others as an older implementation has them.
pub fn numbers(older: bool) -> Numbers {
    if older {
        Numbers { multipath_family: 150, multipath_not_allowed: 145, invalid_fb_identifier: 146 }
    } else {
        Numbers::default()
    }
}
