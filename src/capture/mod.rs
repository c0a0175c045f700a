//! Where frames come from and go to: capture files, standard input, interfaces, filters, and the writer.

mod clock;
mod decompress;
mod fault;
mod filter;
mod format;
mod input;
mod interfaces;
mod kept_frame;
mod link_type;
mod live;
mod live_error;
mod live_filter;
mod origins;
mod pcap;
mod pcapng;
pub mod privileges;
mod record;
mod ring;
mod said;
#[cfg(test)]
mod samples;
mod source;
mod timeline;
mod window;
mod writer;

pub use decompress::Compression;
pub use fault::{Fault, InputError};
pub use filter::{FilterError, FrameFilter};
pub use interfaces::{Interface, InterfacesError, interfaces};
pub(crate) use kept_frame::KeptFrame;
pub use link_type::LinkType;
pub use live::{ANY, KernelCounters, Live, LiveNotice, LiveOptions, is_interface};
pub use live_error::LiveError;
pub use origins::{Origin, Origins};
pub use ring::{Recorder, RingSize};
pub use source::Source;
pub use timeline::{Next, Timeline};
pub use writer::{WriteError, Writer};

use crate::time::{Precision, Timestamp};

/// One captured frame, borrowed from the window of the reader that found it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Position in the merged timeline of all inputs, from 1.
    pub number: u64,
    /// Which input it came from: index into the list of inputs, in the order given.
    pub file: u32,
    /// When it was captured.
    pub time: Timestamp,
    /// How many digits of [`Frame::time`] the capture recorded.
    pub precision: Precision,
    /// The kind of header that [`Frame::data`] begins with.
    pub link_type: LinkType,
    /// The octets that were kept, up to the snapshot length.
    pub data: &'a [u8],
    /// Octets the frame had on the link; more than `data.len()` when it was cut.
    pub original_length: u32,
}

impl Frame<'_> {
    /// Whether the snapshot length cut this frame.
    pub fn is_cut(&self) -> bool {
        usize::try_from(self.original_length).is_ok_and(|original| original > self.data.len())
    }
}
