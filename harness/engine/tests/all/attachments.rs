//! The files that cases name: packed tables, and what must not be read.

use std::fs;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_engine::load::load;
use fixgate_engine::tree::Tree;
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

const PROJECT: &str = "[product]\nname = \"p\"\nprogram = \"p\"\n[gate]\ncriteria = [\"clean\"]\nmin-scenarios = 1\n";
const ROWS: &str = "{\"id\":\"one\",\"args\":[\"1\"]}\n{\"id\":\"two\",\"args\":[\"2\"]}\n";

/// A tree with one case over the table of this name.
fn tree(table: &str, bytes: &[u8]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let suite = directory.path().join("testcases/suite");
    fs::create_dir_all(&suite).unwrap();
    fs::write(directory.path().join("fixgate.toml"), PROJECT).unwrap();
    let case = format!("title = \"rows\"\ntable = \"{table}\"\n[[step]]\nrun = [\"${{product}}\"]\n");
    fs::write(suite.join("rows.toml"), case).unwrap();
    fs::write(suite.join(table), bytes).unwrap();
    directory
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn root(directory: &TempDir) -> Utf8PathBuf {
    Utf8Path::from_path(directory.path()).unwrap().to_owned()
}

/// Ids and definitions of the tree's scenarios.
fn scenarios(directory: &TempDir) -> Vec<String> {
    let ledger = load(&Tree::find(&root(directory)).unwrap()).unwrap();
    ledger.scenarios.iter().map(|scenario| format!("{} {}", scenario.id, scenario.digest())).collect()
}

/// What is wrong with the tree, in one line each.
fn problems(directory: &TempDir) -> Vec<String> {
    let fault = load(&Tree::find(&root(directory)).unwrap()).unwrap_err();
    fault.problems.into_iter().map(|problem| problem.message).collect()
}

#[test]
fn a_packed_table_is_the_table() {
    let plain = scenarios(&tree("rows.jsonl", ROWS.as_bytes()));
    assert_eq!(plain.len(), 2);
    assert_eq!(scenarios(&tree("rows.jsonl.gz", &packed(ROWS.as_bytes()))), plain);
    // As `cat one.gz two.gz` makes it.
    let (one, two) = ROWS.split_at(ROWS.find('\n').unwrap() + 1);
    let joined = [packed(one.as_bytes()), packed(two.as_bytes())].concat();
    assert_eq!(scenarios(&tree("rows.jsonl.gz", &joined)), plain);
}

#[test]
fn a_packed_table_that_is_damaged_is_told_with_its_path() {
    let bytes = packed(ROWS.as_bytes());
    let cut = problems(&tree("rows.jsonl.gz", &bytes[..bytes.len() / 2]));
    assert!(cut[0].starts_with("testcases/suite/rows.jsonl.gz cannot be read: "), "{cut:?}");
    let other = problems(&tree("rows.jsonl.gz", b"not packed at all"));
    assert!(other[0].starts_with("testcases/suite/rows.jsonl.gz cannot be read: "), "{other:?}");
}

#[test]
fn a_packed_table_that_would_fill_memory_is_refused() {
    let bomb = packed(&vec![b'\n'; 257 << 20]);
    assert!(bomb.len() < 4 << 20);
    assert_eq!(
        problems(&tree("rows.jsonl.gz", &bomb)),
        ["testcases/suite/rows.jsonl.gz cannot be read: it is larger than 256 MiB"]
    );
}
