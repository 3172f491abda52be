//! Why a place below a root is not used.

use std::{fmt, io};

use camino::Utf8PathBuf;

/// Why a place is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsafe {
    /// It is, or lies behind, a symbolic link.
    Link(Utf8PathBuf),
    /// A pipe, a device or the like, where a file belongs.
    Special(Utf8PathBuf),
    /// The file has another name, at which another user may keep it.
    Shared(Utf8PathBuf),
}

impl fmt::Display for Unsafe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(path) => write!(formatter, "{path} is a symbolic link, which could lead out of the test product"),
            Self::Special(path) => write!(formatter, "{path} is neither a file nor a directory"),
            Self::Shared(path) => write!(formatter, "{path} is a hard link to a file that has another name, too"),
        }
    }
}

impl std::error::Error for Unsafe {}

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
