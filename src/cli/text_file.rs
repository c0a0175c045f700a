//! Files of text that a user wrote: scenarios and keys.

use std::fs;
use std::path::Path;

use zeroize::Zeroizing;

use super::Failure;

/// Reads a text file. Error messages call it `what`. The text may hold secrets, so it is erased when dropped.
pub(super) fn read(what: &str, file: &Path) -> Result<Zeroizing<String>, Failure> {
    let shown = file.display();
    let octets = fs::read(file).map(Zeroizing::new);
    let octets =
        octets.map_err(|error| Failure::io(format!("the {what} {shown} cannot be read: {error}"), None))?;
    let text = std::str::from_utf8(&octets).map(|text| Zeroizing::new(text.to_owned()));
    text.map_err(|_| Failure::usage(format!("the {what} {shown} is not UTF-8 text"), None))
}
