//! Compressed capture files: the compression is recognised by content and undone as a stream.

use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::GzDecoder;
use zstd::stream::read::Decoder;

/// How an input is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// gzip (RFC 1952): one or more members, each of which may be followed by zero octets.
    Gzip,
    /// Zstandard (RFC 8878): one or more frames.
    Zstd,
}

impl fmt::Display for Compression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

impl Compression {
    /// How many octets [`Compression::of`] needs.
    pub(super) const MAGIC_LENGTH: usize = 4;

    /// The compression of an input by its `first` octets; `None` if it is not compressed in a known way.
    pub(super) fn of(first: &[u8]) -> Option<Self> {
        match first {
            // The third octet is the compression method; deflate (8) is the only one there is.
            [FIRST_OF_GZIP, 0x8b, 8, ..] => Some(Self::Gzip),
            // RFC 8878 section 3.1.1 and, for a skippable frame put in front, 3.1.2.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// A reader of the decompressed content of an input: the octets `first`, which were already read, then `source`.
    pub(super) fn undo(self, first: &[u8], source: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
        let compressed =
            BufReader::with_capacity(COMPRESSED_BUFFER, Cursor::new(first.to_vec()).chain(source));
        Ok(match self {
            Self::Gzip => Box::new(Members { member: Some(GzDecoder::new(compressed)) }),
            Self::Zstd => Box::new(Decoder::with_buffer(compressed)?),
        })
    }
}

/// The members of a gzip file, one after another. Tapes and block devices pad files with zeros; gzip skips these, and
/// so does this reader.
struct Members<R> {
    /// The member that is being read; `None` at the end of the file.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let first = skip_zeros(member.get_mut())?;
            // Checked here, because the decoder takes a few octets of something else for a member that is cut off.
            if first.is_some_and(|first| first != FIRST_OF_GZIP) {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "something else is behind its end"));
            }
            self.member = self
                .member
                .take()
                .filter(|_| first.is_some())
                .map(|member| GzDecoder::new(member.into_inner()));
        }
        Ok(0)
    }
}

/// Skips zero octets and returns the octet after them, which it does not consume; `None` at the end.
fn skip_zeros(source: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let octets = source.fill_buf()?;
        let first = octets.iter().copied().find(|octet| *octet != 0);
        let (zeros, is_end) = (octets.iter().take_while(|octet| **octet == 0).count(), octets.is_empty());
        source.consume(zeros);
        if first.is_some() || is_end {
            return Ok(first);
        }
    }
}

/// The first octet of each gzip member (RFC 1952 section 2.3.1).
const FIRST_OF_GZIP: u8 = 0x1f;

/// How many octets of compressed input are read at a time.
const COMPRESSED_BUFFER: usize = 128 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    // `printf hello | gzip -n | xxd -p` and `printf ' world' | gzip -n | xxd -p`.
    const HELLO: &[u8] = &[
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0,
        0, 0,
    ];

    #[test]
    fn is_told_by_its_first_octets() {
        assert_eq!(Compression::of(HELLO), Some(Compression::Gzip));
        assert_eq!(Compression::of(&[0x1f, 0x8b, 7, 0]), None);
        assert_eq!(Compression::of(&[0x28, 0xb5, 0x2f, 0xfd]), Some(Compression::Zstd));
        assert_eq!(Compression::of(&[0x5f, 0x2a, 0x4d, 0x18]), Some(Compression::Zstd));
        assert_eq!(Compression::of(&[0xd4, 0xc3, 0xb2, 0xa1]), None);
        assert_eq!(Compression::of(&[]), None);
    }

    #[test]
    fn undoes_gzip_of_several_members() {
        let twice = [HELLO, HELLO].concat();
        for split in 0..4 {
            let (first, rest) = twice.split_at(split);
            let mut reader = Compression::Gzip.undo(first, Box::new(Cursor::new(rest.to_vec()))).unwrap();
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            assert_eq!(text, "hellohello");
        }
    }

    #[test]
    fn zeros_behind_a_gzip_member_are_passed_over() {
        for (parts, expected) in [
            (&[HELLO, &[0; 3]][..], "hello"),
            // More than is read at a time.
            (&[HELLO, &vec![0; 2 * COMPRESSED_BUFFER]], "hello"),
            (&[HELLO, &[0; 512], HELLO, &[0]], "hellohello"),
        ] {
            let octets = parts.concat();
            let mut reader = Compression::Gzip.undo(&[], Box::new(Cursor::new(octets))).unwrap();
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn what_is_behind_a_gzip_member_and_is_none_is_an_error() {
        for behind in [&b"no member at all"[..], b"\0\0no member at all", b"none"] {
            let octets = [HELLO, behind].concat();
            let mut reader = Compression::Gzip.undo(&[], Box::new(Cursor::new(octets))).unwrap();
            let mut text = Vec::new();
            let error = reader.read_to_end(&mut text).unwrap_err();
            assert_eq!((&text[..], error.kind()), (&b"hello"[..], io::ErrorKind::InvalidInput));
        }
    }

    #[test]
    fn gives_what_a_cut_gzip_holds_and_then_an_error() {
        let mut reader = Compression::Gzip.undo(&[], Box::new(Cursor::new(HELLO[..20].to_vec()))).unwrap();
        let mut text = Vec::new();
        let error = reader.read_to_end(&mut text).unwrap_err();
        assert_eq!(text, b"hello");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn undoes_zstd_of_several_frames() {
        let frames =
            [zstd::encode_all(&b"hello"[..], 3).unwrap(), zstd::encode_all(&b" world"[..], 3).unwrap()]
                .concat();
        assert_eq!(Compression::of(&frames), Some(Compression::Zstd));
        let mut reader =
            Compression::Zstd.undo(&frames[..4], Box::new(Cursor::new(frames[4..].to_vec()))).unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello world");
    }
}
