//! What journals promise: nothing written is lost, nothing half-written is believed.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use camino::Utf8Path;
use fixgate_core::id::Digest;
use fixgate_engine::journal::{self, Contents, Journal, JournalError, write_whole};
use fixgate_engine::place::Place;

type Numbers = Contents<String, u32>;

fn place() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("run.journal");
    (directory, path)
}

fn at(path: &Path) -> Place {
    Place::file(Utf8Path::from_path(path).expect("a plain name")).expect("a directory")
}

fn read(path: &Path) -> Result<Numbers, JournalError> {
    journal::read(&at(path))
}

fn add_raw(path: &Path, bytes: &[u8]) {
    let file = fs::OpenOptions::new().append(true).open(path);
    file.and_then(|mut file| file.write_all(bytes)).expect("our own file");
}

#[test]
fn what_is_appended_is_read_in_order() {
    let (_directory, path) = place();
    let mut journal = Journal::create(&at(&path), &"head".to_owned()).expect("a new file");
    journal.append(&[1_u32, 2]).expect("room");
    journal.append(&[] as &[u32]).expect("nothing to do");
    journal.append([&3_u32]).expect("room");
    journal.sync().expect("a disk");
    let contents = read(&path).expect("a good journal");
    assert_eq!((contents.header.as_str(), contents.cut_off), ("head", 0));
    assert_eq!(contents.records, [1, 2, 3]);
}

#[test]
fn the_digest_is_that_of_every_line_before_also_after_a_resume() {
    let (_directory, path) = place();
    let mut journal = Journal::create(&at(&path), &"head".to_owned()).expect("a new file");
    journal.append([&1_u32]).expect("room");
    drop(journal);
    add_raw(&path, b"2");
    let mut journal = Journal::resume(&at(&path)).expect("our own file");
    let before = journal.digest();
    assert_eq!(before, Digest::of(b"\"head\"\n1\n"));
    journal.append([&3_u32]).expect("room");
    assert_eq!(read(&path).expect("a good journal").before_last, before);
}

#[test]
fn an_existing_file_is_not_overwritten() {
    let (_directory, path) = place();
    fs::write(&path, "precious").expect("our own directory");
    Journal::create(&at(&path), &1).expect_err("it exists");
    assert_eq!(fs::read(&path).expect("it is there"), b"precious");
}

#[test]
fn a_cut_off_last_line_is_dropped_counted_and_overwritten_on_resume() {
    let (_directory, path) = place();
    let mut journal = Journal::create(&at(&path), &"head".to_owned()).expect("a new file");
    journal.append(&[10_u32, 20]).expect("room");
    drop(journal);
    // It would read as a number, but more digits may have been meant to follow.
    add_raw(&path, b"30");
    let contents = read(&path).expect("the rest is good");
    assert_eq!((contents.records, contents.cut_off), (vec![10, 20], 2));
    let mut journal = Journal::resume(&at(&path)).expect("a resumable journal");
    journal.append(&[300_u32]).expect("room");
    let contents = read(&path).expect("a good journal");
    assert_eq!((contents.records, contents.cut_off), (vec![10, 20, 300], 0));
}

#[test]
fn every_prefix_of_a_journal_gives_the_records_that_are_whole_in_it() {
    let (_directory, path) = place();
    let mut journal = Journal::create(&at(&path), &"head".to_owned()).expect("a new file");
    journal.append(&[1_u32, 22, 333]).expect("room");
    let whole = fs::read(&path).expect("our own file");
    for length in 0..=whole.len() {
        fs::write(&path, &whole[..length]).expect("our own file");
        let newlines = whole[..length].iter().filter(|byte| **byte == b'\n').count();
        match read(&path) {
            Ok(contents) => {
                assert_eq!(contents.records, [1, 22, 333][..newlines - 1]);
                Journal::resume(&at(&path)).expect("what can be read can be resumed");
                assert_eq!(read(&path).expect("resumed").cut_off, 0);
            }
            Err(JournalError::NoHeader(_)) => {
                assert_eq!(newlines, 0);
                Journal::resume(&at(&path)).expect_err("nothing to go on with");
            }
            Err(error) => panic!("{length}: {error}"),
        }
    }
}

