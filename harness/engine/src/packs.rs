//! The builds of third parties, which the cases of their packs run together with the product.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use fixgate_core::case::{Family, Scenario};
use fixgate_core::id::{Digest, PackName};
use fixgate_core::proof::BuildIdentity;
use fixgate_core::record::FoundBuild;
use fixgate_core::release::Build;

use crate::build::{Origin, Recipe, Request, Turn, Wish, obtain, state_of};
use crate::builds::{digest_of, edited, tell};
use crate::fault::Fault;
use crate::site::Site;
use crate::tree::{PACKS, Tree};

/// The builds that the scenarios of a run are given.
#[derive(Debug, Default)]
pub struct PackBuilds(Vec<PackBuild>);

fn recipe<'r>(tree: &'r Tree, name: &'r str, build: &'r Build) -> Recipe<'r> {
    let (directory, needs) = (tree.root().as_std_path(), &build.needs);
    Recipe { name, command: &build.recipe, version: None, directory, needs, origin: Origin::Pack }
}

/// What a person is asked about the recipe of a pack's build.
///
/// # Errors
/// When a file that it names cannot be read.
pub fn request_of(tree: &Tree, pack: &PackName, build: &Build) -> Result<Request, Fault> {
    Ok(Request::of_recipe(&recipe(tree, pack.as_str(), build), &tree.place(PACKS))?)
}

/// The build of one pack.
#[derive(Debug)]
struct PackBuild {
    identity: BuildIdentity,
    content: Utf8PathBuf,
    found: FoundBuild,
    /// No process makes it again while this is in use.
    _turn: Turn,
}

impl PackBuilds {
    /// The build of every pack that has one and of which a scenario is to be run, obtained by its recipe if it is not there yet, or was made by another.
    ///
    /// # Errors
    /// When a recipe fails, with the end of its output, or a build is not the one that its pack pins.
    pub fn of(site: &Site<'_>, scenarios: &[&Scenario]) -> Result<Self, Fault> {
        let Site { tree, ledger, stop, .. } = *site;
        let named = scenarios.iter().filter_map(|scenario| match &scenario.case.family {
            Family::Pack(name) => Some(name.as_str()),
            Family::Regression | Family::Suite | Family::Canary => None,
        });
        let named: BTreeSet<&str> = named.collect();
        let mut builds = Vec::new();
        for pack in ledger.packs.iter().filter(|pack| named.contains(pack.name.as_str())) {
            let Some(build) = &pack.build else { continue };
            let name = pack.name.as_str();
            let content = Tree::pack_build(tree.root(), name);
            let recipe = recipe(tree, name, build);
            let place = tree.place(PACKS);
            let obtained = obtain(&recipe, &place, (Wish::Kept, stop), &mut |progress| tell(progress, site));
            let again = format!("rm -r {content}, then the same command again");
            let obtained = obtained.map_err(|reason| edited(reason, &again))?;
            let (digest, found, confinement) = (obtained.digest, obtained.found, obtained.confinement);
            if let Some(pinned) = build.digest.filter(|pinned| *pinned != digest) {
                let message = format!("the build of the pack {name} is {digest}, but its pack.toml pins {pinned}");
                let help = format!("ask {} ({}), or delete {content} and run again", pack.owner, pack.contact);
                return Err(Fault::harness(message).help(help));
            }
            let identity = BuildIdentity { name: name.to_owned(), digest };
            let found = FoundBuild { build: name.to_owned(), state: found, confinement: Some(confinement) };
            builds.push(PackBuild { identity, content, found, _turn: obtained.turn });
        }
        Ok(Self(builds))
    }

    /// How records name them.
    pub fn identities(&self) -> Vec<BuildIdentity> {
        self.0.iter().map(|build| build.identity.clone()).collect()
    }

    /// How they were found on this machine.
    pub(crate) fn found(&self) -> Vec<FoundBuild> {
        self.0.iter().map(|build| build.found.clone()).collect()
    }

    /// How they are found now.
    pub(crate) fn found_now(&self) -> Result<Vec<FoundBuild>, Fault> {
        let now = |PackBuild { found, content, .. }: &PackBuild| {
            Ok(FoundBuild { state: state_of(content.as_std_path())?, ..found.clone() })
        };
        self.0.iter().map(now).collect()
    }

    /// What tells these builds from any others; nothing if there are none.
    pub fn digest(&self) -> Option<Digest> {
        (!self.0.is_empty()).then(|| Digest::of_json(&self.identities()))
    }

    /// Holds if they were not touched since they were obtained.
    ///
    /// # Errors
    /// The build that is another by now.
    pub fn check_unchanged(&self) -> Result<(), Fault> {
        for PackBuild { identity: BuildIdentity { name, digest }, content, found, .. } in &self.0 {
            if digest_of(content)? != *digest || state_of(content.as_std_path())? != found.state {
                let message = format!("the build of the pack {name} was changed while it was in use");
                return Err(Fault::harness(message).help("run again with builds that no process is writing to"));
            }
        }
        Ok(())
    }
}
