//! What work directories promise: private, exact, and gone afterwards regardless of what was done to them.

use std::collections::HashSet;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{CWD, Mode, OFlags};

use fixgate_engine::workdir::{Entry, EntryContent, WorkError, WorkRoot};

fn place() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn file<'a>(path: &'a str, text: &'a str) -> Entry<'a> {
    let (bytes, executable) = (text.as_bytes(), false);
    Entry { path, content: EntryContent::File { bytes, executable } }
}

fn link<'a>(path: &'a str, target: &'a str) -> Entry<'a> {
    Entry { path, content: EntryContent::Link { target } }
}

/// Runs `script` in a work directory and asserts that the directory can be removed afterwards, with all of its root.
fn remove_after(script: &str) {
    let place = place();
    let root = WorkRoot::create(place.path()).expect("a root");
    let mut own = root.place().expect("a worker's place");
    let directory = own.directory(&[]).expect("a directory");
    let path = directory.path().to_owned();
    let status = Command::new("/bin/sh").args(["-ec", script]).current_dir(&path).status();
    assert!(status.expect("/bin/sh starts").success());
    own.clear(directory).expect("removal copes");
    assert!(!path.exists());
    root.remove().expect("removal copes");
    assert_eq!(fs::read_dir(place.path()).expect("it is there").count(), 0);
}

#[test]
fn entries_are_there_as_stated() {
    let place = place();
    let root = WorkRoot::create(place.path()).expect("a root");
    let mut own = root.place().expect("a worker's place");
    let program = EntryContent::File { bytes: b"#!/bin/sh\n", executable: true };
    let directory = own
        .directory(&[
            link("a/link", "b.txt"),
            file("a/b.txt", "needle\n"),
            Entry { path: "a/empty/er", content: EntryContent::Directory },
            Entry { path: "run", content: program },
            link("dangling", "/no/such/file"),
        ])
        .expect("a directory");
    let at = |path: &str| directory.path().join(path);
    assert_eq!(fs::read(at("a/link")).expect("through the link"), b"needle\n");
    assert!(at("a/empty/er").is_dir());
    let executable = |path: &str| fs::metadata(at(path)).expect("there").permissions().mode() & 0o100;
    assert_eq!((executable("run"), executable("a/b.txt")), (0o100, 0));
    assert_eq!(fs::read_link(at("dangling")).expect("a link"), Path::new("/no/such/file"));
    let other = own.directory(&[]).expect("another");
    assert_ne!(other.path(), directory.path());
    assert_eq!(fs::read_dir(other.path()).expect("there").count(), 0);
}

#[test]
fn nothing_is_written_outside() {
    let place = place();
    let outside = place.path().join("outside");
    fs::create_dir(&outside).expect("our own directory");
    let root = WorkRoot::create(place.path()).expect("a root");
    let mut own = root.place().expect("a worker's place");
    for path in ["", "/abs", "..", "../x", "a/../../x", "."] {
        let error = own.directory(&[file(path, "")]).expect_err(path);
        assert!(matches!(error, WorkError::Outside(_)), "{path}: {error}");
    }
    let target = outside.to_str().expect("a text path");
    // Whichever comes first, a link is never a way for another entry.
    for entries in [
        [link("a", target), file("a/x", "")],
        [file("a/x", ""), link("a", target)],
        [link("a", target), link("a/x", "y")],
        [link("a", &format!("{target}/x")), file("a", "")],
    ] {
        own.directory(&entries).expect_err("a link in the way");
    }
    assert_eq!(fs::read_dir(&outside).expect("there").count(), 0);
}

#[test]
fn two_entries_of_one_name_are_an_error() {
    let place = place();
    let root = WorkRoot::create(place.path()).expect("a root");
    let mut own = root.place().expect("a worker's place");
    own.directory(&[file("a", "1"), file("a", "2")]).expect_err("which of them?");
}

#[test]
fn a_repository_is_no_place_for_work_directories() {
    let place = place();
    fs::create_dir_all(place.path().join(".git")).expect("our own directory");
    let inside = place.path().join("deep/er");
    fs::create_dir_all(&inside).expect("our own directory");
    let error = WorkRoot::create(&inside).expect_err("it is in a repository");
    assert!(matches!(error, WorkError::InRepository { .. }), "{error}");
}

#[test]
fn unreadable_and_read_only_things_are_removed() {
    remove_after(
        "mkdir -p shut/in read/only; touch shut/in/f read/only/f
         chmod 000 shut/in/f shut/in shut; chmod 500 read/only read",
    );
    remove_after("mkdir -p d/e/f; touch d/e/f/g; chmod 000 d/e/f d/e d .");
}

#[test]
fn a_very_deep_tree_is_removed() {
    let place = place();
    let root = WorkRoot::create(place.path()).expect("a root");
    let mut own = root.place().expect("a worker's place");
    let directory = own.directory(&[]).expect("a directory");
    let path = directory.path().to_owned();
    // Far deeper than a path can be long or descriptors can be open.
    let mut here = open(CWD, &path);
    for _ in 0..5_000 {
        rustix::fs::mkdirat(&here, "deep", Mode::RWXU).expect("room");
        here = open(&here, Path::new("deep"));
    }
    drop(here);
    own.clear(directory).expect("removal copes");
    assert!(!path.exists());
}

fn open(at: impl AsFd, path: &Path) -> OwnedFd {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(at, path, flags, Mode::empty()).expect("our own directory")
}

