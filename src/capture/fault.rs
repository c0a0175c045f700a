//! What can be wrong with an input, worded so that a user can act on it.

use std::fmt;
use std::io::{self, ErrorKind};

use nix::errno::Errno;
use thiserror::Error;

use super::Compression;
use crate::counted::counted;

/// An input that could not be read at all, or not to its end.
///
/// It displays as a full sentence that names the file; [`InputError::help`] says what to do about it.
#[derive(Debug, Error)]
#[error("{} {fault}", Shown(.name))]
pub struct InputError {
    /// Which input: index into the list of inputs, in the order given.
    pub file: u32,
    /// Its name as given; `-` is standard input.
    pub name: String,
    /// How many frames of it were read before the fault.
    pub frames: u64,
    /// What was wrong.
    pub fault: Fault,
}

/// What was wrong with an input. Offsets count octets from the start of the capture, once decompressed.
#[derive(Debug, Error)]
pub enum Fault {
    /// There is no such file.
    #[error("does not exist")]
    NotFound,
    /// The name is that of a directory.
    #[error("is a directory, not a capture")]
    IsDirectory,
    /// This user may not read the file.
    #[error("cannot be opened: permission denied")]
    PermissionDenied,
    /// Standard input was named a second time.
    #[error("is named more than once, and can be read only once")]
    StandardInputTwice,
    /// It is a terminal, from which no capture would ever come.
    #[error("is a terminal, not a capture")]
    Terminal,
    /// It holds no octets.
    #[error("is empty: it has not even a capture header")]
    Empty,
    /// It does not begin like any known format.
    #[error("is not a capture: it begins with {}", Octets(.first))]
    NotACapture {
        /// Its first octets, at most eight.
        first: Vec<u8>,
    },
    /// It has a known format that mipflow does not read.
    #[error("is {format}, which mipflow does not read")]
    OtherFormat {
        /// The format with its article: "a snoop capture".
        format: &'static str,
        /// What to do about it.
        help: &'static str,
    },
    /// It ends inside a header, record or block.
    #[error("is cut off: what begins at offset {offset} needs {} and {had} {} there", counted(*needed, "octet"), counted(*had, "octet").verb("is", "are"))]
    Truncated {
        /// Where the record or block begins.
        offset: u64,
        /// Octets it needs, as far as is known.
        needed: u64,
        /// Octets that are there.
        had: u64,
    },
    /// A pcapng block contradicts itself or its section.
    #[error("has a malformed {} at offset {offset}: {reason}", BlockName(*.block_type))]
    BadBlock {
        /// Where the block begins.
        offset: u64,
        /// The block type.
        block_type: u32,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A record claims to hold more octets than any frame has.
    #[error("is damaged at offset {offset}: its record {record} claims {length} octets")]
    AbsurdRecord {
        /// Where the record or block begins.
        offset: u64,
        /// Number of the packet in this input, from 1.
        record: u64,
        /// The length it claims, in octets.
        length: u64,
    },
    /// Reading failed.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// The compressed data are damaged or cut off.
    #[error("cannot be decompressed further than offset {offset}: {source} ({compression})")]
    Decompress {
        /// How it is compressed.
        compression: Compression,
        /// How many decompressed octets came before.
        offset: u64,
        /// What the decompressor said.
        source: io::Error,
    },
}

impl InputError {
    /// What can be done about the fault, or its probable cause.
    pub fn help(&self) -> Option<String> {
        let read_before = match self.frames {
            0 => "no packet was read before".to_owned(),
            1 => "the packet before was read".to_owned(),
            frames => format!("the {frames} packets before were read"),
        };
        Some(match &self.fault {
            Fault::Io(error) if error.raw_os_error() == Some(Errno::EMFILE as i32) => {
                "this process may not open more files at once: raise the limit with `ulimit -n`, or read fewer"
                    .to_owned()
            }
            Fault::NotFound | Fault::StandardInputTwice | Fault::Io(_) => return None,
            Fault::Terminal => {
                "pipe a capture into it, as in `ssh router tcpdump -U -w - 'udp port 434 or proto 4' | mipflow decode -`"
                    .to_owned()
            }
            Fault::IsDirectory => {
                format!("name the captures in it: {}/*.pcap", self.name.trim_end_matches('/'))
            }
            Fault::PermissionDenied => {
                "captures are often written by root: change the owner or mode of the file, or read it as root"
                    .to_owned()
            }
            Fault::Empty => {
                "nothing was written to it; was the capture started with the right interface and \
                permissions?"
                    .to_owned()
            }
            Fault::NotACapture { first } if is_text(first) => {
                "it looks like text; mipflow reads pcap and pcapng captures; write one with `tcpdump -w FILE`"
                    .to_owned()
            }
            Fault::NotACapture { .. } => {
                "mipflow reads pcap and pcapng captures, plain or compressed with gzip or \
                zstd; write one with `tcpdump -w FILE`, or convert with `editcap`"
                    .to_owned()
            }
            Fault::OtherFormat { help, .. } => (*help).to_owned(),
            Fault::Truncated { .. } => format!(
                "the capture was probably still being written, or the disk filled up, or it was not copied whole; \
                 {read_before}"
            ),
            Fault::BadBlock { .. } | Fault::AbsurdRecord { .. } => {
                format!("the file is damaged from there on; {read_before}")
            }
            Fault::Decompress { source, .. } if source.kind() == ErrorKind::UnexpectedEof => {
                format!("the compressed file is cut off; {read_before}")
            }
            Fault::Decompress { compression, .. } => {
                format!("check it with `{compression} -t`; {read_before}")
            }
        })
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::IsADirectory => Self::IsDirectory,
            ErrorKind::PermissionDenied => Self::PermissionDenied,
            _ => Self::Io(error),
        }
    }
}

