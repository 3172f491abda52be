//! The tree into a ledger: every record read in parallel, every problem reported in one pass.

mod changed;
mod contents;
mod files;
mod strays;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::accepted::Accepted;
use fixgate_core::attestation::Attestation;
use fixgate_core::case::{Attachments, Scenario, read_case};
use fixgate_core::defect::Defect;
use fixgate_core::id::{AttestationName, CaseId, DefectId, Digest};
use fixgate_core::ledger::{Ledger, RecordFile, Records, Stamp, Unreadable};
use fixgate_core::manual::ManualCase;
use fixgate_core::pack::Pack;
use fixgate_core::plan::Selection;
use fixgate_core::private_fix::PrivateFix;
use fixgate_core::problem::{Problem, Source};
use fixgate_core::project::Project;
use fixgate_core::proof::Proof;
use fixgate_core::quarantine::Quarantine;
use fixgate_core::release::Release;
use fixgate_core::signer::AllowedSigners;
use fixgate_core::waiver::Waiver;
use jiff::civil::Date;
use rayon::prelude::*;

pub use self::changed::require_unchanged;
pub(crate) use self::changed::{changed_since, used};
use self::contents::Contents;
use self::files::Files;
use crate::attach::TreeAttachments;
use crate::bounded::FILE_LIMIT;
use crate::content::content;
use crate::fault::Fault;
use crate::tree::{Tree, binds};

/// Reads and resolves every record of the tree.
///
/// # Errors
/// A fault that holds every problem found.
pub fn load(tree: &Tree) -> Result<Ledger, Fault> {
    let files = Files::find(tree);
    let results = read_all(tree, &files, &TreeAttachments::new(tree));
    resolve(files, results)
}

/// What came of reading each file.
type Results = Vec<Result<(Read, Record), Vec<Problem>>>;

fn read_all(tree: &Tree, files: &Files, attachments: &TreeAttachments) -> Results {
    let read = |path: &Utf8PathBuf| {
        let (read, bytes) = read_file(tree, path)?;
        Ok((read, read_record(path, bytes, attachments)?))
    };
    files.paths.par_iter().map(read).collect()
}

/// As [`load`], to find everything that is wrong in one pass: where a record cannot be read, the others are examined all the same.
/// Gives with the records the files of `testcases/` that no case names.
///
/// # Errors
/// As [`load`], with the gaps as of `today` where something else is wrong.
pub fn load_to_check(tree: &Tree, today: Date) -> Result<(Ledger, Vec<Utf8PathBuf>), Fault> {
    let files = Files::find(tree);
    let (paths, attachments) = (files.paths.clone(), TreeAttachments::new(tree));
    let results = read_all(tree, &files, &attachments);
    let Gathered { records, mut problems, unreadable } = gather(files, results);
    // One that cannot be read at all is told of already, and nothing else can be said of it.
    let text = |path: Utf8PathBuf| {
        let bytes = read_bytes(tree, &path).unwrap_or_default();
        (path, String::from_utf8_lossy(&bytes).into_owned())
    };
    let unreadable = Unreadable::new(unreadable.into_iter().map(text).collect());
    match records.map(|records| Ledger::examine(records, unreadable, today)) {
        Some(Ok(ledger)) if problems.is_empty() => {
            let unnamed = strays::unnamed(&paths, &attachments.named());
            return Ok((ledger, unnamed));
        }
        Some(Ok(_)) | None => {}
        Some(Err(found)) => problems.extend(found),
    }
    Err(sorted(problems))
}

/// As [`load`]; but where the records were found good before, cases that the selection cannot mean are left out.
///
/// # Errors
/// As [`load`].
pub fn load_meant(tree: &Tree, selection: &Selection) -> Result<Ledger, Fault> {
    if !contents::narrows(selection) {
        return load(tree);
    }
    if let Some(ledger) = load_known(tree, selection)? {
        return Ok(ledger);
    }
    let ledger = load(tree)?;
    Contents::keep(tree, &ledger);
    Ok(ledger)
}

/// Nothing where the records are not known to be good, or no case is meant.
fn load_known(tree: &Tree, selection: &Selection) -> Result<Option<Ledger>, Fault> {
    let Some(contents) = Contents::read(tree) else { return Ok(None) };
    let files = Files::find(tree);
    let read: Result<Vec<_>, _> = files.paths.par_iter().map(|path| read_file(tree, path)).collect();
    let Ok(read) = read else { return Ok(None) };
    let digests = files.paths.iter().zip(&read).map(|(path, (read, _))| (path, read.digest));
    let digests: Vec<_> = digests.filter(|(path, _)| binds(path)).collect();
    let is_meant = |path: &Utf8Path| Some(contents.can_mean(selection, &case_id(path)?.ok()?));
    let meant: Vec<Option<bool>> = files.paths.iter().map(|path| is_meant(path)).collect();
    if !contents.are_of(Digest::of_json(&digests)) || !meant.contains(&Some(true)) {
        return Ok(None);
    }
    let attachments = TreeAttachments::new(tree);
    let record = |(path, (meant, (read, bytes))): (&Utf8PathBuf, (Option<bool>, Content))| {
        let is_left_out = meant == Some(false);
        Ok((read, if is_left_out { Record::Other } else { read_record(path, bytes, &attachments)? }))
    };
    let results = files.paths.par_iter().zip(meant.into_par_iter().zip(read)).map(record).collect();
    resolve(files, results).map(Some)
}

