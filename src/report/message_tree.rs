//! The packet tree of `-v`: every field with its offset, its value and what the value means.

use std::io::{self, Write};
use std::ops::Range;

use super::finding_notes::FindingNotes;
use super::marked_lines::MarkedLines;
use super::message_json::encapsulation_name;
use super::message_line::MessageLine;
use super::{Clock, Look, Palette, field_lines, harmless};
use crate::counted::counted;
use crate::net::{Checksum, FlowFacts, IpPacket, Layers, UdpTunnel};
use crate::rules::Finding;
use crate::trace::SeenMessage;
use crate::wire::{Extension, Field, Header, IpProtocol, KeyRing, Malformed, TunnelData, Value, Verdict};

/// Writes the tree of one message: a one-line summary, then its headers, its fields and its extensions. The column on
/// the left counts octets from the start of the UDP payload. If there are several `files`, that of the message is
/// named.
pub(super) fn write(
    out: &mut MarkedLines<'_>,
    seen: &SeenMessage<'_>,
    keys: &KeyRing,
    found: &[Finding],
    files: &[String],
    clock: &mut Clock,
    look: &Look,
) -> io::Result<()> {
    let mut notes = FindingNotes::new(found, seen.frame, look);
    let heading = look.palette.heading;
    let time = clock.whole(seen.time, seen.precision);
    write!(out, "{heading}Frame {}{heading:#}, {time}", seen.frame)?;
    if let (true, Some(file)) =
        (files.len() > 1, usize::try_from(seen.file).ok().and_then(|file| files.get(file)))
    {
        write!(out, ", from {}", harmless(file))?;
    }
    writeln!(out, ", {} on the link", counted(seen.frame_length, "octet"))?;
    writeln!(out, "{}", MessageLine { seen, keys, look })?;
    write_network(out, seen, look)?;
    let message = &seen.message;
    let title = message.kind().map_or("no message", |kind| kind.title());
    out.mark(0..message.octets.len());
    writeln!(out, "{heading}Mobile IP, {title}{heading:#}, {}", counted(message.octets.len(), "octet"))?;
    let mut fields = Vec::new();
    message.describe(&mut fields);
    field_lines::write(out, &fields, 1, seen.time, &mut notes, clock, look)?;
    match message.header {
        Header::Other(_) => {
            let left = counted(message.octets.len().saturating_sub(1), "octet");
            writeln!(out, "        [{left} that mipflow does not read field by field]")?;
        }
        Header::TunnelData(_) => write_tunnelled(out, seen, look)?,
        Header::Short(_, malformed) => write_complaint(out, 8, &malformed, look)?,
        _ => {}
    }
    let mut verifier = keys.verifier(message.octets);
    for extension in message.extensions() {
        let verdict = verifier.verify(&extension);
        write_extension(out, seen, (&extension, verdict), &mut notes, clock, look)?;
    }
    if seen.is_truncated() {
        let doubtful = look.palette.doubtful;
        let missing = counted(message.not_captured, "more octet");
        let were = missing.verb("was", "were");
        writeln!(out, "        {doubtful}[{missing} {were} not captured]{doubtful:#}")?;
    }
    notes.rest(out, 8)
}

fn write_network(out: &mut MarkedLines<'_>, seen: &SeenMessage<'_>, look: &Look) -> io::Result<()> {
    let Palette { heading, quiet, good, doubtful, bad, .. } = look.palette;
    let datagram = &seen.datagram;
    let at = |offset: Option<usize>| match offset {
        Some(offset) => format!(" {quiet}[octet {offset} of the frame]{quiet:#}"),
        None => format!(" {quiet}[reassembled from fragments]{quiet:#}"),
    };
    write_ip(out, &datagram.ip, &at(datagram.ip_offset), look)?;
    let checksum = match datagram.checksum() {
        Checksum::Absent => format!("{doubtful}none{doubtful:#}"),
        Checksum::Correct => format!("0x{:04x} {good}[correct]{good:#}", datagram.udp_checksum),
        Checksum::Wrong { found, computed } => {
            format!("0x{found:04x} {bad}[incorrect, should be 0x{computed:04x}]{bad:#}")
        }
        Checksum::Unverified => format!("0x{:04x} [unverified]", datagram.udp_checksum),
        Checksum::Offloaded => {
            format!("0x{:04x} [unverified: left to the network card]", datagram.udp_checksum)
        }
    };
    writeln!(
        out,
        "{heading}User Datagram Protocol{heading:#}, Src Port: {}, Dst Port: {}, Length: {}, Checksum: {checksum}{}",
        datagram.source.port(),
        datagram.destination.port(),
        datagram.udp_length,
        at(datagram.udp_offset)
    )?;
    match datagram.ip.beyond_link() {
        0 if datagram.length_mismatch => {
            writeln!(out, "        {bad}[Length does not fit the IP packet]{bad:#}")?;
        }
        0 => {}
        octets => {
            let octets = counted(octets, "octet");
            let were = octets.verb("was", "were");
            writeln!(out, "        {bad}[the IP length claims {octets} that {were} not there]{bad:#}")?;
        }
    }
    Ok(())
}

