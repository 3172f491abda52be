//! A fault at every change that a command makes to the product's files: it says what is wrong and what to do, nothing that stood
//! there before is lost, nothing half-written is left, and the same command then comes to where it would have come undisturbed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use walkdir::WalkDir;

use crate::common::{Product, Said, timeless};
use crate::faults::product::product;
use crate::faults::spoil::{Kind, Spoilt, spoilt};

/// The cache that nothing depends on, and its journal.
const HISTORY: &str = ".fixgate/history.sqlite";

/// A command, what it works on, and how it ends undisturbed.
pub(crate) struct Subject {
    pub(crate) before: Product,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) exit: i32,
    /// Whether it is gone on with by the name of its run.
    resumable: bool,
    changes: Vec<(String, String)>,
    after: BTreeMap<String, String>,
    checked: Option<i32>,
}

impl Subject {
    fn new(before: Product, arguments: &'static [&'static str], exit: i32) -> Self {
        let undisturbed = ready(&before);
        let Spoilt { said, changes } = spoilt(&undisturbed, Kind::Count, 0, arguments);
        said.exits(exit);
        let checked = before.fixgate(&["check"]).code;
        let resumable = ["run", "signoff"].contains(&arguments[0]);
        Self { before, arguments, exit, resumable, changes, after: files(&undisturbed), checked }
    }

    pub(crate) fn run() -> Self {
        let arguments = &["run", "--candidate", "RU1", "--baseline", "RTM", "--junit", "reports/junit.xml", "--jobs", "1"];
        Self::new(product(), arguments, 1)
    }

    pub(crate) fn signoff() -> Self {
        Self::new(product(), &["signoff", "RU1", "--jobs", "1"], 1)
    }

    pub(crate) fn prove() -> Self {
        Self::new(product(), &["prove", "GR-1"], 0)
    }

    fn accept() -> Self {
        Self::new(product(), &["accept", "GR-2", "--yes"], 0)
    }

    fn build() -> Self {
        let product = product();
        fs::remove_dir_all(product.path(".fixgate")).unwrap();
        Self::new(product, &["build", "RU1"], 0)
    }

    /// Spoils the change of this number, and holds if all is well in the end.
    fn meets(&self, kind: Kind, number: usize) {
        let product = ready(&self.before);
        let Spoilt { said, changes } = spoilt(&product, kind, number, self.arguments);
        let spoilt = changes.get(number - 1);
        let place = format!("{kind:?} at {number}, {spoilt:?}, ends with {:?}:\n{}{}", said.code, said.stdout, said.stderr);
        match (kind, spoilt) {
            // It has made less of them this time.
            (_, None) | (Kind::Count | Kind::Short, Some(_)) => assert_eq!(said.code, Some(self.exit), "{place}"),
            // The directory was there already, or the file was not.
            (Kind::Broken, Some((call, _))) if ["mkdir", "unlink"].contains(&&**call) && said.code == Some(self.exit) => {}
            // What needs no room still goes, and the history may do without: a later one is told of then.
            (Kind::Full | Kind::ReadOnly, Some(_)) => self.is_told(&said, &changes[number - 1..], &place),
            (Kind::Broken, Some(_)) => self.is_told(&said, &changes[number - 1..number], &place),
            (Kind::Kill | Kind::Torn, Some(_)) => assert_eq!(said.code, Some(128 + 9), "{place}"),
        }
        self.goes_on(&product, &place);
    }

    /// Holds if what was left is whole, and the same command comes to the same end.
    pub(crate) fn goes_on(&self, product: &Product, place: &str) {
        self.is_whole(product, place);
        let runs = product.runs();
        assert!(runs.len() <= 1, "{place}: {runs:?}");
        let resume = runs.first().filter(|_| self.resumable).map(|run| ["--resume", run.as_str()]);
        let again = product.fixgate(&[self.arguments, resume.as_ref().map_or(&[][..], |words| &words[..])].concat());
        assert_eq!(again.code, Some(self.exit), "{place}\nand again:\n{}{}", again.stdout, again.stderr);
        let after = files(product);
        let paths: BTreeSet<&String> = after.keys().chain(self.after.keys()).collect();
        for path in paths {
            assert_eq!(after.get(path), self.after.get(path), "{place}\n{path} is not what it would have been");
        }
    }

    /// What keeps the command from its answer is said; what only concerns the history is a warning.
    fn is_told(&self, said: &Said, changes: &[(String, String)], place: &str) {
        if said.code == Some(self.exit) {
            // Nor does it take room to put what is whole in its place.
            let harmless = |(call, path): &(String, String)| path.starts_with(HISTORY) || ["rename", "unlink"].contains(&&**call);
            assert!(changes.iter().all(harmless), "{place}");
            return;
        }
        assert_eq!(said.code, Some(3), "{place}");
        assert!(said.stderr.contains("void: ") && said.stderr.contains("\nhelp: "), "{place}");
        // What is written aside is known by the name that it was to have, and what is in a build by the build.
        let build = |path: &str| path.strip_prefix(".fixgate/builds/").map(|path| path.trim_start_matches('.').to_owned());
        let build = |path: &str| build(path).and_then(|path| path.split('/').next().map(str::to_owned));
        let known = |path: &str| path.split_once(".fixgate-").map_or(path, |(directory, _)| directory).to_owned();
        let is_named = |path: &str| said.stderr.contains(&build(path).unwrap_or_else(|| known(path)));
        assert!(changes.iter().any(|(_, path)| is_named(path)), "{place}");
    }

    /// What is there can be read, and no report is half of one.
    fn is_whole(&self, product: &Product, place: &str) {
        let check = product.fixgate(&["check"]);
        assert!(check.code == self.checked || check.code == Some(0), "{place}\n{}{}", check.stdout, check.stderr);
        for run in product.runs() {
            let report = product.fixgate(&["report", &run, "--format", "json"]);
            assert_eq!(report.code, Some(0), "{place}\n{}", report.stderr);
        }
        for (path, text) in files(product) {
            let report = ["reports/RU1/", "defects/"].iter().any(|directory| path.starts_with(directory));
            if report && !path.contains("/.") {
                let known = self.after.get(&path) == Some(&text) || files(&self.before).get(&path) == Some(&text);
                assert!(known, "{place}\n{path} is neither the old nor the new:\n{text}");
            }
        }
    }
}

