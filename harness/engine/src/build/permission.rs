//! Whether a recipe may run at all: by itself where it is kept from everything that is its user's, and else by a person's word.

use std::fmt;

use fixgate_core::id::Digest;
use fixgate_core::release::Confinement;
use serde::Serialize;

use super::made::Maker;
use super::recipe::{Origin, Places};
use super::{BuildError, Recipe, confine};
use crate::place::Place;
use crate::trust;

/// Why a person must have said that a recipe may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Why {
    /// This system keeps it from nothing.
    Unconfined,
    /// It is a third party's.
    OfAPack,
    /// It is granted files that are not the test product's to give.
    Granted,
}

impl fmt::Display for Why {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unconfined => "this system cannot confine it, so it could do everything that you can",
            Self::OfAPack => "a third party wrote it",
            Self::Granted => "the record grants it files besides the system's and its own",
        })
    }
}

/// What a person is asked about a recipe.
#[derive(Debug, Clone, Copy)]
pub struct Permission {
    /// Why it is asked; nothing where the recipe may run by itself.
    pub why: Option<Why>,
    /// What is trusted with it.
    pub digest: Digest,
    /// How far the recipe would be kept from everything else.
    pub confinement: Confinement,
}

/// What a person is asked about a recipe whose build is in `builds`.
///
/// # Errors
/// When a file that it names cannot be read.
pub fn permission(recipe: &Recipe<'_>, builds: &Place) -> Result<Permission, BuildError> {
    let places = Places::of(recipe, builds)?;
    Ok(of(recipe, &Maker::of(recipe, places.out.path().as_std_path())?))
}

fn of(recipe: &Recipe<'_>, maker: &Maker) -> Permission {
    let confinement = confine::offered();
    let why = match (confinement, recipe.origin) {
        (Confinement::None, _) => Some(Why::Unconfined),
        (Confinement::Partial | Confinement::Full, Origin::Pack) => Some(Why::OfAPack),
        (Confinement::Partial | Confinement::Full, Origin::Release) => recipe.needs.is_granted_files().then_some(Why::Granted),
    };
    Permission { why, digest: maker.trusted(&(recipe.origin, why)), confinement }
}

/// How far a recipe is confined, if it may run.
pub(super) fn required(recipe: &Recipe<'_>, maker: &Maker) -> Result<Confinement, BuildError> {
    let Permission { why, digest, confinement } = of(recipe, maker);
    match why.filter(|_| !trust::is_trusted(digest)) {
        Some(why) => Err(BuildError::NotTrusted { name: recipe.name.to_owned(), why }),
        None => Ok(confinement),
    }
}
