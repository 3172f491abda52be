//! Who must act where there is no build.

use std::io;

use super::BuildError;
use crate::fault::Fault;

impl From<BuildError> for Fault {
    fn from(error: BuildError) -> Self {
        let message = error.to_string();
        match error {
            BuildError::RecipeNotStarted { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Self::harness(message).help("install that program, or correct `recipe` under [build] in the release's record")
            }
            BuildError::File { source, .. } | BuildError::RecipeNotStarted { source, .. } => Self::system(message, &source),
            BuildError::NoGrant { path, .. } => {
                Self::usage(message).help(format!("make it, or write \"{path}?\" if the recipe can do without"))
            }
            BuildError::NoToolchain { .. } => Self::usage(message).help("install it, and see that PATH leads to it"),
            BuildError::NotTrusted { name, .. } => Self::usage(message)
                .help(format!("see what it runs: fixgate trust {name}; then allow it: fixgate trust {name} --yes")),
            BuildError::Stopped(_) => Self::interrupted(message).help("run the same command again"),
            BuildError::Unfinished(_) => Self::usage(message).help("obtain it: fixgate build NAME"),
            BuildError::RecipeLost { .. } => Self::harness(message).help("run the same command again"),
            BuildError::Edited { .. }
            | BuildError::LeftRunning { .. }
            | BuildError::NoProgram { .. }
            | BuildError::NotExecutable(_)
            | BuildError::Special(_)
            | BuildError::Changed(_)
            | BuildError::BadName(_)
            | BuildError::EmptyRecipe(_)
            | BuildError::RecipeFailed { .. }
            | BuildError::NothingBuilt { .. } => Self::harness(message),
        }
    }
}
