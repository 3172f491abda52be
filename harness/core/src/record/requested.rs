//! What a run was asked for, so that it can be gone on with by its name alone.

use std::fmt;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::id::{Component, DefectId, ReleaseName, RunName, Tag};
use crate::plan::Shard;

/// The request, as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Requested {
    /// The build under test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<NamedBuild>,
    /// The build that it is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<NamedBuild>,
    /// The candidate's place in the train.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed_as: Option<ReleaseName>,
    /// Globs over scenario ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub globs: Vec<String>,
    /// Only scenarios with one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Only scenarios paired with one of these defects; for a validation, the defects that are fixed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub defects: Vec<DefectId>,
    /// Only scenarios paired with a defect of one of these components.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    /// Only scenarios that did not pass in this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_in: Option<RunName>,
    /// Whether the fixes of earlier releases are proved again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all_proofs: bool,
    /// Only this part of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

/// A build, as it was named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NamedBuild {
    /// By a release.
    Release(ReleaseName),
    /// By a path: below the root of the tree, or absolute.
    Path(#[cfg_attr(test, schemars(with = "String"))] Utf8PathBuf),
}

impl fmt::Display for NamedBuild {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NamedBuild::Release(name) => write!(formatter, "{name}"),
            NamedBuild::Path(path) => write!(formatter, "{path}"),
        }
    }
}

impl Requested {
    /// This request, where what is also typed to go on with it agrees.
    ///
    /// # Errors
    /// Each option that was typed and is not what the run was asked for, in words.
    pub fn agreeing(self, typed: &Requested) -> Result<Self, Vec<String>> {
        fn one<T: PartialEq + fmt::Display>(option: &str, typed: &Option<T>, asked: &Option<T>) -> Option<String> {
            let typed = typed.as_ref().filter(|typed| asked.as_ref() != Some(typed))?;
            Some(match asked {
                Some(asked) => format!("{option} {typed} instead of {asked}"),
                None => format!("{option} {typed}, and it was begun without"),
            })
        }
        fn all<T: PartialEq + fmt::Display>(option: &str, typed: &[T], asked: &[T]) -> Option<String> {
            let words = |all: &[T]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            let differs = !typed.is_empty() && typed != asked;
            differs.then(|| match asked {
                [] => format!("{option} {}, and it was begun without", words(typed)),
                asked => format!("{option} {} instead of {}", words(typed), words(asked)),
            })
        }
        let Self { candidate, baseline, placed_as, globs, tags, defects, components, failed_in, all_proofs, shard } = &self;
        let others = [
            one("the candidate", &typed.candidate, candidate),
            one("the baseline", &typed.baseline, baseline),
            one("--as", &typed.placed_as, placed_as),
            all("the filter", &typed.globs, globs),
            all("--tag", &typed.tags, tags),
            all("the defect", &typed.defects, defects),
            all("--component", &typed.components, components),
            one("--failed-in", &typed.failed_in, failed_in),
            one("--shard", &typed.shard, shard),
            (typed.all_proofs && !all_proofs).then(|| "--all-proofs, and it was begun without".to_owned()),
        ];
        let others: Vec<String> = others.into_iter().flatten().collect();
        if others.is_empty() { Ok(self) } else { Err(others) }
    }
}