fn sorted(mut problems: Vec<Problem>) -> Fault {
    problems.sort_by(|one, other| one.sort_key().cmp(&other.sort_key()));
    problems.dedup();
    Fault::records(problems)
}

/// One record, by the place of its file.
enum Record {
    Project(Project),
    Release(Release),
    Defect(Defect),
    Proof(DefectId, Proof),
    Accepted(DefectId, Accepted),
    Waiver(Waiver),
    Quarantine(Quarantine),
    Pack(Pack),
    PrivateFix(PrivateFix),
    Case(Vec<Scenario>),
    Manual(ManualCase),
    Signers(AllowedSigners),
    Attestation(Attestation),
    Signature(AttestationName, Arc<Source>),
    /// A file that only accompanies records: documentation, fixtures, tables.
    Other,
}

/// The most bytes of a record or a case that is written by hand.
const RECORD_LIMIT: u64 = 16 << 20;

/// What is kept of a file that was read.
struct Read {
    digest: Digest,
    stamp: Stamp,
}

/// What a file holds, after what is kept of it.
type Content = (Read, Vec<u8>);

fn read_file(tree: &Tree, path: &Utf8Path) -> Result<Content, Vec<Problem>> {
    // It is stamped first, so that what is written to it meanwhile shows later.
    let read = changed::stamp(tree, path).and_then(|stamp| Ok((stamp, read_bytes(tree, path)?)));
    let (stamp, bytes) = read.map_err(|reason| vec![Problem::new(format!("{path} cannot be read: {reason}"))])?;
    Ok((Read { digest: Digest::of(&bytes), stamp }, bytes))
}

/// The content of a record, a case or a file that accompanies them.
///
/// # Errors
/// As [`Place::read_most`](crate::place::Place::read_most).
pub(crate) fn read_bytes(tree: &Tree, path: &Utf8Path) -> io::Result<Vec<u8>> {
    let limit = if path.extension() == Some("toml") { RECORD_LIMIT } else { FILE_LIMIT };
    tree.place(path).read_most(limit).map(|bytes| content(path, bytes))
}

fn resolve(files: Files, results: Results) -> Result<Ledger, Fault> {
    match gather(files, results) {
        Gathered { records: Some(records), problems, .. } if problems.is_empty() => Ledger::new(records).map_err(sorted),
        Gathered { problems, .. } => Err(sorted(problems)),
    }
}

/// What there is, with what could not be read.
struct Gathered {
    /// Nothing without a project.
    records: Option<Records>,
    problems: Vec<Problem>,
    unreadable: Vec<Utf8PathBuf>,
}

fn gather(files: Files, results: Results) -> Gathered {
    let Files { paths, mut problems } = files;
    let (mut bound, mut unreadable) = (Vec::new(), Vec::new());
    let mut project = None;
    let (mut releases, mut defects, mut waivers, mut quarantine) = (vec![], vec![], vec![], vec![]);
    let (mut packs, mut scenarios) = (vec![], vec![]);
    let (mut proofs, mut accepted) = (BTreeMap::new(), BTreeMap::new());
    let (mut private_fixes, mut manual, mut attestations, mut signatures) = (vec![], vec![], vec![], BTreeMap::new());
    let mut signers = AllowedSigners::default();
    for (path, result) in paths.into_iter().zip(results) {
        match result {
            Err(found) => {
                problems.extend(found);
                unreadable.push(path);
            }
            Ok((Read { digest, stamp }, record)) => {
                if binds(&path) {
                    bound.push(RecordFile { path, digest, stamp });
                }
                match record {
                    Record::Project(record) => project = Some(record),
                    Record::Release(record) => releases.push(record),
                    Record::Defect(record) => defects.push(record),
                    Record::Proof(defect, proof) => drop(proofs.insert(defect, proof)),
                    Record::Accepted(defect, outputs) => drop(accepted.insert(defect, outputs)),
                    Record::Waiver(record) => waivers.push(record),
                    Record::Quarantine(record) => quarantine.push(record),
                    Record::Pack(record) => packs.push(record),
                    Record::PrivateFix(record) => private_fixes.push(record),
                    Record::Case(mut record) => scenarios.append(&mut record),
                    Record::Manual(record) => manual.push(record),
                    Record::Signers(record) => signers = record,
                    Record::Attestation(record) => attestations.push(record),
                    Record::Signature(name, signature) => drop(signatures.insert(name, signature)),
                    Record::Other => {}
                }
            }
        }
    }
    if problems.is_empty() && scenarios.is_empty() {
        problems.push(Problem::new("testcases/ holds no case").help("start one: fixgate new case suite/NAME"));
    }
    let digest = Digest::of_json_array(bound.iter().map(|file| (&file.path, file.digest)));
    let records = project.map(|project| Records {
        project,
        releases,
        defects,
        proofs,
        accepted,
        waivers,
        quarantine,
        packs,
        private_fixes,
        scenarios,
        manual,
        signers,
        attestations,
        signatures,
        files: bound,
        digest,
    });
    Gathered { records, problems, unreadable }
}

