//! A recipe, and the places of the build that it makes.

use std::path::{Component, Path};

use fixgate_core::event::RebuildReason;
use fixgate_core::release::Needs;
use serde::Serialize;

use super::BuildError;
use super::made::BuildDocument;
use crate::place::Place;

/// How a named build comes about.
#[derive(Debug, Clone, Copy)]
pub struct Recipe<'a> {
    /// The build's name, which becomes its directory's.
    pub name: &'a str,
    /// Program and arguments; `${out}` in any of them is the directory to fill.
    pub command: &'a [String],
    /// The version that it makes, if one is stated.
    pub version: Option<&'a str>,
    /// Where the recipe runs: the test product's directory.
    pub directory: &'a Path,
    /// What it may reach besides.
    pub needs: &'a Needs,
    /// Whose it is.
    pub origin: Origin,
}

/// Whose recipe it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Origin {
    /// The test product's own.
    Release,
    /// A third party's.
    Pack,
}

/// What is wanted of a build that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// That it is used again, if it was made by this recipe.
    Kept,
    /// That it is made again.
    Again,
}

/// What may take long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Another process makes the same build, or uses the one that is to go.
    Waiting {
        /// The build's name.
        name: &'a str,
    },
    /// The recipe runs.
    Building {
        /// The build's name.
        name: &'a str,
        /// Why, where there is a build already.
        again: Option<RebuildReason<'a>>,
        /// Where its output goes.
        log: &'a Path,
    },
}

/// What belongs to one build.
pub(super) struct Places {
    pub(super) out: Place,
    /// What its recipe keeps from one time to the next.
    pub(super) cache: Place,
    /// What its recipe has for a home while it runs.
    pub(super) home: Place,
    pub(super) made: Place,
    /// Where that is written first; no build has such a name.
    pub(super) aside: Place,
    pub(super) lock: Place,
    pub(super) log: Place,
}

/// What the names of the files beside a build end with.
const BESIDE: [&str; 3] = [".json", ".lock", ".log"];

impl Places {
    pub(super) fn of(recipe: &Recipe<'_>, builds: &Place) -> Result<Self, BuildError> {
        let name = recipe.name;
        if !is_file_name(name) || BESIDE.iter().any(|end| name.ends_with(end)) {
            return Err(BuildError::BadName(name.to_owned()));
        }
        let [made, lock, log] = BESIDE.map(|end| builds.join(format!("{name}{end}")));
        let state = builds.join("..");
        // What a third party leaves there is for none of ours to build with.
        let cache = match recipe.origin {
            Origin::Release => state.join("target"),
            Origin::Pack => state.join("pack-targets").join(name),
        };
        let [home, aside] = ["home", "json"].map(|end| builds.join(format!(".{name}.{end}")));
        Ok(Self { out: builds.join(name), cache, home, aside, made, lock, log })
    }

    /// What is there and finished.
    pub(super) fn made(&self) -> Result<Option<BuildDocument>, BuildError> {
        let is_there = self.out.is_dir().map_err(BuildError::place("look at", &self.out))?;
        Ok(BuildDocument::read(&self.made)?.filter(|_| is_there))
    }
}

fn is_file_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let only = components.next();
    only == Some(Component::Normal(name.as_ref())) && components.next().is_none()
}
