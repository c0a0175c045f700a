//! Writing frames while watching: to one file, or to a ring of files in which the oldest is overwritten.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::mem;
use std::path::{Path, PathBuf};

use super::privileges::{self, RunAs};
use super::writer::open_empty;
use super::{Frame, WriteError, Writer};

/// The size of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingSize {
    /// Size of a file in octets; a frame that would exceed it goes to the next file.
    pub octets: u64,
    /// Number of files.
    pub files: u32,
}

impl RingSize {
    /// How many files a ring can have at most.
    pub const MOST_FILES: u32 = 1000;
}

/// Writes frames to a file, or to a ring of files.
///
/// All files of a ring are created at once, since that may be impossible once privileges are given up. The ring of
/// `trace.pcap` is `trace.0.pcap`, `trace.1.pcap` and so on. Files that were never needed are removed at the end.
pub struct Recorder {
    writer: Writer,
    /// All files of a ring, or the only one.
    files: Vec<RingFile>,
    current: usize,
    limit: u64,
}

struct RingFile {
    path: PathBuf,
    file: File,
    used: bool,
}

impl Recorder {
    /// Creates the file `path`, or the files of its ring, and empties those that exist. It is an error if one of them
    /// is among `inputs`.
    pub fn create<S: AsRef<OsStr>>(
        path: &Path,
        ring: Option<RingSize>,
        inputs: &[S],
    ) -> Result<Self, WriteError> {
        let (paths, limit) = match ring {
            None => (vec![path.to_owned()], u64::MAX),
            Some(ring) => {
                let files = ring.files.clamp(1, RingSize::MOST_FILES);
                ((0..files).map(|number| ring_path(path, number, files)).collect(), ring.octets)
            }
        };
        // All names are checked before the first file is emptied: an input may be a file of the same ring.
        paths.iter().try_for_each(|path| Writer::check(path, inputs))?;
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let file = open_empty(&path, inputs)?;
            files.push(RingFile { path, file, used: false });
        }
        let writer = begin(&mut files, 0, path)?;
        Ok(Self { writer, files, current: 0, limit })
    }

    /// Makes the user that the program will run as the owner of the files.
    pub fn give_to(&self, run_as: &RunAs) -> Result<(), WriteError> {
        self.files.iter().try_for_each(|ring_file| {
            privileges::give(&ring_file.file, run_as).map_err(|error| cannot_write(&ring_file.path, error))
        })
    }

    /// Writes one frame; to the next file of the ring if the frame would make the current one too large.
    pub fn write(&mut self, frame: &Frame<'_>) -> Result<(), WriteError> {
        let size = u64::try_from(frame.data.len()).unwrap_or(u64::MAX).saturating_add(MOST_PER_FRAME);
        if self.writer.frames() > 0 && self.writer.octets().saturating_add(size) > self.limit {
            self.turn()?;
        }
        self.writer.write(frame)
    }

    /// Hands everything written so far to the system.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.writer.flush()
    }

    /// Completes the files.
    pub fn finish(self) -> Result<(), WriteError> {
        let written = self.writer.finish();
        for unused in self.files.iter().filter(|file| !file.used) {
            // If this user may not remove the file, it becomes an empty capture.
            if std::fs::remove_file(&unused.path).is_err() {
                let file = again(&unused.file).map_err(|error| cannot_write(&unused.path, error))?;
                Writer::to_file(&unused.path, file)?.finish()?;
            }
        }
        written
    }

    /// Ends after a file could not be written: removes the files that were never needed, and leaves the others alone.
    pub fn give_up(self) {
        for unused in self.files.iter().filter(|file| !file.used) {
            // A file that cannot be removed does no harm: it is empty.
            let _ = std::fs::remove_file(&unused.path);
        }
    }

    /// Goes on to the next file.
    fn turn(&mut self) -> Result<(), WriteError> {
        let next = self.current.saturating_add(1) % self.files.len().max(1);
        // The current file is completed before the next begins, since with a ring of one file both are the same.
        self.writer.flush()?;
        let path = self.files.get(next).map(|file| file.path.clone()).unwrap_or_default();
        let writer = begin(&mut self.files, next, &path)?;
        mem::replace(&mut self.writer, writer).finish()?;
        self.current = next;
        Ok(())
    }
}

