//! Rules of the code that neither the compiler nor clippy holds. Each failure tells the rule, its reason and the place.

mod rings;
mod scanner;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use walkdir::WalkDir;

use rings::rings;
use scanner::{Tests, declared_modules, named_after, paths, words};

#[test]
fn core_imports_only_upwards() {
    let core = root().join("harness/core/src");
    let order = declared_modules(&words(&read(&core.join("lib.rs")), Tests::Kept));
    assert!(order.len() > 10, "lib.rs declares the modules of the core, and only {order:?} were found");
    let mut against = Vec::new();
    for path in rust_files(&core) {
        let module =
            path.strip_prefix(&core).unwrap().iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        let Some(own) = order.iter().position(|name| *name == module) else { continue };
        let words = words(&read(&path), Tests::Kept);
        let imports = named_after(&words, "crate").into_iter().chain(named_after(&words, "super"));
        let later = imports.filter(|import| order[own + 1..].contains(&import.text));
        against.extend(later.map(|import| place(&path, import.line, &format!("`{module}` names `{}`", import.text))));
    }
    hold(
        "a module of the core names only modules declared before it in lib.rs",
        "the order is the order of reading; a ring would make all of it one module",
        &against,
    );
}

#[test]
fn no_two_modules_import_each_other() {
    let mut against = Vec::new();
    for part in ["core", "engine", "cli", "bench"] {
        against.extend(rings(&root().join("harness").join(part).join("src")));
    }
    hold(
        "of the modules that one module declares, none imports another that imports it, in any way",
        "modules in a ring are one module in several files: none can be read, tested or moved alone",
        &against,
    );
}

#[test]
fn core_has_no_effects() {
    const EFFECTS: [&str; 6] = ["env", "fs", "net", "os", "process", "thread"];
    let files = ["core", "import"].map(|part| rust_files(&root().join("harness").join(part).join("src"))).concat();
    let against: Vec<String> = files
        .iter()
        .filter(|path| path.file_stem().is_none_or(|stem| stem != "tests"))
        .flat_map(|path| {
            let words = words(&read(path), Tests::Dropped);
            let named = named_after(&words, "std").into_iter().filter(|name| EFFECTS.contains(&name.text.as_str()));
            named.map(|name| place(path, name.line, &format!("std::{}", name.text))).collect::<Vec<_>>()
        })
        .collect();
    hold(
        "the core and the readers of imports name none of std::{env, fs, net, os, process, thread}",
        "the same records must give the same decision, so effects belong to the engine",
        &against,
    );
}

#[test]
fn crates_depend_in_one_direction() {
    let allowed: [(&str, &[&str]); 5] = [
        ("fixgate-core", &[]),
        ("fixgate-import", &["fixgate-core"]),
        ("fixgate-engine", &["fixgate-core"]),
        ("fixgate", &["fixgate-core", "fixgate-engine", "fixgate-import"]),
        ("fixgate-bench", &["fixgate-core", "fixgate-engine"]),
    ];
    let metadata = metadata();
    let ours: Vec<&Value> = packages(&metadata).filter(|package| package["source"].is_null()).collect();
    let names: BTreeSet<&str> = ours.iter().map(|package| text(&package["name"])).collect();
    assert_eq!(names, allowed.iter().map(|(name, _)| *name).collect(), "the crates of the workspace are not those of the rule");
    let mut against = Vec::new();
    for package in ours {
        let name = text(&package["name"]);
        let manifest = shown(Path::new(text(&package["manifest_path"])));
        let (_, below) = allowed.iter().find(|(known, _)| *known == name).unwrap();
        let dependencies = package["dependencies"].as_array().unwrap().iter().map(|dependency| text(&dependency["name"]));
        let upwards = dependencies.filter(|dependency| names.contains(dependency) && !below.contains(dependency));
        against.extend(upwards.map(|dependency| format!("{manifest}: depends on {dependency}")));
    }
    hold("crates depend in the direction core <- engine <- cli", "what decides must not know what acts or shows", &against);
}