/// Writes the line of an IP header and `aside` at its end.
pub(super) fn write_ip(
    out: &mut MarkedLines<'_>,
    packet: &IpPacket<'_>,
    aside: &str,
    look: &Look,
) -> io::Result<()> {
    let heading = look.palette.heading;
    let (version, facts) = match packet {
        IpPacket::V4(packet) => {
            let header = &packet.header;
            let fragment = if header.dont_fragment { ", Don't fragment" } else { "" };
            (4, format!(", Identification: 0x{:04x}{fragment}", header.identification))
        }
        IpPacket::V6(_) => (6, String::new()),
    };
    writeln!(
        out,
        "{heading}Internet Protocol Version {version}{heading:#}, Src: {}, Dst: {}, TTL: {}{facts}, {}{aside}",
        packet.source(),
        packet.destination(),
        packet.ttl(),
        counted(packet.length(), "octet")
    )
}

fn write_extension(
    out: &mut MarkedLines<'_>,
    seen: &SeenMessage<'_>,
    (extension, verdict): (&Extension<'_>, Option<Verdict>),
    notes: &mut FindingNotes<'_>,
    clock: &mut Clock,
    look: &Look,
) -> io::Result<()> {
    let Palette { heading, quiet, good, doubtful, bad, .. } = look.palette;
    let octets = extension.offset..extension.offset.saturating_add(extension.total_length());
    out.mark(octets.clone());
    writeln!(
        out,
        "{quiet}{:>6}{quiet:#}  {heading}Extension: {} ({}){heading:#}, {}",
        extension.offset,
        extension.name(),
        extension.kind.0,
        counted(extension.total_length(), "octet")
    )?;
    notes.about(out, &octets, 10)?;
    let mut fields = Vec::new();
    extension.describe_header(&mut fields);
    let header = fields.len();
    let malformed = extension.describe(&mut fields);
    // Content fields without octets, such as empty data, get no line, unless they are missing.
    let told: Vec<Field<'_>> = fields
        .into_iter()
        .enumerate()
        .filter(|(index, field)| *index < header || !field.octets.is_empty() || field.value == Value::Absent)
        .map(|(_, field)| field)
        .collect();
    field_lines::write(out, &told, 2, seen.time, notes, clock, look)?;
    match verdict {
        Some(Verdict::Valid) => writeln!(out, "          {good}[the authenticator is valid]{good:#}")?,
        Some(Verdict::Invalid) => writeln!(out, "          {bad}[the authenticator is INVALID]{bad:#}")?,
        Some(Verdict::NoKey) => {
            writeln!(out, "          {doubtful}[not verified: no --key for this SPI]{doubtful:#}")?;
        }
        None => {}
    }
    if let Some(malformed) = malformed {
        write_complaint(out, 10, &malformed, look)?;
    }
    notes.within(out, &octets, 10)
}

fn write_complaint(
    out: &mut MarkedLines<'_>,
    indent: usize,
    malformed: &Malformed,
    look: &Look,
) -> io::Result<()> {
    let (word, style) =
        if malformed.is_fault() { ("Malformed", look.palette.bad) } else { ("Cut", look.palette.doubtful) };
    writeln!(out, "{:indent$}{style}[{word}: {malformed}]{style:#}", "")
}

fn write_tunnelled(out: &mut MarkedLines<'_>, seen: &SeenMessage<'_>, look: &Look) -> io::Result<()> {
    let Some(tunnel) = UdpTunnel::of(&seen.datagram) else { return Ok(()) };
    let octets = TunnelData::LENGTH..seen.message.octets.len();
    write_layers(out, tunnel.layers(), Some(&octets), look)
}

/// Writes a line for each packet within another. `octets` is the range of the first one in the UDP payload; `None` if
/// that packet is not in one.
pub(super) fn write_layers(
    out: &mut MarkedLines<'_>,
    layers: Layers<'_>,
    octets: Option<&Range<usize>>,
    look: &Look,
) -> io::Result<()> {
    let Palette { heading, quiet, bad, .. } = look.palette;
    for (depth, peeled) in layers.enumerate() {
        // The offset is known only for the first packet; the packets within it are indented by their depth.
        match octets.filter(|_| depth == 0) {
            Some(octets) => {
                write!(out, "{quiet}{:>6}{quiet:#}  ", octets.start)?;
                out.mark(octets.clone());
            }
            None => write!(out, "{:1$}", "", 8 + 2 * depth)?,
        }
        let name = encapsulation_name(peeled.encapsulation);
        write!(out, "{heading}Tunnelled packet{heading:#} ({name})")?;
        if let Some(inner) = &peeled.inner {
            let FlowFacts { key, length, .. } = FlowFacts::of(inner);
            write!(out, ", Src: {}, Dst: {}", key.source_end(), key.destination_end())?;
            write!(out, ", Protocol: {}", key.protocol)?;
            if let Some(name) = IpProtocol(key.protocol).name() {
                write!(out, " ({name})")?;
            }
            write!(out, ", {}", counted(length, "octet"))?;
        }
        match &peeled.problem {
            Some(problem) => writeln!(out, " {bad}[{problem}]{bad:#}")?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}
