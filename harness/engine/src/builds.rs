//! Builds by name or path: located, obtained if need be, and digested.

use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::event::Event;
use fixgate_core::id::{Commit, DefectId, Digest, ReleaseName};
use fixgate_core::ledger::Ledger;
use fixgate_core::problem::suggestion;
use fixgate_core::proof::BuildIdentity;
use fixgate_core::release::{Position, Release, Standing};

use crate::build::{Progress, Recipe, digest, locate, obtain};
use crate::fault::Fault;
use crate::pool::StopFlag;
use crate::tree::Tree;

/// A build that can be run.
#[derive(Debug, Clone)]
pub struct Build {
    name: String,
    digest: Digest,
    /// A directory, or the program itself.
    build: Utf8PathBuf,
    program: Utf8PathBuf,
}

impl Build {
    /// The build at a path.
    pub(crate) fn open(name: &str, path: &Utf8Path, program: &Utf8Path) -> Result<Self, Fault> {
        let located = locate(path.as_std_path(), program.as_std_path()).map_err(|reason| {
            Fault::usage(format!("`{name}` is no build: {reason}"))
                .help("a build is a release's name, a directory, or the program itself")
        })?;
        let utf8 = |path: std::path::PathBuf| {
            Utf8PathBuf::from_path_buf(path).map_err(|path| Fault::usage(format!("{} is not UTF-8", path.display())))
        };
        let (build, program) = (utf8(located.build)?, utf8(located.program)?);
        Ok(Self { name: name.to_owned(), digest: digest_of(&build)?, build, program })
    }

    /// The program under test, absolute.
    pub fn program(&self) -> &Utf8Path {
        &self.program
    }

    /// The directory of the build, absolute; where the program stands if it is the whole build.
    pub fn directory(&self) -> &Utf8Path {
        if self.build == self.program { self.build.parent().unwrap_or(&self.build) } else { &self.build }
    }

    /// All of it: a directory, or the program itself. Absolute.
    pub fn content(&self) -> &Utf8Path {
        &self.build
    }

    /// The digest of its content when it was opened.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The digest of its content as it is now.
    ///
    /// # Errors
    /// When it cannot be read any more.
    pub fn digest_now(&self) -> Result<Digest, Fault> {
        digest_of(&self.build)
    }

    /// How records name it.
    pub fn identity(&self) -> BuildIdentity {
        BuildIdentity { name: self.name.clone(), digest: self.digest }
    }
}

pub(crate) fn digest_of(path: &Utf8Path) -> Result<Digest, Fault> {
    let text = digest(path.as_std_path()).map_err(|reason| Fault::harness(format!("{path} cannot be digested: {reason}")))?;
    text.parse().map_err(Fault::harness)
}

/// The build at a path.
///
/// # Errors
/// When the path is no build.
pub fn at_path(ledger: &Ledger, path: &Utf8Path) -> Result<Build, Fault> {
    Build::open(path.as_str(), path, &ledger.project.program)
}

