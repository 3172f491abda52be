//! What is known of earlier sign-offs when a run to sign off begins.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::case::Scenario;
use fixgate_core::gate::Signoff;
use fixgate_core::id::{Digest, ReleaseName, RunName};
use fixgate_core::ledger::Ledger;
use fixgate_core::plan::LastPlan;
use fixgate_core::record::{CaseEdit, Edits, Former, Past, TestProduct};
use fixgate_core::report::files::SignoffFile;
use fixgate_core::rules::Reference;
use fixgate_core::seal;
use walkdir::WalkDir;

use super::{DECIDING, DECISION, REPORTS, Signoffs, plain, ships};
use crate::commit;
use crate::fault::Fault;
use crate::git::{History, ObjectId, RecordsOf, Version, controlled};
use crate::tree::Tree;

/// What tells a sign-off from all others. The name of its run begins with the time to the second; where records of runs were deleted,
/// or the clock was set back, two runs have one name. Files may be edited together, too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Made {
    run: RunName,
    /// The digest of the run's journal.
    journal: Option<Digest>,
    /// The digest of the rules, which name the plan.
    rules: Digest,
}

impl Made {
    fn of(signoff: &Signoff) -> Self {
        Self { run: signoff.run.clone(), journal: signoff.journal, rules: signoff.rules.digest }
    }
}

/// The sign-offs of a release that the history has, and whether each ships.
type Found = BTreeMap<Made, (Version, bool)>;

/// What is known of earlier sign-offs; reports of other releases that are not those of the commit are added to what differs from it.
///
/// # Errors
/// When the files of one are damaged, do not belong to each other, or git fails.
pub fn past(tree: &Tree, ledger: &Ledger, release: &ReleaseName, product: &mut TestProduct) -> Result<Past, Fault> {
    let here = Signoffs::of_tree(tree)?.before(&ledger.train, release);
    let standing = Reference::of(here.standing(&ledger.train, release)?);
    let past = Past { digest: here.digest(), commits: BTreeMap::new(), former: Vec::new(), edits: Vec::new() };
    let head = product.commit.as_deref().and_then(ObjectId::parse);
    let Some((top, head)) = controlled(tree.root())?.zip(head) else { return Ok(past) };
    compare(tree, ledger, (top, head), (release, &here), product)?;
    let mut history = History::of(tree, top, head, REPORTS)?;
    let mut commits = BTreeMap::new();
    for signoff in standing.iter().flat_map(Reference::all) {
        let name = &signoff.rules.release;
        commits.insert(name.clone(), history.presence(here.signoff(name)?.test_product.commit.as_deref()));
    }
    let last = standing.as_ref().filter(|standing| standing.flaw.is_none()).map(|standing| &standing.last.rules.release);
    let former = former(&mut history, ledger, release, (&here, last))?;
    let edits = edited(tree, ledger, (&here, standing.as_ref()), &former)?;
    Ok(Past { commits, former, edits, ..past })
}

/// What was edited in the definitions of scenarios since each of these sign-offs, where the records of then can be read.
fn edited(
    tree: &Tree,
    ledger: &Ledger,
    (here, standing): (&Signoffs, Option<&Reference>),
    former: &[Former],
) -> Result<Vec<CaseEdit>, Fault> {
    // Several sign-offs may be of the same records, which are then read once.
    let mut records: BTreeMap<Digest, (String, Vec<LastPlan>)> = BTreeMap::new();
    let mut add = |signoffs: &Signoffs, name: &ReleaseName| -> Result<(), Fault> {
        let (product, (left, _)) = (signoffs.signoff(name)?.test_product, signoffs.left(name)?);
        if let Some(commit) = product.commit.filter(|_| product.digest != ledger.digest) {
            records.entry(product.digest).or_insert((commit, Vec::new())).1.push(left.plan);
        }
        Ok(())
    };
    for signoff in standing.iter().flat_map(|standing| standing.all()) {
        add(here, &signoff.rules.release)?;
    }
    for Former { release, commit, .. } in former {
        if let Some(signoffs) = Signoffs::of_commit(tree, commit)? {
            add(&signoffs, release)?;
        }
    }
    let mut edits = Edits::default();
    for (commit, plans) in records.into_values() {
        // Where the records of then cannot be read, it is told only that a definition is another.
        let Ok(then) = commit::records_of(tree, &commit) else { continue };
        let is_of =
            |scenario: &Scenario, plan: &LastPlan| plan.get(&scenario.id).is_some_and(|kept| kept.is_of(&scenario.digest()));
        edits.add(&then, ledger, |scenario| plans.iter().any(|plan| is_of(scenario, plan)));
    }
    Ok(edits.finish())
}

