//! What becomes of frames that no stack would send, or that a capture keeps otherwise than they were.

use mipflow::time::Timestamp;

use super::History;

/// Six octets that stand for the damage to one frame: the frame, the place in it (both two octets), another octet, and
/// what happens.
#[derive(Clone, Copy, Debug)]
pub struct Damage(pub [u8; 6]);

impl Damage {
    /// Changes an octet of a frame, has the capture cut it, has time go by before it or gives it any time at all, or puts
    /// it at the end once more.
    pub fn befall(self, history: &mut History) {
        let [frame, frames, place, places, octet, kind] = self.0;
        let Some(last) = history.shots.last().map(|shot| shot.time) else { return };
        let frame = usize::from(u16::from_le_bytes([frame, frames])) % history.shots.len();
        let shot = &mut history.shots[frame];
        let place = usize::from(u16::from_le_bytes([place, places])) % shot.octets.len().max(1);
        match kind % 8 {
            0..=3 => shot.octets.iter_mut().skip(place).take(1).for_each(|its| *its = octet),
            4 | 5 => shot.octets.truncate(place),
            6 if octet.is_multiple_of(16) => {
                shot.time = Timestamp::from_nanoseconds(i64::from_le_bytes([octet; 8]));
            }
            6 => {
                for later in &mut history.shots[frame..] {
                    later.time = later.time.after(i64::from(octet) * 1_000_000_000);
                }
            }
            _ => {
                let mut again = shot.clone();
                again.time = last;
                history.shots.push(again);
            }
        }
    }
}
