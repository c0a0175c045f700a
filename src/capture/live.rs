//! Frames captured live on interfaces of this host, by libpcap.
//!
//! [`Live`] never waits for anything but frames: an interface that goes away is reported and tried again, while the
//! others go on.

#![allow(clippy::disallowed_methods, reason = "attempts to open an interface are spaced")]

use std::mem;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pcap::{Active, Capture, Linktype, Stat};

use super::live_error::LiveError;
use super::said::said;
use super::{Frame, LinkType, interfaces, live_filter, privileges};
use crate::time::{Precision, Timestamp};

/// Options of a live capture.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// How many octets of each frame are kept at most.
    pub snapshot_length: u32,
    /// Size of the kernel's buffer for each interface, in octets.
    pub buffer: u32,
    /// Whether frames for other hosts are captured too.
    pub promiscuous: bool,
    /// A filter in libpcap's language in place of the default one.
    pub filter: Option<String>,
    /// UDP ports of Mobile IP, which the default filter lets through.
    pub ports: Vec<u16>,
}

/// What happened to an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveNotice {
    /// It went away or was switched off; from now on it is tried again.
    Gone {
        /// The interface.
        name: String,
        /// What libpcap said.
        message: String,
    },
    /// Capturing from it goes on.
    Back {
        /// The interface.
        name: String,
    },
    /// It is there again, but cannot be captured from.
    Lost {
        /// The interface.
        name: String,
        /// Why not.
        error: LiveError,
    },
}

/// The kernel's counts of packets, for all interfaces together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelCounters {
    /// Packets that passed the filter, dropped ones included.
    pub received: u64,
    /// Packets dropped because the buffer was full.
    pub dropped: u64,
    /// Packets dropped by the interface or its driver.
    pub dropped_by_interface: u64,
}

/// A live capture from one or more interfaces.
pub struct Live {
    options: LiveOptions,
    devices: Vec<Device>,
    counted: KernelCounters,
}

struct Device {
    name: String,
    link_type: LinkType,
    state: State,
    /// libpcap's counters when last read. They are 32 bits wide and start from 0 with each opening.
    last: Stat,
    /// Whether it was switched off when last checked. libpcap itself just waits in that case and reports nothing.
    is_down: bool,
    /// Whether frames came since it was last checked.
    is_busy: bool,
}

enum State {
    Open(Capture<Active>),
    /// Tried again at this time.
    Gone(Instant),
    /// Not tried again.
    Lost,
}

/// libpcap's name for all interfaces together.
pub const ANY: &str = "any";

/// Milliseconds after which the kernel hands over a block that is not full, and thus the longest delay of a frame.
const BLOCK_TIMEOUT: i32 = 10;
/// Time between attempts to open an interface that went away.
const RETRY: Duration = Duration::from_millis(500);
/// How many frames are read from an interface at most before it is the next one's turn.
const TURN: usize = 4096;

impl Live {
    /// Opens these interfaces. [`Frame::file`] is the index of a frame's interface in `names`.
    pub fn open(names: &[String], options: LiveOptions) -> Result<Self, LiveError> {
        let mut devices = Vec::with_capacity(names.len());
        for name in names {
            let (capture, link_type) = open(name, &options)?;
            devices.push(Device {
                name: name.clone(),
                link_type,
                state: State::Open(capture),
                last: NO_STAT,
                is_down: false,
                is_busy: false,
            });
        }
        Ok(Self { options, devices, counted: KernelCounters::default() })
    }

    /// The link types of the interfaces, in the order they were given.
    pub fn link_types(&self) -> impl Iterator<Item = LinkType> {
        self.devices.iter().map(|device| device.link_type)
    }

    /// How many interfaces there are.
    pub fn count(&self) -> usize {
        self.devices.len()
    }

