//! Objects of a repository by their names. The bytes of each are checked against its name, so it doesn't matter what provided them.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, ChildStdout, Stdio};

use camino::Utf8Path;
use sha1_checked::Sha1;
use sha2::{Digest as _, Sha256};

use super::{Git, Running};
use crate::bounded::FILE_LIMIT;
use crate::fault::Fault;

/// The name of an object: the digest of its kind, size and bytes, in the repository's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ObjectId {
    Sha1([u8; 20]),
    Sha256([u8; 32]),
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    Commit,
    Tree,
    Blob,
}

impl ObjectKind {
    fn as_str(self) -> &'static str {
        match self {
            ObjectKind::Commit => "commit",
            ObjectKind::Tree => "tree",
            ObjectKind::Blob => "blob",
        }
    }
}

impl ObjectId {
    /// From hexadecimal digits, as many as there are bytes in a name of either format.
    pub(crate) fn parse(digits: &str) -> Option<Self> {
        let pairs = digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        Self::from_bytes(&pairs.collect::<Option<Vec<u8>>>()?)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let sha1 = bytes.try_into().ok().map(Self::Sha1);
        sha1.or_else(|| bytes.try_into().ok().map(Self::Sha256))
    }

    /// How many bytes a name has in the same format.
    pub(super) fn size(self) -> usize {
        match self {
            ObjectId::Sha1(bytes) => bytes.len(),
            ObjectId::Sha256(bytes) => bytes.len(),
        }
    }

    /// Whether it is the name of an object with these bytes. Bytes that were made to have the name of others have none.
    pub(crate) fn names(self, kind: ObjectKind, bytes: &[u8]) -> bool {
        let head = format!("{} {}\0", kind.as_str(), bytes.len());
        match self {
            ObjectId::Sha1(name) => {
                let mut hasher = Sha1::new();
                sha1_checked::Digest::update(&mut hasher, head.as_bytes());
                sha1_checked::Digest::update(&mut hasher, bytes);
                let result = hasher.try_finalize();
                !result.has_collision() && result.hash()[..] == name
            }
            ObjectId::Sha256(name) => Sha256::new().chain_update(head).chain_update(bytes).finalize()[..] == name,
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: &[u8] = match self {
            ObjectId::Sha1(bytes) => bytes,
            ObjectId::Sha256(bytes) => bytes,
        };
        bytes.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// A process of git's that gives objects.
#[derive(Debug)]
pub(crate) struct Objects {
    git: Git,
    running: Running,
    stdin: Option<ChildStdin>,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Objects {
    pub(crate) fn of(git: &Git) -> Result<Self, Fault> {
        let mut running = git.start(&["cat-file", "--batch"], Stdio::piped())?;
        let stdin = running.child.stdin.take();
        let stdout = running.child.stdout.take().map(BufReader::new);
        Ok(Self { git: git.clone(), running, stdin, stdout })
    }

    /// Where its repository is.
    pub(super) fn directory(&self) -> &Utf8Path {
        self.git.directory()
    }

    /// The bytes of an object of this kind; nothing where the repository does not have it.
    ///
    /// # Errors
    /// When git fails, or gives another object than was asked for.
    pub(crate) fn read(&mut self, kind: ObjectKind, id: ObjectId) -> Result<Option<Vec<u8>>, Fault> {
        let answer = match self.exchange(id) {
            Ok(answer) => answer,
            Err(reason) => return Err(self.failed(&reason)),
        };
        match answer {
            None => Ok(None),
            Some(bytes) if id.names(kind, &bytes) => Ok(Some(bytes)),
            Some(_) => {
                let message = format!(
                    "the repository of {} is damaged: what it has as {id} is no such {}",
                    self.git.directory(),
                    kind.as_str()
                );
                Err(Fault::harness(message).help("see what `git fsck` says there, and fetch that object again"))
            }
        }
    }

    /// As [`read`](Self::read), of an object that is a part of something that the repository has.
    ///
    /// # Errors
    /// As there, and where the repository does not have it.
    pub(super) fn needed(&mut self, kind: ObjectKind, id: ObjectId, whole: &str) -> Result<Vec<u8>, Fault> {
        self.read(kind, id)?.ok_or_else(|| {
            let message = format!("the repository of {} lacks {id}, which is a part of {whole}", self.directory());
            Fault::harness(message).help("fetch it whole: git fetch --refetch; `git fsck` says what else is missing")
        })
    }

    /// One question, and its answer: `NAME KIND SIZE`, then as many bytes and a newline; or `NAME missing`.
    fn exchange(&mut self, id: ObjectId) -> io::Result<Option<Vec<u8>>> {
        let (Some(stdin), Some(stdout)) = (&mut self.stdin, &mut self.stdout) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        writeln!(stdin, "{id}")?;
        stdin.flush()?;
        let mut head = String::new();
        stdout.by_ref().take(256).read_line(&mut head)?;
        if head == format!("{id} missing\n") {
            return Ok(None);
        }
        let size = head.strip_suffix('\n').and_then(|head| head.rsplit(' ').next()?.parse::<u64>().ok());
        let Some(size) = size else { return Err(io::ErrorKind::UnexpectedEof.into()) };
        if size > FILE_LIMIT {
            let message = format!("{id} is larger than {} MiB", FILE_LIMIT >> 20);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        let mut bytes = Vec::new();
        stdout.by_ref().take(size + 1).read_to_end(&mut bytes)?;
        match bytes.pop() {
            Some(b'\n') if bytes.len() as u64 == size => Ok(Some(bytes)),
            Some(_) | None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Git ended, or answered what cannot be read: its own words go before ours.
    fn failed(&mut self, reason: &io::Error) -> Fault {
        (self.stdin, self.stdout) = (None, None);
        let ended = self.running.end();
        match ended.is_late || !ended.words.trim().is_empty() {
            true => self.git.why(&ended),
            false => self.git.failed(&reason.to_string()),
        }
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It ends when nothing can be asked any more.
        (self.stdin, self.stdout) = (None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_git_gives() {
        // `printf 'hello\n' | git hash-object --stdin`, in either format.
        let names =
            ["ce013625030ba8dba906f756967f9e9ca394464a", "2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4"];
        for name in names {
            let id = ObjectId::parse(name).unwrap();
            assert_eq!(id.to_string(), name);
            assert!(id.names(ObjectKind::Blob, b"hello\n"));
            assert!(!id.names(ObjectKind::Blob, b"hello") && !id.names(ObjectKind::Tree, b"hello\n"));
        }
        assert_eq!(ObjectId::parse("ce01"), None);
    }
}
