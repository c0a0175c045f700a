//! Writes frames to a capture file: classic pcap, or pcapng when the name asks for it.

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use thiserror::Error;

use super::source::{Identity, STANDARD_INPUT};
use super::{Frame, LinkType};
use crate::time::{Precision, Timestamp};

/// Writes a capture file.
///
/// Frames are written as they were captured, with their captured and original lengths. A name that ends in
/// `.pcapng` makes a pcapng file with one interface for each link type and precision; any other makes a classic
/// pcap, which has one link type, and nanoseconds when its first frame has more than six digits of a second,
/// microseconds otherwise (finer digits of later frames are cut off).
///
/// Numbers are little-endian. A time that the format cannot express (before 1970, or for classic pcap after
/// 2106-02-07T06:28:15Z) is written as the nearest one that it can express.
pub struct Writer {
    path: String,
    output: BufWriter<File>,
    format: Format,
    frames: u64,
    octets: u64,
}

/// The format, with what was already written besides frames.
enum Format {
    /// The link type and whether times are in nanoseconds; `None` until the header is written.
    Pcap(Option<(LinkType, bool)>),
    /// The interfaces described so far.
    Pcapng(Vec<(LinkType, Precision)>),
}

/// A capture could not be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The output was named `-`.
    #[error("a capture cannot be written to standard output")]
    StandardOutput,
    /// The output's name is that of a compressed file.
    #[error("`{path}` is the name of a compressed file, and captures are written as they are")]
    Compressed {
        /// The output's name.
        path: String,
    },
    /// The output is one of the inputs.
    #[error("`{path}` is the input `{input}`, which writing would destroy")]
    IsInput {
        /// The output's name.
        path: String,
        /// The input's name.
        input: String,
    },
    /// The file could not be created.
    #[error("`{path}` cannot be created: {error}")]
    Create {
        /// The output's name.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// Writing failed.
    #[error("`{path}` cannot be written: {error}")]
    Write {
        /// The output's name.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// A frame of a second link type came to a classic pcap file.
    #[error("`{path}` holds {first} frames and cannot take {second} frames too")]
    SecondLinkType {
        /// The output's name.
        path: String,
        /// The link type of the file.
        first: LinkType,
        /// The link type of the frame.
        second: LinkType,
    },
}

impl WriteError {
    /// What can be done about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::StandardOutput => Some("name a file, or a named pipe".to_owned()),
            Self::Compressed { path } => {
                let plain = Path::new(path).with_extension("");
                Some(format!("write to `{}`, and compress that", plain.display()))
            }
            Self::IsInput { .. } => Some("write to another file".to_owned()),
            Self::SecondLinkType { path, .. } => {
                let stem = path.strip_suffix(".pcap").unwrap_or(path);
                Some(format!("a pcapng file can hold several link types: write to `{stem}.pcapng`"))
            }
            Self::Create { .. } | Self::Write { .. } => None,
        }
    }
}

impl Writer {
    /// Creates the file `path`, or empties it if it exists. It is an error if it is among `inputs` (as given to
    /// [`Timeline::open`](super::Timeline::open)).
    pub fn create<S: AsRef<OsStr>>(path: &Path, inputs: &[S]) -> Result<Self, WriteError> {
        Self::to_file(path, open_empty(path, inputs)?)
    }

    /// Checks that `path` is not among `inputs`, and that a capture can have its name. Creates and changes nothing.
    pub fn check<S: AsRef<OsStr>>(path: &Path, inputs: &[S]) -> Result<(), WriteError> {
        check_name(path)?;
        let input = std::fs::metadata(path).ok().and_then(|metadata| input_of(&metadata, inputs));
        match input {
            Some(input) => Err(WriteError::IsInput { path: path.to_string_lossy().into_owned(), input }),
            None => Ok(()),
        }
    }