/// How many octets a format adds to a frame at most: a pcapng packet block, and the block of its interface.
const MOST_PER_FRAME: u64 = 68;

/// The name of one file of a ring. The number, with as many digits as the largest, stands before the extension.
fn ring_path(path: &Path, number: u32, files: u32) -> PathBuf {
    let width = files.saturating_sub(1).to_string().len();
    let mut name = path.file_stem().map(OsStr::to_os_string).unwrap_or_default();
    name.push(format!(".{number:0width$}"));
    if let Some(extension) = path.extension() {
        name.push(OsString::from("."));
        name.push(extension);
    }
    path.with_file_name(name)
}

/// Begins the file at `place` from its start.
fn begin(files: &mut [RingFile], place: usize, path: &Path) -> Result<Writer, WriteError> {
    let Some(ring_file) = files.get_mut(place) else {
        return Err(cannot_write(path, io::ErrorKind::NotFound.into()));
    };
    ring_file.used = true;
    let file = again(&ring_file.file).map_err(|error| cannot_write(&ring_file.path, error))?;
    Writer::to_file(&ring_file.path, file)
}

/// Another handle to an open file. A regular file is emptied; a pipe stays as it is.
fn again(file: &File) -> io::Result<File> {
    let mut handle = file.try_clone()?;
    if handle.metadata()?.is_file() {
        handle.set_len(0)?;
        handle.seek(SeekFrom::Start(0))?;
    }
    Ok(handle)
}

fn cannot_write(path: &Path, error: io::Error) -> WriteError {
    WriteError::Write { path: path.to_string_lossy().into_owned(), error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{LinkType, Next, Timeline};
    use crate::time::{Precision, Timestamp};

    fn frame(number: u64, data: &[u8]) -> Frame<'_> {
        Frame {
            number,
            file: 0,
            time: Timestamp::new(i64::try_from(number).unwrap(), 0),
            precision: Precision::NANOSECONDS,
            link_type: LinkType::ETHERNET,
            data,
            original_length: u32::try_from(data.len()).unwrap(),
        }
    }

    /// The seconds of the frames in a file.
    fn seconds(path: &Path) -> Vec<i64> {
        let mut timeline = Timeline::open(&[path]);
        let mut found = Vec::new();
        while let Next::Frame(frame) = timeline.next() {
            found.push(frame.time.seconds());
        }
        assert!(timeline.errors().is_empty(), "{:?}", timeline.errors());
        found
    }

    #[test]
    fn the_oldest_file_of_a_ring_is_written_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("trace.pcap");
        let named = |number: u32| directory.path().join(format!("trace.{number}.pcap"));
        // Each frame takes 16 octets beside its 84; three files with room for three of them each.
        let ring = RingSize { octets: 24 + 3 * 100 + 52, files: 3 };
        let mut recorder = Recorder::create::<&str>(&path, Some(ring), &[]).unwrap();
        assert!(named(2).exists(), "a file that is needed later is there from the beginning");
        for number in 1..=11 {
            recorder.write(&frame(number, &[0; 84])).unwrap();
        }
        recorder.finish().unwrap();
        assert_eq!(seconds(&named(0)), [10, 11]);
        assert_eq!(seconds(&named(1)), [4, 5, 6]);
        assert_eq!(seconds(&named(2)), [7, 8, 9]);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_was_never_needed_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("trace.pcapng");
        let ring = RingSize { octets: 1000, files: 12 };
        let mut recorder = Recorder::create::<&str>(&path, Some(ring), &[]).unwrap();
        recorder.write(&frame(1, &[0; 4])).unwrap();
        // Larger than a file may be: it has one of its own.
        recorder.write(&frame(2, &[0; 4000])).unwrap();
        recorder.finish().unwrap();
        assert_eq!(seconds(&directory.path().join("trace.00.pcapng")), [1]);
        assert_eq!(seconds(&directory.path().join("trace.01.pcapng")), [2]);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
