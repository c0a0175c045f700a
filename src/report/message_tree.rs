//! The packet tree of `-v`: every field with its offset, its value and what the value means.

use std::io::{self, Write};

use super::message_json::encapsulation_name;
use super::message_line::MessageLine;
use super::{Clock, Glyphs, Look, Palette};
use crate::net::{Checksum, FlowFacts, IpPacket, UdpTunnel};
use crate::trace::SeenMessage;
use crate::wire::{Extension, Field, Header, KeyRing, Malformed, Meaning, Value, Verdict};

/// Writes the tree of one message.
pub(super) fn write(
    out: &mut dyn Write,
    seen: &SeenMessage<'_>,
    keys: &KeyRing,
    clock: &mut Clock,
    look: &Look,
) -> io::Result<()> {
    let heading = look.palette.heading;
    let time = clock.rfc3339(seen.time, seen.precision);
    writeln!(
        out,
        "{heading}Frame {}{heading:#}, {time}, {} octets on the link",
        seen.frame, seen.frame_length
    )?;
    write_network(out, seen, look)?;
    let message = &seen.message;
    let title = message.kind().map_or("no message", |kind| kind.title());
    writeln!(out, "{heading}Mobile IP, {title}{heading:#}, {} octets", message.octets.len())?;
    let mut fields = Vec::new();
    message.describe(&mut fields);
    write_fields(out, &fields, 2, look)?;
    if let Header::Other(_) = message.header {
        writeln!(out, "  {} octets that mipflow does not read field by field", message.octets.len())?;
    }
    for extension in message.extensions() {
        write_extension(out, seen, &extension, keys, look)?;
    }
    if let Some(malformed) = message.malformed() {
        write_complaint(out, 2, &malformed, look)?;
    }
    if seen.is_truncated() {
        let doubtful = look.palette.doubtful;
        let missing = message.not_captured;
        writeln!(out, "  {doubtful}{missing} more octets were not captured{doubtful:#}")?;
    }
    if let Header::TunnelData(_) = message.header {
        write_tunnelled(out, seen, look)?;
    }
    writeln!(out, "  {}", MessageLine { seen, keys, look })
}

fn write_network(out: &mut dyn Write, seen: &SeenMessage<'_>, look: &Look) -> io::Result<()> {
    let Palette { heading, quiet, good, doubtful, bad, .. } = look.palette;
    let arrow = look.glyphs.arrow;
    let datagram = &seen.datagram;
    let at = |offset: Option<usize>| match offset {
        Some(offset) => format!(" {quiet}(octet {offset} of the frame){quiet:#}"),
        None => format!(" {quiet}(reassembled from fragments){quiet:#}"),
    };
    let (version, facts) = match &datagram.ip {
        IpPacket::V4(packet) => {
            let header = &packet.header;
            let fragment = if header.dont_fragment { ", don't fragment" } else { "" };
            (
                4,
                format!(
                    ", identification 0x{:04x}{fragment}, {} octets",
                    header.identification,
                    packet.length()
                ),
            )
        }
        IpPacket::V6(_) => (6, format!(", {} octets", datagram.ip.length())),
    };
    writeln!(
        out,
        "{heading}IPv{version}{heading:#}, {} {arrow} {}, TTL {}{facts}{}",
        datagram.source.ip(),
        datagram.destination.ip(),
        datagram.ip.ttl(),
        at(datagram.ip_offset)
    )?;
    let checksum = match datagram.checksum() {
        Checksum::Absent => format!("{doubtful}no checksum{doubtful:#}"),
        Checksum::Correct => format!("checksum 0x{:04x} {good}correct{good:#}", datagram.udp_checksum),
        Checksum::Wrong { found, computed } => {
            format!("checksum 0x{found:04x} {bad}wrong, 0x{computed:04x} is right{bad:#}")
        }
        Checksum::Unverified => format!("checksum 0x{:04x} unverified", datagram.udp_checksum),
    };
    writeln!(
        out,
        "{heading}UDP{heading:#}, port {} {arrow} {}, length {}, {checksum}{}",
        datagram.source.port(),
        datagram.destination.port(),
        datagram.udp_length,
        at(datagram.udp_offset)
    )?;
    if datagram.length_mismatch {
        writeln!(out, "  {bad}UDP Length does not fit the IP packet{bad:#}")?;
    }
    Ok(())
}

fn write_extension(
    out: &mut dyn Write,
    seen: &SeenMessage<'_>,
    extension: &Extension<'_>,
    keys: &KeyRing,
    look: &Look,
) -> io::Result<()> {
    let Palette { heading, quiet, good, doubtful, bad, .. } = look.palette;
    writeln!(
        out,
        "  {quiet}{:>4}{quiet:#}  {heading}Extension {}: {}{heading:#}, {} octets",
        extension.offset,
        extension.kind.0,
        extension.name(),
        extension.total_length()
    )?;
    let mut fields = Vec::new();
    extension.describe_header(&mut fields);
    let header = fields.len();
    let malformed = extension.describe(&mut fields);
    // A short extension's Sub-Type was told with its data; the header of a long one has its own.
    let told: Vec<Field<'_>> = fields
        .into_iter()
        .enumerate()
        .filter(|(index, field)| *index < header || !field.octets.is_empty() || field.value == Value::Absent)
        .map(|(_, field)| field)
        .collect();
    write_fields(out, &told, 4, look)?;
    match keys.verify(seen.message.octets, extension).map(Verdict::name) {
        Some(verdict @ "valid") => writeln!(out, "            {good}Authenticator {verdict}{good:#}")?,
        Some(verdict @ "invalid") => writeln!(out, "            {bad}Authenticator {verdict}{bad:#}")?,
        Some(_) => writeln!(out, "            {doubtful}no key for this SPI (--key){doubtful:#}")?,
        None => {}
    }
    match malformed {
        Some(malformed) => write_complaint(out, 12, &malformed, look),
        None => Ok(()),
    }
}

