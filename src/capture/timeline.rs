//! Several inputs as one timeline.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ffi::OsStr;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::input::{Advance, Input};
use super::record::Record;
use super::source::{Counted, STANDARD_INPUT, Source};
use super::{Fault, Frame, InputError, LinkType, Origins};
use crate::time::Timestamp;

/// The frames of all inputs, merged by time.
///
/// Frames of the same time come in the order of the inputs. The frames of one input keep their order, even if its clock
/// goes back. An input that cannot be read, or not to its end, leaves an [`InputError`]; the others go on.
pub struct Timeline {
    files: Vec<String>,
    errors: Vec<InputError>,
    inputs: Vec<Merged>,
    /// The inputs that have a head: its time and the index into `inputs`, the earliest on top.
    heads: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// Indices of the inputs whose next record has to be fetched before the earliest frame is known.
    wanting: Vec<usize>,
    /// The input for which [`Next::Pause`] was last returned.
    paused: Option<usize>,
    link_types: Vec<LinkType>,
    frames: u64,
    clock_backwards: u64,
    bytes_read: Arc<AtomicU64>,
    total_bytes: Option<u64>,
    /// The places of frames in their files, if [`Timeline::keep_origins`] was called.
    origins: Option<Origins>,
}

/// What comes next in a [`Timeline`].
#[derive(Debug)]
pub enum Next<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// The next call may have to wait for the writer of a pipe, so output should be flushed now. Returned once before
    /// each such wait, and never for regular files.
    Pause,
    /// All inputs have ended; [`Timeline::errors`] is complete.
    End,
}

/// An input in the merge.
struct Merged {
    /// `None` once it has ended.
    input: Option<Input>,
    /// Its next record, once that was fetched.
    head: Option<Record>,
}

/// Octets of a window if there are at most [`FEW`] inputs.
// Measured with 2.06 M packets in 0.94 GB: 0.12 s from 256 to 512 KiB, 0.13 s at 64 KiB and at 1 MiB, 0.17 s at 4 MiB,
// which drops out of the second level cache between being filled and being read.
const WINDOW: usize = 512 << 10;
/// Octets of a window, at most, if there are more inputs.
const SMALL_WINDOW: usize = 256 << 10;
/// Up to this many inputs have windows of full size.
const FEW: usize = 8;
/// Octets of all windows together if there are many inputs: rings of captures have thousands of files.
const WINDOWS: usize = 16 << 20;
/// Octets of a window, at least.
const LEAST_WINDOW: usize = 8 << 10;

impl Timeline {
    /// Opens `inputs`: paths of files, and `-`, once, for standard input.
    ///
    /// Reads the beginning of each to recognise its format. [`errors`](Self::errors) lists those that cannot be opened.
    pub fn open<S: AsRef<OsStr>>(inputs: &[S]) -> Self {
        Self::from_opened(sources(inputs))
    }

    /// A timeline of inputs that were opened elsewhere.
    pub fn from_sources(sources: Vec<Source>) -> Self {
        Self::from_opened(sources.into_iter().map(|source| (source.name.clone(), Ok(source))))
    }

    fn from_opened(opened: impl ExactSizeIterator<Item = (String, Result<Source, Fault>)>) -> Self {
        let capacity = match opened.len() {
            0..=FEW => WINDOW,
            many => (WINDOWS / many).clamp(LEAST_WINDOW, SMALL_WINDOW),
        };
        let mut timeline = Self {
            files: Vec::with_capacity(opened.len()),
            errors: Vec::new(),
            inputs: Vec::with_capacity(opened.len()),
            heads: BinaryHeap::with_capacity(opened.len()),
            wanting: Vec::with_capacity(opened.len()),
            paused: None,
            link_types: Vec::new(),
            frames: 0,
            clock_backwards: 0,
            bytes_read: Arc::default(),
            total_bytes: Some(0),
            origins: None,
        };
        for (file, (name, source)) in (0..).zip(opened) {
            timeline.files.push(name);
            let input = source.and_then(|source| {
                timeline.total_bytes =
                    timeline.total_bytes.zip(source.size).map(|(total, size)| total.saturating_add(size));
                let reader = Counted::new(source.reader, Arc::clone(&timeline.bytes_read));
                Input::open(file, Box::new(reader), source.pipe, capacity)
            });
            match input {
                Ok(input) => {
                    if let Some(link_type) = input.declared() {
                        declare(&mut timeline.link_types, link_type);
                    }
                    timeline.inputs.push(Merged { input: Some(input), head: None });
                }
                Err(fault) => timeline.fail(file, 0, fault),
            }
        }
        // The list is worked off from its end, so that the first input is read first.
        timeline.wanting.extend((0..timeline.inputs.len()).rev());
        timeline
    }