/// A release's build, obtained by its recipe if it is not there yet.
///
/// # Errors
/// When the recipe fails, with the end of its output, or the build is not the one that the release pins.
pub fn release_build(
    tree: &Tree,
    ledger: &Ledger,
    release: &Release,
    stop: &StopFlag,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Build, Fault> {
    let name = release.name.as_str();
    let build = by_recipe(tree, ledger, (name, &own_recipe(ledger, release)), stop, on_event)?;
    match release.digest {
        Some(pinned) if pinned != build.digest => {
            let message = format!("the build of {name} is {}, but its record pins {pinned}", build.digest);
            let kept = build.content();
            Err(Fault::harness(message).help(format!("if the published artefact is right, delete {kept} and run again")))
        }
        Some(_) | None => Ok(build),
    }
}

/// The build of a commit, or of a set of fixes, by a release's recipe; made once for each command that this comes to.
///
/// # Errors
/// When the recipe fails, with the end of its output.
pub fn variant_build(
    tree: &Tree,
    ledger: &Ledger,
    release: &Release,
    (commit, fixes): (Option<&Commit>, &[&DefectId]),
    stop: &StopFlag,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Build, Fault> {
    let command = release.recipe_for(commit, fixes);
    if command == own_recipe(ledger, release) {
        return release_build(tree, ledger, release, stop, on_event);
    }
    let name = format!("{}-{}", release.name, Digest::of_json(&command).short());
    by_recipe(tree, ledger, (&name, &command), stop, on_event)
}

/// The command that makes a release: of its commit, with the fixes that are new in it.
fn own_recipe(ledger: &Ledger, release: &Release) -> Vec<String> {
    let fixes: Vec<&DefectId> = ledger.new_in(Some(&release.name)).map(|defect| &defect.id).collect();
    release.recipe_for(release.commit.as_ref(), &fixes)
}

fn by_recipe(
    tree: &Tree,
    ledger: &Ledger,
    (name, command): (&str, &[String]),
    stop: &StopFlag,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Build, Fault> {
    let recipe = Recipe { name, command, directory: tree.root().as_std_path() };
    let mut progress = |progress: Progress<'_>| match progress {
        Progress::Building { name, .. } | Progress::Waiting { name } => on_event(Event::BuildStarted { name }),
    };
    let path = obtain(&recipe, tree.builds().as_std_path(), stop, &mut progress)?;
    let path = Utf8PathBuf::from_path_buf(path).map_err(|path| Fault::usage(format!("{} is not UTF-8", path.display())))?;
    Build::open(name, &path, &ledger.project.program)
}

/// A build by a release's name or by a path, with its place in the train. A path stands after the newest release,
/// unless `placed_as` says otherwise.
///
/// # Errors
/// When it is neither a release nor a path to a build, or the build cannot be obtained.
pub fn find(
    tree: &Tree,
    ledger: &Ledger,
    word: &str,
    placed_as: Option<&ReleaseName>,
    stop: &StopFlag,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Placed, Fault> {
    let release = |name: &ReleaseName| ledger.train.release(name);
    let place = |name: &ReleaseName| ledger.train.position(name).ok_or_else(|| unknown_release(ledger, name));
    let named = word.parse::<ReleaseName>().ok();
    if let Some(release) = named.as_ref().and_then(release) {
        // What is wrong with the place is said before a build is made, which may take long.
        let place = place(placed_as.unwrap_or(&release.name))?;
        let build = release_build(tree, ledger, release, stop, on_event)?;
        let elsewhere = placed_as.filter(|name| **name != release.name);
        return Ok(Placed { build, place, placed_as: elsewhere.cloned(), fixes: Vec::new() });
    }
    if named.is_some() && !Path::new(word).exists() {
        return Err(unknown(ledger, word));
    }
    let build = Build::open(word, Utf8Path::new(word), &ledger.project.program)?;
    let place: Position = match placed_as {
        Some(name) => place(name)?,
        None => ledger.train.after_newest(),
    };
    Ok(Placed { build, place, placed_as: placed_as.cloned(), fixes: Vec::new() })
}

/// A build and its place in the train.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The build.
    pub build: Build,
    /// Its place.
    pub place: Position,
    /// The release that says so, where the build's name does not.
    pub placed_as: Option<ReleaseName>,
    /// What it fixes beyond its place: a private fix, which a run then validates against its base.
    pub fixes: Vec<DefectId>,
}

impl Placed {
    /// Where it stands.
    pub fn standing(&self) -> Standing<'_> {
        Standing { place: self.place, fixes: &self.fixes }
    }
}

/// What to say of a word that is no build.
pub fn unknown(ledger: &Ledger, name: &str) -> Fault {
    Fault::usage(format!("`{name}` is neither a release nor a path to a build")).help(known_releases(ledger, name))
}

/// What to say of a name that is no release.
pub fn unknown_release(ledger: &Ledger, name: &ReleaseName) -> Fault {
    Fault::usage(format!("there is no release `{name}`")).help(known_releases(ledger, name.as_str()))
}

fn known_releases(ledger: &Ledger, name: &str) -> String {
    let names: Vec<&str> = ledger.train.releases().iter().map(|release| release.name.as_str()).collect();
    suggestion(name, names.iter().copied()).unwrap_or_else(|| format!("the releases are {}", names.join(", ")))
}
