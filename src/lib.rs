//! mipflow decodes, checks and watches Mobile IPv4 traffic (RFC 5944) with the Multipath and Flow-Binding extensions
//! (RFC 7629). This is the library behind the `mipflow` command.
//!
//! Frames come from a [`capture::Timeline`] or a live interface, and a [`pipeline::Pipeline`] takes them one by one.
//! The pipeline shows each message as it is decoded. What is known of nodes, bindings, policy and flows is in its
//! [`state::Observer`], and violations of the specifications are in its [`rules::Findings`]:
//!
//! ```
//! use mipflow::capture::{Next, Timeline};
//! use mipflow::pipeline::Pipeline;
//! use mipflow::trace::Trace;
//! use mipflow::wire::{KeyRing, Numbers, PORT};
//! use mipflow::{rules, state};
//!
//! let mut timeline = Timeline::open(&["samples/figure3.pcap"]);
//! let trace = Trace::new(&[PORT], Numbers::default(), false);
//! let mut pipeline = Pipeline::new(trace, state::Options::default(), Some(rules::Options::default()));
//! let mut messages = 0;
//! while let Next::Frame(frame) = timeline.next() {
//!     pipeline.take(&frame, &KeyRing::default(), |_| messages += 1);
//! }
//! pipeline.close();
//!
//! let node = pipeline.observer().nodes().next().expect("one node registered");
//! assert_eq!((messages, node.bindings().len(), node.active().count()), (8, 3, 2));
//! ```
//!
//! Data passes through the modules in one direction, and each module knows only those before it:
//!
//! ```text
//!          frames          datagrams            messages
//! capture ───────► net ───────────────► wire ─────────────────────────────────► report
//! files,           link, IP, tunnels    Mobile IP codec                          text, JSON, CSV
//! interfaces        │                    │                                       ▲
//!                   │ tunnelled packets  │ messages                              │ tables
//!                   └──────────────────► state ────────────────────────────────► │
//!                                        bindings, policy, tunnels, flows        │
//!                                        │                                       │ findings
//!                                        └──────────► rules ─────────────────────┘
//!                                                     what is wrong, and why
//! ```
//!
//! - [`capture`]: where frames come from and go to: files, standard input, interfaces, filters, the writer.
//! - [`net`]: finds the UDP datagram or tunnelled packet in a frame.
//! - [`wire`]: the Mobile IP codec. Its parsers accept any octets, and each has its emitter beside it.
//! - [`state`]: the observer, which infers bindings, policy, tunnels and flows from what was seen.
//! - [`rules`]: the catalogue of rules, and the validator that applies them.
//! - [`trace`]: finds the message or tunnelled packet in a frame, by `net` and `wire`.
//! - [`pipeline`]: passes each frame to trace, observer and rules, in that order.
//! - [`watch`]: runs a pipeline on frames as they arrive, and keeps what a screen shows.
//! - [`craft`]: the other direction: builds messages, talks to a Home Agent, and plays one.
//! - [`report`]: writes results as text, trees, JSON and CSV; decides nothing about the protocol.
//! - [`tui`]: the screen of `mipflow watch`, which draws what [`watch`] and [`report`] supply.
//! - [`cli`]: the command line, which starts all of this.
//! - [`time`]: the time of frames. `net`, `wire`, `state` and `rules` know no other time, and read no clock.
//!
//! Private modules: `counted` (numbers with their nouns), `dotted` (fast text of IPv4 addresses) and `wall_clock` (the
//! present time, for [`watch`], [`craft`] and [`cli`]).

pub mod capture;
pub mod cli;
mod counted;
pub mod craft;
mod dotted;
pub mod net;
pub mod pipeline;
pub mod report;
pub mod rules;
pub mod state;
pub mod time;
pub mod trace;
pub mod tui;
mod wall_clock;
pub mod watch;
pub mod wire;