/// The product once more, with its builds. A build belongs to its place, so that what is beside each names the new one.
pub(crate) fn ready(before: &Product) -> Product {
    let product = before.copy();
    let root = |product: &Product| product.path("").canonicalize().unwrap().to_str().unwrap().to_owned();
    for made in ["RTM", "RU1"].map(|build| format!(".fixgate/builds/{build}.json")) {
        if product.path(&made).exists() {
            product.put(&made, &product.read(&made).replace(&root(before), &root(&product)));
        }
    }
    product
}

/// Every file of the product, without times and digests. The history is a cache, and how a baseline's outputs were added to
/// their file does not matter. What was being written to a place that the user named stays aside there after a kill.
fn files(product: &Product) -> BTreeMap<String, String> {
    let root = product.path("");
    let runs = product.runs();
    let mut files = BTreeMap::new();
    for entry in WalkDir::new(&root).sort_by_file_name() {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(&root).unwrap().to_str().unwrap();
        let passed_over = [HISTORY, ".fixgate/.lock", "reports/.fixgate-"].iter().any(|start| path.starts_with(start));
        if !entry.file_type().is_file() || passed_over {
            continue;
        }
        let bytes = fs::read(entry.path()).unwrap();
        let text = match path {
            path if path.starts_with(".fixgate/baselines/") => String::new(),
            path if path.ends_with("/journal.jsonl") => readable(&bytes),
            path if path.ends_with("/signoff.html") => unpacked(&String::from_utf8_lossy(&bytes)),
            path if path.ends_with(".gz") => {
                let mut text = String::new();
                MultiGzDecoder::new(&*bytes).read_to_string(&mut text).map(|_| text).unwrap_or_else(|reason| reason.to_string())
            }
            _ => String::from_utf8_lossy(&bytes).into_owned(),
        };
        let changing = |letter: char| letter.is_ascii_digit() || matches!(letter, 'a'..='f' | '.' | '-' | '+');
        let path = runs.iter().fold(path.to_owned(), |path, run| path.replace(run, "RUN"));
        // A build's record names its place.
        let text = text.replace(root.to_str().unwrap().trim_end_matches('/'), "ROOT");
        files.insert(path, text.replace(changing, ""));
    }
    files
}

/// The lines of a page in any order, as some are ordered by times, and without its packed blocks, in which times and digests can't be
/// masked. `signoff.json` holds what they do.
fn unpacked(page: &str) -> String {
    let blocks = page.split("<script type=\"application/gzip\"");
    let mut lines: Vec<&str> =
        blocks.flat_map(|part| part.split_once("</script>").map_or(part, |(_, after)| after).lines()).collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn readable(bytes: &[u8]) -> String {
    let lines = String::from_utf8_lossy(bytes).into_owned();
    match lines.lines().map(serde_json::from_str).collect() {
        Ok(lines) => format!("{:#?}", timeless(lines)),
        Err(_) => lines,
    }
}

/// Each change is spoilt in one of the ways, the next in another one. Of those that SQLite makes to one file in a row, the first
/// and the last are.
fn meets_a_fault_at_every_change(subject: &Subject) {
    let changes = &subject.changes;
    assert!(!changes.is_empty());
    let in_a_row = |index: usize| {
        let same = |other: usize| changes.get(other) == changes.get(index);
        changes[index].1.starts_with(HISTORY) && index > 0 && same(index - 1) && same(index + 1)
    };
    for index in (0..changes.len()).filter(|index| !in_a_row(*index)) {
        let kinds = Kind::SPOILING;
        subject.meets(kinds[index % kinds.len()], index + 1);
    }
}

/// Each change is spoilt in every way.
fn meets_every_fault_at_every_change(subject: &Subject) {
    for number in 1..=subject.changes.len() {
        Kind::SPOILING.into_iter().for_each(|kind| subject.meets(kind, number));
    }
    let count = subject.changes.len();
    println!("{}: {count} changes, {} faults", subject.arguments.join(" "), count * Kind::SPOILING.len());
}

#[test]
fn a_run_meets_a_fault_at_every_change() {
    meets_a_fault_at_every_change(&Subject::run());
}

#[test]
fn a_sign_off_meets_a_fault_at_every_change() {
    meets_a_fault_at_every_change(&Subject::signoff());
}

#[test]
fn a_proof_meets_a_fault_at_every_change() {
    meets_a_fault_at_every_change(&Subject::prove());
}

#[test]
fn an_acceptance_meets_a_fault_at_every_change() {
    meets_a_fault_at_every_change(&Subject::accept());
}

#[test]
fn a_build_meets_a_fault_at_every_change() {
    meets_a_fault_at_every_change(&Subject::build());
}

#[test]
#[ignore = "it takes minutes: every way at every change, where the tests above take them in turn"]
fn every_command_meets_every_fault_at_every_change() {
    for subject in [Subject::run(), Subject::signoff(), Subject::prove(), Subject::accept(), Subject::build()] {
        meets_every_fault_at_every_change(&subject);
    }
}
