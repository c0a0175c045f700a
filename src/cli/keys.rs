//! The keys authenticators are verified with: `--key` and `--key-file`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Failure;
use crate::wire::{Algorithm, Key, KeyError, KeyRing};

/// Options that name keys.
#[derive(Debug, Args)]
pub(super) struct KeyOptions {
    /// Verify authenticators of this SPI with this key (repeatable)
    ///
    /// Written SPI[/ALGORITHM]=HEX or SPI[/ALGORITHM]=text:SECRET. Algorithms are hmac-md5 (the default),
    /// hmac-sha1, hmac-sha256 and md5-prefix-suffix.
    // Kept as text: an error of clap's own would print the secret.
    #[arg(long, value_name = "SPI[/ALGORITHM]=HEX")]
    key: Vec<String>,

    /// Read keys from a TOML file of [[key]] tables with spi, hex or text, and algorithm
    #[arg(long, value_name = "TOML")]
    key_file: Option<PathBuf>,
}

impl KeyOptions {
    /// The keys of the command line, then those of the file.
    pub(super) fn ring(self) -> Result<KeyRing, Failure> {
        let mut ring = KeyRing::default();
        for text in self.key.into_iter().map(Zeroizing::new) {
            let key = Key::parse(&text).map_err(|error| Failure::usage(format!("--key: {error}"), None))?;
            ring.add(key);
        }
        if let Some(path) = self.key_file {
            read_file(&path, &mut ring)?;
        }
        Ok(ring)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    #[serde(default)]
    key: Vec<KeyTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyTable {
    spi: u32,
    algorithm: Option<String>,
    hex: Option<Zeroizing<String>>,
    text: Option<Zeroizing<String>>,
}

fn read_file(path: &Path, ring: &mut KeyRing) -> Result<(), Failure> {
    let shown = path.display();
    let content = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|error| Failure::io(format!("the key file {shown} cannot be read: {error}"), None))?;
    let file: KeyFile = toml::from_str(&content).map_err(|error| {
        // The error's own rendering quotes the line, and with it the secret.
        let line = error.span().map_or(1, |span| 1 + content.get(..span.start).unwrap_or_default().matches('\n').count());
        Failure::usage(
            format!("the key file {shown} is wrong in line {line}: {}", error.message()),
            Some("write [[key]] tables with spi = NUMBER, hex = \"...\" or text = \"...\", and algorithm = \"hmac-md5\"".into()),
        )
    })?;
    for table in file.key {
        let spi = table.spi;
        let key = table.key().map_err(|error| {
            Failure::usage(format!("the key file {shown}, key of SPI {spi}: {error}"), None)
        })?;
        ring.add(key);
    }
    Ok(())
}

impl KeyTable {
    fn key(self) -> Result<Key, KeyError> {
        let algorithm = match self.algorithm {
            Some(name) => Algorithm::from_name(&name).ok_or(KeyError::Algorithm(name))?,
            None => Algorithm::default(),
        };
        let secret = match (self.hex, self.text) {
            (Some(hex), None) => Key::octets_from_hexadecimal(&hex)?,
            (None, Some(text)) => Zeroizing::new(text.as_bytes().to_vec()),
            _ => return Err(KeyError::NoSecret),
        };
        Key::new(self.spi, algorithm, secret)
    }
}
