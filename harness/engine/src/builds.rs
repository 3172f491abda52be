//! Builds by name or path: located, obtained if need be, and digested.

mod at_hand;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::event::Event;
use fixgate_core::id::{Commit, DefectId, Digest, ReleaseName};
use fixgate_core::ledger::Ledger;
use fixgate_core::problem::suggestion;
use fixgate_core::proof::BuildIdentity;
use fixgate_core::record::FoundBuild;
use fixgate_core::release::{Confinement, Needs, Position, Release, Standing};

pub use self::at_hand::{AtHand, at_hand};
use crate::build::{
    BuildError, FoundFile, Obtained, Origin, Progress, Recipe, Request, Turn, Wish, digest, kept, locate, obtain, state_of,
};
use crate::fault::Fault;
use crate::site::Site;
use crate::tree::Tree;

/// A build that can be run.
#[derive(Debug, Clone)]
pub struct Build {
    name: String,
    digest: Digest,
    /// A directory, or the program itself.
    build: Utf8PathBuf,
    program: Utf8PathBuf,
    /// How it was found, before its digest was taken.
    found: Digest,
    found_program: FoundFile,
    /// How its recipe was confined.
    confinement: Option<Confinement>,
    /// Of a build that a recipe made: no process makes it again while this is in use.
    _turn: Option<Arc<Turn>>,
}

impl Build {
    /// The build at a path.
    fn open(name: &str, path: &Utf8Path, program: &Utf8Path) -> Result<Self, Fault> {
        let [build, program] = located(name, path.as_std_path(), program)?;
        let (found, found_program) = found_of(&build, &program)?;
        Ok(Self {
            name: name.to_owned(),
            digest: digest_of(&build)?,
            build,
            program,
            found,
            found_program,
            confinement: None,
            _turn: None,
        })
    }

    /// A build that a recipe made.
    fn obtained(name: &str, obtained: Obtained, program: &Utf8Path) -> Result<Self, Fault> {
        let Obtained { path, digest, found, confinement, turn } = obtained;
        let [build, program] = located(name, &path, program)?;
        let found_program = FoundFile::at(program.as_std_path())?;
        let _turn = Some(Arc::new(turn));
        Ok(Self { name: name.to_owned(), digest, build, program, found, found_program, confinement: Some(confinement), _turn })
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

    /// Its program as it was found.
    pub(crate) fn found_program(&self) -> &FoundFile {
        &self.found_program
    }

    /// How it was found on this machine.
    pub(crate) fn found(&self) -> FoundBuild {
        FoundBuild { build: self.name.clone(), state: self.found, confinement: self.confinement }
    }

    /// How it is found now: the same, unless it was changed, even for a while.
    pub(crate) fn found_now(&self) -> Result<FoundBuild, Fault> {
        Ok(FoundBuild { state: state_of(self.build.as_std_path())?, ..self.found() })
    }

    /// How records name it.
    pub fn identity(&self) -> BuildIdentity {
        BuildIdentity { name: self.name.clone(), digest: self.digest }
    }
}

/// The build and its program, absolute.
fn located(name: &str, path: &Path, program: &Utf8Path) -> Result<[Utf8PathBuf; 2], Fault> {
    let located = locate(path, program.as_std_path()).map_err(|reason| {
        let help = match reason {
            BuildError::Unfinished(_) => "wait for it, or make it: fixgate build NAME",
            _ => "a build is a release's name, a directory, or the program itself",
        };
        Fault::usage(format!("`{name}` is no build: {reason}")).help(help)
    })?;
    Ok([utf8(located.build)?, utf8(located.program)?])
}

fn utf8(path: PathBuf) -> Result<Utf8PathBuf, Fault> {
    Utf8PathBuf::from_path_buf(path).map_err(|path| Fault::usage(format!("{} is not UTF-8", path.display())))
}

pub(crate) fn digest_of(path: &Utf8Path) -> Result<Digest, Fault> {
    digest(path.as_std_path()).map_err(|reason| Fault::harness(format!("{path} cannot be digested: {reason}")))
}

/// How a build and its program are found.
fn found_of(build: &Utf8Path, program: &Utf8Path) -> Result<(Digest, FoundFile), Fault> {
    Ok((state_of(build.as_std_path())?, FoundFile::at(program.as_std_path())?))
}

/// The build at a path.
///
/// # Errors
/// When the path is no build.
pub fn at_path(ledger: &Ledger, path: &Utf8Path) -> Result<Build, Fault> {
    Build::open(path.as_str(), path, &ledger.project.program)
}

/// A release's build, obtained by its recipe if it is not there yet, or was made by another.
///
/// # Errors
/// When the recipe fails, with the end of its output, or the build is not the one that the release pins.
pub fn release_build(site: &Site<'_>, release: &Release) -> Result<Build, Fault> {
    release_build_as(site, release, Wish::Kept)
}

/// As [`release_build`]; made again, if that is the wish.
///
/// # Errors
/// As there.
pub fn release_build_as(site: &Site<'_>, release: &Release, wish: Wish) -> Result<Build, Fault> {
    let Site { tree, ledger, .. } = *site;
    let name = release.name.as_str();
    let again = format!("fixgate build --force {name}");
    let build = by_recipe(site, &Ordered::own(tree, ledger, release).recipe(), &again, wish)?;
    match release.digest {
        Some(pinned) if pinned != build.digest => {
            let message = format!("the build of {name} is {}, but its record pins {pinned}", build.digest);
            Err(Fault::harness(message).help(format!("if the record is right, make the build again: {again}")))
        }
        Some(_) | None => Ok(build),
    }
}

/// A release's build, if it is at hand: made by the recipe of today, and as it was made.
///
/// # Errors
/// When it cannot be read.
pub fn release_at_hand(tree: &Tree, ledger: &Ledger, release: &Release) -> Result<Option<Build>, Fault> {
    let kept = kept(&Ordered::own(tree, ledger, release).recipe(), &tree.builds())?;
    let Some((path, made, turn)) = kept else { return Ok(None) };
    let found = state_of(&path)?;
    let digest = digest_of(&utf8(path.clone())?)?;
    let is_untouched = digest == made.digest;
    is_untouched
        .then(|| {
            Build::obtained(
                release.name.as_str(),
                Obtained { path, digest, found, confinement: made.confinement(), turn },
                &ledger.project.program,
            )
        })
        .transpose()
}

/// Whether the build of a release is at hand, as far as can be told without reading it. It only tells how many are to be made.
pub(crate) fn is_at_hand(tree: &Tree, ledger: &Ledger, release: &Release) -> bool {
    let kept = kept(&Ordered::own(tree, ledger, release).recipe(), &tree.builds());
    kept.is_ok_and(|kept| kept.is_some())
}

/// The build of a commit, or of a set of fixes, by a release's recipe; made once for each command that this comes to.
///
/// # Errors
/// When the recipe fails, with the end of its output.
pub fn variant_build(site: &Site<'_>, release: &Release, commit: Option<&Commit>, fixes: &[&DefectId]) -> Result<Build, Fault> {
    let Site { tree, ledger, .. } = *site;
    let mut ordered = Ordered::own(tree, ledger, release);
    let command = release.recipe_for(commit, fixes);
    if command == ordered.command {
        return release_build(site, release);
    }
    ordered.name = format!("{}-{}", release.name, Digest::of_json(&command).short());
    ordered.command = command;
    let again = format!("rm -r {}, then the same command again", tree.builds().join(&ordered.name));
    by_recipe(site, &ordered.recipe(), &again, Wish::Kept)
}

/// What makes a build of a release.
struct Ordered<'r> {
    tree: &'r Tree,
    release: &'r Release,
    /// Of the build.
    name: String,
    command: Vec<String>,
    /// What the recipe may reach.
    needs: Needs,
}

