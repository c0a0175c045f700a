//! Capabilities, users and groups on Linux.

use std::collections::HashSet;

use caps::{CapSet, Capability, CapsHashSet};
use nix::unistd::{
    Gid, Group, Uid, getgroups, getresgid, getresuid, initgroups, setgroups, setresgid, setresuid,
};

use super::{PrivilegeError, RunAs};

/// Whether this process can become another user.
pub(super) const CAN_BECOME: bool = true;

pub(super) fn give_up(run_as: Option<&RunAs>) -> Result<(), PrivilegeError> {
    let may_capture = has(CapSet::Permitted, Capability::CAP_NET_RAW);
    if let Some(run_as) = run_as {
        step("keep the permission to capture", caps::securebits::set_keepcaps(true))?;
        let groups = match &run_as.name {
            Some(name) => initgroups(name, run_as.gid),
            None => setgroups(&[run_as.gid]),
        };
        step("set the groups", groups)?;
        step("set the group", setresgid(run_as.gid, run_as.gid, run_as.gid))?;
        step("set the user", setresuid(run_as.uid, run_as.uid, run_as.uid))?;
        step("keep nothing further", caps::securebits::set_keepcaps(false))?;
    }
    let mut left = CapsHashSet::new();
    if may_capture {
        left.insert(Capability::CAP_NET_RAW);
    }
    drop_to(&left)?;
    if let Some(run_as) = run_as {
        verify_user(run_as)?;
    }
    step("refuse new privileges", nix::sys::prctl::set_no_new_privs())
}

pub(super) fn give_up_capture() -> Result<(), PrivilegeError> {
    drop_to(&CapsHashSet::new())
}

pub(super) fn can_capture() -> bool {
    has(CapSet::Effective, Capability::CAP_NET_RAW)
}

pub(super) fn with_capture<T>(what: impl FnOnce() -> T) -> T {
    let raised = !can_capture() && caps::raise(None, CapSet::Effective, Capability::CAP_NET_RAW).is_ok();
    let result = what();
    if raised {
        // The capability was raised just above, so dropping it cannot be refused.
        let _ = caps::drop(None, CapSet::Effective, Capability::CAP_NET_RAW);
    }
    result
}

fn has(set: CapSet, capability: Capability) -> bool {
    caps::has_cap(None, set, capability).unwrap_or(false)
}

/// Leaves `permitted` as the only capabilities, none of them in effect, and verifies that this is so.
fn drop_to(permitted: &CapsHashSet) -> Result<(), PrivilegeError> {
    step("clear the effective capabilities", caps::clear(None, CapSet::Effective))?;
    step("clear the inheritable capabilities", caps::clear(None, CapSet::Inheritable))?;
    // A kernel without ambient capabilities has none to clear.
    let _ = caps::clear(None, CapSet::Ambient);
    step("set the permitted capabilities", caps::set(None, CapSet::Permitted, permitted))?;
    let read = |set| step("read the capabilities", caps::read(None, set));
    if read(CapSet::Permitted)?.difference(permitted).next().is_some() {
        return Err(PrivilegeError::StillThere("capabilities are still permitted"));
    }
    let in_effect: HashSet<_> =
        read(CapSet::Effective)?.union(&read(CapSet::Inheritable)?).copied().collect();
    if !in_effect.is_empty() {
        return Err(PrivilegeError::StillThere("capabilities are still in effect"));
    }
    Ok(())
}

/// Verifies that this process is `run_as` in every respect and cannot become root again.
fn verify_user(run_as: &RunAs) -> Result<(), PrivilegeError> {
    let users = step("read the user", getresuid())?;
    let groups = step("read the group", getresgid())?;
    if [users.real, users.effective, users.saved] != [run_as.uid; 3] {
        return Err(PrivilegeError::StillThere("the user is still another"));
    }
    if [groups.real, groups.effective, groups.saved] != [run_as.gid; 3] {
        return Err(PrivilegeError::StillThere("the group is still another"));
    }
    let root = Gid::from_raw(0);
    let may_have_root = run_as.gid == root || is_member_of_root(run_as);
    if !may_have_root && step("read the groups", getgroups())?.contains(&root) {
        return Err(PrivilegeError::StillThere("root's group is still among the groups"));
    }
    let zero = Uid::from_raw(0);
    if run_as.uid != zero && setresuid(zero, zero, zero).is_ok() {
        return Err(PrivilegeError::StillThere("root can be had again"));
    }
    Ok(())
}

/// Whether the user is a member of root's group by the system's list of groups.
fn is_member_of_root(run_as: &RunAs) -> bool {
    let root = Group::from_gid(Gid::from_raw(0)).ok().flatten();
    let name = run_as.name.as_ref().and_then(|name| name.to_str().ok());
    root.is_some_and(|root| name.is_some_and(|name| root.mem.iter().any(|member| member == name)))
}

fn step<T, E: std::fmt::Display>(step: &'static str, done: Result<T, E>) -> Result<T, PrivilegeError> {
    done.map_err(|error| PrivilegeError::Refused { step, message: error.to_string() })
}
