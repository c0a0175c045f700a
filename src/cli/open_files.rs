//! How many files may be open at once.

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

/// Files that are open beside the ones asked for: standard streams, what is written, libraries as they are loaded.
const BESIDE: rlim_t = 32;

/// Raises the limit of open files of this process for so many captures or sockets, as far as the system lets it. A ring
/// of captures or a scenario for many agents easily has more of them than the 1,024 that a process is given at first.
pub(super) fn allow(files: usize) {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    let wanted = rlim_t::try_from(files).unwrap_or(rlim_t::MAX).saturating_add(BESIDE);
    if soft < wanted {
        // What could not be opened is told then.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, wanted.min(hard), hard);
    }
}
