//! `uses = ["check.py", "data/"]`: the files of `testcases/` that programs of a case run or read where they stand.
//!
//! Such a file decides the outcome as the case itself does, so its content is part of the definition, and a command can name no
//! other.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::Attachments;
use super::template::{Place, Template};
use crate::document::{Decode, Decoder, Node, Value};
use crate::id::Digest;
use crate::problem::Problem;

/// The folder that holds all of them.
const FOLDER: &str = "testcases";
/// What may follow the name of a file in a command line.
const ENDS: &str = " \t\n\r'\"`;&|<>()[]{}$,:=*?";

/// One file that programs find where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct UsedFile {
    /// Below the root.
    pub path: Utf8PathBuf,
    /// Of its content.
    pub digest: Digest,
    /// Whether its owner may execute it.
    pub executable: bool,
}

/// What a case states in `uses`, and the files that this means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses {
    stated: Vec<Utf8PathBuf>,
    files: Vec<UsedFile>,
    digest: Option<Digest>,
}

impl Uses {
    /// The files and directories that the case states, below the root: all of `testcases/` that its programs need to see.
    pub fn stated(&self) -> &[Utf8PathBuf] {
        &self.stated
    }

    /// Every file that is meant, in the order of the paths.
    pub fn files(&self) -> &[UsedFile] {
        &self.files
    }

    /// The digest of the files' paths, contents and executable bits; none where nothing is stated.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// Reads the list of a case in this directory, below the root. Gives nothing after a problem.
    pub(super) fn read(node: &Node, decoder: &Decoder, attachments: &dyn Attachments, directory: &Utf8Path) -> Option<Self> {
        let Value::Array(items) = &node.value else {
            decoder.mismatch(node, "an array of paths, such as [\"check.py\", \"data/\"]");
            return None;
        };
        let read = |item: &Node| {
            let text = String::decode(item, decoder)?;
            let (path, is_directory) = Self::path(&text, item, decoder, directory)?;
            let files = attachments.used(&path, is_directory);
            Some((path, files.map_err(|reason| decoder.problem(&item.span, reason)).ok()?))
        };
        let read: Vec<Option<(Utf8PathBuf, Vec<UsedFile>)>> = items.iter().map(read).collect();
        let (mut stated, files): (Vec<_>, Vec<_>) = read.into_iter().collect::<Option<Vec<_>>>()?.into_iter().unzip();
        let mut files: Vec<UsedFile> = files.into_iter().flatten().collect();
        stated.sort();
        stated.dedup();
        files.sort();
        files.dedup();
        let digest = (!files.is_empty()).then(|| Digest::of_json(&files));
        Some(Self { stated, files, digest })
    }

    /// Where the stated file or directory is, below the root, and whether it is a directory.
    fn path(text: &str, node: &Node, decoder: &Decoder, directory: &Utf8Path) -> Option<(Utf8PathBuf, bool)> {
        let (inside, base) = match text.strip_prefix("${root}/") {
            Some(inside) => (inside, Utf8Path::new("")),
            None => (text, directory),
        };
        let (inside, is_directory) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
        let inside = Utf8PathBuf::decode(&Node { value: Value::Text(inside.into()), span: node.span.clone() }, decoder)?;
        let path = base.join(inside);
        if path.strip_prefix(FOLDER).map_or(true, |inside| inside.as_str().is_empty()) {
            let problem = Problem::at(decoder.place(&node.span), format!("{path} is not below testcases/"));
            decoder.push(problem.help("a case uses files below testcases/ alone: they are committed and digested with it"));
            return None;
        }
        Some((path, is_directory))
    }

    /// Notes every place of the tree that a template names and the case does not state.
    pub(super) fn check<T: AsRef<str>>(
        &self,
        template: &Template<T>,
        node: &Node,
        decoder: &Decoder,
        directory: &Utf8Path,
    ) -> bool {
        let unstated = template.places().into_iter().filter_map(|(place, rest)| self.unstated(place, &rest, directory));
        let problems: Vec<Problem> =
            unstated.map(|(message, help)| Problem::at(decoder.place(&node.span), message).help(help)).collect();
        let is_good = problems.is_empty();
        problems.into_iter().for_each(|problem| decoder.push(problem));
        is_good
    }

    /// What is wrong with a place of the tree, followed by `rest`, and what to do.
    fn unstated(&self, place: Place, rest: &str, directory: &Utf8Path) -> Option<(String, String)> {
        let (name, base) = match place {
            Place::CaseDirectory => ("case-dir", directory),
            Place::Root => ("root", Utf8Path::new("")),
        };
        let path = rest.strip_prefix('/').unwrap_or_default();
        let shown = &path[..path.find(|letter| ENDS.contains(letter)).unwrap_or(path.len())];
        let written = |path: &str| match place {
            Place::CaseDirectory => path.to_owned(),
            Place::Root => format!("${{root}}/{path}"),
        };
        if shown.is_empty() {
            let message = format!("`${{{name}}}` names a whole directory, of which the case states nothing");
            let help = format!("name what is used of it, `${{{name}}}/NAME`, and state that: uses = [\"{}\"]", written("NAME"));
            return Some((message, help));
        }
        if shown.split('/').any(|part| part == "..") {
            return Some((format!("`${{{name}}}/{shown}` climbs"), "name the file without `..`".to_owned()));
        }
        let is_meant = |stated: &Utf8PathBuf| {
            let stated = stated.strip_prefix(base).ok().map(Utf8Path::as_str);
            let after = stated.and_then(|stated| path.strip_prefix(stated));
            after.is_some_and(|after| after.chars().next().is_none_or(|next| next == '/' || ENDS.contains(next)))
        };
        if self.stated.iter().any(is_meant) {
            return None;
        }
        if place == Place::Root && !Utf8Path::new(shown).starts_with(FOLDER) {
            let help = "a case uses files below testcases/ alone: they are committed and digested with it".to_owned();
            return Some((format!("`${{root}}/{shown}` is not below testcases/"), help));
        }
        let message = format!("the case does not state `${{{name}}}/{shown}`, so its content would decide the outcome unseen");
        Some((message, format!("state it in the case: uses = [\"{}\"], with a `/` at the end of a directory", written(shown))))
    }
}
