//! `cargo bench --bench watch`: what `mipflow watch --headless` takes of a machine while packets come. Linux only, for it
//! is done in a network namespace.

#[cfg(target_os = "linux")]
#[path = "watch/live.rs"]
mod live;

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    live::run()
}

#[cfg(not(target_os = "linux"))]
fn main() {}
