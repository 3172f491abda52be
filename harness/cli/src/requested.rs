//! What a command is asked for: as it is typed, or as the run was asked for that it goes on with.

use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::id::{ReleaseName, RunName};
use fixgate_core::record::{NamedBuild, Requested};
use fixgate_engine::fault::Fault;
use fixgate_engine::run;
use fixgate_engine::tree::Tree;

/// The name of a build as it is recorded, so that it means the same from wherever the run is gone on with.
pub(crate) fn named(tree: &Tree, word: &str) -> NamedBuild {
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
pub(crate) fn word(tree: &Tree, build: &NamedBuild) -> String {
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
pub(crate) fn resumed(
    tree: &Tree,
    resume: Option<&RunName>,
    command: &str,
    typed: &Requested,
) -> Result<Option<Requested>, Fault> {
    let Some(name) = resume else { return Ok(None) };
    let header = run::read(tree, name.as_str())?.header;
    let refused = |why: String| Fault::usage(format!("the run `{name}` cannot be resumed with these: {why}"));
    let help = format!("go on with it: fixgate {} --resume {name}", header.command());
    if header.command() != command {
        return Err(refused(format!("`fixgate {}` began it", header.command())).help(help));
    }
    let Some(asked) = header.request else { return Ok(None) };
    asked.agreeing(typed).map(Some).map_err(|others| refused(others.join("; ")).help(help))
}

/// The word for a build that must be known: typed, or recorded.
pub(crate) fn required(tree: &Tree, typed: Option<&String>, asked: Option<&NamedBuild>) -> Result<String, Fault> {
    typed.cloned().or_else(|| asked.map(|build| word(tree, build))).ok_or_else(|| {
        Fault::usage("the run was recorded by an older fixgate, and does not say what it was asked for")
            .help("go on with the same arguments and --resume")
    })
}
