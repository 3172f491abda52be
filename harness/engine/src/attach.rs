//! The files that cases name, read from below `testcases/` and from nowhere else.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::case::{Attachments, Bytes};
use fixgate_core::problem::Source;
use flate2::read::MultiGzDecoder;

use crate::bounded::{self, FILE_LIMIT};

/// Reads attachments of the tree at `root`.
pub(crate) struct TreeAttachments {
    root: Utf8PathBuf,
    /// `testcases/`, with links resolved.
    testcases: Utf8PathBuf,
}

impl TreeAttachments {
    pub(crate) fn new(root: &Utf8Path) -> Self {
        let testcases = root.join("testcases");
        Self { root: root.to_owned(), testcases: testcases.canonicalize_utf8().unwrap_or(testcases) }
    }

    fn open(&self, path: &Utf8Path) -> Result<File, String> {
        let resolved = self.root.join(path).canonicalize_utf8().map_err(|reason| format!("{path} cannot be read: {reason}"))?;
        if !resolved.starts_with(&self.testcases) {
            return Err(format!("{path} is a link that leaves testcases/"));
        }
        File::open(&resolved).map_err(|reason| format!("{path} cannot be read: {reason}"))
    }
}

fn read_bounded(path: &Utf8Path, reader: impl Read) -> Result<Vec<u8>, String> {
    bounded::read(reader, FILE_LIMIT).map_err(|reason| format!("{path} cannot be read: {reason}"))
}

impl Attachments for TreeAttachments {
    fn bytes(&self, directory: &Utf8Path, path: &Utf8Path) -> Result<Bytes, String> {
        let path = directory.join(path);
        read_bounded(&path, self.open(&path)?).map(Bytes::from)
    }

    fn table(&self, directory: &Utf8Path, path: &Utf8Path) -> Result<Arc<Source>, String> {
        let path = directory.join(path);
        let file = self.open(&path)?;
        let bytes = match path.extension() {
            Some("gz") => read_bounded(&path, MultiGzDecoder::new(file))?,
            _ => read_bounded(&path, file)?,
        };
        let text = String::from_utf8(bytes).map_err(|reason| format!("{path} is not UTF-8: {reason}"))?;
        Ok(Source::new(path, text))
    }
}
