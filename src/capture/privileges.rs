//! Gives up the privileges that were only needed to open interfaces and files.
//!
//! `watch` reads packets from strangers, so it does that without privileges: once everything is open, it becomes the
//! user it was told to become, and keeps no capability. The one exception is the capturing thread: it may raise
//! `CAP_NET_RAW` again, only for the moment in which an interface that went away is reopened.

#[cfg_attr(target_os = "linux", path = "privileges/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "privileges/elsewhere.rs")]
mod system;

use std::ffi::CString;
use std::io;

use nix::unistd::{Gid, Uid, User};
use thiserror::Error;

/// The user that `watch` runs as once everything is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunAs {
    name: Option<CString>,
    uid: Uid,
    gid: Gid,
}

/// Privileges could not be given up.
#[derive(Debug, Error)]
pub enum PrivilegeError {
    /// There is no such user.
    #[error("there is no user `{0}`")]
    NoSuchUser(String),
    /// Only root can become another user.
    #[error("only root can run as `{0}`")]
    NotRoot(String),
    /// The system refused a step.
    #[error("privileges cannot be given up: {step}: {message}")]
    Refused {
        /// What was tried.
        step: &'static str,
        /// What the system said.
        message: String,
    },
    /// Some privilege is still there afterwards.
    #[error("privileges were given up, and {0}")]
    StillThere(&'static str),
}

impl RunAs {
    /// The user with this name or number. Without one, a program that root runs by `sudo` becomes the user who called
    /// `sudo`, read from `environment` (`SUDO_UID`, `SUDO_GID`). In all other cases the result is `None`: the user
    /// stays.
    pub fn find(
        user: Option<&str>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, PrivilegeError> {
        let is_root = Uid::effective().is_root();
        if let Some(text) = user {
            let unknown = || PrivilegeError::NoSuchUser(text.to_owned());
            let found = match text.parse() {
                Ok(number) => User::from_uid(Uid::from_raw(number)),
                Err(_) => User::from_name(text),
            };
            let found = found.ok().flatten().map(Self::from).ok_or_else(unknown)?;
            if found.uid != Uid::effective() && !is_root {
                return Err(PrivilegeError::NotRoot(text.to_owned()));
            }
            return Ok(Some(found));
        }
        let number = |name: &str| environment(name).and_then(|text| text.parse::<u32>().ok());
        let is_caller = |uid: &u32| system::CAN_BECOME && is_root && *uid != 0;
        let caller = number("SUDO_UID").filter(is_caller).zip(number("SUDO_GID"));
        Ok(caller.map(|(uid, gid)| {
            let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
            user.map_or(Self { name: None, uid: Uid::from_raw(uid), gid: Gid::from_raw(gid) }, Self::from)
        }))
    }

    /// The numbers of the user and of the user's group.
    pub fn ids(&self) -> (u32, u32) {
        (self.uid.as_raw(), self.gid.as_raw())
    }
}

impl From<User> for RunAs {
    fn from(user: User) -> Self {
        Self { name: CString::new(user.name).ok(), uid: user.uid, gid: user.gid }
    }
}

/// Becomes `run_as` with that user's groups, and gives up every capability but the permission to capture. That one
/// stays permitted without being in effect, until [`give_up_capture`]. Programs started from here on cannot gain
/// privileges either.
///
/// Call it before any other thread runs, because capabilities belong to a thread; threads started afterwards inherit
/// what is left. It is an error if a step failed or had no effect; then the program must not go on.
pub fn give_up(run_as: Option<&RunAs>) -> Result<(), PrivilegeError> {
    system::give_up(run_as.filter(|run_as| run_as.uid != Uid::effective()))
}

/// Gives up the permission to capture too, for the calling thread and the threads it starts from here on.
pub fn give_up_capture() -> Result<(), PrivilegeError> {
    system::give_up_capture()
}

/// Whether this thread may open an interface.
pub fn can_capture() -> bool {
    system::can_capture()
}

/// Calls `what` with the permission to capture in effect, if this thread still has it.
pub(super) fn with_capture<T>(what: impl FnOnce() -> T) -> T {
    system::with_capture(what)
}

/// The command that lets this binary capture without root.
pub fn grant_command() -> String {
    let binary = std::env::current_exe().and_then(|path| path.canonicalize());
    let path = binary.map_or_else(|_| "mipflow".to_owned(), |path| path.to_string_lossy().into_owned());
    format!("sudo setcap cap_net_raw,cap_net_admin+ep {}", quoted(&path))
}

/// A word quoted so that a shell reads it back unchanged.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:@,".contains(letter);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Makes `run_as` the owner of a regular file that root created. A device or a pipe keeps its owner.
pub(super) fn give(file: &std::fs::File, run_as: &RunAs) -> io::Result<()> {
    if !file.metadata()?.is_file() {
        return Ok(());
    }
    let (uid, gid) = run_as.ids();
    std::os::unix::fs::fchown(file, Some(uid), Some(gid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_back_in_a_shell() {
        assert_eq!(quoted("/usr/bin/mipflow"), "/usr/bin/mipflow");
        assert_eq!(quoted("/home/a b/it's"), r"'/home/a b/it'\''s'");
    }

    #[test]
    fn an_unknown_user_is_told() {
        let error = RunAs::find(Some("no-such-user-here"), |_| None).unwrap_err();
        assert_eq!(error.to_string(), "there is no user `no-such-user-here`");
    }
}
