//! The keys authenticators are verified with: `--key` and `--key-file`.

use std::env::VarError;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Failure, text_file};
use crate::wire::{Algorithm, Key, KeyError, KeyRing};

/// The environment variable that holds keys, one on each line, for calls whose command line names none.
const VARIABLE: &str = "MIPFLOW_KEY";

/// Options that name keys.
#[derive(Debug, Args)]
pub(super) struct KeyOptions {
    /// Key of this SPI, to verify authenticators with, and in send and serve to sign with (repeatable)
    ///
    /// Written SPI[/ALGORITHM]=HEX or SPI[/ALGORITHM]=text:SECRET. Algorithms are hmac-md5 (the default),
    /// hmac-sha1, hmac-sha256 and md5-prefix-suffix. If neither --key nor --key-file is given, keys are read from the
    /// environment variable `MIPFLOW_KEY`, one on each line: other users can see a command line, but not that.
    // Kept as text: an error of clap's own would print the secret.
    #[arg(long, value_name = "SPI[/ALGORITHM]=HEX", allow_hyphen_values = true)]
    key: Vec<String>,

    /// Read keys from a TOML file of `[[key]]` tables with spi, hex or text, and algorithm
    #[arg(long, value_name = "TOML")]
    key_file: Option<PathBuf>,
}

impl KeyOptions {
    /// Whether the command line names keys. Those of the environment are then ignored.
    pub(super) fn are_given(&self) -> bool {
        !self.key.is_empty() || self.key_file.is_some()
    }

    /// All files that are read, which are `inputs` and the key file. None of them may be written over.
    pub(super) fn beside<S: AsRef<OsStr>>(&self, inputs: &[S]) -> Vec<OsString> {
        let inputs = inputs.iter().map(AsRef::as_ref);
        inputs.chain(self.key_file.as_ref().map(|file| file.as_os_str())).map(OsStr::to_owned).collect()
    }

    /// The keys of the command line, then those of the file; if there are neither, those of the environment.
    pub(super) fn ring(self) -> Result<KeyRing, Failure> {
        let mut ring = KeyRing::default();
        if !self.are_given() {
            for text in of_environment()?.lines().map(str::trim).filter(|line| !line.is_empty()) {
                ring.add(Key::parse(text).map_err(|error| unusable(VARIABLE, &error))?);
            }
        }
        for text in self.key.into_iter().map(Zeroizing::new) {
            ring.add(Key::parse(&text).map_err(|error| unusable("--key", &error))?);
        }
        if let Some(path) = self.key_file {
            read_file(&path, &mut ring)?;
        }
        Ok(ring)
    }
}

/// The text of [`VARIABLE`]; empty if it is not set. A value that is not text is an error, because ignoring it would
/// send requests unsigned.
fn of_environment() -> Result<Zeroizing<String>, Failure> {
    match std::env::var(VARIABLE) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(VarError::NotPresent) => Ok(Zeroizing::default()),
        Err(VarError::NotUnicode(octets)) => {
            drop(Zeroizing::new(octets.into_encoded_bytes()));
            Err(Failure::usage(format!("{VARIABLE}: it is not UTF-8 text"), Some(Key::SYNTAX.into())))
        }
    }
}

/// An error about a key on the command line or in the environment. It repeats nothing of the key.
fn unusable(place: &str, error: &KeyError) -> Failure {
    Failure::usage(format!("{place}: {}", error.without_content()), Some(Key::SYNTAX.into()))
}

/// The TOML parser's message about a key file, without the values that it quotes, because they may be secrets.
fn without_values(message: &str) -> &str {
    let is_of_values = message.starts_with("invalid type") || message.starts_with("invalid value");
    if is_of_values { "a value has the wrong type or is out of range" } else { message }
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
    let content = text_file::read("key file", path)?;
    let how = "write [[key]] tables with spi = NUMBER, hex = \"...\" or text = \"...\", and algorithm = \"hmac-md5\"";
    let file: KeyFile = toml::from_str(&content).map_err(|error| {
        // The error's own text quotes the line, and with it the secret.
        let line = error
            .span()
            .map_or(1, |span| 1 + content.get(..span.start).unwrap_or_default().matches('\n').count());
        Failure::usage(
            format!("the key file {shown} is wrong in line {line}: {}", without_values(error.message())),
            Some(how.into()),
        )
    })?;
    // An empty key file is a mistake: requests would go out unsigned.
    if file.key.is_empty() {
        return Err(Failure::usage(format!("the key file {shown} holds no key"), Some(how.into())));
    }
    for table in file.key {
        let spi = table.spi;
        let key = table.key().map_err(|error| {
            let what = match error {
                KeyError::NoSecret => "it needs either hex or text".to_owned(),
                KeyError::Hexadecimal => "hex is not written in pairs of hexadecimal digits".to_owned(),
                other => other.to_string(),
            };
            Failure::usage(format!("the key file {shown}, key of SPI {spi}: {what}"), None)
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