    /// Reads the frames that have come, up to a few thousand from each interface, and passes them to `each`. Their
    /// number is still 0. Returns whether there were any. What happened to interfaces is passed to `notice`.
    pub fn read(&mut self, mut each: impl FnMut(&Frame<'_>), mut notice: impl FnMut(LiveNotice)) -> bool {
        let mut any = false;
        for (file, device) in (0..).zip(&mut self.devices) {
            match &mut device.state {
                State::Open(capture) => match drain(capture, file, device.link_type, &mut each) {
                    Ok(frames) => {
                        device.is_busy |= frames > 0;
                        any |= frames > 0;
                    }
                    Err(message) => {
                        count(&mut self.counted, &mut device.last, capture);
                        notice(LiveNotice::Gone { name: device.name.clone(), message });
                        device.state = State::Gone(later());
                    }
                },
                State::Gone(next) if Instant::now() >= *next => {
                    let opened = privileges::with_capture(|| open(&device.name, &self.options));
                    device.state = match opened {
                        Ok((capture, link_type)) => {
                            device.last = NO_STAT;
                            device.is_down = false;
                            device.link_type = link_type;
                            notice(LiveNotice::Back { name: device.name.clone() });
                            State::Open(capture)
                        }
                        Err(error) if error.may_pass() => State::Gone(later()),
                        Err(error) => {
                            notice(LiveNotice::Lost { name: device.name.clone(), error });
                            State::Lost
                        }
                    };
                }
                State::Gone(_) | State::Lost => {}
            }
        }
        any
    }

    /// Waits until there is something to read, but at most for `longest`.
    pub fn wait(&self, longest: Duration) {
        let mut fds: Vec<PollFd<'_>> = Vec::with_capacity(self.devices.len());
        for device in &self.devices {
            if let State::Open(capture) = &device.state {
                fds.push(PollFd::new(capture.as_fd(), PollFlags::POLLIN));
            }
        }
        let timeout = PollTimeout::try_from(longest).unwrap_or(PollTimeout::ZERO);
        // After an interruption too the caller tries to read again.
        if fds.is_empty() || poll(&mut fds, timeout).is_err() {
            std::thread::sleep(longest.min(Duration::from_millis(100)));
        }
    }

    /// Checks whether interfaces from which nothing came were switched off or on. To be called now and then.
    pub fn look_after(&mut self, mut notice: impl FnMut(LiveNotice)) {
        for device in &mut self.devices {
            let was_busy = mem::take(&mut device.is_busy);
            if !matches!(device.state, State::Open(_)) || was_busy || device.name == ANY {
                continue;
            }
            let is_down = is_down(&device.name);
            if is_down != mem::replace(&mut device.is_down, is_down) {
                let name = device.name.clone();
                let message = "it was switched off".to_owned();
                notice(if is_down { LiveNotice::Gone { name, message } } else { LiveNotice::Back { name } });
            }
        }
    }

    /// The kernel's counters so far.
    pub fn counters(&mut self) -> KernelCounters {
        for device in &mut self.devices {
            if let State::Open(capture) = &mut device.state {
                count(&mut self.counted, &mut device.last, capture);
            }
        }
        self.counted
    }
}

/// The names of all interfaces that can be captured from.
fn known_names() -> Vec<String> {
    interfaces().map(|found| found.into_iter().map(|interface| interface.name).collect()).unwrap_or_default()
}

/// Whether there is an interface of this name, `any` included.
pub fn is_interface(name: &str) -> bool {
    name == ANY || nix::net::if_::if_nametoindex(name).is_ok()
}

/// Whether there is an interface of this name that is switched off.
fn is_down(name: &str) -> bool {
    let Ok(mut all) = nix::ifaddrs::getifaddrs() else { return false };
    all.find(|found| found.interface_name == name)
        .is_some_and(|found| !found.flags.contains(nix::net::if_::InterfaceFlags::IFF_UP))
}

fn later() -> Instant {
    let now = Instant::now();
    now.checked_add(RETRY).unwrap_or(now)
}

fn open(name: &str, options: &LiveOptions) -> Result<(Capture<Active>, LinkType), LiveError> {
    let named = || name.to_owned();
    let other = |error: pcap::Error| LiveError::Other { name: named(), message: said(error) };
    if !is_interface(name) {
        return Err(LiveError::NoSuchInterface { name: named(), known: known_names() });
    }
    let limit = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let capture = Capture::from_device(name)
        .map_err(other)?
        // `any` has no promiscuous mode, and libpcap would warn if it were asked for.
        .promisc(options.promiscuous && name != ANY)
        .snaplen(limit(options.snapshot_length))
        .buffer_size(limit(options.buffer))
        .timeout(BLOCK_TIMEOUT)
        .precision(PRECISION)
        .open();
    let mut capture = capture.map_err(|error| refused(name, error))?;
    if name == ANY {
        // An older libpcap has only version 1 of the cooked header, which serves as well.
        let _ = capture.set_datalink(Linktype(LinkType::LINUX_SLL2.0.cast_signed()));
    }
    let filter = options.filter.clone();
    let expression = filter.unwrap_or_else(|| live_filter::default_for(&capture, &options.ports));
    if let Err(error) = capture.filter(&expression, true) {
        return Err(LiveError::Filter { name: named(), expression, message: said(error) });
    }
    let capture = capture.setnonblock().map_err(other)?;
    let link_type = link_type(capture.get_datalink());
    Ok((capture, link_type))
}

/// Why an existing interface could not be opened.
fn refused(name: &str, error: pcap::Error) -> LiveError {
    let name = name.to_owned();
    if !privileges::can_capture() {
        return LiveError::Permission { name, missing: "CAP_NET_RAW" };
    }
    let message = said(error);
    if message.contains("not up") { LiveError::Down { name } } else { LiveError::Other { name, message } }
}

/// The number that capture files use for a link type of libpcap; they differ for raw IP.
fn link_type(data_link: Linktype) -> LinkType {
    match LinkType(data_link.0.cast_unsigned()) {
        LinkType::RAW_BSD | LinkType::RAW_OPENBSD => LinkType::RAW,
        other => other,
    }
}

/// Passes the frames that an interface has to `each`, at most [`TURN`], and returns how many there were. It is an error
/// if the interface is gone.
fn drain(
    capture: &mut Capture<Active>,
    file: u32,
    link_type: LinkType,
    each: &mut impl FnMut(&Frame<'_>),
) -> Result<usize, String> {
    for read in 0..TURN {
        let packet = match capture.next_packet() {
            Ok(packet) => packet,
            Err(pcap::Error::TimeoutExpired | pcap::Error::NoMorePackets) => return Ok(read),
            Err(error) => return Err(said(error)),
        };
        each(&Frame {
            number: 0,
            file,
            time: time_of(packet.header),
            precision: if IS_NANO { Precision::NANOSECONDS } else { Precision::MICROSECONDS },
            link_type,
            data: packet.data,
            original_length: packet.header.len,
        });
    }
    Ok(TURN)
}

/// Whether times are requested in nanoseconds. On Linux every capture has them, elsewhere few.
const IS_NANO: bool = cfg!(target_os = "linux");
const PRECISION: pcap::Precision = if IS_NANO { pcap::Precision::Nano } else { pcap::Precision::Micro };

/// When a packet was captured. `tv_usec` holds nanoseconds if these were requested.
// The widths of the fields differ between systems.
#[allow(clippy::useless_conversion)]
fn time_of(header: &pcap::PacketHeader) -> Timestamp {
    let fraction: i64 = header.ts.tv_usec.into();
    Timestamp::new(header.ts.tv_sec.into(), if IS_NANO { fraction } else { fraction.saturating_mul(1000) })
}

const NO_STAT: Stat = Stat { received: 0, dropped: 0, if_dropped: 0 };

/// Adds what libpcap counted since its counters were last read.
fn count(counted: &mut KernelCounters, last: &mut Stat, capture: &mut Capture<Active>) {
    let Ok(now) = capture.stats() else { return };
    let grown = |now: u32, before: u32| u64::from(now.wrapping_sub(before));
    counted.received = counted.received.saturating_add(grown(now.received, last.received));
    counted.dropped = counted.dropped.saturating_add(grown(now.dropped, last.dropped));
    counted.dropped_by_interface =
        counted.dropped_by_interface.saturating_add(grown(now.if_dropped, last.if_dropped));
    *last = now;
}
