//! What is remembered of the data packets of one session.

use crate::state::FarEnd;
use crate::time::Timestamp;

/// The most far ends of one session whose last use is remembered.
const ENDS: usize = 64;

/// Memory of data packets.
#[derive(Debug, Default)]
pub(in crate::rules) struct TrafficMemory {
    /// When each far end was last used, in either direction.
    used: Vec<(FarEnd, Timestamp)>,
}

impl TrafficMemory {
    /// When a data packet last used this end of a tunnel.
    pub fn last_use(&self, far_end: FarEnd) -> Option<Timestamp> {
        self.used.iter().find(|(end, _)| *end == far_end).map(|(_, time)| *time)
    }

    /// Notes a packet to or from this end of a tunnel.
    pub fn note_use(&mut self, far_end: FarEnd, time: Timestamp) {
        match self.used.iter_mut().find(|(end, _)| *end == far_end) {
            Some((_, last)) => *last = time,
            None => {
                if self.used.len() >= ENDS {
                    self.used.remove(0);
                }
                self.used.push((far_end, time));
            }
        }
    }
}
