//! The reports of a run, rendered from values and written as files.

use fixgate_core::gate::Signoff;
use fixgate_core::id::Digest;
use fixgate_core::ledger::Ledger;
use fixgate_core::record::RunRecord;
use fixgate_core::report::files::SignoffFile;
use fixgate_core::report::junit::{self as xml, Size};
use fixgate_core::report::scenarios::{Accounting, document};
use fixgate_core::report::{markdown, page};
use fixgate_core::residual::{Analysis, analyse};
use fixgate_core::rules::{Rules, plan_text};

use super::Decided;
use crate::builds::unknown_release;
use crate::fault::Fault;
use crate::output_file::OutputFile;
use crate::reports;
use crate::tree::Tree;

/// A decision that names the reports made of it, and their files.
#[derive(Debug)]
pub struct Rendered {
    /// The decision.
    pub signoff: Signoff,
    /// The size of the JUnit report.
    pub size: Size,
    files: Vec<(SignoffFile, Vec<u8>)>,
}

impl Rendered {
    /// Makes the reports of a decision.
    ///
    /// # Errors
    /// When one can't be rendered.
    pub fn new(ledger: &Ledger, record: &RunRecord, decided: &Decided<'_>) -> Result<Self, Fault> {
        let analysis = &decided.analysis;
        let mut signoff = decided.signoff.clone();
        let (shown, size) = junit(ledger, record, analysis, Some(&signoff), Accounting::Shown)?;
        let (raw, _) = junit(ledger, record, analysis, Some(&signoff), Accounting::Raw)?;
        let review = markdown::signoff(&signoff, &ledger.scenarios).into_bytes();
        let mut files = vec![(SignoffFile::JUnit, shown), (SignoffFile::RawJUnit, raw), (SignoffFile::Markdown, review)];
        signoff.files = files.iter().map(|(file, bytes)| (file.name().to_owned(), Digest::of(bytes))).collect();
        // The page holds the decision that names the other reports; the decision then names the page.
        let page = page::render(&page::Source {
            ledger,
            record,
            analysis,
            about: page::About::Signoff(&signoff),
            past: &decided.earlier,
        });
        let page = page.map_err(Fault::harness)?.into_bytes();
        signoff.files.insert(SignoffFile::Page.name().to_owned(), Digest::of(&page));
        files.push((SignoffFile::Page, page));
        Ok(Self { signoff, files, size })
    }

    /// The bytes of one report.
    pub fn file(self, wanted: SignoffFile) -> Vec<u8> {
        self.files.into_iter().find(|(file, _)| *file == wanted).map(|(_, bytes)| bytes).unwrap_or_default()
    }
}

/// Writes all reports of a sign-off from its record. Returns the decision that names them, and the digest of each.
///
/// # Errors
/// The file that can't be written.
pub fn publish(
    tree: &Tree,
    ledger: &Ledger,
    record: &RunRecord,
    rendered: Rendered,
) -> Result<(Signoff, Vec<(String, Digest)>), Fault> {
    let Rendered { signoff, mut files, .. } = rendered;
    let name = &signoff.release;
    let release = ledger.train.release(name).ok_or_else(|| unknown_release(ledger, name))?;
    files.push((SignoffFile::Rules, Rules::of(ledger, release, record).to_json().into_bytes()));
    // The decision comes last: where it is, everything that it rests on is too.
    files.push((SignoffFile::Decision, signoff.to_json().into_bytes()));
    let digests = reports::write(tree, name, &plan_text(record), &files)?;
    Ok((signoff, digests))
}

/// The JUnit report of a run, and its size.
///
/// # Errors
/// When it can't be written as XML.
pub fn junit(
    ledger: &Ledger,
    record: &RunRecord,
    analysis: &Analysis<'_>,
    signoff: Option<&Signoff>,
    accounting: Accounting,
) -> Result<(Vec<u8>, Size), Fault> {
    let document = document(ledger, record, analysis, signoff, accounting);
    let mut report = Vec::new();
    let size = xml::write(&document, &mut report)?;
    Ok((report, size))
}

/// Writes the JUnit report of a run that was cut short, if one was asked for: without the file, a reader that waits for it would take
/// the run for one without scenarios.
///
/// # Errors
/// Why it can't be written. That the run was cut short matters more.
pub fn junit_of_unfinished(tree: &Tree, ledger: &Ledger, place: Option<&OutputFile>, fault: &Fault) -> Result<(), Fault> {
    let (Some(run), Some(file)) = (&fault.run, place) else { return Ok(()) };
    let record = crate::run::read(tree, run.as_str())?;
    let (report, _) = junit(ledger, &record, &analyse(ledger, &record, None), None, Accounting::Shown)?;
    file.write(&report)
}
