//! Laws that hold for any input. The property tests feed them what proptest makes up, the fuzz targets in `fuzz/`
//! what libFuzzer does; so a law is written down once. One file a room of the crate.

// Each test program that uses the laws uses some of them.
#![allow(dead_code)]

pub mod capture;
pub mod net;
pub mod observer;
pub mod pipeline;
pub mod wire;
