//! mipflow reads Mobile IPv4 traffic (RFC 5944) that uses the Multipath and Flow-Binding
//! extensions (RFC 7629), and says exactly what it saw.
//!
//! The crate is one house; data walks through it one way, and each room knows only those before it:
//!
//! ```text
//!          frames          datagrams            messages
//! capture ───────► net ───────────────► wire ─────────────────────────────────► report
//! files            link, IP, tunnels    Mobile IP codec                          text, JSON, CSV
//!                   │                    │                                       ▲
//!                   │ tunnelled packets  │ messages                              │ tables
//!                   └──────────────────► state ────────────────────────────────► │
//!                                        bindings, policy, tunnels, flows        │
//!                                        │                                       │ findings
//!                                        └──────────► rules ─────────────────────┘
//!                                                     what is wrong, and why
//! ```
//!
//! - `counted`: numbers as people read them, wherever something is told in words.
//! - `dotted`: IPv4 addresses as text, for what writes very many.
//! - [`time`]: the one notion of time, taken from the capture and never from a clock.
//! - `wall_clock`: the time of day, for the rooms that live in the present: [`watch`], [`craft`] and [`cli`].
//! - [`capture`]: where frames come from and go to: files, standard input, filters, the writer.
//! - [`net`]: from a frame to the UDP datagram or tunnelled packet inside it.
//! - [`wire`]: the Mobile IP codec; total parsers, with the emit side beside each.
//! - [`state`]: the observer: bindings, policy, tunnels and flows, rebuilt from what was seen.
//! - [`rules`]: the catalogue of what is right, and the validator that finds what is not.
//! - [`trace`]: from a frame to the message or tunnelled packet in it, through the first of those rooms.
//! - [`pipeline`]: the path of a frame through all of them, in one place: trace, observer and rules, in their order.
//! - [`watch`]: frames that come by themselves, and what is known of them at any moment.
//! - [`craft`]: the other direction: builds messages, and talks to a home agent.
//! - [`report`]: turns results into text, trees, JSON and CSV; decides nothing about the protocol.
//! - [`tui`]: the screen of `mipflow watch`; draws what [`watch`] and [`report`] hold.
//! - [`cli`]: the command line; the room that starts all others.

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
