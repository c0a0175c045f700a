//! The numbers that older implementations have elsewhere: `--ext-type` and the two reply codes.

use clap::Args;

use super::Failure;
use super::quantity::number;
use crate::wire::{ExtensionType, Numbers};

/// Numbers for implementations older than RFC 7629.
#[derive(Debug, Args)]
pub(super) struct NumberOptions {
    /// Extension type of Multipath and Flow-Binding
    #[arg(long, value_name = "N", default_value_t = Numbers::default().multipath_family, value_parser = number::<u8>(0, 255))]
    ext_type: u8,

    /// Reply code that means `MULTIPATH_NOT_ALLOWED`
    #[arg(long, value_name = "N", default_value_t = Numbers::default().multipath_not_allowed, value_parser = number::<u8>(0, 255))]
    code_multipath_not_allowed: u8,

    /// Reply code that means `INVALID_FB_IDENTIFIER`
    #[arg(long, value_name = "N", default_value_t = Numbers::default().invalid_fb_identifier, value_parser = number::<u8>(0, 255))]
    code_invalid_fb_identifier: u8,
}

impl NumberOptions {
    /// The numbers, those of RFC 7629 where none are given.
    pub(super) fn numbers(&self) -> Result<Numbers, Failure> {
        if self.ext_type == 0 {
            return Err(Failure::usage("--ext-type 0 is padding and cannot be an extension", None));
        }
        let kind = ExtensionType(self.ext_type);
        if let Some(name) = kind.name().filter(|_| kind.is_read()) {
            let message = format!("--ext-type {}: extensions of this type are another's: {name}", kind.0);
            return Err(Failure::usage(message, None));
        }
        let [not_allowed, invalid] = [self.code_multipath_not_allowed, self.code_invalid_fb_identifier];
        let codes = [("multipath-not-allowed", not_allowed), ("invalid-fb-identifier", invalid)];
        if let Some((option, code)) = codes.into_iter().find(|(_, code)| *code < Numbers::FIRST_FREE_CODE) {
            let message =
                format!("--code-{option} {code}: no home agent denies these requests with that code");
            let help = format!(
                "codes from {} to 255 are taken, and lose the meaning they have; those below are of RFC 5944",
                Numbers::FIRST_FREE_CODE
            );
            return Err(Failure::usage(message, Some(help)));
        }
        if not_allowed == invalid {
            let message =
                format!("--code-multipath-not-allowed and --code-invalid-fb-identifier are both {invalid}");
            return Err(Failure::usage(message, None));
        }
        Ok(Numbers {
            multipath_family: self.ext_type,
            multipath_not_allowed: self.code_multipath_not_allowed,
            invalid_fb_identifier: self.code_invalid_fb_identifier,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(ext_type: u8, multipath_not_allowed: u8, invalid_fb_identifier: u8) -> NumberOptions {
        NumberOptions {
            ext_type,
            code_multipath_not_allowed: multipath_not_allowed,
            code_invalid_fb_identifier: invalid_fb_identifier,
        }
    }

    #[test]
    fn numbers_that_mean_something_else_are_refused() {
        // 154, and what drafts and tests had; 149 is assigned, and not read.
        for (ext_type, not_allowed, invalid) in
            [(154, 152, 153), (149, 148, 153), (200, 210, 211), (20, 137, 255)]
        {
            let numbers = options(ext_type, not_allowed, invalid).numbers().expect("they are lawful");
            assert_eq!(numbers.multipath_family, ext_type);
        }
        for (ext_type, not_allowed, invalid) in [
            (0, 152, 153),
            (32, 152, 153),
            (131, 152, 153),
            (144, 152, 153),
            (154, 0, 153),
            (154, 152, 1),
            (154, 64, 153),
            (154, 133, 153),
            (154, 152, 136),
            (154, 200, 200),
        ] {
            assert!(
                options(ext_type, not_allowed, invalid).numbers().is_err(),
                "{ext_type} {not_allowed} {invalid}"
            );
        }
    }
}
