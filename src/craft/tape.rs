//! What was sent and received, in order: numbered, and written to a capture where one is wanted.

use std::net::SocketAddrV4;

use super::packet::SentOrReceived;
use crate::capture::{WriteError, Writer};
use crate::time::Timestamp;

/// Takes every packet of a run.
pub(super) struct Tape {
    packets: u64,
    writer: Option<Writer>,
}

impl Tape {
    pub(super) fn new(writer: Option<Writer>) -> Self {
        Self { packets: 0, writer }
    }

    /// Records a datagram, at once: who ends the run early has what was there until then.
    pub(super) fn record(
        &mut self,
        time: Timestamp,
        source: SocketAddrV4,
        destination: SocketAddrV4,
        ttl: u8,
        payload: &[u8],
    ) -> Result<SentOrReceived, WriteError> {
        self.packets = self.packets.saturating_add(1);
        let packet = SentOrReceived::new(self.packets, time, source, destination, ttl, payload);
        if let Some(writer) = &mut self.writer {
            writer.write(&packet.frame())?;
            writer.flush()?;
        }
        Ok(packet)
    }

    /// Completes the capture.
    pub(super) fn finish(self) -> Result<(), WriteError> {
        self.writer.map_or(Ok(()), |writer| writer.finish().map(drop))
    }
}