#[test]
fn a_wide_and_branching_tree_is_removed() {
    remove_after(
        "for a in 1 2 3 4 5; do for b in 1 2 3 4 5; do mkdir -p $a/$b/$a/$b; touch $a/$b/f $a/$b/$a/g; done; done
                  mkdir fixgate-removes-1; touch fixgate-removes-2",
    );
}

#[test]
fn links_are_removed_and_not_followed() {
    let kept = place();
    fs::write(kept.path().join("file"), "kept").expect("our own directory");
    let place = place();
    let root = WorkRoot::create(place.path()).expect("a root");
    let mut own = root.place().expect("a worker's place");
    let directory = own.directory(&[file("sub/x", "")]).expect("a directory");
    symlink(kept.path(), directory.path().join("out")).expect("our own directory");
    symlink(kept.path(), directory.path().join("sub/out")).expect("our own directory");
    let path = directory.path().to_owned();
    own.clear(directory).expect("removal copes");
    assert!(!path.exists());
    // A work directory that has itself become a link.
    let directory = own.directory(&[]).expect("a directory");
    fs::remove_dir(directory.path()).expect("it is empty");
    symlink(kept.path(), directory.path()).expect("our own directory");
    own.clear(directory).expect_err("it is no directory");
    root.remove().expect("the root holds a link only");
    assert_eq!(fs::read(kept.path().join("file")).expect("kept"), b"kept");
    assert_eq!(fs::read_dir(place.path()).expect("there").count(), 0);
}

/// The paths of a directory with `entries`, in which `script` ran, and of the next one, which is empty and all that is left.
fn before_and_after(entries: &[Entry], script: &str) -> [PathBuf; 2] {
    let place = place();
    let root = WorkRoot::create(place.path()).expect("a root");
    let mut own = root.place().expect("a worker's place");
    let first = own.directory(entries).expect("a directory");
    let path = first.path().to_owned();
    let status = Command::new("/bin/sh").args(["-ec", script]).current_dir(&path).status();
    assert!(status.expect("/bin/sh starts").success(), "{script}");
    own.clear(first).expect("removal copes");
    let next = own.directory(&[]).expect("a directory");
    assert_eq!(fs::read_dir(next.path()).expect("there").count(), 0, "{script}");
    assert_eq!(fs::read_dir(own.path()).expect("there").count(), 1, "{script}");
    [path, next.path().to_owned()]
}

#[test]
fn what_was_not_touched_is_reused_and_nothing_else() {
    let [first, next] = before_and_after(&[], "ls; cat . 2>/dev/null || true");
    assert_eq!(first, next);
    for script in
        ["chmod 700 .", "touch -d 2001-01-01 .", "rmdir \"$PWD\"", "mkdir a; chmod 700 .", "rm -rf \"$PWD\"; mkdir \"$PWD\""]
    {
        let [first, next] = before_and_after(&[], script);
        assert_ne!(first, next, "{script}");
    }
}

#[test]
fn what_is_left_in_a_directory_is_gone_when_it_is_reused() {
    let entries = [file("a", "1"), file("sub/b", "2")];
    for script in ["cat a", "echo more >>a; chmod 000 a", "touch sub/c sub/.d; rm sub/b; chmod 000 sub", "mkdir -p sub/x/y"] {
        let [first, next] = before_and_after(&entries, script);
        assert_eq!(first, next, "{script}");
    }
    // Where a clock stands still for milliseconds it may be reused after these, too.
    for script in ["touch c", "rm a", "mv a sub", "ln -s / c", "rm -r sub; ln -s /tmp sub", "mkdir -p x/y; chmod 000 x/y x"] {
        before_and_after(&entries, script);
        before_and_after(&[], &format!("mkdir sub; touch a; {script}"));
    }
}

#[test]
fn what_is_kept_for_the_next_lies_beside_no_other_and_holds_what_is_asked_for() {
    let place = place();
    let root = WorkRoot::create(place.path()).expect("a root");
    let mut own = root.place().expect("a worker's place");
    for entries in [&[][..], &[file("a", "1")], &[file("b", "2"), file("c/d", "3")], &[], &[file("a", "4")]] {
        let directory = own.directory(entries).expect("a directory");
        assert_eq!(fs::read_dir(own.path()).expect("there").count(), 1);
        let tops: HashSet<&str> = entries.iter().map(|entry| &entry.path[..1]).collect();
        assert_eq!(fs::read_dir(directory.path()).expect("there").count(), tops.len());
        own.clear(directory).expect("removal copes");
    }
    drop(own);
    root.remove().expect("nothing is in the way");
    assert_eq!(fs::read_dir(place.path()).expect("there").count(), 0);
}

#[test]
fn dropping_removes_too() {
    let place = place();
    let root = WorkRoot::create(place.path()).expect("a root");
    let mut own = root.place().expect("a worker's place");
    let path = own.directory(&[file("a/b", "")]).expect("a directory").path().to_owned();
    assert!(!path.exists());
    drop(root);
    assert_eq!(fs::read_dir(place.path()).expect("there").count(), 0);
}

#[test]
fn what_a_killed_run_left_is_removed_and_what_only_looks_like_it_stays() {
    let place = place();
    let left = fs::canonicalize(place.path()).expect("it is there").join("work-left");
    let like = left.with_file_name("work-like");
    for (directory, held) in [(&left, left.as_path()), (&like, Path::new("something else"))] {
        fs::create_dir(directory).expect("our own directory");
        fs::write(directory.join("held"), held.as_os_str().as_encoded_bytes()).expect("our own directory");
    }
    let root = WorkRoot::create(place.path()).expect("a root");
    assert!(!left.exists() && like.exists());
    root.remove().expect("it is ours");
}
