//! The program, in an environment that is the tests' own.

use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Once};

use signal_hook::consts::SIGHUP;
use signal_hook::flag::register_conditional_default;

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_mipflow");

/// What a command needs of the caller's environment to start: where programs and libraries are, and where a
/// measurement of coverage is written.
const INHERITED: [&str; 3] = ["PATH", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"];

/// A command that knows nothing of its caller's terminal, colours, language, keys (`MIPFLOW_KEY`), or of who called
/// the tests by sudo or `nohup`.
pub fn command(program: &str) -> Command {
    heed_hangup();
    let mut command = Command::new(program);
    command.env_clear().env("TERM", "xterm").env("TZ", "UTC").env("LC_ALL", "C.UTF-8");
    command.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command
}

/// What is ignored here is ignored by what starts here, and what is caught here is not: SIGHUP, which `nohup` has
/// ignored, is caught, and does what it does by default.
fn heed_hangup() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        register_conditional_default(SIGHUP, Arc::new(AtomicBool::new(true))).expect("SIGHUP can be caught");
    });
}
