//! How many files may be open at once.

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

/// Files that are open beside the inputs: standard streams, the output file, libraries while they are loaded.
const BESIDE: rlim_t = 32;

/// Raises this process's limit of open files so that this many captures or sockets fit, as far as the system allows. A
/// ring of captures, or a scenario for many agents, easily needs more than the usual 1,024.
pub(super) fn allow(files: usize) {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    let wanted = rlim_t::try_from(files).unwrap_or(rlim_t::MAX).saturating_add(BESIDE);
    if soft < wanted {
        // If it does not work, opening the files tells which of them could not be opened.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, wanted.min(hard), hard);
    }
}
