//! How many files may be open at once.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Files that are open beside the captures: standard streams, what is written, libraries as they are loaded.
const BESIDE: u64 = 32;

/// Raises the limit of open files of this process for so many captures, as far as the system lets it. A ring of captures
/// easily has more files than the 1,024 that a process is given at first.
pub(super) fn allow(captures: usize) {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    let wanted = (captures as u64).saturating_add(BESIDE);
    if soft < wanted {
        // Which file could not be opened is told then.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, wanted.min(hard), hard);
    }
}
