//! Files and folders whose names are nearly those of records, so that nothing reads them; and files that no case names.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::problem::{Problem, suggestion};
use walkdir::WalkDir;

use super::case_id;
use crate::tree::{LATER_PATHS, RECORD_PATHS, Tree};

/// What editors, and tools that merge, append to the name of a file that they put aside.
const ASIDES: [&str; 10] = [".bak", ".new", ".old", ".orig", ".rej", ".save", ".swp", ".tmp", ".txt", "~"];

/// What is wrong with a file of `testcases/` that would be a case but for its name.
pub(super) fn near_case(path: &Utf8Path) -> Option<Problem> {
    let (stem, extension) = without_aside(path.file_name()?).rsplit_once('.')?;
    let lower = extension.to_lowercase();
    let is_near = lower == "toml" || suggestion(&lower, ["toml"]).is_some();
    is_near.then(|| {
        let problem = Problem::new(format!("{path} is read by nothing: a case's file is named NAME.toml"));
        problem.help(format!("name it {stem}.toml if it is a case; remove it, or move it to a folder `fixtures`, if not"))
    })
}

fn without_aside(name: &str) -> &str {
    ASIDES.iter().find_map(|aside| name.strip_suffix(aside)).map_or(name, without_aside)
}

/// Whether a file may stand among records, though it is none.
pub(super) fn accompanies(path: &Utf8Path) -> bool {
    let is = |name: &str| {
        let is_hidden = name.starts_with('.') && !name.ends_with(".toml");
        is_hidden || ["README", "LICENSE", "LICENCE", "COPYING", "NOTICE"].iter().any(|known| name.starts_with(known))
    };
    path.file_name().is_some_and(is)
}

/// What is beside the folders of records, is named nearly as one of them, and holds what would be a record there.
pub(super) fn near_folders(tree: &Tree) -> Vec<Problem> {
    let entries = match tree.root().read_dir_utf8() {
        Ok(entries) => entries,
        Err(reason) => return vec![Problem::new(format!("{} cannot be listed: {reason}", tree.root()))],
    };
    let known = || RECORD_PATHS.into_iter().chain(LATER_PATHS);
    let names = entries.flatten().map(|entry| entry.file_name().to_owned()).filter(|name| known().all(|known| known != name));
    let near = |name: String| {
        let lower = name.to_lowercase();
        // Nearness alone would take `drivers` for `waivers`.
        let alike = known().filter(|known| known.chars().next() == lower.chars().next());
        let meant = if known().any(|known| known == lower) { None } else { Some(suggestion(&lower, alike)?) };
        let record = holds_record(&tree.root().join(&name), if lower.starts_with("test") { usize::MAX } else { 1 })?;
        let record = record.strip_prefix(tree.root()).unwrap_or(&record);
        let problem = Problem::new(format!("{record} is read by nothing: `{name}` is nearly the name of a place of records"));
        Some(problem.help(meant.unwrap_or_else(|| format!("did you mean `{lower}`?"))))
    };
    let mut problems: Vec<Problem> = names.filter_map(near).collect();
    problems.sort_by(|one, other| one.message.cmp(&other.message));
    problems
}

/// The first record in a directory, down to this depth; a file that is meant for `allowed_signers` is one itself.
fn holds_record(path: &Utf8Path, depth: usize) -> Option<Utf8PathBuf> {
    let is_record = |file: &Utf8Path| file == path || matches!(file.extension(), Some("toml" | "json"));
    let files = WalkDir::new(path).follow_root_links(false).max_depth(depth).sort_by_file_name().into_iter().flatten();
    let files = files.filter(|entry| entry.file_type().is_file());
    let is_fit = |file: &Utf8PathBuf| is_record(file) && (file != path || file.extension().is_none());
    files.filter_map(|entry| Utf8PathBuf::from_path_buf(entry.into_path()).ok()).find(is_fit)
}

/// The files of `testcases/` that no case names, of those that may only be there to be named.
pub(super) fn unnamed(paths: &[Utf8PathBuf], named: &BTreeSet<Utf8PathBuf>) -> Vec<Utf8PathBuf> {
    let of_cases = || paths.iter().filter(|path| path.starts_with("testcases"));
    let is_record = |path: &Utf8Path| case_id(path).is_some() || path.file_name() == Some("pack.toml");
    let is_open = |path: &&Utf8PathBuf| !is_record(path) && !accompanies(path) && !named.contains(*path);
    of_cases().filter(is_open).cloned().collect()
}
