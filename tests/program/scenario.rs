//! Scenarios in files of their own.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

/// A scenario in a file of its own.
pub struct Scenario {
    /// The file.
    pub file: PathBuf,
    _directory: TempDir,
}

/// Writes a scenario.
pub fn scenario(text: &str) -> Scenario {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("scenario.toml");
    fs::write(&file, text).unwrap();
    Scenario { file, _directory: directory }
}
