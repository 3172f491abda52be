//! What a recipe reaches, as paths of this machine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use camino::Utf8PathBuf;
use fixgate_core::case::Network;
use fixgate_core::release::{Confinement, GrantedPath, Toolchain};

use super::confine::Reach;
use super::recipe::Places;
use super::{BuildError, Recipe, rust};
use crate::home::home;
use crate::place::Place;

/// What stands for the directories that a recipe fills.
pub(super) const OUT: &str = "${out}";
pub(super) const CACHE: &str = "${cache}";

impl Reach {
    /// What this recipe reaches, its directories made.
    pub(super) fn of(recipe: &Recipe<'_>, places: &Places, confinement: Confinement) -> Result<Self, BuildError> {
        let root = fs::canonicalize(recipe.directory).map_err(BuildError::file("find the directory", recipe.directory))?;
        let [home, temporary] = ["home", "tmp"].map(|name| places.home.join(name));
        for place in [&places.cache, &home, &temporary] {
            place.make().map_err(BuildError::place("create", place))?;
        }
        let [home, temporary] = [home, temporary].map(|place| place.path().into_std_path_buf());
        let variables = [("HOME", &home), ("TMPDIR", &temporary)].map(|(name, path)| (name.to_owned(), path.clone()));
        let xdg = [("CACHE", ".cache"), ("CONFIG", ".config"), ("DATA", ".local/share"), ("STATE", ".local/state")];
        let xdg = xdg.map(|(name, path)| (format!("XDG_{name}_HOME"), home.join(path)));
        let mut reach = Self {
            confinement,
            network: if recipe.needs.network { Network::Open } else { Network::Closed },
            read: vec![utf8(root.clone())?],
            write: [&places.out, &places.cache, &places.home].map(Place::path).to_vec(),
            outside: None,
            directories: Vec::new(),
            toolchain_settings: None,
            variables: variables.into_iter().chain(xdg).collect(),
            programs: Vec::new(),
        };
        for toolchain in &recipe.needs.toolchains {
            reach.add_toolchain(recipe, *toolchain, places.cache.path().as_std_path())?;
        }
        for (granted, is_written) in granted(recipe) {
            let to = if is_written { &mut reach.write } else { &mut reach.read };
            to.extend(resolved(recipe.name, &root, granted)?.map(utf8).transpose()?);
        }
        let outside = places.home.path().with_extension("outside").into_std_path_buf();
        reach.outside = Some(outside).filter(|outside| !reach.write.iter().any(|written| outside.starts_with(written)));
        Ok(reach)
    }

    fn add_toolchain(&mut self, recipe: &Recipe<'_>, toolchain: Toolchain, cache: &Path) -> Result<(), BuildError> {
        match toolchain {
            Toolchain::Rust => {
                let missing =
                    |source| BuildError::NoToolchain { name: recipe.name.to_owned(), toolchain: toolchain.to_string(), source };
                let sysroot = rust::sysroot().map_err(missing)?;
                let cargo_home = rust::cargo_home(cache);
                self.programs.push(sysroot.join("bin"));
                self.read.push(utf8(sysroot)?);
                self.directories.push(cargo_home.clone());
                self.toolchain_settings = Some(cargo_home.join("config.toml"));
                self.variables.push(("CARGO_HOME".to_owned(), cargo_home));
            }
        }
        Ok(())
    }
}

fn utf8(path: PathBuf) -> Result<Utf8PathBuf, BuildError> {
    let refused = |path: PathBuf| BuildError::file("use", &path)(io::Error::new(io::ErrorKind::InvalidInput, "it is not UTF-8"));
    Utf8PathBuf::from_path_buf(path).map_err(refused)
}

fn granted<'r>(recipe: &Recipe<'r>) -> impl Iterator<Item = (&'r GrantedPath, bool)> {
    let (read, write) = (recipe.needs.read.iter(), recipe.needs.write.iter());
    read.map(|path| (path, false)).chain(write.map(|path| (path, true)))
}

/// The path that a grant means; nothing where it is missing and may be.
fn resolved(name: &str, root: &Path, granted: &GrantedPath) -> Result<Option<PathBuf>, BuildError> {
    let path = match granted.path.strip_prefix("~/") {
        Some(rest) => home().map(|home| home.join(rest).into_std_path_buf()).ok_or(io::ErrorKind::NotFound),
        None => Ok(root.join(&granted.path)),
    };
    match path.map_err(io::Error::from).and_then(fs::canonicalize) {
        Ok(path) => Ok(Some(path)),
        Err(error) if granted.optional && error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(BuildError::NoGrant { name: name.to_owned(), path: granted.path.clone(), source }),
    }
}
