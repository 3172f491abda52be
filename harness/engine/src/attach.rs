//! The files that cases name, read from below `testcases/` and from nowhere else.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::case::{Attachments, Bytes, UsedFile};
use fixgate_core::id::Digest;
use fixgate_core::problem::Source;
use flate2::read::MultiGzDecoder;

use crate::bounded::{self, FILE_LIMIT};
use crate::content::{has_converted_lines, is_own_text, with_plain_lines};
use crate::place::Place;
use crate::tree::Tree;

/// Reads attachments of a tree.
pub(crate) struct TreeAttachments {
    root: Place,
    /// What was read, by its real place below the root.
    named: Mutex<BTreeSet<Utf8PathBuf>>,
}

impl TreeAttachments {
    pub(crate) fn new(tree: &Tree) -> Self {
        Self { root: tree.place(""), named: Mutex::default() }
    }

    /// The files that cases named.
    pub(crate) fn named(self) -> BTreeSet<Utf8PathBuf> {
        self.named.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_dir(&self, path: &Utf8Path) -> Result<bool, String> {
        self.root.join(path).is_dir().map_err(|reason| format!("{path} cannot be looked at: {reason}"))
    }

    /// A file that programs use where it stands.
    fn used_file(&self, path: &Utf8Path) -> Result<UsedFile, String> {
        if is_own_text(path) && matches!(path.extension(), Some("toml" | "jsonl")) {
            let why = "is read as a case or a table, which programs see nothing of: move it to a folder `fixtures`";
            return Err(format!("{path} {why}"));
        }
        if self.is_dir(path)? {
            return Err(format!("{path} is no file; a directory is stated as `NAME/`, which means all that is in it"));
        }
        let (file, real) = self.open(path)?;
        let metadata = file.metadata().map_err(|reason| format!("{path} cannot be read: {reason}"))?;
        let digest = Digest::of(&self.bytes(Utf8Path::new(""), path)?);
        Ok(UsedFile { path: real, digest, executable: metadata.mode() & 0o100 != 0 })
    }

    /// The file, and where it is, below the root.
    fn open(&self, path: &Utf8Path) -> Result<(File, Utf8PathBuf), String> {
        let place = self.root.join(path);
        if !place.below().starts_with("testcases") {
            return Err(format!("{path} is not in testcases/"));
        }
        let file = place.open().map_err(|reason| match reason.kind() {
            io::ErrorKind::NotFound => {
                format!("{path} cannot be read: {reason}; the paths in a case begin at the case's own directory")
            }
            _ => format!("{path} cannot be read: {reason}"),
        })?;
        let real = place.below().to_owned();
        self.named.lock().unwrap_or_else(PoisonError::into_inner).insert(real.clone());
        Ok((file, real))
    }
}

fn read_bounded(path: &Utf8Path, reader: impl Read) -> Result<Vec<u8>, String> {
    bounded::read(reader, FILE_LIMIT).map_err(|reason| format!("{path} cannot be read: {reason}"))
}

impl Attachments for TreeAttachments {
    fn bytes(&self, directory: &Utf8Path, path: &Utf8Path) -> Result<Bytes, String> {
        let path = directory.join(path);
        let (file, real) = self.open(&path)?;
        let bytes = read_bounded(&path, file)?;
        // Such a file counts as the same whichever way its lines end, so that a case must not depend on it.
        if is_own_text(&real) && has_converted_lines(&bytes) {
            return Err(format!(
                "{path} has lines that end in \\r\\n, and how lines of such a file end is no content: move it to a folder `fixtures`"
            ));
        }
        Ok(Bytes::from(bytes))
    }

    fn table(&self, directory: &Utf8Path, path: &Utf8Path) -> Result<Arc<Source>, String> {
        let path = directory.join(path);
        let (file, _) = self.open(&path)?;
        let bytes = match path.extension() {
            Some("gz") => read_bounded(&path, MultiGzDecoder::new(file))?,
            _ => with_plain_lines(read_bounded(&path, file)?),
        };
        let text = String::from_utf8(bytes).map_err(|reason| format!("{path} is not UTF-8: {reason}"))?;
        Ok(Source::new(path, text))
    }

    fn used(&self, path: &Utf8Path, is_directory: bool) -> Result<Vec<UsedFile>, String> {
        if !is_directory {
            return self.used_file(path).map(|file| vec![file]);
        }
        if !self.is_dir(path)? {
            return Err(format!("there is no directory {path}; a file is stated without a `/` at its end"));
        }
        let list = |directory: &Utf8Path| {
            let listed = self.root.join(directory).list().map_err(|reason| format!("{directory} cannot be read: {reason}"))?;
            match listed.is_empty() {
                true => Err(format!("{directory} is an empty directory, which git does not keep")),
                false => Ok(listed.into_iter().map(|name| directory.join(name)).collect::<Vec<Utf8PathBuf>>()),
            }
        };
        let (mut files, mut open) = (Vec::new(), list(path)?);
        while let Some(next) = open.pop() {
            if self.is_dir(&next)? {
                open.extend(list(&next)?);
            } else {
                files.push(self.used_file(&next)?);
            }
        }
        Ok(files)
    }
}
