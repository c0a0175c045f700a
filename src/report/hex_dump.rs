//! Hex dumps: on each line the offset, sixteen octets, and the characters they stand for.

use std::io::{self, Write};

use super::Palette;

/// Writes a dump of `octets` with `indent` spaces before each line.
pub(super) fn write(out: &mut dyn Write, octets: &[u8], indent: usize, palette: &Palette) -> io::Result<()> {
    for (line, chunk) in octets.chunks(16).enumerate() {
        let quiet = palette.quiet;
        write!(out, "{:indent$}{quiet}{:04x}{quiet:#}  ", "", line * 16)?;
        for column in 0..16 {
            match chunk.get(column) {
                Some(octet) => write!(out, "{octet:02x} ")?,
                None => out.write_all(b"   ")?,
            }
            if column == 7 {
                out.write_all(b" ")?;
            }
        }
        let text: String = chunk
            .iter()
            .map(|octet| if octet.is_ascii_graphic() || *octet == b' ' { char::from(*octet) } else { '.' })
            .collect();
        writeln!(out, " {quiet}{text}{quiet:#}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hold_sixteen_octets() {
        let mut out = Vec::new();
        let octets: Vec<u8> = (0x1e..0x30).collect();
        write(&mut out, &octets, 2, &Palette::default()).unwrap();
        let expected = "  0000  1e 1f 20 21 22 23 24 25  26 27 28 29 2a 2b 2c 2d  .. !\"#$%&'()*+,-\n  \
                        0010  2e 2f                                             ./\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