#[test]
fn files_stay_short() {
    const MOST_LINES: usize = 400;
    let lines = |path: &Path| read(path).lines().count();
    let long = all_rust_files().into_iter().filter(|path| lines(path) > MOST_LINES);
    let against: Vec<String> = long.map(|path| format!("{}: {} lines", shown(&path), lines(&path))).collect();
    hold("a file has at most 400 lines", "what does not fit in a reader's head wants to be two things", &against);
}

#[test]
fn unsafe_code_stays_in_one_module() {
    let files = all_rust_files().into_iter().filter(|path| !path.ends_with("harness/engine/src/system.rs"));
    let against: Vec<String> = files
        .flat_map(|path| {
            let words = words(&read(&path), Tests::Kept);
            let found = words.into_iter().filter(|word| word.text == "unsafe");
            found.map(|word| place(&path, word.line, "unsafe")).collect::<Vec<_>>()
        })
        .collect();
    hold("`unsafe` is only in harness/engine/src/system.rs", "its auditor has one file to read", &against);
}

#[test]
fn every_test_file_is_run() {
    let mut against = Vec::new();
    for tests in ["core", "import", "engine", "cli"].map(|part| root().join("harness").join(part).join("tests/all")) {
        let files = rust_files(&tests);
        let declared: BTreeSet<PathBuf> = files
            .iter()
            .flat_map(|path| {
                let own = if path.ends_with("main.rs") || path.ends_with("mod.rs") {
                    path.with_file_name("")
                } else {
                    path.with_extension("")
                };
                let names = declared_modules(&words(&read(path), Tests::Kept));
                names.into_iter().flat_map(move |name| [own.join(&name).with_extension("rs"), own.join(&name).join("mod.rs")])
            })
            .collect();
        let forgotten = files.iter().filter(|path| **path != tests.join("main.rs") && !declared.contains(*path));
        against.extend(forgotten.map(|path| shown(path)));
    }
    hold("every file of tests is declared as a module", "a file that no module names is never compiled, and passes", &against);
}

#[test]
fn every_record_kind_has_a_bad_input_test() {
    let load = read(&root().join("harness/engine/src/load.rs"));
    let kinds = load.split("enum Record {").nth(1).and_then(|rest| rest.split('}').next()).unwrap();
    let kinds: Vec<String> = kinds
        .lines()
        .map(|line| line.trim().split(['(', ',']).next().unwrap().to_lowercase())
        .filter(|kind| !kind.is_empty() && !kind.starts_with("///") && kind != "other")
        // The project's record is called by its file.
        .map(|kind| kind.replace("project", "fixgate_toml"))
        .collect();
    assert!(kinds.len() > 5, "load.rs lists the kinds of record, and only {kinds:?} were found");
    let tests = read(&root().join("harness/cli/tests/all/bad_records.rs"));
    let named: Vec<&str> = tests.lines().filter(|line| line.starts_with("fn bad_input_in")).collect();
    let against: Vec<String> = kinds.into_iter().filter(|kind| !named.iter().any(|name| name.contains(kind.as_str()))).collect();
    hold(
        "every kind of record has a test `bad_input_in_…` in bad_records.rs that checks what is said of it",
        "a message that was never read helps no one",
        &against,
    );
}

