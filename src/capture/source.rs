//! Where the octets of an input come from: a file, a pipe, standard input.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, IsTerminal, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::Fault;

/// An opened input from which nothing has been read yet.
pub struct Source {
    /// Its name as given; `-` is standard input.
    pub name: String,
    /// Reads its octets, compressed or not.
    pub reader: Box<dyn Read + Send>,
    /// Polled to wait for a writer; `None` for a regular file, which needs no waiting.
    pub pipe: Option<OwnedFd>,
    /// Its size in octets, if it is a regular file.
    pub size: Option<u64>,
}

impl Source {
    /// Opens the file `name`, or standard input for `-`.
    pub(super) fn open(name: &OsStr) -> Result<Self, Fault> {
        let file = if name == STANDARD_INPUT { standard_input()? } else { File::open(name)? };
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(Fault::IsDirectory);
        }
        if file.is_terminal() {
            return Err(Fault::Terminal);
        }
        let regular = metadata.is_file();
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            pipe: if regular { None } else { Some(file.try_clone()?.into()) },
            reader: Box::new(file),
            size: regular.then_some(metadata.len()),
        })
    }

    /// Opens the named pipe `name` without waiting for a writer; its reader waits instead. `None` if it is not a named
    /// pipe or cannot be opened; then opening it as a file gives the reason.
    pub fn open_pipe(name: &OsStr) -> Option<Self> {
        // Opening other kinds of files in this mode may have side effects.
        if name == STANDARD_INPUT || !fs::metadata(name).ok()?.file_type().is_fifo() {
            return None;
        }
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(name).ok()?;
        Some(Self {
            name: name.to_string_lossy().into_owned(),
            pipe: Some(file.try_clone().ok()?.into()),
            reader: Box::new(Waiting(file)),
            size: None,
        })
    }
}

/// A pipe that was opened without waiting. Reads wait for data: without a writer, the pipe would seem to have ended.
struct Waiting(File);

impl Read for Waiting {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut descriptors = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
            match poll(&mut descriptors, PollTimeout::NONE) {
                Err(Errno::EINTR) => continue,
                Err(error) => return Err(error.into()),
                Ok(_) => {}
            }
            match self.0.read(room) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}

/// The name that stands for standard input.
pub(super) const STANDARD_INPUT: &str = "-";

/// A handle to standard input that bypasses the standard library's buffer.
fn standard_input() -> io::Result<File> {
    io::stdin().as_fd().try_clone_to_owned().map(File::from)
}

/// Device and inode, by which two names are known to be the same file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// The identity of an opened file.
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    /// The identity of an input as given to [`Timeline::open`](super::Timeline::open); `None` if it does not exist.
    pub(super) fn of_input(name: &OsStr) -> Option<Self> {
        let metadata = if name == STANDARD_INPUT {
            standard_input().and_then(|file| file.metadata())
        } else {
            fs::metadata(name)
        };
        metadata.ok().map(|metadata| Self::of(&metadata))
    }
}

/// Counts the octets that pass through a reader, for all inputs together.
pub(super) struct Counted {
    reader: Box<dyn Read + Send>,
    count: Arc<AtomicU64>,
}

impl Counted {
    pub(super) fn new(reader: Box<dyn Read + Send>, count: Arc<AtomicU64>) -> Self {
        Self { reader, count }
    }
}

impl Read for Counted {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(room)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
