//! Recipes that can build more than their own release.

use super::Release;
use crate::id::{Commit, DefectId};

const COMMIT: &str = "${commit}";
const FIXES: &str = "${fixes}";

impl Release {
    /// Whether its recipe can build any commit of the product's repository.
    pub fn takes_commit(&self) -> bool {
        self.recipe.iter().any(|argument| argument.contains(COMMIT))
    }

    /// Whether its recipe can build any set of fixes.
    pub fn takes_fixes(&self) -> bool {
        self.recipe.iter().any(|argument| argument == FIXES)
    }

    /// The command that builds this commit with these fixes: `${commit}` is replaced wherever it stands, and `${fixes}` by the ids
    /// of the fixes, each an argument.
    pub fn recipe_for(&self, commit: Option<&Commit>, fixes: &[&DefectId]) -> Vec<String> {
        let commit = commit.map_or(COMMIT, Commit::as_str);
        let argument = |argument: &String| match argument.as_str() {
            FIXES => fixes.iter().map(ToString::to_string).collect(),
            _ => vec![argument.replace(COMMIT, commit)],
        };
        self.recipe.iter().flat_map(argument).collect()
    }
}

/// Whether `${fixes}` stands among other text, where it cannot become several arguments.
pub(super) fn hides_fixes(argument: &str) -> bool {
    argument != FIXES && argument.contains(FIXES)
}
