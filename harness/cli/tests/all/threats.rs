//! THREATS.md is true: it names every attack there is a test of, and none that there is not; and no variable weakens a check.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Every Rust file below a directory, with its text.
fn sources(directory: &Path) -> Vec<(PathBuf, String)> {
    let entries = WalkDir::new(directory).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let read: Vec<_> = files.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect();
    assert!(!read.is_empty(), "{} holds no Rust", directory.display());
    read
}

#[test]
fn every_attack_is_named_in_the_page_of_threats_and_every_name_there_is_an_attack() {
    let page = fs::read_to_string(root().join("THREATS.md")).unwrap();
    let is_name = |word: &&str| word.contains('_') && word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
    let named: BTreeSet<&str> = page.split('`').filter(is_name).collect();
    let sources = sources(&root().join("harness/cli/tests/all/attacks"));
    let tests = sources.iter().flat_map(|(_, text)| text.split("#[test]\nfn ").skip(1));
    let tests: BTreeSet<&str> = tests.map(|rest| rest.split('(').next().unwrap()).collect();
    assert!(tests.len() >= 40, "only {} attacks were found", tests.len());
    let only = |one: &BTreeSet<&str>, other: &BTreeSet<&str>| one.difference(other).map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(only(&named, &tests), Vec::<String>::new(), "THREATS.md names tests that are not there");
    assert_eq!(only(&tests, &named), Vec::<String>::new(), "THREATS.md does not name these tests");
}

#[test]
fn the_environment_is_read_for_nothing_but_places() {
    // What reads the environment, in any file of the harness; tests and examples are none of it.
    const READS: [&str; 6] = ["env::var", "env::vars", "var_os", "temp_dir", "option_env!", "getenv"];
    let allowed: [(&str, &str); 4] = [
        // Where git and ssh-keygen are.
        ("harness/engine/src/inherited.rs", r#"std::env::var_os("PATH")"#),
        // Where the usual key of the signer is, what a person trusts, and what `~` means in a grant.
        ("harness/engine/src/home.rs", r#"std::env::var_os("HOME")"#),
        // What recipes get of it; the harness itself only looks there where cargo keeps its settings.
        ("harness/engine/src/build/variables.rs", "std::env::vars_os()"),
        // Where work directories are made.
        ("harness/engine/src/workdir.rs", r#"std::env::var_os("TMPDIR")"#),
    ];
    let mut against = Vec::new();
    for part in ["core", "import", "engine", "cli"] {
        for (path, text) in sources(&root().join("harness").join(part).join("src")) {
            let path = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let own = allowed.iter().filter(|(file, _)| *file == path);
            let rest = own.fold(code.to_owned(), |code, (_, known)| {
                assert!(code.contains(known), "{path} has no {known} any more: take it out of this test and of THREATS.md");
                code.replace(known, "")
            });
            against.extend(READS.iter().filter(|read| rest.contains(**read)).map(|read| format!("{path}: {read}")));
        }
    }
    assert_eq!(against, Vec::<String>::new(), "a variable that changes what is decided is a way to cheat");
}