fn read_record(path: &Utf8Path, bytes: Vec<u8>, attachments: &dyn Attachments) -> Result<Record, Vec<Problem>> {
    let parts: Vec<&str> = path.as_str().split('/').collect();
    let (stem, extension) = path.file_name().and_then(|name| name.split_once('.')).unwrap_or_default();
    let source = || text(path, bytes);
    if let Some(id) = case_id(path) {
        let id = id?;
        return match id.family() {
            "manual" => ManualCase::read(id, &source()?).map(Record::Manual),
            _ => read_case(id, &source()?, attachments).map(Record::Case),
        };
    }
    match (parts.as_slice(), extension) {
        (["fixgate.toml"], _) => Project::read(&source()?).map(Record::Project),
        (["allowed_signers"], _) => AllowedSigners::read(&source()?).map(Record::Signers),
        (["releases", _], "toml") => Release::read(name(path, stem)?, &source()?).map(Record::Release),
        (["quarantine", _], "toml") => Quarantine::read(name(path, stem)?, &source()?).map(Record::Quarantine),
        (["waivers", _], "toml") => Waiver::read(name(path, stem)?, &source()?).map(Record::Waiver),
        (["private-fixes", _], "toml") => PrivateFix::read(name(path, stem)?, &source()?).map(Record::PrivateFix),
        (["defects", file], _) if file.ends_with(".proof.json") => {
            let defect = name(path, file.trim_end_matches(".proof.json"))?;
            Proof::read(&source()?).map(|proof| Record::Proof(defect, proof))
        }
        (["defects", file], _) if file.ends_with(".accepted.jsonl") => {
            let defect = name(path, file.trim_end_matches(".accepted.jsonl"))?;
            Accepted::read(&source()?).map(|outputs| Record::Accepted(defect, outputs))
        }
        (["defects", file], _) if file.ends_with(".toml") => {
            Defect::read(name(path, file.trim_end_matches(".toml"))?, &source()?).map(Record::Defect)
        }
        (["attestations", file], _) if file.ends_with(".json") => {
            Attestation::read(name(path, file.trim_end_matches(".json"))?, &source()?).map(Record::Attestation)
        }
        (["attestations", file], _) if file.ends_with(".json.sig") => {
            Ok(Record::Signature(name(path, file.trim_end_matches(".json.sig"))?, source()?))
        }
        (["testcases", "packs", pack, "pack.toml"], _) => Pack::read(name(path, pack)?, &source()?).map(Record::Pack),
        (["testcases", .., _], _) if parts.contains(&"fixtures") || strays::accompanies(path) => Ok(Record::Other),
        (["testcases", ..], _) => strays::near_case(path).map_or(Ok(Record::Other), |problem| Err(vec![problem])),
        ([_, _], _) if strays::accompanies(path) => Ok(Record::Other),
        _ => Err(vec![Problem::new(format!("{path} is no record; its folder holds NAME.toml and what belongs to it"))]),
    }
}

/// The id of the case that the file is, if it is one.
fn case_id(path: &Utf8Path) -> Option<Result<CaseId, Vec<Problem>>> {
    let id = path.as_str().strip_prefix("testcases/")?.strip_suffix(".toml")?;
    let is_pack = id.starts_with("packs/") && path.file_name() == Some("pack.toml") && id.split('/').count() == 3;
    let accompanies = id.split('/').rev().skip(1).any(|part| part == "fixtures");
    let is_doubled = id.rsplit('/').next().is_some_and(|name| name.ends_with(".toml"));
    let doubled = || vec![Problem::new(format!("{path} ends in .toml twice")).help(format!("name it testcases/{id}"))];
    (!is_pack && !accompanies).then(|| if is_doubled { Err(doubled()) } else { name(path, id) })
}

fn name<T: std::str::FromStr<Err = String>>(path: &Utf8Path, name: &str) -> Result<T, Vec<Problem>> {
    name.parse().map_err(|reason| vec![Problem::new(format!("{path}: the file's name is its id, and {reason}"))])
}

fn text(path: &Utf8Path, bytes: Vec<u8>) -> Result<Arc<Source>, Vec<Problem>> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(path, text)),
        Err(reason) => Err(vec![Problem::new(format!("{path} is not UTF-8: {reason}"))]),
    }
}
