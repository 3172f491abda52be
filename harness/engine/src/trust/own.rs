//! A test product that a person takes for their own: its cases run however they change.
//!
//! A secret in the tree's state, which no clone brings and no program under strict isolation sees, tells this very directory from
//! another one that takes its place. The person's home keeps a digest of the secret and of the path.

use std::fs::File;
use std::io::{self, Read, Write};

use fixgate_core::id::Digest;

use super::{add, is_trusted};
use crate::fault::Fault;
use crate::tree::Tree;

/// In the tree's state.
const SECRET: &str = "own";

/// As many bytes cannot be guessed.
const LENGTH: usize = 32;

/// Whether a person took this test product for their own.
pub fn is_own(tree: &Tree) -> bool {
    let secret = tree.state().join(SECRET).read_most(LENGTH as u64);
    secret.is_ok_and(|secret| secret.len() == LENGTH && is_trusted(digest(tree, &secret)))
}

/// Takes it for the person's own.
///
/// # Errors
/// When that cannot be kept.
pub fn make_own(tree: &Tree) -> Result<(), Fault> {
    let place = tree.state().join(SECRET);
    let made = (|| {
        let mut secret = [0; LENGTH];
        File::open("/dev/urandom")?.read_exact(&mut secret)?;
        tree.state().make()?;
        place.remove_file()?;
        let mut file = place.create_new()?;
        file.write_all(&secret)?;
        file.sync_all()?;
        Ok::<_, io::Error>(secret)
    })();
    let secret = made.map_err(|reason| Fault::system(format!("{place} cannot be written: {reason}"), &reason))?;
    add(digest(tree, &secret), &format!("all cases of {}", tree.root()))
}

fn digest(tree: &Tree, secret: &[u8]) -> Digest {
    Digest::of_json(&("own", tree.root(), secret))
}