fn write_complaint(out: &mut dyn Write, indent: usize, malformed: &Malformed, look: &Look) -> io::Result<()> {
    let (word, style) =
        if malformed.is_fault() { ("malformed", look.palette.bad) } else { ("cut", look.palette.doubtful) };
    writeln!(out, "{:indent$}{style}[{word}: {malformed}]{style:#}", "")
}

fn write_tunnelled(out: &mut dyn Write, seen: &SeenMessage<'_>, look: &Look) -> io::Result<()> {
    let (heading, arrow) = (look.palette.heading, look.glyphs.arrow);
    let Some(tunnel) = UdpTunnel::of(&seen.datagram) else { return Ok(()) };
    for peeled in tunnel.layers() {
        if let Some(problem) = &peeled.problem {
            let bad = look.palette.bad;
            writeln!(out, "  {bad}[{problem}]{bad:#}")?;
        }
        let Some(inner) = &peeled.inner else { continue };
        let facts = FlowFacts::of(inner);
        let port = |port: Option<u16>| port.map(|port| format!(":{port}")).unwrap_or_default();
        writeln!(
            out,
            "  {heading}Tunnelled packet{heading:#} ({}), {}{} {arrow} {}{}, protocol {}, {} octets",
            encapsulation_name(peeled.encapsulation),
            facts.key.source,
            port(facts.key.source_port),
            facts.key.destination,
            port(facts.key.destination_port),
            facts.key.protocol,
            facts.length
        )?;
    }
    Ok(())
}

/// One line a field: offset from the start of the UDP payload, the bits where it has only some, title and value.
fn write_fields(out: &mut dyn Write, fields: &[Field<'_>], indent: usize, look: &Look) -> io::Result<()> {
    let quiet = look.palette.quiet;
    for field in fields {
        let indent = if field.detail { indent + 2 } else { indent };
        let offset = field.octets.start;
        let place = match field.value {
            Value::Absent => "   -".to_owned(),
            _ => format!("{offset:>4}"),
        };
        write!(out, "{:indent$}{quiet}{place}{quiet:#}  ", "")?;
        if field.mask != 0 {
            write!(out, "{quiet}{}{quiet:#}  ", bits(field))?;
        }
        writeln!(out, "{}: {}", field.title, Shown(field, look.glyphs))?;
    }
    Ok(())
}

/// The field's bits in their octets: `..1. ....`.
fn bits(field: &Field<'_>) -> String {
    let width = field.octets.len().max(1) * 8;
    let number = match field.value {
        Value::Flag(set) => u64::from(set),
        Value::Number(number) => number,
        _ => 0,
    };
    let value = number.checked_shl(field.mask.trailing_zeros()).unwrap_or(0);
    let mut text = String::new();
    for bit in (0..width).rev() {
        text.push(match (field.mask >> bit & 1, value >> bit & 1) {
            (0, _) => '.',
            (_, 0) => '0',
            _ => '1',
        });
        if bit > 0 && bit % 4 == 0 {
            text.push(' ');
        }
    }
    text
}

/// A value with its meaning.
struct Shown<'f, 'a>(&'f Field<'a>, Glyphs);

impl std::fmt::Display for Shown<'_, '_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.value {
            Value::Absent => return formatter.write_str("not there"),
            Value::Flag(set) => formatter.write_str(if *set { "set" } else { "not set" })?,
            Value::Number(number) => write!(formatter, "{number}")?,
            Value::Hexadecimal(number, digits) => write!(formatter, "0x{number:0digits$x}")?,
            Value::Ipv4(address) => write!(formatter, "{address}")?,
            Value::Ipv6(address) => write!(formatter, "{address}")?,
            Value::Text(octets) => write!(formatter, "{}", self.1.text(octets))?,
            Value::Octets(octets) => octets.iter().try_for_each(|octet| write!(formatter, "{octet:02x}"))?,
            Value::List(octets) => {
                for (index, octet) in octets.iter().enumerate() {
                    write!(formatter, "{}{octet}", if index == 0 { "" } else { ", " })?;
                }
            }
            Value::Selector { selector, whole: true } => write!(formatter, "{selector}")?,
            Value::Selector { .. } => formatter.write_str("not whole")?,
        }
        match self.0.meaning {
            Meaning::Name { name: Some(name), .. } | Meaning::Word(name) => write!(formatter, " ({name})"),
            Meaning::Name { name: None, .. } | Meaning::None => Ok(()),
        }
    }
}
