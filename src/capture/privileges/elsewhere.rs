//! Systems without capabilities: whoever captures is root, or may read the capture devices, and stays so.

use nix::unistd::Uid;

use super::{PrivilegeError, RunAs};

/// Whether this process can become another user.
pub(super) const CAN_BECOME: bool = false;

pub(super) fn give_up(run_as: Option<&RunAs>) -> Result<(), PrivilegeError> {
    match run_as {
        None => Ok(()),
        Some(_) => Err(PrivilegeError::Refused {
            step: "become another user",
            message: "that is done on Linux only".to_owned(),
        }),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "it can fail where there is something to give up")]
pub(super) fn give_up_capture() -> Result<(), PrivilegeError> {
    Ok(())
}

pub(super) fn can_capture() -> bool {
    Uid::effective().is_root()
}

pub(super) fn with_capture<T>(what: impl FnOnce() -> T) -> T {
    what()
}