/// The sign-offs that the history has and that do not stand any more: deleted since the last that shipped, of releases that are
/// none any more, or replaced by another one of the same release.
fn former(
    history: &mut History,
    ledger: &Ledger,
    release: &ReleaseName,
    (here, last): (&Signoffs, Option<&ReleaseName>),
) -> Result<Vec<Former>, Fault> {
    let train = &ledger.train;
    let found = signoffs(history)?;
    let first =
        |release: &ReleaseName| found.get(release).and_then(|versions| versions.keys().next().map(|made| made.run.clone()));
    let begin = last.and_then(first);
    let mut former = Vec::new();
    for (name, versions) in &found {
        let Some((newest, (version, ships))) = versions.last_key_value() else { continue };
        let place = train.position(name);
        let is_between = place > last.and_then(|last| train.position(last)) && place < train.position(release);
        let is_meant = match place {
            Some(_) => is_between || name == release || Some(name) == last,
            // What was there before the train began is history.
            None => Some(&newest.run) > begin.as_ref(),
        };
        if !is_meant {
            continue;
        }
        let current = if name == release {
            None
        } else if here.has(name) {
            here.signoff(name).ok().map(|signoff| (Made::of(&signoff), self::ships(&signoff)))
        } else {
            former.push(one(name, newest, *version, false));
            Some((newest.clone(), *ships))
        };
        former.extend(replaced(name, versions, current.as_ref()));
    }
    Ok(former)
}

/// The oldest sign-off of a release that shipped, and the newest, but for the current one. A hold in the place of one that shipped
/// replaces nothing: what shipped was taken away.
fn replaced(release: &ReleaseName, versions: &Found, current: Option<&(Made, bool)>) -> Vec<Former> {
    let is_other = |made: &Made| current.is_none_or(|(current, _)| current != made);
    let shipped: Vec<(&Made, Version)> = versions
        .iter()
        .filter(|(made, (_, ships))| *ships && is_other(made))
        .map(|(made, (version, _))| (made, *version))
        .collect();
    let is_replaced = current.is_none_or(|(_, ships)| *ships);
    let newest = shipped.last().map(|(made, version)| one(release, made, *version, is_replaced));
    let oldest = shipped.split_last().and_then(|(_, others)| others.first());
    newest.into_iter().chain(oldest.map(|(made, version)| one(release, made, *version, true))).collect()
}

fn one(release: &ReleaseName, made: &Made, version: Version, replaced: bool) -> Former {
    Former { release: release.clone(), run: made.run.clone(), commit: version.commit.to_string(), replaced }
}

/// Every sign-off that the history has, by its release. One of an older form, which cannot be read, was compared in its time.
fn signoffs(history: &mut History) -> Result<BTreeMap<ReleaseName, Found>, Fault> {
    let is_decision = |path: &Utf8Path| {
        let parts: Vec<&str> = path.components().map(|part| part.as_str()).collect();
        match parts.as_slice() {
            [_, release, DECISION] => release.parse::<ReleaseName>().ok(),
            _ => None,
        }
    };
    let decisions = history.paths().filter_map(|(path, versions)| Some((is_decision(path)?, versions.clone())));
    let mut found: BTreeMap<ReleaseName, Found> = BTreeMap::new();
    for (release, versions) in decisions.collect::<Vec<_>>() {
        for version in versions {
            let text = String::from_utf8(plain(DECISION, history.bytes(version)?)).ok();
            let Some(signoff) = text.and_then(|text| Signoff::read(&text).ok()).filter(|read| read.release == release) else {
                continue;
            };
            found.entry(release.clone()).or_default().entry(Made::of(&signoff)).or_insert((version, ships(&signoff)));
        }
    }
    Ok(found)
}

/// Adds the reports of earlier releases that are not those of the commit to what differs from it.
fn compare(
    tree: &Tree,
    ledger: &Ledger,
    (top, head): (&Utf8Path, ObjectId),
    (release, here): (&ReleaseName, &Signoffs),
    product: &mut TestProduct,
) -> Result<(), Fault> {
    let Some(mut records) = RecordsOf::below(tree, top, head, &[REPORTS])? else { return Ok(()) };
    let place = |path: &Utf8Path| path.components().nth(1).and_then(|part| part.as_str().parse::<ReleaseName>().ok());
    let counts = |path: &Utf8Path| {
        let Some(name) = place(path).filter(|name| path.components().count() > 2 && name != release) else { return false };
        let position = ledger.train.position(&name);
        if position.is_some() { position < ledger.train.position(release) } else { here.has(&name) }
    };
    records.files.retain(|path, _| counts(path));
    let names = SignoffFile::SEALED.map(SignoffFile::name).into_iter().chain(seal::SEALS).chain(DECIDING);
    let names: Vec<&str> = names.collect();
    let mut files: Vec<(Utf8PathBuf, Digest)> = Vec::new();
    for entry in WalkDir::new(tree.root().join(REPORTS)).follow_root_links(false).min_depth(2).max_depth(2) {
        let entry = match entry {
            Err(reason) if reason.depth() == 0 && commit::is_absent(&reason) => continue,
            entry => entry.map_err(|reason| Fault::harness(format!("the sign-offs cannot be listed: {reason}")))?,
        };
        let path = Utf8Path::from_path(entry.path()).and_then(|path| path.strip_prefix(tree.root()).ok());
        let Some(path) = path.filter(|path| entry.file_type().is_file() && counts(path)) else { continue };
        if records.files.contains_key(path) || path.file_name().is_some_and(|name| names.contains(&name)) {
            let bytes = crate::load::read_bytes(tree, path);
            let bytes = bytes.map_err(|reason| Fault::system(format!("{path} cannot be read: {reason}"), &reason))?;
            files.push((path.to_owned(), Digest::of(&bytes)));
        }
    }
    commit::add_differing(tree, &mut records, &files, product)
}
