//! What builds promise: a digest that is their content.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use fixgate_engine::build::{BuildError, digest, locate};

fn place() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// A directory with these files, the text of each beside its name.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = place();
    for (name, text) in files {
        let path = place.path().join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("our own directory");
        fs::write(path, text).expect("our own directory");
    }
    place
}

fn digest_of(files: &[(&str, &str)]) -> String {
    digest(tree(files).path()).expect("a digest").to_string()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("our own file");
}

#[test]
fn the_digest_of_a_file_is_that_of_its_bytes() {
    let place = tree(&[("program", "abc")]);
    assert_eq!(
        digest(&place.path().join("program")).expect("a digest").to_string(),
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn the_digest_of_a_directory_depends_on_content_alone() {
    let files = [("b", "2"), ("a/c", "1"), ("a.b", "3")];
    let mut other_order = files;
    other_order.reverse();
    assert_eq!(digest_of(&files), digest_of(&other_order));
}

#[test]
fn every_change_of_content_changes_the_digest() {
    let place = tree(&[("a", "1"), ("b", "2")]);
    let file = place.path().join("a");
    let mut seen = vec![digest(place.path()).expect("a digest")];
    let mut changed = |what: &str| {
        let now = digest(place.path()).expect("a digest");
        assert!(!seen.contains(&now), "{what}");
        seen.push(now);
    };
    fs::write(&file, "2").expect("our own file");
    changed("bytes");
    set_mode(&file, 0o755);
    changed("the executable bit");
    fs::rename(&file, place.path().join("c")).expect("our own file");
    changed("a name");
    symlink("b", &file).expect("our own directory");
    changed("a new link");
    fs::remove_file(&file).expect("our own file");
    symlink("c", &file).expect("our own directory");
    changed("a link's target");
}

#[test]
fn what_is_one_thing_and_what_is_two_is_unambiguous() {
    // Names and texts that would read the same when merely put one after another.
    assert_ne!(digest_of(&[("a", "bc")]), digest_of(&[("ab", "c")]));
    assert_ne!(digest_of(&[("a", ""), ("b", "")]), digest_of(&[("a", "b")]));
    assert_ne!(digest_of(&[("a/b", "")]), digest_of(&[("a", "b")]));
    assert_ne!(digest_of(&[]), digest_of(&[("a", "")]));
}

#[test]
fn a_link_that_leaves_the_build_counts_with_what_it_leads_to() {
    let outside = tree(&[("program", "1"), ("directory/file", "1")]);
    let build = tree(&[("inside", "1")]);
    for (name, target) in [("program", "program"), ("directory", "directory"), ("nowhere", "missing")] {
        symlink(outside.path().join(target), build.path().join(name)).expect("our own directory");
    }
    let now = || digest(build.path()).expect("a digest");
    let first = now();
    fs::write(outside.path().join("program"), "2").expect("our own file");
    assert_ne!(now(), first);
    fs::write(outside.path().join("program"), "1").expect("our own file");
    assert_eq!(now(), first);
}

#[test]
fn what_decides_what_a_build_does_changes_its_digest() {
    let place = tree(&[("bin/program", "1"), ("data", "2")]);
    let [program, data, empty] = ["bin/program", "data", "empty"].map(|name| place.path().join(name));
    set_mode(&program, 0o755);
    let mut seen = vec![digest(place.path()).expect("a digest")];
    let mut changed = |what: &str| {
        let now = digest(place.path()).expect("a digest");
        assert!(!seen.contains(&now), "{what}");
        seen.push(now);
    };
    fs::create_dir(&empty).expect("our own directory");
    changed("an empty directory");
    fs::create_dir(empty.join("deeper")).expect("our own directory");
    changed("an empty directory in another");
    set_mode(&empty, 0o555);
    changed("a directory in which nothing can be made");
    set_mode(&program, 0o4755);
    changed("a program that runs as its owner");
    set_mode(&program, 0o2755);
    changed("a program that runs as its group");
    set_mode(&program, 0o655);
    changed("a program that its owner may not run");
    set_mode(&program, 0o555);
    changed("a program that its owner may not write");
    set_mode(&data, 0o444);
    changed("a file that its owner may not write");
    symlink("/etc/passwd", place.path().join("link")).expect("our own directory");
    changed("a link to a file outside that is no program");
    set_mode(&empty, 0o755);
}

#[test]
fn a_file_of_a_setuid_program_has_another_digest() {
    let place = tree(&[("program", "abc")]);
    let program = place.path().join("program");
    let modes = [0o755, 0o700, 0o4755].map(|mode| {
        set_mode(&program, mode);
        digest(&program).expect("a digest")
    });
    assert!(modes[0] == modes[1] && modes[0] != modes[2]);
}

/// Pins, proofs and sign-offs name digests: those of builds that have nothing else stay for ever.
#[test]
fn a_build_of_plain_files_and_links_keeps_its_digest() {
    let place = tree(&[("bin/program", "1"), ("data", "2")]);
    symlink("data", place.path().join("inside")).expect("our own directory");
    symlink("missing", place.path().join("nowhere")).expect("our own directory");
    let now = |[program, data, directory]: [u32; 3]| {
        set_mode(&place.path().join("bin/program"), program);
        set_mode(&place.path().join("data"), data);
        set_mode(&place.path().join("bin"), directory);
        digest(place.path()).expect("a digest").to_string()
    };
    for modes in [[0o755, 0o644, 0o755], [0o700, 0o600, 0o700], [0o775, 0o664, 0o2775]] {
        assert_eq!(now(modes), "sha256:c55c96f861896fd38b696dae511f6777d2b522c72d8784c1659272d194f15fad");
    }
}

#[test]
fn a_link_that_cannot_be_followed_is_not_taken_for_one_that_dangles() {
    let place = tree(&[("file", "1")]);
    let link = |name: &str, target: &str| symlink(target, place.path().join(name)).expect("our own directory");
    for (name, target) in [("dangling", "missing"), ("circle", "circle"), ("through", "file/below")] {
        link(name, target);
        digest(place.path()).expect("it leads nowhere");
    }
    link("long", &"n".repeat(300));
    let refused = digest(place.path()).expect_err("it cannot be followed").to_string();
    assert!(refused.starts_with("cannot follow the link `") && refused.contains("/long`"), "{refused}");
}

#[test]
fn what_has_no_content_has_no_digest() {
    let place = place();
    let missing = digest(&place.path().join("missing")).expect_err("nothing there").to_string();
    assert!(missing.contains("missing"), "{missing}");
    let status = std::process::Command::new("mkfifo").arg(place.path().join("pipe")).status();
    assert!(status.expect("mkfifo starts").success());
    assert!(matches!(digest(place.path()), Err(BuildError::Special(_))));
}

#[test]
fn a_build_is_found_by_its_directory_or_its_program() {
    let place = tree(&[("bin/rg", ""), ("bin/plain", "")]);
    let root = place.path().canonicalize().expect("it is there");
    let program = root.join("bin/rg");
    set_mode(&program, 0o755);
    let located = locate(&root, Path::new("bin/rg")).expect("a build");
    assert_eq!((located.build, &located.program), (root.clone(), &program));
    let located = locate(&program, Path::new("bin/other")).expect("a program");
    assert_eq!((&located.build, &located.program), (&program, &program));

    let message = |path: &Path, program: &str| locate(path, Path::new(program)).expect_err("no build").to_string();
    assert!(message(&root.join("missing"), "x").contains("No such file"));
    assert!(message(&root, "bin/none").contains("has no program `bin/none`"));
    assert!(message(&root, "bin/plain").contains("not an executable file"));
    assert!(message(&root.join("bin/plain"), "x").contains("not an executable file"));
    assert!(message(&root, "bin").contains("not an executable file"));
}
