//! What was sent and received, in order: numbered, and written to a capture where one is wanted.

use std::net::SocketAddrV4;

use super::packet::SentOrReceived;
use crate::capture::{WriteError, Writer};
use crate::time::Timestamp;

/// Takes every packet of a run.
#[derive(Default)]
pub(super) struct Tape {
    packets: u64,
    writer: Option<Writer>,
    failed: Option<WriteError>,
}

impl Tape {
    /// Writes what comes from now on.
    pub(super) fn record_to(&mut self, writer: Writer) {
        self.writer = Some(writer);
    }

    /// Records a datagram, at once: who ends the run early has what was there until then. A capture that cannot be
    /// written ends there, and keeps nobody from telling what was sent; [`Tape::finish`] says why.
    pub(super) fn record(
        &mut self,
        time: Timestamp,
        source: SocketAddrV4,
        destination: SocketAddrV4,
        ttl: u8,
        payload: &[u8],
    ) -> SentOrReceived {
        self.packets = self.packets.saturating_add(1);
        let packet = SentOrReceived::new(self.packets, time, source, destination, ttl, payload);
        if let Some(mut writer) = self.writer.take() {
            match writer.write(&packet.frame()).and_then(|()| writer.flush()) {
                Ok(()) => self.writer = Some(writer),
                Err(error) => self.failed = Some(error),
            }
        }
        packet
    }

    /// Completes the capture, or says why it is not complete.
    pub(super) fn finish(self) -> Result<(), WriteError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.writer.map_or(Ok(()), Writer::finish)
    }
}
