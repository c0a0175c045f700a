//! Which file each frame of a merged timeline came from.

/// How many stretches are remembered at most; they take 24 MiB.
const STRETCHES: usize = 1 << 20;

/// Frames of one file that follow one another in the timeline.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    first: u64,
    /// The number of its first frame in the file, from 1.
    first_in_file: u64,
    file: u32,
}

/// The places of a timeline's frames in their files. Where files overlap in time, each change from one file to another
/// takes memory; after the 1 048 576th change places are no longer recorded.
#[derive(Debug, Default)]
pub struct Origins {
    stretches: Vec<Stretch>,
    /// How many frames of each file there were, by its index.
    taken: Vec<u64>,
    /// The last frame whose place is recorded.
    last: u64,
}

/// The place of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Index of its file, in the order given.
    pub file: u32,
    /// Its number in that file, from 1.
    pub frame: u64,
}

impl Origins {
    /// The origins for a timeline with only one file.
    pub(super) fn of_one(file: u32) -> Self {
        let all = Stretch { first: 1, first_in_file: 1, file };
        Self { stretches: vec![all], taken: Vec::new(), last: u64::MAX }
    }

    /// Notes the file of the frame with this number in the timeline. All frames have to be noted, in their order.
    pub(super) fn note(&mut self, number: u64, file: u32) {
        let index = usize::try_from(file).unwrap_or(usize::MAX);
        if self.taken.len() <= index {
            self.taken.resize(index.saturating_add(1), 0);
        }
        let Some(taken) = self.taken.get_mut(index) else { return };
        *taken = taken.saturating_add(1);
        if self.stretches.last().is_none_or(|stretch| stretch.file != file) {
            if self.stretches.len() >= STRETCHES {
                return;
            }
            self.stretches.push(Stretch { first: number, first_in_file: *taken, file });
        }
        // Once a change found no room, later frames may be of any file and are not recorded.
        if self.last.saturating_add(1) == number {
            self.last = number;
        }
    }

    /// The place of the frame with this number in the timeline; `None` if it was not noted or found no room.
    pub fn of(&self, frame: u64) -> Option<Origin> {
        let after = self.stretches.partition_point(|stretch| stretch.first <= frame);
        let stretch = self.stretches.get(after.checked_sub(1)?).filter(|_| frame <= self.last)?;
        let within = frame.checked_sub(stretch.first)?;
        Some(Origin { file: stretch.file, frame: stretch.first_in_file.saturating_add(within) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A timeline whose frames are of these files.
    fn origins(files: impl IntoIterator<Item = u32>) -> Origins {
        let mut origins = Origins::default();
        for (number, file) in (1..).zip(files) {
            origins.note(number, file);
        }
        origins
    }

    #[test]
    fn a_frame_has_its_file_and_its_number_there() {
        let origins = origins([0, 0, 2, 0, 2, 2, 1]);
        let known: Vec<(u32, u64)> = (1..=7)
            .map(|frame| origins.of(frame).unwrap())
            .map(|origin| (origin.file, origin.frame))
            .collect();
        assert_eq!(known, [(0, 1), (0, 2), (2, 1), (0, 3), (2, 2), (2, 3), (1, 1)]);
        assert_eq!([origins.of(0), origins.of(8), Origins::default().of(1)], [None; 3]);
        assert_eq!(Origins::of_one(3).of(8), Some(Origin { file: 3, frame: 8 }));
    }

    #[test]
    fn nothing_is_said_of_frames_after_the_changes_that_have_room() {
        let most = u32::try_from(STRETCHES).unwrap();
        // Each frame is of the other file than the one before, but for the one after the last change with room.
        let origins = origins((0..most).map(|frame| frame % 2).chain([1, 0, 1]));
        let last = u64::from(most) + 1;
        assert_eq!(origins.of(last), Some(Origin { file: 1, frame: u64::from(most) / 2 + 1 }));
        assert_eq!([origins.of(last + 1), origins.of(last + 2)], [None; 2]);
    }
}
