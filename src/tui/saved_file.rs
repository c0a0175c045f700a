//! The file that is saved to. It takes the place of another one only when it is complete, and nothing is left of one
//! that could not be written.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};

/// A file in the making.
#[derive(Debug)]
pub struct SavedFile {
    /// Where it is written.
    written: PathBuf,
    /// What becomes of it.
    end: End,
}

#[derive(Debug)]
enum End {
    /// There was none of this name.
    New,
    /// It takes the place of this one.
    Replaces(PathBuf),
    /// What was there is written over as it goes.
    Over,
}

impl SavedFile {
    /// A file of this name; an error when there is one already, which may not be written over.
    pub fn new(path: &Path) -> io::Result<Self> {
        File::create_new(path)?;
        Ok(Self { written: path.to_owned(), end: End::New })
    }

    /// The same in place of one that is there, where that can be done without a difference to anybody: a device is
    /// written to, and so is a file with other names, or one that no other can be made like.
    pub fn over(path: &Path) -> io::Result<Self> {
        let over = || Self { written: path.to_owned(), end: End::Over };
        let Ok(target) = path.canonicalize() else { return Ok(over()) };
        let metadata = fs::metadata(&target)?;
        if !metadata.is_file() || metadata.nlink() > 1 {
            return Ok(over());
        }
        // Whoever may not write to it may not put another in its place, either.
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

    /// It is complete.
    pub fn complete(self) -> io::Result<()> {
        match &self.end {
            End::Replaces(target) => fs::rename(&self.written, target).inspect_err(|_| remove(&self.written)),
            End::New | End::Over => Ok(()),
        }
    }

    /// It could not be written.
    pub fn give_up(self) {
        match self.end {
            End::New | End::Replaces(_) => remove(&self.written),
            End::Over => {}
        }
    }
}

/// A name in the same directory, with the same ending.
fn beside(target: &Path) -> Option<PathBuf> {
    let name = target.file_name()?.to_string_lossy();
    Some(target.with_file_name(format!(".{}.{name}", std::process::id())))
}

/// Makes an empty file with the mode and the owner of another.
fn make_like(path: &Path, metadata: &Metadata) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let made = file.metadata()?;
    let is_alike = (made.uid(), made.gid()) == (metadata.uid(), metadata.gid());
    let owned = if is_alike { Ok(()) } else { chown(path, Some(metadata.uid()), Some(metadata.gid())) };
    owned.and_then(|()| file.set_permissions(metadata.permissions())).inspect_err(|_| remove(path))
}

fn remove(path: &Path) {
    // What cannot be removed stays; that it could not be written is told already.
    let _ = fs::remove_file(path);
}
