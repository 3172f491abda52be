//! `fixgate import`

mod defects;

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use fixgate_core::id::Digest;
use fixgate_core::imported::{Imported, ImportedFile, ReadCounts, SuiteError, Word};
use fixgate_core::problem::Problem;
use fixgate_core::record::RunRecord;
use fixgate_core::report::summary::{self, Summary};
use fixgate_core::residual::{Analysis, analyse};
use fixgate_core::verdict::Verdict;
use fixgate_core::words::{counted, thousands};
use fixgate_engine::fault::Fault;
use fixgate_engine::imported::{self, record};
use fixgate_engine::{builds, commit};
use fixgate_import::{Found, MOST_BYTES, Results};
use serde::Serialize;

use super::report::extent;
use crate::arguments::{Format, Import, ImportResults};
use crate::exit::Exit;
use crate::session::Session;

/// Brings in what other programs wrote.
pub(super) fn import(session: &Session, what: &Import) -> Result<Exit, Fault> {
    match what {
        Import::Junit(arguments) => results(session, arguments),
        Import::Defects(arguments) => defects::defects(session, arguments),
    }
}

/// Records test results as a run.
fn results(session: &Session, arguments: &ImportResults) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let (files, results) = read(arguments)?;
    let entries = results.entries().map_err(Fault::usage)?;
    let lock = session.lock(&tree)?;
    let commit = commit::ask(&tree, &ledger);
    let progress = session.progress();
    let site = session.site(&tree, &ledger, &progress);
    let candidate = builds::find(&site, &arguments.candidate, arguments.placed_as.as_ref())?;
    let read = results.counts();
    let said = Imported { files, word: Word::Unsigned, read, suite_errors: results.suite_errors };
    let is_well = read.is_well();
    let record =
        record(imported::Import { site, lock: &lock, test_product: session.commit(commit), candidate, imported: said, entries })?;
    let analysis = analyse(&ledger, &record, None);
    let said = match (arguments.format, &record.header.imported) {
        (Format::Text, Some(imported)) => text(session, &record, &analysis, imported, arguments.all),
        (Format::Json, Some(imported)) => json(&record, &analysis, imported)?,
        (Format::Text | Format::Json, None) => return Err(Fault::harness("the record does not say that it was imported")),
    };
    session.output.result(&said)?;
    Ok(Exit::found(!is_well))
}

/// Reads all files; nothing is recorded if one of them cannot be trusted.
fn read(arguments: &ImportResults) -> Result<(Vec<ImportedFile>, Results), Fault> {
    let (mut files, mut found, mut problems, mut known) =
        (Vec::new(), Vec::<Found>::new(), Vec::<Problem>::new(), BTreeSet::new());
    for path in &arguments.files {
        let bytes = imported::file(path, MOST_BYTES)?;
        if !known.insert(real(path)) {
            return Err(
                Fault::usage(format!("{path} is named twice")).help("name each file once: a test told of twice reads as a rerun")
            );
        }
        let digest = Digest::of(&bytes);
        let read =
            fixgate_import::source(path.clone(), bytes).and_then(|source| fixgate_import::read(&source, arguments.producer));
        match read {
            Ok(read) => {
                files.push(ImportedFile { path: path.clone(), digest, producer: read.producer });
                found.push(read);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        let message =
            format!("{} of {} cannot be imported; nothing was recorded", problems.len(), counted(arguments.files.len(), "file"));
        return Err(Fault { problems, ..Fault::usage(message) });
    }
    let results = fixgate_import::merge(found);
    if results.tests.is_empty() && results.suite_errors.is_empty() {
        let help = "a filter that matches nothing, or a suite that could not be loaded, leaves such files";
        return Err(Fault::usage("there is no test in what is to be imported; nothing was recorded").help(help));
    }
    Ok((files, results))
}

fn real(path: &Utf8PathBuf) -> Utf8PathBuf {
    path.canonicalize_utf8().unwrap_or_else(|_| path.clone())
}

/// What `import junit --format json` prints: what `run` prints, and what the producers meant.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Told<'r> {
    #[serde(flatten)]
    run: Summary,
    read: ReadCounts,
    suite_errors: &'r [SuiteError],
    files: &'r [ImportedFile],
    word: Word,
}

fn json(record: &RunRecord, analysis: &Analysis<'_>, imported: &Imported) -> Result<String, Fault> {
    let Imported { files, word, read, suite_errors } = imported;
    let told = Told { run: Summary::new(record, analysis), read: *read, suite_errors, files, word: *word };
    serde_json::to_string(&told).map(|text| text + "\n").map_err(|reason| Fault::harness(reason.to_string()))
}

fn text(session: &Session, record: &RunRecord, analysis: &Analysis<'_>, imported: &Imported, all: bool) -> String {
    const SHOWN: usize = 20;
    let most = if all { usize::MAX } else { SHOWN };
    let mut text = String::new();
    for error in imported.suite_errors.iter().take(most) {
        text.push_str(&format!("belongs to no test: {error}\n"));
    }
    left_out(&mut text, imported.suite_errors.len().saturating_sub(most));
    let errors = || record.entries.iter().filter(|entry| entry.verdict == Verdict::Error);
    for entry in errors().take(most) {
        text.push_str(&format!("error: {}: {}\n", entry.scenario, entry.reason.as_deref().unwrap_or_default()));
    }
    left_out(&mut text, errors().count().saturating_sub(most));
    let lines = text.lines().count();
    text.push_str(&summary::text(record, analysis, session.output.paint(), extent(all).beside(lines + 2)));
    let ReadCounts { passed, failed, errors, skipped, flaky, suite_errors, total } = imported.read;
    let counts = [(passed, "passed"), (failed, "failed"), (errors, "errors"), (skipped, "skipped"), (flaky, "flaky")];
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{} {word}", thousands(*count))).collect();
    text.push_str(&format!(
        "read {} in {}: {}",
        counted(total, "test"),
        counted(imported.files.len(), "file"),
        counts.join(", ")
    ));
    if suite_errors > 0 {
        text.push_str(&format!("; {} of no test", counted(suite_errors, "error")));
    }
    text.push_str("\nimported, unsigned: the gate counts it once `fixgate attest ci` has signed it for a suite of [import]\n");
    text
}

fn left_out(text: &mut String, count: usize) {
    if count > 0 {
        text.push_str(&format!("… and {}: --all\n", counted(count, "more error")));
    }
}
