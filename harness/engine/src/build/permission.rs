//! Whether a recipe may run: without a person's consent only where it is kept from everything that is its user's.

use fixgate_core::id::Digest;
use fixgate_core::release::Confinement;

use super::made::Maker;
use super::recipe::{Origin, Places};
use super::{BuildError, Recipe, confine};
use crate::place::Place;
use crate::trust::{self, Why};

/// What a person is asked to let run.
#[derive(Debug)]
pub struct Request {
    /// The release or the pack whose recipe it is, or the word for all cases.
    pub name: String,
    /// What would run.
    pub runs: String,
    /// What it may reach, where something is granted.
    pub reaches: String,
    /// How far it is confined.
    pub confined: &'static str,
    /// Why a person is asked; nothing where it may run without.
    pub why: Option<Why>,
    /// Of everything that the person consents to.
    pub digest: Digest,
}

impl Request {
    /// What a person is asked about a recipe whose build is in `builds`.
    pub(crate) fn of_recipe(recipe: &Recipe<'_>, builds: &Place) -> Result<Self, BuildError> {
        let places = Places::of(recipe, builds)?;
        let Permission { why, digest, confinement } = of(recipe, &Maker::of(recipe, places.out.path().as_std_path())?);
        let (name, runs) = (recipe.name.to_owned(), recipe.command.join(" "));
        Ok(Self { name, runs, reaches: recipe.needs.to_string(), confined: confinement.meaning(), why, digest })
    }
}

/// Whether a recipe may run.
#[derive(Debug, Clone, Copy)]
struct Permission {
    /// Why a person is asked; nothing where the recipe may run without.
    why: Option<Why>,
    /// What is trusted with it.
    digest: Digest,
    /// How far the recipe would be kept from everything else.
    confinement: Confinement,
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
