//! Why a place below a root is not used.

use std::io;

use camino::Utf8PathBuf;

/// Why a place is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsafe {
    /// It is, or lies behind, a symbolic link.
    #[error("{0} is a symbolic link, which could lead out of the test product")]
    Link(Utf8PathBuf),
    /// A pipe, a device or the like, where a file belongs.
    #[error("{0} is neither a file nor a directory")]
    Special(Utf8PathBuf),
    /// The file has another name, at which another user may keep it.
    #[error("{0} is a hard link to a file that has another name, too")]
    Shared(Utf8PathBuf),
}

impl Unsafe {
    /// What can be done about it.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Link(_) => {
                "put a plain file or directory there; to keep a directory on another disk, mount it there: mount --bind"
            }
            Self::Special(_) => "put a plain file there, or remove it",
            Self::Shared(_) => "copy it to a file of its own, or remove that name",
        }
    }

    pub(super) fn error(self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidInput, self)
    }

    /// Whether the system's error is one of these.
    pub(crate) fn of(reason: &io::Error) -> Option<&Self> {
        reason.get_ref().and_then(|inner| inner.downcast_ref())
    }
}
