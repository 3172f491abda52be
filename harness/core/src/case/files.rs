//! `[files]`: what a scenario's private work directory holds at the start.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::budget::Budget;
use super::matrix::Bindings;
use super::template::fill_text;
use super::uses::Uses;
use super::{Attachments, Bytes};
use crate::document::{Decode, Decoder, Fields, Node, Value};

/// The most bytes that a `repeat` may write.
const REPEAT_LIMIT: usize = 256 << 20;

/// One entry of the work directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileEntry {
    /// Below the work directory.
    pub path: Utf8PathBuf,
    /// What is there.
    pub content: FileContent,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileContent {
    /// A file that cannot be run.
    File(Bytes),
    /// A file that can be run.
    Program(Bytes),
    /// A symbolic link; its target stays inside the work directory.
    Link(Utf8PathBuf),
    /// An empty directory.
    Directory,
}

/// What decoding files and streams needs to know of their surroundings.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) decoder: &'a Decoder,
    pub(super) attachments: &'a dyn Attachments,
    /// The case's directory, relative to the root.
    pub(super) directory: &'a Utf8Path,
    pub(super) bindings: &'a Bindings<'a>,
    /// What commands may name of the tree; nothing where that could not be read.
    pub(super) uses: Option<&'a Uses>,
    /// What the case may still come to.
    pub(super) budget: &'a Budget,
}

