//! The format of an input, recognised by its first octets, and the reader for it.

use super::Fault;
use super::LinkType;
use super::pcap::PcapReader;
use super::pcapng::PcapngReader;
use super::record::{Record, Step};
use super::window::Window;

/// The reader of one input.
pub(super) enum Format {
    Pcap(PcapReader),
    Pcapng(PcapngReader),
}

impl Format {
    /// How many octets [`Format::detect`] needs at most: a classic pcap header.
    pub(super) const HEADER_LENGTH: usize = PcapReader::HEADER_LENGTH;

    /// Recognises the format by content, and takes the header of a classic pcap off the window.
    ///
    /// `window` must hold [`Format::HEADER_LENGTH`] octets, or the whole input if that is shorter.
    pub(super) fn detect(window: &mut Window) -> Result<Self, Fault> {
        match window.unread() {
            [] => Err(Fault::Empty),
            [0x0a, 0x0d, 0x0d, 0x0a, ..] => Ok(Self::Pcapng(PcapngReader::default())),
            [0xd4, 0xc3, 0xb2, 0xa1, ..]
            | [0xa1, 0xb2, 0xc3, 0xd4, ..]
            | [0x4d, 0x3c, 0xb2, 0xa1, ..]
            | [0xa1, 0xb2, 0x3c, 0x4d, ..] => PcapReader::open(window).map(Self::Pcap),
            first => Err(other_format(first)),
        }
    }

    /// The link type that the file header declares; `None` for pcapng, which declares link types along the way.
    pub(super) fn declared(&self) -> Option<LinkType> {
        match self {
            Self::Pcap(reader) => Some(reader.link_type()),
            Self::Pcapng(_) => None,
        }
    }

    /// Takes the next record off the window if that needs no further reading or parsing; if `None`, call
    /// [`step`](Self::step).
    #[inline]
    pub(super) fn whole(&mut self, window: &mut Window) -> Option<Record> {
        match self {
            Self::Pcap(reader) => reader.whole(window),
            Self::Pcapng(_) => None,
        }
    }

    /// Takes the next record off the window, or says what is missing.
    pub(super) fn step(&mut self, window: &mut Window) -> Result<Step, Fault> {
        match self {
            Self::Pcap(reader) => reader.step(window),
            Self::Pcapng(reader) => reader.step(window),
        }
    }
}

/// The fault for an input in another format, which is named if it is a well-known one.
fn other_format(first: &[u8]) -> Fault {
    const CONVERT: &str = "convert it with `editcap -F pcap OLD NEW`";
    const DECOMPRESS: &str = "decompress it first, or compress with gzip or zstd";
    const UNPACK: &str = "unpack the captures in it first";
    const FORMATS: [(&[u8], &str, &str); 11] = [
        (b"snoop\0\0\0", "a snoop capture", CONVERT),
        (&[0x34, 0xcd, 0xb2, 0xa1], "a pcap with modified record headers", CONVERT),
        (&[0xa1, 0xb2, 0xcd, 0x34], "a pcap with modified record headers", CONVERT),
        (b"GMBU", "a Microsoft Network Monitor capture", CONVERT),
        (b"RTSS", "a Microsoft Network Monitor capture", CONVERT),
        (b"iptrace ", "an AIX iptrace capture", CONVERT),
        (&[0xfd, b'7', b'z', b'X', b'Z', 0], "compressed with xz", DECOMPRESS),
        (b"BZh", "compressed with bzip2", DECOMPRESS),
        (&[0x04, 0x22, 0x4d, 0x18], "compressed with lz4", DECOMPRESS),
        (b"PK\x03\x04", "a zip archive", UNPACK),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    ];
    // The mark of a tar archive comes late, after the name of the first file. If too few octets were read, the archive
    // is named by its first octets.
    if first.get(257..).is_some_and(|later| later.starts_with(b"ustar")) {
        return Fault::OtherFormat { format: "a tar archive", help: UNPACK };
    }
    FORMATS.iter().find(|(magic, ..)| first.starts_with(magic)).map_or_else(
        || Fault::NotACapture { first: first.iter().copied().take(8).collect() },
        |&(_, format, help)| Fault::OtherFormat { format, help },
    )
}
