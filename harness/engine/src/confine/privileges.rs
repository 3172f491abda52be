//! What a superuser may do, given up.

use rustix::io::{self, Errno};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, no_new_privs, remove_capability_from_bounding_set,
    set_capabilities, set_no_new_privs,
};

/// Gives up every capability of this process, and every way to have one again: nothing that it starts can set the clock, make
/// devices, mount, or go against the permissions of a file, also where its user is the superuser. Programs that belong to
/// another user, or have capabilities of their own, gain nothing by that.
pub(crate) fn give_up_privileges() -> io::Result<()> {
    set_no_new_privs(true)?;
    for capability in every_capability() {
        match remove_capability_from_bounding_set(capability) {
            // The system knows no more of them, or this user may not narrow the set. Nothing is gained by what is in it: a program
            // that is started has no more than the process before it.
            Err(Errno::INVAL | Errno::PERM) => break,
            answer => answer?,
        }
    }
    clear_ambient_capability_set()?;
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
}

/// Whether this process has none, and can get none.
pub(super) fn are_privileges_given_up() -> bool {
    let is_empty = |sets: CapabilitySets| (sets.effective | sets.permitted | sets.inheritable).is_empty();
    no_new_privs().unwrap_or(false) && capabilities(None).is_ok_and(is_empty)
}

fn every_capability() -> impl Iterator<Item = CapabilitySet> {
    (0..u64::BITS).map(|number| CapabilitySet::from_bits_retain(1 << number))
}
