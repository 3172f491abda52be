//! Records that could not be read, and so what cannot be said of the others.

use camino::{Utf8Path, Utf8PathBuf};

use crate::id::DefectId;

/// The files that are no records, with their text, while the others are examined.
#[derive(Debug, Default)]
pub struct Unreadable(Vec<(Utf8PathBuf, String)>);

impl Unreadable {
    /// These files, relative to the root.
    pub fn new(files: Vec<(Utf8PathBuf, String)>) -> Self {
        Self(files)
    }

    /// Whether everything could be read.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is this file.
    pub(super) fn is(&self, path: &str) -> bool {
        self.0.iter().any(|(unreadable, _)| unreadable == path)
    }

    /// Whether it is a release, without which there is no train.
    pub(super) fn has_release(&self) -> bool {
        self.0.iter().any(|(path, _)| path.starts_with("releases"))
    }

    /// Whether it is a case, whose scenarios others may be about.
    pub(super) fn has_case(&self) -> bool {
        self.cases().next().is_some()
    }

    /// Whether a defect's own record is among them, its proof or its accepted outputs.
    pub(super) fn is_of(&self, defect: &DefectId) -> bool {
        let is = |extension: &&str| self.is(&format!("defects/{defect}.{extension}"));
        !self.is_empty() && ["toml", "proof.json", "accepted.jsonl"].iter().any(is)
    }

    /// Whether a case among them may be paired with the defect, by its text or in its table.
    pub(super) fn may_pair(&self, defect: &DefectId) -> bool {
        self.cases().any(|text| text.contains(defect.as_str()) || text.contains("table"))
    }

    fn cases(&self) -> impl Iterator<Item = &str> {
        let is_case = |path: &Utf8Path| path.starts_with("testcases") && path.file_name() != Some("pack.toml");
        self.0.iter().filter(move |(path, _)| is_case(path)).map(|(_, text)| text.as_str())
    }
}