#[test]
fn nothing_is_left_for_later() {
    // Written in two halves, so that this file does not find itself.
    let markers = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X"].concat(), ["todo", "!("].concat()];
    let mut against = Vec::new();
    for path in all_rust_files() {
        let text = read(&path);
        let marked = text.lines().zip(1..).filter(|(line, _)| markers.iter().any(|marker| line.contains(marker.as_str())));
        against.extend(marked.map(|(line, number)| place(&path, number, line.trim())));
    }
    hold("no file holds a note to do something later", "an open end belongs to the tracker, where it is seen", &against);
}

#[test]
fn dependencies_are_free_and_from_the_registry() {
    // Each expression, as packages write it, lets us take it under terms that ask for no more than a notice: nothing that a
    // user of Fixgate ships or signs may come to carry a duty that this repository's own licence does not have.
    const LICENCES: [&str; 21] = [
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "0BSD OR MIT OR Apache-2.0",
        "Apache-2.0",
        "Apache-2.0 / MIT",
        "Apache-2.0 OR MIT",
        "Apache-2.0 OR BSD-3-Clause",
        "Apache-2.0 OR BSL-1.0",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        "Apache-2.0/MIT",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "MIT",
        "MIT OR Apache-2.0",
        "MIT OR Apache-2.0 OR BSD-1-Clause",
        "MIT OR Apache-2.0 OR LGPL-2.1-or-later",
        "MIT OR Zlib OR Apache-2.0",
        "MIT/Apache-2.0",
        "Unlicense OR MIT",
        "Unlicense/MIT",
        "Zlib",
        "Zlib OR Apache-2.0 OR MIT",
    ];
    const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
    let metadata = metadata();
    let (mut licences, mut sources) = (Vec::new(), Vec::new());
    for package in packages(&metadata) {
        let name = format!("{} {}", text(&package["name"]), text(&package["version"]));
        match package["license"].as_str() {
            Some(licence) if LICENCES.contains(&licence) => {}
            licence => licences.push(format!("{name}: {}", licence.unwrap_or("states no licence"))),
        }
        let member = metadata["workspace_members"].as_array().unwrap().contains(&package["id"]);
        if !member && package["source"] != REGISTRY {
            sources.push(format!("{name}: {}", package["source"]));
        }
    }
    let reason = "a dependency may not bring a duty that our own licence does not have; read it, then add its expression here";
    hold("every dependency's licence is in the list of this test", reason, &licences);
    hold("every dependency comes from the crates registry", "anything else can change or vanish under a locked build", &sources);
}

#[test]
fn the_scanner_sees_what_the_rules_are_about() {
    let source = "
        //! Speaks of [`crate::gate`] and std::fs.
        use crate::{id::Digest, problem::{Place, Problem}};
        use super::super::case::Case;
        const TEXT: &str = \"crate::report unsafe\";
        fn one(digest: crate::judge::Finding) { std::env::var(TEXT) }
        #[cfg(test)]
        mod tests { use std::process::Command; }
        use std::{fmt, thread};
    ";
    let names = |tests, anchor| -> Vec<String> {
        named_after(&words(source, tests), anchor).into_iter().map(|word| word.text.clone()).collect()
    };
    assert_eq!(names(Tests::Kept, "crate"), ["id", "problem", "judge"]);
    assert_eq!(names(Tests::Kept, "super"), ["super", "case"]);
    assert_eq!(names(Tests::Kept, "std"), ["env", "process", "fmt", "thread"]);
    assert_eq!(names(Tests::Dropped, "std"), ["env", "fmt", "thread"]);
    assert!(words(source, Tests::Kept).iter().all(|word| word.text != "unsafe"));
    assert_eq!(declared_modules(&words("pub mod id; mod inner { } pub mod problem;", Tests::Kept)), ["id", "problem"]);
}

#[test]
fn the_scanner_sees_every_path_that_an_import_names() {
    let source = "
        use super::{process::{bytes, receive as read}, Terms, r#wire as other};
        use std::fmt;
        fn one() { crate::builds::open(self::inner::two()); core::super_::x() }
    ";
    let paths: Vec<String> = paths(&words(source, Tests::Dropped)).into_iter().map(|path| path.join("::")).collect();
    let expected = [
        "super::process::bytes",
        "super::process::receive",
        "super::Terms",
        "super::r#wire",
        "crate::builds::open",
        "self::inner::two",
    ];
    assert_eq!(paths, expected);
}

/// Fails with the rule, its reason and every place that is against it.
fn hold(rule: &str, reason: &str, against: &[String]) {
    assert!(against.is_empty(), "\nrule: {rule}\nreason: {reason}\n  {}\n", against.join("\n  "));
}

fn place(path: &Path, line: usize, what: &str) -> String {
    format!("{}:{line}: {what}", shown(path))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|reason| panic!("{} cannot be read: {reason}", path.display()))
}

fn all_rust_files() -> Vec<PathBuf> {
    rust_files(&root().join("harness"))
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(directory).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    let files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect();
    assert!(!files.is_empty(), "{} holds no Rust: the rule would hold of nothing", directory.display());
    files
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--format-version", "1", "--locked"];
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().unwrap().iter()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