impl Surroundings<'_> {
    /// Notes at a span that the case comes to too much, if it does.
    pub(super) fn within(&self, taken: Result<(), String>, span: &Range<usize>) -> Option<()> {
        taken.map_err(|reason| self.decoder.problem(span, reason)).ok()
    }

    /// The bytes of a file that the case names.
    pub(super) fn attached(&self, node: &Node) -> Option<Bytes> {
        // Under a matrix all text of the node was filled before; filling it again would read a value as a template.
        let fill = |text: &str| {
            if self.bindings.is_empty() { fill_text(text, self.bindings).map(Cow::into_owned) } else { Ok(text.to_owned()) }
        };
        let path = self.decoder.text(node, "a path", fill)?;
        let path = Utf8PathBuf::decode(&Node { value: Value::Text(path.into()), span: node.span.clone() }, self.decoder)?;
        let read = self.attachments.bytes(self.directory, &path);
        let read = read.and_then(|bytes| self.budget.take(bytes.len()).map(|()| bytes));
        read.map_err(|reason| self.decoder.problem(&node.span, reason)).ok()
    }

    /// Bytes stated as text or in base64.
    pub(super) fn stated(&self, node: &Node) -> Option<Bytes> {
        if let Some(text) = node.as_text() {
            return Some(text.into());
        }
        let fields = self.decoder.fields(node, "text, or { base64 }")?;
        let base64 = fields.node("base64");
        fields.finish();
        if base64.is_none() {
            self.decoder.problem(&node.span, "expected text, or { base64 = \"…\" }");
        }
        self.base64(base64?)
    }

    pub(super) fn base64(&self, node: &Node) -> Option<Bytes> {
        let decode =
            |text: &str| base64::engine::general_purpose::STANDARD.decode(text).map_err(|reason| format!("not base64: {reason}"));
        self.decoder.text(node, "base64 text", decode).map(Bytes::from)
    }

    /// All entries of a `[files]` table, in the order of their paths.
    pub(super) fn files(&self, node: &Node) -> Option<Vec<FileEntry>> {
        let Value::Table(entries) = &node.value else {
            self.decoder.mismatch(node, "a table of paths and contents");
            return None;
        };
        let decoded: Vec<Option<FileEntry>> = entries
            .iter()
            .map(|(key, value)| {
                let name = Node { value: Value::Text(key.name.clone()), span: key.span.clone() };
                let path = Utf8PathBuf::decode(&name, self.decoder)?;
                let content = self.content(&path, value)?;
                Some(FileEntry { path, content })
            })
            .collect();
        let mut files: Vec<FileEntry> = decoded.into_iter().collect::<Option<_>>()?;
        files.sort_by(|one, other| one.path.cmp(&other.path));
        if let Some(clash) = clash(&files) {
            self.decoder.problem(&node.span, format!("`{clash}` cannot be both a file and a directory"));
            return None;
        }
        Some(files)
    }

    fn content(&self, path: &Utf8Path, node: &Node) -> Option<FileContent> {
        if let Some(text) = node.as_text() {
            return Some(FileContent::File(text.into()));
        }
        let fields = self.decoder.fields(node, "a file: text, or { base64 | copy | text | repeat, times | link | directory }")?;
        let link = fields.node("link").map(|node| self.link(path, node));
        let directory = fields.optional::<bool>("directory");
        let bytes = self.bytes(&fields);
        let executable = fields.optional::<bool>("executable").unwrap_or(false);
        fields.finish();
        match (bytes, link, directory) {
            (Some(bytes), None, None) if executable => Some(FileContent::Program(bytes?)),
            (Some(bytes), None, None) => Some(FileContent::File(bytes?)),
            (None, Some(target), None) if !executable => Some(FileContent::Link(target?)),
            (None, None, Some(true)) if !executable => Some(FileContent::Directory),
            _ => {
                self.decoder.problem(
                    &node.span,
                    "a file has exactly one of base64, copy, text, repeat (with times), link, directory = true",
                );
                None
            }
        }
    }

    /// `None` if no key states bytes; `Some(None)` after a problem.
    fn bytes(&self, fields: &Fields<'_>) -> Option<Option<Bytes>> {
        let base64 = fields.node("base64").map(|node| self.base64(node));
        let copy = fields.node("copy").map(|node| self.attached(node));
        let text = fields.optional::<String>("text").map(|text| Some(Bytes::from(text.as_str())));
        let repeat = match (fields.node("repeat"), fields.node("times")) {
            (Some(text), Some(times)) => Some(self.repeat(text, times)),
            _ => None,
        };
        let mut stated = [base64, copy, text, repeat].into_iter().flatten();
        let first = stated.next();
        if stated.next().is_some() { None } else { first }
    }

    fn repeat(&self, text: &Node, times: &Node) -> Option<Bytes> {
        let (text, count) = (String::decode(text, self.decoder)?, u32::decode(times, self.decoder)? as usize);
        if text.len().saturating_mul(count) > REPEAT_LIMIT {
            self.decoder.problem(&times.span, "a repeated text may have 256 MiB at most");
            return None;
        }
        self.within(self.budget.take(text.len() * count), &times.span)?;
        Some(Bytes::from(text.repeat(count).into_bytes()))
    }

    /// A link's target, as written; it must not climb out of the work directory.
    fn link(&self, path: &Utf8Path, node: &Node) -> Option<Utf8PathBuf> {
        let depth = path.components().count().saturating_sub(1);
        self.decoder.text(node, "the target of a link", |text| {
            if text.is_empty() || text.contains('\0') {
                return Err(format!("the link to {text:?} leads nowhere"));
            }
            let mut level = Some(depth);
            for component in Utf8Path::new(text).components() {
                level = match component {
                    Utf8Component::Normal(_) => level.map(|level| level + 1),
                    Utf8Component::CurDir => level,
                    Utf8Component::ParentDir => level.and_then(|level| level.checked_sub(1)),
                    Utf8Component::RootDir | Utf8Component::Prefix(_) => None,
                };
            }
            level.map(|_| text.into()).ok_or_else(|| format!("the link to {text:?} leaves the work directory"))
        })
    }
}

/// The first path that is an entry and also a parent of another entry. The entries are sorted by path components.
fn clash(files: &[FileEntry]) -> Option<&Utf8Path> {
    files.windows(2).find_map(|pair| {
        let (first, second) = (&pair[0], &pair[1]);
        let under = second.path.starts_with(&first.path) && first.content != FileContent::Directory;
        under.then_some(first.path.as_path())
    })
}
