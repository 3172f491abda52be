//! What a command is asked for: as it is typed, or as the run was asked for that it goes on with.

use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::id::{ReleaseName, RunName};
use fixgate_core::record::{NamedBuild, Requested, RunKind};

use crate::builds::{self, Placed};
use crate::fault::Fault;
use crate::run;
use crate::site::Site;
use crate::tree::Tree;

/// A request as it is typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The build under test.
    pub candidate: Option<String>,
    /// The build that it is compared with.
    pub baseline: Option<String>,
    /// The run to go on with.
    pub resume: Option<RunName>,
    /// The rest of the request, without the builds.
    pub rest: Requested,
}

/// A request as it is meant: what is typed, completed by the run that it goes on with.
#[derive(Debug)]
pub struct Asked {
    /// The request, as the run records it.
    pub requested: Requested,
    /// The run to go on with.
    pub resume: Option<RunName>,
    candidate: Option<String>,
    baseline: Option<String>,
}

impl Asked {
    /// The request of a command.
    ///
    /// # Errors
    /// When another command began the run to go on with, or what is typed is not what that was asked for.
    pub fn of(tree: &Tree, typed: Typed, kind: RunKind) -> Result<Self, Fault> {
        let build = |word: &Option<String>| word.as_ref().map(|word| named(tree, word));
        let request = Requested { candidate: build(&typed.candidate), baseline: build(&typed.baseline), ..typed.rest };
        let before = resumed(tree, typed.resume.as_ref(), kind, &request)?;
        let asked = Self::as_recorded(tree, before.unwrap_or(request), typed.candidate, typed.baseline);
        Ok(Self { resume: typed.resume, ..asked })
    }

    /// A request as it was recorded, with other words for its builds where they are typed.
    pub fn as_recorded(tree: &Tree, requested: Requested, candidate: Option<String>, baseline: Option<String>) -> Self {
        let recorded = |build: &Option<NamedBuild>| build.as_ref().map(|build| word(tree, build));
        let candidate = candidate.or_else(|| recorded(&requested.candidate));
        let baseline = baseline.or_else(|| recorded(&requested.baseline));
        Self { requested, resume: None, candidate, baseline }
    }

    /// The word for the candidate, if one is asked for.
    pub fn candidate(&self) -> Option<&str> {
        self.candidate.as_deref()
    }

    /// The word for the baseline, if one is asked for.
    pub fn baseline(&self) -> Option<&str> {
        self.baseline.as_deref()
    }

    /// The candidate, which the command can't do without.
    ///
    /// # Errors
    /// When it is neither typed nor recorded, or can't be found.
    pub fn find_candidate(&self, site: &Site<'_>) -> Result<Placed, Fault> {
        let word = self.candidate().ok_or_else(|| {
            Fault::usage("the run was recorded by an older fixgate, and does not say what it was asked for")
                .help("go on with the same arguments and --resume")
        })?;
        builds::find(site, word, self.requested.placed_as.as_ref())
    }

    /// The baseline that is asked for, or else this one.
    ///
    /// # Errors
    /// When it can't be found.
    pub fn find_baseline_or(&self, site: &Site<'_>, otherwise: Option<&str>) -> Result<Option<Placed>, Fault> {
        self.baseline().or(otherwise).map(|word| builds::find(site, word, None)).transpose()
    }
}

/// The name of a build as it is recorded, so that it means the same from any directory in which the run is gone on with.
fn named(tree: &Tree, word: &str) -> NamedBuild {
    let release = word.parse::<ReleaseName>().ok();
    let is_known = |name: &ReleaseName| tree.root().join(format!("releases/{name}.toml")).exists();
    match release {
        Some(name) if is_known(&name) || !Path::new(word).exists() => NamedBuild::Release(name),
        Some(_) | None => {
            let path = Utf8Path::new(word).canonicalize_utf8().unwrap_or_else(|_| Utf8PathBuf::from(word));
            NamedBuild::Path(path.strip_prefix(tree.root()).map(Utf8Path::to_owned).unwrap_or(path))
        }
    }
}

/// The word by which a recorded build is found.
fn word(tree: &Tree, build: &NamedBuild) -> String {
    match build {
        NamedBuild::Release(name) => name.to_string(),
        NamedBuild::Path(path) => tree.root().join(path).to_string(),
    }
}

/// What the run was asked for that this command goes on with. None where nothing is gone on with, and where a run was recorded
/// before requests were: then everything must be typed.
///
/// # Errors
/// When another command began the run, or what is typed is not what it was asked for.
fn resumed(tree: &Tree, resume: Option<&RunName>, kind: RunKind, typed: &Requested) -> Result<Option<Requested>, Fault> {
    let Some(name) = resume else { return Ok(None) };
    let header = run::read(tree, name.as_str())?.header;
    let refused = |why: String| Fault::usage(format!("the run `{name}` cannot be resumed with these: {why}"));
    let help = match header.kind() {
        RunKind::Imported => "what is imported is whole: import the files again".to_owned(),
        kind @ (RunKind::Plain | RunKind::Night | RunKind::Validation | RunKind::Signoff) => {
            format!("go on with it: fixgate {} --resume {name}", kind.command())
        }
    };
    if header.kind() != kind {
        return Err(refused(format!("`fixgate {}` began it", header.kind().command())).help(help));
    }
    let Some(asked) = header.request else { return Ok(None) };
    asked.agreeing(typed).map(Some).map_err(|others| refused(others.join("; ")).help(help))
}
