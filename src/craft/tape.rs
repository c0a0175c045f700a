//! Records what was sent and received: numbers the packets, and writes them to a capture if one is wanted.

use std::net::SocketAddrV4;

use super::packet::SentOrReceived;
use crate::capture::{WriteError, Writer};
use crate::time::Timestamp;

/// The recorder for all packets of a run.
#[derive(Default)]
pub(super) struct Tape {
    packets: u64,
    writer: Option<Writer>,
    failed: Option<WriteError>,
}

impl Tape {
    /// Writes packets to `writer` from now on.
    pub(super) fn record_to(&mut self, writer: Writer) {
        self.writer = Some(writer);
    }

    /// Records a datagram and flushes the capture, so that a run that ends early leaves what there was until then. If
    /// the capture cannot be written it ends there, but the run goes on; [`Tape::finish`] returns the error.
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

    /// Completes the capture, or returns the error that cut it short.
    pub(super) fn finish(self) -> Result<(), WriteError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.writer.map_or(Ok(()), Writer::finish)
    }
}