/// Whether `first` could be the beginning of a text.
fn is_text(first: &[u8]) -> bool {
    first.iter().all(|octet| octet.is_ascii_graphic() || octet.is_ascii_whitespace())
}

/// A file's name as messages show it.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "-" => formatter.write_str("standard input"),
            name => write!(formatter, "`{name}`"),
        }
    }
}

/// Octets in hexadecimal, separated by spaces.
struct Octets<'a>(&'a [u8]);

impl fmt::Display for Octets<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, octet) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(formatter, "{separator}{octet:02x}")?;
        }
        Ok(())
    }
}

/// The name of a pcapng block type.
struct BlockName(u32);

impl fmt::Display for BlockName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            0x0a0d_0d0a => "Section Header Block",
            1 => "Interface Description Block",
            2 => "Packet Block",
            3 => "Simple Packet Block",
            6 => "Enhanced Packet Block",
            other => return write!(formatter, "block of type {other:#x}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(name: &str, frames: u64, fault: Fault) -> InputError {
        InputError { file: 0, name: name.to_owned(), frames, fault }
    }

    #[test]
    fn is_a_sentence_that_names_the_file() {
        let missing = error("trace.pcap", 0, io::Error::from(ErrorKind::NotFound).into());
        assert_eq!(missing.to_string(), "`trace.pcap` does not exist");
        assert_eq!(missing.help(), None);
        let cut = error("-", 12, Fault::Truncated { offset: 1000, needed: 76, had: 20 });
        assert_eq!(
            cut.to_string(),
            "standard input is cut off: what begins at offset 1000 needs 76 octets and 20 are there"
        );
        assert!(cut.help().unwrap().ends_with("the 12 packets before were read"));
        let block = Fault::BadBlock { offset: 28, block_type: 6, reason: "it names an unknown interface" };
        assert_eq!(
            error("a", 0, block).to_string(),
            "`a` has a malformed Enhanced Packet Block at offset 28: it names an unknown interface"
        );
    }

    #[test]
    fn says_how_much_was_read_before() {
        let told =
            |frames| error("a", frames, Fault::AbsurdRecord { offset: 0, record: 1, length: 9 }).help();
        let damaged = "the file is damaged from there on; ";
        for (frames, read) in [
            (0, "no packet was read before"),
            (1, "the packet before was read"),
            (2, "the 2 packets before were read"),
        ] {
            assert_eq!(told(frames), Some(format!("{damaged}{read}")));
        }
    }

    #[test]
    fn each_block_that_is_read_has_its_name() {
        for (block_type, name) in [
            (0x0a0d_0d0a, "Section Header Block"),
            (1, "Interface Description Block"),
            (2, "Packet Block"),
            (3, "Simple Packet Block"),
            (6, "Enhanced Packet Block"),
            (0xbad, "block of type 0xbad"),
        ] {
            let fault = Fault::BadBlock { offset: 28, block_type, reason: "it is too short" };
            assert_eq!(fault.to_string(), format!("has a malformed {name} at offset 28: it is too short"));
        }
    }

    #[test]
    fn who_may_not_read_is_told_how_to() {
        let refused = error("a", 0, io::Error::from(ErrorKind::PermissionDenied).into());
        assert_eq!(refused.to_string(), "`a` cannot be opened: permission denied");
        assert!(refused.help().unwrap().contains("read it as root"));
        assert!(matches!(io::Error::from(ErrorKind::IsADirectory).into(), Fault::IsDirectory));
    }

    #[test]
    fn tells_text_from_other_octets() {
        let text = error("a", 0, Fault::NotACapture { first: b"No. Time".to_vec() });
        assert_eq!(text.to_string(), "`a` is not a capture: it begins with 4e 6f 2e 20 54 69 6d 65");
        assert!(text.help().unwrap().starts_with("it looks like text"));
        let binary = error("a", 0, Fault::NotACapture { first: vec![0x7f, b'E', b'L', b'F'] });
        assert!(binary.help().unwrap().starts_with("mipflow reads pcap"));
    }
}
