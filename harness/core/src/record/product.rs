//! The tree of records and cases that a run was made of, against its commit.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::Digest;

/// The tree of records and cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TestProduct {
    /// The commit, if the tree is under version control.
    pub commit: Option<String>,
    /// The day of the commit, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<Date>,
    /// Whether records or cases differ from those of the commit.
    pub changed: bool,
    /// The files that differ; absent where none does, and in records of before they were told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differing: Option<Differing>,
    /// Why the commit could not be told, though the tree is under version control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// The digest over the text of every record and case.
    pub digest: Digest,
}

/// The files that differ from those of the commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Differing {
    /// How many there are.
    pub count: u64,
    /// The first of them, by their paths.
    pub first: Vec<DifferingFile>,
}

/// A file that differs from that of the commit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DifferingFile {
    /// Its path below the root.
    pub path: String,
    /// In which way.
    pub how: Departure,
}

/// In which way a file differs from that of the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Departure {
    /// Its content is another.
    Changed,
    /// One of the two may be executed, and the other may not.
    Executable,
    /// The commit does not have it.
    NotInCommit,
    /// Only the commit has it.
    Missing,
    /// It is a submodule, and the commit of it that is meant is not here.
    Submodule,
}

impl Differing {
    /// How many files are named.
    const NAMED: usize = 20;

    /// Nothing where no file differs.
    pub fn of(mut files: Vec<DifferingFile>) -> Option<Self> {
        files.sort();
        let count = files.len() as u64;
        files.truncate(Self::NAMED);
        (count > 0).then_some(Self { count, first: files })
    }

    /// These and others; nothing where no file differs.
    pub fn with(known: Option<Self>, mut others: Vec<DifferingFile>) -> Option<Self> {
        let Some(Self { count, mut first }) = known else { return Self::of(others) };
        let count = count + others.len() as u64;
        first.append(&mut others);
        first.truncate(Self::NAMED);
        Some(Self { count, first })
    }

    /// How many files differ that are not named.
    pub fn others(&self) -> usize {
        usize::try_from(self.count).unwrap_or(usize::MAX).saturating_sub(self.first.len())
    }
}

impl fmt::Display for DifferingFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.how {
            Departure::Changed => "differs from the commit's",
            Departure::Executable => "has another executable bit than the commit's",
            Departure::NotInCommit => "is not in the commit",
            Departure::Missing => "is in the commit, and not here",
            Departure::Submodule => {
                "is a submodule whose commit is not here: `git submodule update --init --recursive` brings it"
            }
        };
        write!(formatter, "{} {words}", self.path)
    }
}
