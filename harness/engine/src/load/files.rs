//! The files of the tree that are read.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::problem::Problem;
use walkdir::{DirEntry, WalkDir};

use super::strays;
use crate::place::is_aside;
use crate::tree::{LATER_PATHS, RECORD_PATHS, Tree};

/// Every file that records and cases consist of.
pub(super) struct Files {
    /// Relative to the root, sorted.
    pub(super) paths: Vec<Utf8PathBuf>,
    /// What is no file, or could not be looked at.
    pub(super) problems: Vec<Problem>,
}

impl Files {
    pub(super) fn find(tree: &Tree) -> Self {
        let mut files = Self { paths: Vec::new(), problems: strays::near_folders(tree) };
        for path in RECORD_PATHS.into_iter().chain(LATER_PATHS) {
            let start = tree.root().join(path);
            match fs::symlink_metadata(&start) {
                Err(reason) if reason.kind() == io::ErrorKind::NotFound => continue,
                // Walking says why it cannot be looked at.
                Ok(_) | Err(_) => {}
            }
            let walk = WalkDir::new(&start).follow_root_links(false).sort_by_file_name();
            // What git keeps in a submodule's directory is no part of its records, and can be of no commit.
            for entry in walk.into_iter().filter_entry(|entry| entry.file_name() != ".git") {
                match entry {
                    Ok(entry) => files.add(tree, &entry),
                    Err(reason) => files.problems.push(Problem::new(format!("{path} cannot be walked: {reason}"))),
                }
            }
        }
        files
    }

    fn add(&mut self, tree: &Tree, entry: &DirEntry) {
        if entry.file_type().is_dir() {
            return;
        }
        match Utf8Path::from_path(entry.path()).and_then(|path| path.strip_prefix(tree.root()).ok()) {
            Some(path) if !path.starts_with("testcases") && path.file_name().is_some_and(is_aside) => {}
            Some(path) if entry.file_type().is_file() => self.paths.push(path.to_owned()),
            Some(path) => self.problems.push(not_a_file(path)),
            None => self.problems.push(Problem::new(format!("{}: the name is not UTF-8", entry.path().display()))),
        }
    }
}

fn not_a_file(path: &Utf8Path) -> Problem {
    Problem::new(format!("{path} is a link or a special file; records and cases are plain files"))
        .help("a link could leave the tree: copy the file instead")
}
