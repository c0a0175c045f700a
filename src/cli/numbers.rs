//! The numbers that older implementations have elsewhere: `--ext-type` and the two reply codes.

use clap::Args;

use super::Failure;
use crate::wire::Numbers;

/// Numbers for implementations older than RFC 7629.
#[derive(Debug, Args)]
pub(super) struct NumberOptions {
    /// Type of the Multipath and Flow-Binding extensions
    #[arg(long, value_name = "N", default_value_t = Numbers::default().multipath_family)]
    ext_type: u8,

    /// Reply code `MULTIPATH_NOT_ALLOWED`
    #[arg(long, value_name = "N", default_value_t = Numbers::default().multipath_not_allowed)]
    code_multipath_not_allowed: u8,

    /// Reply code `INVALID_FB_IDENTIFIER`
    #[arg(long, value_name = "N", default_value_t = Numbers::default().invalid_fb_identifier)]
    code_invalid_fb_identifier: u8,
}

impl NumberOptions {
    /// The numbers, those of RFC 7629 where none are given.
    pub(super) fn numbers(&self) -> Result<Numbers, Failure> {
        if self.ext_type == 0 {
            return Err(Failure::usage("--ext-type 0 is padding and cannot be an extension", None));
        }
        Ok(Numbers {
            multipath_family: self.ext_type,
            multipath_not_allowed: self.code_multipath_not_allowed,
            invalid_fb_identifier: self.code_invalid_fb_identifier,
        })
    }
}