#[test]
fn a_bad_line_is_named_by_file_and_line_also_if_it_is_the_last() {
    let (_directory, path) = place();
    for (text, line) in [("\"head\"\n1\nbad\n3\n", 3), ("\"head\"\n1\n\n", 3), ("7\n1\n", 1)] {
        fs::write(&path, text).expect("our own directory");
        let message = read(&path).expect_err("a bad line").to_string();
        assert!(message.starts_with(&format!("{}:{line}: ", path.display())), "{message}");
    }
}

#[test]
fn a_journal_of_several_blocks_is_read_in_order_with_its_lines_counted() {
    let (_directory, path) = place();
    let mut journal = Journal::create(&at(&path), &"head".to_owned()).expect("a new file");
    // Short lines, and some that are longer than a block alone.
    let record = |number: usize| format!("{number} {}", "x".repeat(if number % 500 == 7 { 3 << 20 } else { number % 3000 }));
    let records: Vec<String> = (0..1500).map(record).collect();
    journal.append(&records).expect("room");
    let before = journal.digest();
    journal.append([&"last".to_owned()]).expect("room");
    let contents: Contents<String, String> = journal::read(&at(&path)).expect("a good journal");
    assert_eq!(contents.records.split_last().expect("records"), (&"last".to_owned(), records.as_slice()));
    assert_eq!((contents.before_last, contents.cut_off), (before, 0));

    add_raw(&path, b"\"after\"\n{\n\"cut");
    let error = journal::read::<String, String>(&at(&path)).expect_err("a bad line");
    assert!(error.to_string().contains("run.journal:1504: "), "{error}");
}

#[test]
fn a_failed_write_leaves_the_journal_as_it_was() {
    let (_directory, path) = place();
    let mut journal = Journal::create(&at(&path), &"head".to_owned()).expect("a new file");
    // A map whose keys are no strings has no form in JSON; the good one before it must not be written alone.
    let bad = std::collections::BTreeMap::from([(vec![1], 1)]);
    journal.append(&[std::collections::BTreeMap::new(), bad]).expect_err("no JSON");
    journal.append(&[1_u32]).expect("room");
    assert_eq!(read(&path).expect("a good journal").records, [1]);
}

#[test]
fn records_survive_the_writer_being_killed() {
    let (_directory, path) = place();
    // This very test, run again as another process, is the writer.
    const WRITER: &str = "FIXGATE_TEST_JOURNAL";
    if let Some(path) = std::env::var_os(WRITER) {
        let mut journal = Journal::create(&at(Path::new(&path)), &"head".to_owned()).expect("new");
        for number in 0..1000_u32 {
            journal.append(&[number]).expect("room");
        }
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).expect("our own process");
    }
    let status = Command::new(std::env::current_exe().expect("a test has a file"))
        .args(["--exact", "journal::records_survive_the_writer_being_killed"])
        .env(WRITER, &path)
        .output()
        .expect("the test starts again")
        .status;
    assert_eq!(status.signal(), Some(9));
    let contents = read(&path).expect("a good journal");
    assert_eq!((contents.records.len(), contents.cut_off), (1000, 0));
}

#[test]
fn a_whole_file_replaces_what_was_there_and_leaves_nothing_beside_it() {
    let (directory, path) = place();
    write_whole(&at(&path), b"old").expect("a writable directory");
    let old = fs::metadata(&path).expect("it is there");
    write_whole(&at(&path), b"new").expect("a writable directory");
    let new = fs::metadata(&path).expect("it is there");
    assert_eq!(fs::read(&path).expect("it is there"), b"new");
    assert_ne!(old.ino(), new.ino(), "it was edited in place");
    assert_eq!(new.permissions().mode() & 0o400, 0o400);
    assert_eq!(fs::read_dir(directory.path()).expect("it is there").count(), 1);
    write_whole(&at(&path).join("../no/such"), b"").expect_err("no directory");
}
