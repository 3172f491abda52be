//! The files that cases name, read from below `testcases/` and from nowhere else.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::case::{Attachments, Bytes};
use fixgate_core::problem::Source;
use flate2::read::MultiGzDecoder;

use crate::bounded::{self, FILE_LIMIT};
use crate::load::{has_converted_lines, is_own_text, with_plain_lines};

/// Reads attachments of the tree at `root`.
pub(crate) struct TreeAttachments {
    root: Utf8PathBuf,
    /// `testcases/`, with links resolved.
    testcases: Utf8PathBuf,
    /// What was read, by its real place below the root.
    named: Mutex<BTreeSet<Utf8PathBuf>>,
}

impl TreeAttachments {
    pub(crate) fn new(root: &Utf8Path) -> Self {
        let testcases = root.join("testcases");
        let testcases = testcases.canonicalize_utf8().unwrap_or(testcases);
        Self { root: root.to_owned(), testcases, named: Mutex::default() }
    }

    /// The files that cases named.
    pub(crate) fn named(self) -> BTreeSet<Utf8PathBuf> {
        self.named.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file, and where it really is, below the root.
    fn open(&self, path: &Utf8Path) -> Result<(File, Utf8PathBuf), String> {
        let missing = |reason| format!("{path} cannot be read: {reason}; the paths in a case begin at the case's own directory");
        let resolved = self.root.join(path).canonicalize_utf8().map_err(missing)?;
        let Ok(inside) = resolved.strip_prefix(&self.testcases) else {
            return Err(format!("{path} is a link that leaves testcases/"));
        };
        let file = File::open(&resolved).map_err(|reason| format!("{path} cannot be read: {reason}"))?;
        let real = Utf8Path::new("testcases").join(inside);
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
}
