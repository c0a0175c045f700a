//! A tunnelled packet as a tree: its headers, what it carries, and the octets of its frame.

use std::io::{self, Write};

use super::marked_lines::MarkedLines;
use super::{Clock, Look, hex_dump, message_tree};
use crate::capture::Frame;
use crate::counted::counted;
use crate::net::{IpPacket, peel_all};
use crate::trace::{Seen, Trace};
use crate::wire::Numbers;

/// The tree and the hex dump of a frame that holds a tunnelled packet or a fragment of one; empty for other frames.
pub fn data_packet_lines(
    frame: &Frame<'_>,
    ports: &[u16],
    numbers: Numbers,
    clock: &mut Clock,
    look: &Look,
) -> Vec<String> {
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = write(&mut text, frame, (ports, numbers), clock, look);
    String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
}

fn write(
    out: &mut dyn Write,
    frame: &Frame<'_>,
    (ports, numbers): (&[u16], Numbers),
    clock: &mut Clock,
    look: &Look,
) -> io::Result<()> {
    let mut trace = Trace::new(ports, numbers, false);
    let tunnel = match trace.take(frame) {
        Seen::Tunnelled(tunnel) | Seen::Fragment(tunnel) => tunnel,
        Seen::Message(_) | Seen::Nothing => return Ok(()),
    };
    let heading = look.palette.heading;
    let time = clock.whole(frame.time, frame.precision);
    writeln!(
        out,
        "{heading}Frame {}{heading:#}, {time}, {} on the link",
        frame.number,
        counted(frame.original_length, "octet")
    )?;
    let mut lines = MarkedLines::of(out);
    message_tree::write_ip(&mut lines, &IpPacket::V4(tunnel.outer), "", look)?;
    message_tree::write_layers(&mut lines, peel_all(&tunnel), None, look)?;
    writeln!(out)?;
    hex_dump::write(out, frame.data, 0, &look.palette)
}