    /// Whether a file of this name is written as pcapng.
    pub fn is_pcapng(path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("pcapng"))
    }

    /// A writer to an open, empty file; `path` is its name, which decides the format.
    pub(super) fn to_file(path: &Path, file: File) -> Result<Self, WriteError> {
        let name = path.to_string_lossy().into_owned();
        let is_pcapng = Self::is_pcapng(path);
        let mut writer = Self {
            path: name,
            output: BufWriter::with_capacity(BUFFER, file),
            format: if is_pcapng { Format::Pcapng(Vec::new()) } else { Format::Pcap(None) },
            frames: 0,
            octets: 0,
        };
        if is_pcapng {
            writer.put(&section_header())?;
        }
        Ok(writer)
    }

    /// Writes one frame.
    pub fn write(&mut self, frame: &Frame<'_>) -> Result<(), WriteError> {
        match self.format {
            Format::Pcap(_) => self.write_pcap(frame)?,
            Format::Pcapng(_) => self.write_pcapng(frame)?,
        }
        self.frames = self.frames.saturating_add(1);
        Ok(())
    }

    /// Octets of the file so far.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// Frames written so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Hands everything written so far to the system.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.output.flush().map_err(|error| WriteError::Write { path: self.path.clone(), error })
    }

    /// Completes the file; without any frame it is an empty capture of Ethernet.
    pub fn finish(mut self) -> Result<(), WriteError> {
        if let Format::Pcap(None) = self.format {
            self.put(&pcap_header(LinkType::ETHERNET, false))?;
        }
        self.flush()
    }

    fn write_pcap(&mut self, frame: &Frame<'_>) -> Result<(), WriteError> {
        let (link_type, nanoseconds) = if let Format::Pcap(Some(header)) = self.format {
            header
        } else {
            let nanoseconds = frame.precision > Precision::MICROSECONDS;
            self.put(&pcap_header(frame.link_type, nanoseconds))?;
            self.format = Format::Pcap(Some((frame.link_type, nanoseconds)));
            (frame.link_type, nanoseconds)
        };
        if link_type != frame.link_type {
            let (path, first, second) = (self.path.clone(), link_type, frame.link_type);
            return Err(WriteError::SecondLinkType { path, first, second });
        }
        let time = frame.time.clamp(Timestamp::default(), PCAP_LAST);
        let seconds = u32::try_from(time.seconds()).unwrap_or(u32::MAX);
        let fraction = if nanoseconds { time.subsecond() } else { time.subsecond() / 1000 };
        let header = [seconds, fraction, captured_length(frame), frame.original_length];
        self.put(header.map(u32::to_le_bytes).as_flattened())?;
        self.put(frame.data)
    }

    fn write_pcapng(&mut self, frame: &Frame<'_>) -> Result<(), WriteError> {
        let key = (frame.link_type, frame.precision);
        let Format::Pcapng(interfaces) = &mut self.format else { return Ok(()) };
        let known = interfaces.iter().position(|interface| *interface == key);
        let interface = known.unwrap_or(interfaces.len());
        if known.is_none() {
            interfaces.push(key);
            self.put(&interface_description(frame.link_type, frame.precision))?;
        }
        let time = frame.time.clamp(Timestamp::default(), Timestamp::LAST);
        let unit = 10_i64.pow(9_u32.saturating_sub(u32::from(frame.precision.digits())));
        let ticks = time.nanoseconds().cast_unsigned() / unit.cast_unsigned();
        let captured = captured_length(frame);
        let padding = captured.wrapping_neg() % 4;
        let length = captured.saturating_add(padding).saturating_add(32);
        // These are the two halves of `ticks`; nothing is lost.
        #[allow(clippy::cast_possible_truncation)]
        let (high, low) = ((ticks >> 32) as u32, ticks as u32);
        let interface = u32::try_from(interface).unwrap_or(u32::MAX);
        let header = [6, length, interface, high, low, captured, frame.original_length];
        self.put(header.map(u32::to_le_bytes).as_flattened())?;
        self.put(frame.data)?;
        self.put([0; 3].get(..padding as usize).unwrap_or_default())?;
        self.put(&length.to_le_bytes())
    }

    fn put(&mut self, octets: &[u8]) -> Result<(), WriteError> {
        self.octets = self.octets.saturating_add(octets.len() as u64);
        self.output.write_all(octets).map_err(|error| WriteError::Write { path: self.path.clone(), error })
    }
}

