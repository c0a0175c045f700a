//! The file that is saved to. It takes the place of an existing file only when it is complete, and nothing is left of a
//! file that could not be written; [`SavedFile::over`] tells the exceptions.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};

/// A file in the making.
#[derive(Debug)]
pub struct SavedFile {
    /// Where it is written.
    written: PathBuf,
    /// What becomes of the file at its end.
    end: End,
}

#[derive(Debug)]
enum End {
    /// There was no file of this name.
    New,
    /// It takes the place of this file.
    Replaces(PathBuf),
    /// The existing file is written over in place.
    Over,
}

impl SavedFile {
    /// Creates a file of this name; an error if one exists already.
    pub fn new(path: &Path) -> io::Result<Self> {
        File::create_new(path)?;
        Ok(Self { written: path.to_owned(), end: End::New })
    }

    /// A file that takes the place of an existing one when it is complete.
    ///
    /// Written over in place, because a replacement would make a difference, are devices, files with several names
    /// (hard links), and files whose mode and owner cannot be given to another.
    pub fn over(path: &Path) -> io::Result<Self> {
        let over = || Self { written: path.to_owned(), end: End::Over };
        let Ok(target) = path.canonicalize() else { return Ok(over()) };
        let metadata = fs::metadata(&target)?;
        if !metadata.is_file() || metadata.nlink() > 1 {
            return Ok(over());
        }
        // A user who may not write to the file may not replace it, either.
        OpenOptions::new().write(true).open(&target)?;
        let Some(beside) = beside(&target) else { return Ok(over()) };
        match make_like(&beside, &metadata) {
            Ok(()) => Ok(Self { written: beside, end: End::Replaces(target) }),
            Err(_) => Ok(over()),
        }
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.written
    }

    /// Ends a file that is complete; one that replaces another takes its place now. An error if that fails.
    pub fn complete(self) -> io::Result<()> {
        match &self.end {
            End::Replaces(target) => fs::rename(&self.written, target).inspect_err(|_| remove(&self.written)),
            End::New | End::Over => Ok(()),
        }
    }

    /// Removes a file that could not be written, unless it was written in place.
    pub fn give_up(self) {
        match self.end {
            End::New | End::Replaces(_) => remove(&self.written),
            End::Over => {}
        }
    }
}

/// A hidden name in the same directory, with the same extension.
fn beside(target: &Path) -> Option<PathBuf> {
    let name = target.file_name()?.to_string_lossy();
    Some(target.with_file_name(format!(".{}.{name}", std::process::id())))
}

/// Makes an empty file with the mode, owner and group of another.
fn make_like(path: &Path, metadata: &Metadata) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let made = file.metadata()?;
    let is_alike = (made.uid(), made.gid()) == (metadata.uid(), metadata.gid());
    let owned = if is_alike { Ok(()) } else { chown(path, Some(metadata.uid()), Some(metadata.gid())) };
    owned.and_then(|()| file.set_permissions(metadata.permissions())).inspect_err(|_| remove(path))
}

fn remove(path: &Path) {
    // A file that cannot be removed stays; the failed write is reported anyway.
    let _ = fs::remove_file(path);
}
