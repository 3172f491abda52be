#![allow(clippy::unwrap_used, reason = "a test may stop where the code under test may not")]

use std::fs;
use std::os::unix::fs::symlink;

use rustix::fs::mknodat;
use tempfile::TempDir;

use super::*;

/// A root, and a directory outside of it with a file in it.
fn root() -> (TempDir, Place, Utf8PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(directory.path()).unwrap();
    let outside = path.join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "theirs").unwrap();
    fs::create_dir(path.join("root")).unwrap();
    let root = Place::root(&path.join("root")).unwrap();
    (directory, root, outside)
}

fn is_link(reason: &io::Error) -> bool {
    matches!(Unsafe::of(reason), Some(Unsafe::Link(_)))
}

#[test]
fn nothing_is_done_through_a_link() {
    let (_directory, root, outside) = root();
    symlink(&outside, root.path().join("link")).unwrap();
    symlink(outside.join("file"), root.path().join("file")).unwrap();
    let behind = root.join("link/file");
    for place in [&behind, &root.join("file")] {
        assert!(is_link(&place.open().unwrap_err()) && is_link(&place.read().unwrap_err()));
        assert!(is_link(&place.open_to_write().unwrap_err()) && is_link(&place.open_to_append().unwrap_err()));
        assert!(!matches!(place.is_file(), Ok(true)));
    }
    assert!(is_link(&behind.exists().unwrap_err()), "what lies behind a link is not looked at");
    for place in [&root.join("link/new"), &behind] {
        assert!(is_link(&place.create_new().unwrap_err()) && is_link(&place.make_new().unwrap_err()));
        assert!(is_link(&place.make().unwrap_err()) && is_link(&place.remove().unwrap_err()));
        assert!(is_link(&place.remove_file().unwrap_err()) && is_link(&place.rename(&root.join("x")).unwrap_err()));
        assert!(is_link(&PendingFile::write(place, |file| file.write_all(b"ours")).unwrap_err()));
    }
    assert!(is_link(&root.join("link").list().unwrap_err()));
    // What takes the place of a link, or removes it, does nothing to what it leads to.
    PendingFile::write(&root.join("file"), |file| file.write_all(b"ours")).unwrap().0.put().unwrap();
    assert_eq!(root.join("file").read().unwrap(), b"ours");
    root.join("link").remove_file().unwrap();
    assert_eq!(fs::read(outside.join("file")).unwrap(), b"theirs");
    assert_eq!(root.list().unwrap(), ["file"]);
}

#[test]
fn nothing_is_above_the_root() {
    let (_directory, root, _) = root();
    assert_eq!(root.join("a/../b/./c").below(), "b/c");
    root.join("a").make().unwrap();
    for path in ["../outside/file", "a/../../outside/file"] {
        assert!(root.join(path).open().is_err(), "{path}");
        assert_eq!(
            open_by_steps(root.root.directory.as_fd(), path.into(), OFlags::RDONLY, Mode::empty()).err(),
            Some(Errno::XDEV)
        );
    }
}

#[test]
fn where_the_system_does_not_open_beneath_it_is_done_by_steps() {
    let (_directory, root, outside) = root();
    root.join("a/b").make().unwrap();
    fs::write(root.path().join("a/b/file"), "ours").unwrap();
    symlink(&outside, root.path().join("a/link")).unwrap();
    symlink("b", root.path().join("a/inside")).unwrap();
    let open = |path: &str| open_by_steps(root.root.directory.as_fd(), path.into(), OFlags::RDONLY, Mode::empty());
    assert!(open("a/b/file").is_ok() && open(".").is_ok());
    for path in ["a/link/file", "a/inside/file", "a/link"] {
        assert!(matches!(open(path), Err(Errno::LOOP | Errno::NOTDIR)), "{path}");
    }
}

#[test]
fn a_pipe_is_not_waited_for_and_a_file_of_two_names_is_not_written() {
    let (_directory, root, outside) = root();
    mknodat(CWD, root.path().join("pipe").as_std_path(), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let pipe = root.join("pipe");
    for reason in [pipe.open().unwrap_err(), pipe.read().unwrap_err(), pipe.open_to_write().unwrap_err()] {
        assert_eq!(Unsafe::of(&reason), Some(&Unsafe::Special(pipe.path())));
    }
    fs::hard_link(outside.join("file"), root.path().join("shared")).unwrap();
    let shared = root.join("shared");
    for reason in [shared.open_to_write().unwrap_err(), shared.open_to_append().unwrap_err()] {
        assert_eq!(Unsafe::of(&reason), Some(&Unsafe::Shared(shared.path())));
    }
    shared.create().unwrap();
    assert_eq!(fs::read(outside.join("file")).unwrap(), b"theirs");
}
