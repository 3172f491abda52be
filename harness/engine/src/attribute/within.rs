//! What of the first bad release is to blame: a commit, or a set of fixes, where its recipe can build them.

use fixgate_core::attribute::{BuildContent, Cause, Mark, first_bad, smallest_set};
use fixgate_core::id::{Commit, DefectId};
use fixgate_core::release::Release;
use fixgate_core::words::counted;

use super::chain::Link;
use super::prober::Prober;
use super::{Question, halvings};
use crate::ancestry::Repository;
use crate::builds::variant_build;
use crate::fault::Fault;

/// Searches between a good build of the chain and the bad one after it.
pub(super) fn search(
    question: &Question<'_>,
    (good, bad): (&Link<'_>, &Link<'_>),
    prober: &mut Prober<'_, '_>,
) -> Result<Cause, Fault> {
    // What comes after the newest release is built by its recipe, with what has been checked in since.
    let Some(release) = bad.release.or(question.site.ledger.train.newest()) else {
        return Ok(Cause::NotNarrowed("there is no release whose recipe could build it".to_owned()));
    };
    if release.takes_commit() {
        commits(question, release, (good, bad), prober)
    } else if release.takes_fixes() {
        fixes(question, release, bad, prober)
    } else {
        let asks = "it has neither `${commit}` nor `${fixes}`";
        Ok(Cause::NotNarrowed(format!("the recipe of {0} builds nothing but {0}: {asks}", release.name)))
    }
}

fn commits(
    question: &Question<'_>,
    release: &Release,
    (good, bad): (&Link<'_>, &Link<'_>),
    prober: &mut Prober<'_, '_>,
) -> Result<Cause, Fault> {
    let unknown = |link: &Link<'_>| Ok(Cause::NotNarrowed(format!("the commit of {} is not stated", link.name())));
    let Some(first) = good.release.and_then(|release| release.commit.as_ref()) else { return unknown(good) };
    let stated = bad.release.and_then(|release| release.commit.as_ref());
    let Some(last) = question.commit.or(stated) else { return unknown(bad) };
    let chain = match history(question, first, last) {
        Ok(chain) => chain,
        Err(reason) => return Ok(Cause::NotNarrowed(reason)),
    };
    let end = chain.len() - 1;
    prober.begin(counted(end, "commit"), halvings(end) + 2, "");
    let mut probe = |index: usize| {
        let commit: &Commit = &chain[index];
        prober
            .probe(BuildContent::Commit(commit.to_string()), |question| variant_build(&question.site, release, Some(commit), &[]))
    };
    for (index, wanted) in [(end, Mark::Bad), (0, Mark::Good)] {
        if probe(index)? != wanted {
            let reason = format!("{}, built by the recipe of {}, is not {}", chain[index], release.name, wanted.as_str());
            return Ok(Cause::NotNarrowed(reason));
        }
    }
    let found = first_bad(Some(0), end, &mut probe)?;
    let suspects = found.good.map_or(0, |good| good + 1)..=found.bad;
    Ok(Cause::Commits(chain[suspects].iter().map(ToString::to_string).collect()))
}

/// Why a search goes no further, where it is git's fault or the repository's: what it found so far is kept.
fn told(fault: Fault) -> String {
    let lines = [fault.message.as_str(), fault.detail.trim_end()];
    lines.iter().filter(|line| !line.is_empty()).copied().collect::<Vec<_>>().join(": ")
}

/// The commits from the good one to the bad one, both included, along first parents: what was merged came in by its merge.
fn history(question: &Question<'_>, good: &Commit, bad: &Commit) -> Result<Vec<Commit>, String> {
    let project = &question.site.ledger.project;
    let Some(repository) = &project.repository else {
        return Err("fixgate.toml names no `repository` of the product".to_owned());
    };
    let opened = Repository::open(question.site.tree, repository).map_err(told)?;
    let listed = opened.between(good, bad).map_err(told)?;
    let between = listed.lines().map(str::parse).collect::<Result<Vec<Commit>, String>>()?;
    if between.is_empty() {
        return Err(format!("in {repository}, {good} does not come before {bad}"));
    }
    Ok(std::iter::once(good.clone()).chain(between).collect())
}

fn fixes(question: &Question<'_>, release: &Release, bad: &Link<'_>, prober: &mut Prober<'_, '_>) -> Result<Cause, Fault> {
    let ledger = question.site.ledger;
    let new_in = |release| ledger.new_in(release).map(|defect| &defect.id).collect::<Vec<&DefectId>>();
    let (always, suspects) = match bad.release {
        Some(release) => (Vec::new(), new_in(Some(&release.name))),
        None => (new_in(Some(&release.name)), new_in(None)),
    };
    if suspects.is_empty() {
        return Ok(Cause::NotNarrowed(format!("no fix is recorded as new in {}", bad.name())));
    }
    // Both ends, each halving, and the one that is left alone; two fixes are halved for twice.
    let halvings = halvings(suspects.len());
    let provided = format!(", if one fix is to blame; {} builds, if two are together", 2 * halvings + 5);
    prober.begin(format!("what is new in {}: {}", bad.name(), counted(suspects.len(), "record")), halvings + 3, &provided);
    let mut probe = |set: &[usize]| {
        let chosen: Vec<&DefectId> = set.iter().map(|index| suspects[*index]).collect();
        let with: Vec<&DefectId> = always.iter().chain(&chosen).copied().collect();
        let content = BuildContent::Fixes(chosen.into_iter().cloned().collect());
        prober.probe(content, |question| variant_build(&question.site, release, release.commit.as_ref(), &with))
    };
    let all: Vec<usize> = (0..suspects.len()).collect();
    for (set, wanted, what) in [(&all[..], Mark::Bad, "with all of its fixes"), (&[], Mark::Good, "without its fixes")] {
        if probe(set)? != wanted {
            let reason = format!("{} {what}, built by the recipe of {}, is not {}", bad.name(), release.name, wanted.as_str());
            return Ok(Cause::NotNarrowed(reason));
        }
    }
    let found = smallest_set(suspects.len(), &mut probe)?;
    Ok(Cause::Fixes(found.into_iter().map(|index| suspects[index].clone()).collect()))
}