/// How many octets are gathered before they are handed to the system.
const BUFFER: usize = 256 << 10;

/// The last moment of a classic pcap record.
const PCAP_LAST: Timestamp = Timestamp::new(u32::MAX as i64, 999_999_999);

/// How many octets of `frame` were captured.
fn captured_length(frame: &Frame<'_>) -> u32 {
    // Always fits: a window holds 64 MiB at most.
    u32::try_from(frame.data.len()).unwrap_or(u32::MAX)
}

/// The header of a classic pcap file.
fn pcap_header(link_type: LinkType, nanoseconds: bool) -> [u8; 24] {
    let magic: u32 = if nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
    let snapshot_length = 262_144;
    let mut header = [0; 24];
    // Version 2.4 as two half words, time zone and accuracy 0.
    let words = [magic, 0x0004_0002, 0, 0, snapshot_length, link_type.0];
    header.copy_from_slice(words.map(u32::to_le_bytes).as_flattened());
    header
}

/// A Section Header Block of version 1.0 for a section of unknown length.
fn section_header() -> [u8; 28] {
    let mut block = [0; 28];
    let words = [0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28];
    block.copy_from_slice(words.map(u32::to_le_bytes).as_flattened());
    block
}

/// An Interface Description Block without a snapshot length, with `if_tsresol`.
fn interface_description(link_type: LinkType, precision: Precision) -> [u8; 32] {
    let mut block = [0; 32];
    // The option's code and length as half words, its value, then the end of options.
    let words = [1, 32, link_type.0 & 0xffff, 0, 0x0001_0009, u32::from(precision.digits()), 0, 32];
    block.copy_from_slice(words.map(u32::to_le_bytes).as_flattened());
    block
}

/// File name extensions of compressed files.
const COMPRESSED: [&str; 5] = ["gz", "zst", "xz", "bz2", "lz4"];

/// Whether a capture can have this name.
fn check_name(path: &Path) -> Result<(), WriteError> {
    if path == Path::new(STANDARD_INPUT) {
        return Err(WriteError::StandardOutput);
    }
    let ending = path.extension().unwrap_or_default();
    if COMPRESSED.iter().any(|compressed| ending.eq_ignore_ascii_case(compressed)) {
        return Err(WriteError::Compressed { path: path.to_string_lossy().into_owned() });
    }
    Ok(())
}

/// Checks the name `path` and creates the file, or empties it if it exists and is not an input.
pub(super) fn open_empty<S: AsRef<OsStr>>(path: &Path, inputs: &[S]) -> Result<File, WriteError> {
    check_name(path)?;
    create(path, inputs).map_err(|refused| {
        let path = path.to_string_lossy().into_owned();
        match refused {
            Refused::IsInput(input) => WriteError::IsInput { path, input },
            Refused::Io(error) => WriteError::Create { path, error },
        }
    })
}

/// Why a file was not created.
enum Refused {
    IsInput(String),
    Io(io::Error),
}

/// Creates `path`, or empties it if it exists and is not an input.
fn create<S: AsRef<OsStr>>(path: &Path, inputs: &[S]) -> Result<File, Refused> {
    // The file is emptied only once it is known not to be an input.
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(Refused::Io)?;
    let metadata = file.metadata().map_err(Refused::Io)?;
    if let Some(input) = input_of(&metadata, inputs) {
        return Err(Refused::IsInput(input));
    }
    if metadata.is_file() {
        file.set_len(0).map_err(Refused::Io)?;
    }
    Ok(file)
}

/// The name of the input that is this very file; `None` if no input is.
fn input_of<S: AsRef<OsStr>>(metadata: &Metadata, inputs: &[S]) -> Option<String> {
    let identity = metadata.is_file().then(|| Identity::of(metadata))?;
    let mut inputs = inputs.iter().map(AsRef::as_ref);
    let input = inputs.find(|input| Identity::of_input(input) == Some(identity))?;
    Some(input.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
