//! What is known of a build: by what is on this disk, and by running its paired scenarios.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::case::Scenario;
use fixgate_core::event::{Event, Phase};
use fixgate_core::gate::Decision;
use fixgate_core::id::{Digest, ReleaseName, ScenarioId};
use fixgate_core::judge::conclude;
use fixgate_core::ledger::Ledger;
use fixgate_core::proof::BuildIdentity;
use fixgate_core::running::Role;
use fixgate_core::verdict::Verdict;
use walkdir::WalkDir;

use crate::builds::{Build, digest_of, release_at_hand};
use crate::execute::Executor;
use crate::fault::Fault;
use crate::pool;
use crate::reports;
use crate::running;
use crate::site::Site;
use crate::tree::Tree;
use crate::worker::{Workers, unless_stopped};

/// The builds that say by themselves which release they are of: those at hand, each as a whole and its program alone, and the
/// candidates that were signed off to ship.
///
/// # Errors
/// When a build at hand cannot be read.
pub fn seen(tree: &Tree, ledger: &Ledger) -> Result<Vec<BuildIdentity>, Fault> {
    let mut seen = Vec::new();
    for (release, build) in at_hand(tree, ledger)? {
        let name = release.to_string();
        seen.push(BuildIdentity { name: name.clone(), digest: build.digest() });
        seen.push(BuildIdentity { name, digest: digest_of(build.program())? });
    }
    for release in ledger.train.releases() {
        seen.extend(
            reports::decision(tree, &release.name)?
                .filter(|signed| signed.decision == Decision::Ship)
                .map(|signed| BuildIdentity { name: release.name.to_string(), digest: signed.candidate.digest }),
        );
    }
    Ok(seen)
}

/// The builds of releases that are at hand, each made by the recipe of today and as it was made.
fn at_hand<'l>(tree: &Tree, ledger: &'l Ledger) -> Result<Vec<(&'l ReleaseName, Build)>, Fault> {
    let found = ledger.train.releases().iter().map(|release| Ok((&release.name, release_at_hand(tree, ledger, release)?)));
    found.filter_map(|found| found.map(|(name, build)| Some((name, build?))).transpose()).collect()
}

/// The build at hand that is most like an unknown one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// Its release.
    pub release: ReleaseName,
    /// How many of its files the unknown build has too, by name and content.
    pub shared: usize,
    /// Its files that the unknown build has not got so.
    pub others: Vec<Utf8PathBuf>,
}

/// The build at hand that shares most files with this one; none if no build shares any.
///
/// # Errors
/// When a build cannot be read.
pub fn nearest(tree: &Tree, ledger: &Ledger, build: &Build) -> Result<Option<Nearest>, Fault> {
    let own = files(build)?;
    let mut nearest: Option<Nearest> = None;
    for (release, known) in at_hand(tree, ledger)? {
        let (shared, others): (Vec<_>, Vec<_>) =
            files(&known)?.into_iter().partition(|(path, digest)| own.get(path) == Some(digest));
        if shared.len() >= nearest.as_ref().map_or(1, |nearest| nearest.shared) {
            let others = others.into_iter().map(|(path, _)| path).collect();
            nearest = Some(Nearest { release: release.clone(), shared: shared.len(), others });
        }
    }
    Ok(nearest)
}

/// The files of a build with the digests of their contents, by their paths inside it.
fn files(build: &Build) -> Result<BTreeMap<Utf8PathBuf, Digest>, Fault> {
    let alone = build.content() == build.program();
    let mut files = BTreeMap::new();
    for entry in WalkDir::new(build.directory()) {
        let entry = match entry {
            // A program that is a build by itself may lie beside files that can't be read.
            Err(_) if alone => continue,
            entry => entry.map_err(|reason| Fault::harness(format!("{} cannot be walked: {reason}", build.directory())))?,
        };
        let path = Utf8Path::from_path(entry.path()).filter(|_| entry.file_type().is_file());
        if let Some(path) = path.filter(|path| !alone || *path == build.program()) {
            files.insert(path.strip_prefix(build.directory()).unwrap_or(path).to_owned(), digest_of(path)?);
        }
    }
    Ok(files)
}

/// Runs every paired scenario that can be judged without a baseline, once, and returns the verdicts.
///
/// # Errors
/// When one cannot be judged, or the run is interrupted.
pub fn probe(site: &Site<'_>, build: &Build) -> Result<BTreeMap<ScenarioId, Verdict>, Fault> {
    let Site { tree, ledger, stop, jobs, .. } = *site;
    let paired = |scenario: &&Scenario| !scenario.defects.is_empty() && !scenario.needs_baseline();
    let scenarios: Vec<&Scenario> = ledger.scenarios.iter().filter(paired).collect();
    let workers = Workers::new(tree, ledger, &[build], stop)?;
    let executor = Executor { root: tree.root(), build, defaults: ledger.project.run, keeper: None };
    let total = scenarios.len();
    site.tell(Event::PhaseStarted { phase: Phase::Candidate, total: total as u64, done: 0 });
    let mut verdicts = BTreeMap::new();
    pool::for_each_in_series(
        jobs,
        scenarios,
        &workers,
        |worker, series| executor.execute_series(worker, series, |_| None).into_iter().map_while(unless_stopped).collect(),
        |batch| {
            for (scenario, execution) in batch {
                let execution = execution.map_err(|reason| Fault::harness(format!("{}: {reason}", scenario.id)))?;
                let verdict = conclude(scenario, &execution.observation, execution.findings, |_| None).verdict;
                site.tell(Event::Judged { scenario: &scenario.id, verdict });
                verdicts.insert(scenario.id.clone(), verdict);
            }
            Ok::<(), Fault>(())
        },
    )?;
    site.tell(Event::PhaseEnded);
    if verdicts.len() < total {
        return Err(Fault::interrupted("interrupted while the build was probed"));
    }
    workers.builds.check()?;
    // Where nothing at all passes, every fix would be missed, and so would the program.
    if !verdicts.values().any(|verdict| *verdict == Verdict::Passed) {
        running::require(ledger, &workers, &executor, (Role::Candidate, ledger.train.after_newest().into()))?;
    }
    Ok(verdicts)
}