impl<'r> Ordered<'r> {
    /// The release itself: its commit, with the fixes that are new in it.
    fn own(tree: &'r Tree, ledger: &Ledger, release: &'r Release) -> Self {
        let fixes: Vec<&DefectId> = ledger.new_in(Some(&release.name)).map(|defect| &defect.id).collect();
        let command = release.recipe_for(release.commit.as_ref(), &fixes);
        Self { tree, release, name: release.name.to_string(), command, needs: ledger.project.recipes.and(&release.needs) }
    }

    fn recipe(&self) -> Recipe<'_> {
        let (version, directory) = (Some(&*self.release.version), self.tree.root().as_std_path());
        Recipe { name: &self.name, command: &self.command, version, directory, needs: &self.needs, origin: Origin::Release }
    }
}

/// What a person is asked about the recipe of a release.
///
/// # Errors
/// When a file that it names cannot be read.
pub fn request_of(tree: &Tree, ledger: &Ledger, release: &Release) -> Result<Request, Fault> {
    Ok(Request::of_recipe(&Ordered::own(tree, ledger, release).recipe(), &tree.builds())?)
}

/// A build by a recipe; `again` says how it is made again.
fn by_recipe(site: &Site<'_>, recipe: &Recipe<'_>, again: &str, wish: Wish) -> Result<Build, Fault> {
    let obtained = obtain(recipe, &site.tree.builds(), (wish, site.stop), &mut |progress| tell(progress, site));
    let obtained = obtained.map_err(|reason| edited(reason, again))?;
    Build::obtained(recipe.name, obtained, &site.ledger.project.program)
}

/// What reporters see of a build that is being obtained.
pub(crate) fn tell(progress: Progress<'_>, site: &Site<'_>) {
    site.tell(match progress {
        Progress::Building { name, again, .. } => Event::BuildStarted { name, again },
        Progress::Waiting { name } => Event::BuildAwaited { name },
    });
}

/// The fault, with what to do about a build that is not as it was made.
pub(crate) fn edited(reason: BuildError, again: &str) -> Fault {
    let is_edited = matches!(reason, BuildError::Edited { .. });
    let fault = Fault::from(reason);
    if is_edited { fault.help(format!("nothing is concluded from it; make it again: {again}")) } else { fault }
}

/// A build by a release's name or by a path, with its place in the train. A path comes after the newest release,
/// unless `placed_as` says otherwise.
///
/// # Errors
/// When it is neither a release nor a path to a build, or the build cannot be obtained.
pub fn find(site: &Site<'_>, word: &str, placed_as: Option<&ReleaseName>) -> Result<Placed, Fault> {
    let ledger = site.ledger;
    let release = |name: &ReleaseName| ledger.train.release(name);
    let place = |name: &ReleaseName| ledger.train.position(name).ok_or_else(|| unknown_release(ledger, name));
    let named = word.parse::<ReleaseName>().ok();
    if let Some(release) = named.as_ref().and_then(release) {
        // What is wrong with the place is said before a build is made, which may take long.
        let place = place(placed_as.unwrap_or(&release.name))?;
        let build = release_build(site, release)?;
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