    /// Goes on to the next frame.
    // Inlined into the loop over all frames: a call, and passing the frame through memory, take a twentieth of the time
    // that most frames cost.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    #[allow(
        clippy::should_implement_trait,
        reason = "a frame borrows from the timeline, an iterator's item cannot"
    )]
    pub fn next(&mut self) -> Next<'_> {
        // With one input there is nothing to compare.
        if self.inputs.len() == 1 {
            return match self.fetch(0) {
                Fetched::Record(record) => self.give(0, &record),
                Fetched::Pause => Next::Pause,
                Fetched::End => Next::End,
            };
        }
        self.next_of_many()
    }

    /// Goes on to the earliest frame of all inputs.
    fn next_of_many(&mut self) -> Next<'_> {
        while let Some(&index) = self.wanting.last() {
            match self.fetch(index) {
                Fetched::Record(record) => {
                    self.heads.push(Reverse((record.time, index)));
                    if let Some(merged) = self.inputs.get_mut(index) {
                        merged.head = Some(record);
                    }
                }
                Fetched::Pause => return Next::Pause,
                Fetched::End => {}
            }
            self.wanting.pop();
        }
        let Some(Reverse((_, index))) = self.heads.pop() else { return Next::End };
        self.wanting.push(index);
        let Some(merged) = self.inputs.get_mut(index) else { return Next::End };
        if let (Some(origins), Some(input)) = (&mut self.origins, &merged.input) {
            origins.note(self.frames.saturating_add(1), input.file);
        }
        match merged.head.take() {
            Some(record) => self.give(index, &record),
            None => Next::End,
        }
    }

    /// Records the places of frames in their files from now on. To be called before the first frame.
    pub fn keep_origins(&mut self) {
        // With one input, frame numbers are the same in file and timeline.
        self.origins = Some(match self.inputs.as_slice() {
            [Merged { input: Some(input), .. }] => Origins::of_one(input.file),
            _ => Origins::default(),
        });
    }

    /// The places of the frames so far in their files, if they are recorded.
    pub fn origins(&self) -> Option<&Origins> {
        self.origins.as_ref()
    }

    /// After [`Next::Pause`], waits for the writer of the pipe, at most for `span` or until a signal. Returns whether
    /// the next call of [`Timeline::next`] will not have to wait.
    pub fn wait(&self, span: Duration) -> bool {
        let paused = self.paused.and_then(|index| self.inputs.get(index));
        paused.and_then(|merged| merged.input.as_ref()).is_none_or(|input| input.wait(span))
    }

    /// After [`Next::Pause`], ends the input that is waited for, as if nothing further had been written to it. An
    /// incomplete record at its end is not an error.
    pub fn end_paused(&mut self) {
        let paused = self.paused.and_then(|index| self.inputs.get_mut(index));
        paused.and_then(|merged| merged.input.take());
    }

    /// Whether reading any input may have to wait for the writer of a pipe.
    pub fn may_block(&self) -> bool {
        self.inputs.iter().filter_map(|merged| merged.input.as_ref()).any(Input::may_block)
    }

    /// The errors so far, in the order in which they were found.
    pub fn errors(&self) -> &[InputError] {
        &self.errors
    }

    /// Takes the [`errors`](Self::errors) out.
    pub fn take_errors(&mut self) -> Vec<InputError> {
        mem::take(&mut self.errors)
    }

    /// The names of the inputs as given; [`Frame::file`] is an index into them.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// Octets read so far from all inputs, before decompression.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Octets of all inputs that could be opened, before decompression; `None` if one is not a regular file.
    pub fn total_bytes(&self) -> Option<u64> {
        self.total_bytes
    }

    /// How many frames, so far, were earlier than the frame before them in the same file.
    pub fn clock_backwards(&self) -> u64 {
        self.clock_backwards
    }

    /// The link types that file headers and interfaces declared so far, in order of appearance.
    pub fn link_types(&self) -> &[LinkType] {
        &self.link_types
    }

    /// Fetches the next record of an input; closes the input if there is none.
    // Inlined into its caller: most records come this way, and otherwise each would pass through memory.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn fetch(&mut self, index: usize) -> Fetched {
        let Some(slot) = self.inputs.get_mut(index) else { return Fetched::End };
        let Some(input) = &mut slot.input else { return Fetched::End };
        if let Some((record, backwards)) = input.ready() {
            self.clock_backwards = self.clock_backwards.saturating_add(u64::from(backwards));
            return Fetched::Record(record);
        }
        self.fetch_patiently(index)
    }

    /// Fetches a record that is not ready in the window.
    fn fetch_patiently(&mut self, index: usize) -> Fetched {
        let Some(slot) = self.inputs.get_mut(index) else { return Fetched::End };
        let Some(input) = &mut slot.input else { return Fetched::End };
        let file = input.file;
        match input.advance(|link_type| declare(&mut self.link_types, link_type)) {
            Ok(Advance::Record(record, backwards)) => {
                self.clock_backwards = self.clock_backwards.saturating_add(u64::from(backwards));
                Fetched::Record(record)
            }
            Ok(Advance::Pause) => {
                self.paused = Some(index);
                Fetched::Pause
            }
            Ok(Advance::End) => {
                slot.input = None;
                Fetched::End
            }
            Err(fault) => {
                let frames = input.frames();
                slot.input = None;
                self.fail(file, frames, fault);
                Fetched::End
            }
        }
    }

    /// Gives `record` of the input at `index` the next number and lends it out as a frame.
    #[inline]
    fn give(&mut self, index: usize, record: &Record) -> Next<'_> {
        self.frames = self.frames.saturating_add(1);
        match self.inputs.get(index).and_then(|merged| merged.input.as_ref()) {
            Some(input) => Next::Frame(input.frame(record, self.frames)),
            None => Next::End,
        }
    }

    #[cold]
    fn fail(&mut self, file: u32, frames: u64, fault: Fault) {
        let name = self.files.get(file as usize).cloned().unwrap_or_default();
        self.errors.push(InputError { file, name, frames, fault });
    }
}

/// Opens each input, and standard input only once, without reading from any.
fn sources<S: AsRef<OsStr>>(inputs: &[S]) -> impl ExactSizeIterator<Item = (String, Result<Source, Fault>)> {
    let mut stdin_taken = false;
    inputs.iter().map(AsRef::as_ref).map(move |name| {
        let is_stdin = name == STANDARD_INPUT;
        let twice = is_stdin && stdin_taken;
        stdin_taken |= is_stdin;
        let source = if twice { Err(Fault::StandardInputTwice) } else { Source::open(name) };
        (name.to_string_lossy().into_owned(), source)
    })
}

/// As [`Advance`], after the end and the errors of the input were handled.
enum Fetched {
    Record(Record),
    Pause,
    End,
}

/// Adds a link type unless it is already listed.
fn declare(link_types: &mut Vec<LinkType>, link_type: LinkType) {
    if !link_types.contains(&link_type) {
        link_types.push(link_type);
    }
}

#[cfg(test)]
mod tests;
