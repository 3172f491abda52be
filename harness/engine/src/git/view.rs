//! A git directory of our own, through which git sees the objects and the refs of a repository and nothing else of it.
//!
//! A repository can come from anywhere, and its configuration and hooks name programs to start. So git never opens the
//! repository itself: it opens this directory, which holds our configuration, a copy of `HEAD`, and links to the objects and refs.
//! Replacements, grafts and remotes do not apply either, because nothing here mentions them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{CWD, Mode, OFlags, openat};
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::bounded;

/// The most bytes of a file of a repository that is read here.
const LIMIT: u64 = 1 << 20;
/// What a repository shares among its work trees, besides its objects.
const SHARED: [&str; 3] = ["refs", "packed-refs", "reftable"];

/// How far git follows stores of objects that name others.
const ALTERNATES: usize = 6;

/// The directory; it is deleted with its value.
#[derive(Debug)]
pub(super) struct View {
    directory: TempDir,
    /// Whether the repository says that it has only a part of the history.
    pub(super) is_shallow: bool,
}

impl View {
    /// Of the repository whose work tree, or bare directory, this is.
    ///
    /// # Errors
    /// Why it is no repository that can be read.
    pub(super) fn of(directory: &Utf8Path, is_bare: bool) -> Result<Self, String> {
        let own = if is_bare { directory.to_owned() } else { git_directory(directory)? };
        let shared = match text(&own.join("commondir"))? {
            Some(path) => own.join(path.trim_end()),
            None => own.clone(),
        };
        let head = text(&own.join("HEAD"))?.filter(|head| is_head(head)).ok_or("its HEAD names neither a branch nor a commit")?;
        if !shared.join("objects").is_dir() {
            return Err(format!("{shared} has no objects"));
        }
        // A linked work tree has references of its own.
        if own != shared {
            only_files(&own.join("reftable"))?;
        }
        SHARED.iter().try_for_each(|name| only_files(&shared.join(name)))?;
        objects(&shared.join("objects"), ALTERNATES)?;
        let shallow = text(&shared.join("shallow"))?.unwrap_or_default();
        let config = config(&text(&shared.join("config"))?.unwrap_or_default());
        let made = tempfile::tempdir().and_then(|made| {
            fill(made.path(), (&own, &shared), (&head, &config))?;
            Ok(made)
        });
        let directory = made.map_err(|reason| format!("no temporary directory can be made: {reason}"))?;
        Ok(Self { directory, is_shallow: !shallow.is_empty() })
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Holds if a store of objects has only files in it, and so have the stores that it names, as far as git follows them.
fn objects(at: &Utf8Path, depth: usize) -> Result<(), String> {
    only_files(at)?;
    let Some(depth) = depth.checked_sub(1) else { return Ok(()) };
    let alternates = text(&at.join("info/alternates"))?.unwrap_or_default();
    alternates.lines().filter(|line| !line.is_empty()).try_for_each(|line| objects(&at.join(line), depth))
}

/// Holds if there are only files and directories: git would wait for the writer of a pipe.
fn only_files(at: &Utf8Path) -> Result<(), String> {
    let is_gone = |reason: &walkdir::Error| reason.io_error().is_some_and(|reason| reason.kind() == io::ErrorKind::NotFound);
    for entry in WalkDir::new(at) {
        let entry = match entry {
            Ok(entry) => entry,
            // A repository may be in use meanwhile.
            Err(reason) if is_gone(&reason) => continue,
            Err(reason) => return Err(format!("{at} cannot be read: {reason}")),
        };
        let kind = entry.file_type();
        let is_file = kind.is_file() || fs::metadata(entry.path()).map_or(true, |content| content.is_file());
        if !is_file && !kind.is_dir() {
            return Err(format!("{} cannot be read: it is no plain file", entry.path().display()));
        }
    }
    Ok(())
}

/// Makes the two directories of a linked work tree, or the one of any other repository.
fn fill(at: &Path, (own, shared): (&Utf8Path, &Utf8Path), (head, config): (&str, &str)) -> io::Result<()> {
    let is_linked = own != shared;
    let common = if is_linked { at.join("common") } else { at.to_owned() };
    if is_linked {
        fs::create_dir(&common)?;
        put(&at.join("commondir"), "common\n")?;
        put(&at.join("HEAD"), head)?;
        link(&own.join("reftable"), &at.join("reftable"))?;
    }
    put(&common.join("HEAD"), head)?;
    put(&common.join("config"), config)?;
    link(&shared.join("objects"), &common.join("objects"))?;
    SHARED.iter().try_for_each(|name| link(&shared.join(name), &common.join(name)))
}

fn put(path: &Path, text: &str) -> io::Result<()> {
    File::create_new(path)?.write_all(text.as_bytes())
}

fn link(to: &Utf8Path, at: &Path) -> io::Result<()> {
    if to.exists() { symlink(std::path::absolute(to)?, at) } else { Ok(()) }
}

/// The repository of a work tree: its `.git`, or what that file names.
fn git_directory(top: &Utf8Path) -> Result<Utf8PathBuf, String> {
    let git = top.join(".git");
    if git.is_dir() {
        return Ok(git);
    }
    let named = text(&git)?.unwrap_or_default();
    let path = named.strip_prefix("gitdir: ").ok_or("its .git is neither a repository nor the name of one")?;
    Ok(top.join(path.trim_end()))
}

/// Our whole configuration. Of the repository's own, only the two settings count that say in which form objects and refs stand.
fn config(of_repository: &str) -> String {
    let setting = |name: &str| {
        let lines = of_repository.lines().filter_map(|line| line.split_once('='));
        let mut values = lines.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        values.next_back().unwrap_or_default()
    };
    let mut text = "[core]\n\trepositoryFormatVersion = 1\n\tbare = true\n\tcommitGraph = false\n\tmultiPackIndex = false\n\
        \thooksPath = /dev/null\n\tfsmonitor = false\n[protocol]\n\tallow = never\n[extensions]\n"
        .to_owned();
    if setting("objectFormat") == "sha256" {
        text.push_str("\tobjectFormat = sha256\n");
    }
    if setting("refStorage") == "reftable" {
        text.push_str("\trefStorage = reftable\n");
    }
    text
}

/// Whether git could have written this: a branch's name, or a commit's.
fn is_head(text: &str) -> bool {
    let text = text.trim_end();
    let is_name = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_name || (text.starts_with("ref: refs/") && !text.contains(char::is_control))
}

/// The text of a file; nothing where there is none. A pipe or a device in its place is not waited for.
fn text(path: &Utf8Path) -> Result<Option<String>, String> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let read = || -> io::Result<String> {
        let file = File::from(openat(CWD, path.as_std_path(), flags, Mode::empty())?);
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no plain file"));
        }
        let bytes = bounded::read(file, LIMIT)?;
        String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
    };
    match read() {
        Ok(text) => Ok(Some(text)),
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(format!("{path} cannot be read: {reason}")),
    }
}
