//! A run: a plan against a candidate, from the header of its journal to the footer.

mod purpose;
mod runner;
mod shards;

use std::collections::HashSet;
use std::time::Instant;

use fixgate_core::ancestry::Ancestry;
use fixgate_core::circumstances::Circumstances;
use fixgate_core::claim::Claims;
use fixgate_core::event::Event;
use fixgate_core::id::{DefectId, RunName, ScenarioId};
use fixgate_core::plan::Plan;
use fixgate_core::record::{
    BaselineIdentity, Footer, FoundBuild, Header, JournalLine, PlannedScenario, Requested, RunRecord, SCHEMA, TestProduct,
    are_as_found,
};
use fixgate_core::running::Role;
use fixgate_core::verdict::Verdict;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::ancestry;
use crate::baseline::{self, Baseline};
use crate::builds::{Build, Placed};
use crate::execute::{Executor, seconds};
use crate::fault::Fault;
use crate::journal::Journal;
use crate::keep::Keeper;
use crate::load;
use crate::lock::DirectoryLock;
use crate::new_record::NewRecord;
use crate::outputs::Outputs;
use crate::own::{host, own_digest, tool};
use crate::packs::PackBuilds;
use crate::run_record::{self, JOURNAL};
use crate::site::Site;
use crate::worker::Workers;
use runner::Runner;

pub use self::purpose::Purpose;

pub use crate::run_record::{is_here, read};

/// How often a sign-off runs each scenario of a new fix, without the fix and with it.
pub const PROOF_RUNS: u32 = 2;

/// What is to be run.
pub struct Request<'r> {
    /// Where it is run.
    pub site: Site<'r>,
    /// The right to be the only one at work here. It is held until the reports are written from the record.
    pub lock: &'r DirectoryLock,
    /// The commit that they are of.
    pub test_product: TestProduct,
    /// The build under test.
    pub candidate: Placed,
    /// The build it is compared with.
    pub baseline: Option<Placed>,
    /// The scenarios, fixed.
    pub plan: Plan<'r>,
    /// What it is made for.
    pub purpose: Purpose<'r>,
    /// The runs that its verdicts are taken from, if they are.
    pub shards: Vec<RunRecord>,
    /// A run to go on with.
    pub resume: Option<RunName>,
    /// What was asked for.
    pub requested: Requested,
    /// Whether failing scenarios' work directories and whole outputs are kept.
    pub keep: bool,
}

impl Request<'_> {
    /// Every build of which something is run.
    fn builds(&self) -> Vec<&Build> {
        let base = self.purpose.before();
        let baseline = self.baseline.iter().map(|placed| &placed.build);
        [&self.candidate.build].into_iter().chain(baseline).chain(base).collect()
    }
}

/// Runs the plan and reads the record back. A run to go on with that had ended is only read.
///
/// # Errors
/// When the record cannot be written, or the run is interrupted; it can then be resumed.
pub fn run(request: &Request<'_>) -> Result<RunRecord, Fault> {
    let site = &request.site;
    let Site { tree, ledger, stop, .. } = *site;
    let begun = Instant::now();
    let packs = PackBuilds::of(site, request.plan.scenarios())?;
    let workers = Workers::new(tree, ledger, &request.builds(), stop)?;
    workers.tell(site);
    let executor = |build| Executor { root: tree.root(), build, defaults: ledger.project.run, keeper: None };
    let Opened { name, date, mut journal, done, not_passed, proved, shown } = match open(request, &workers, &packs)? {
        Open::Begun(opened) => opened,
        Open::Ended(record) => return Ok(record),
    };
    let resumable = |fault: Fault| Fault { run: Some(name.clone().into()), ..fault.then(&how_to_go_on(&name)) };
    // Where all is judged, nothing is compared any more.
    let is_judged = request.plan.scenarios().iter().all(|scenario| done.contains(&scenario.id));
    let baseline = match &request.baseline {
        Some(compared) if !is_judged => {
            let plan = request.plan.at(ledger, compared.place);
            let circumstances = Circumstances::of(&ledger.project, workers.machine().clone());
            baseline::observe(site, &plan, &executor(&compared.build), &packs, &circumstances, &workers).map_err(resumable)?
        }
        Some(_) | None => Baseline::default(),
    };
    let keeper = request.keep.then(|| Keeper::begin(tree, request.resume.is_some())).transpose().map_err(resumable)?;
    let executor = Executor { keeper: keeper.as_ref(), ..executor(&request.candidate.build) };
    let outputs = Outputs::of(tree, &name);
    let runner = Runner { request, date, workers: &workers, executor, baseline, claims: claims(request), outputs };
    let not_passed = runner.run_all(&mut journal, &done, (not_passed, &proved)).map_err(resumable)?;
    if let Some(keeper) = &keeper {
        let (kept, left_out) = keeper.counts();
        site.tell(Event::Kept { directory: &keeper.directory().to_string_lossy(), kept, left_out });
    }
    let running = runner.show_that_builds_run(&not_passed, &shown).map_err(resumable)?;
    journal.append(&running).map_err(|error| resumable(error.into()))?;
    packs.check_unchanged()?;
    let footer = Footer {
        journal: journal.digest(),
        seconds: (seconds(begun.elapsed()) * 1e3).round() / 1e3,
        candidate: request.candidate.build.digest_now().map_err(resumable)?,
        baseline: request.baseline.as_ref().map(|compared| compared.build.digest_now()).transpose().map_err(resumable)?,
        found: [workers.builds.found_now().map_err(resumable)?, packs.found_now().map_err(resumable)?].concat(),
        changed: Some(load::changed_since(tree, ledger)),
    };
    journal.append(&[JournalLine::Footer(footer)]).map_err(|error| resumable(error.into()))?;
    // To wait for the disk takes no processor.
    let plan = || run_record::plan(tree, name.as_str(), request.plan.scenarios());
    let (synced, plan) = rayon::join(|| journal.sync(), plan);
    synced.map_err(|error| resumable(error.into()))?;
    run_record::with_plan(tree, name.as_str(), || plan)
}

/// What to do once that is mended which kept a run from its end, or its reports from being written.
pub fn how_to_go_on(run: &RunName) -> String {
    format!("go on with the same command and --resume {run}")
}

/// A record, new or old.
#[expect(clippy::large_enum_variant, reason = "there is one of them")]
enum Open {
    /// There is something left to be done.
    Begun(Opened),
    /// There is not; all that is made from it can be made again.
    Ended(RunRecord),
}

/// A record that can be gone on with.
struct Opened {
    name: RunName,
    /// The stated date.
    date: Date,
    journal: Journal,
    /// The scenarios that have a verdict.
    done: HashSet<ScenarioId>,
    /// Those of them that did not pass.
    not_passed: HashSet<ScenarioId>,
    /// The pairs that have been proved, or refused.
    proved: HashSet<(DefectId, ScenarioId)>,
    /// The builds of which it is recorded whether they run.
    shown: Vec<Role>,
}

/// Begins a new record, or goes on with an old one.
fn open(request: &Request<'_>, workers: &Workers<'_>, packs: &PackBuilds) -> Result<Open, Fault> {
    let Some(name) = &request.resume else { return begin(request, workers, packs).map(Open::Begun) };
    let record = read(request.site.tree, name.as_str())?;
    let header = &record.header;
    let same = [
        ("another plan", header.plan == request.plan.digest()),
        ("another occasion", header.occasion == request.purpose.occasion()),
        ("another release", header.release.as_ref() == request.purpose.release()),
        ("other earlier fixes to prove", header.proved_again == request.purpose.proved_again()),
        ("used files that were touched since", header.used == load::used(request.site.ledger)),
    ];
    let mut others: Vec<&str> = same.iter().filter(|(_, same)| !same).map(|(other, _)| *other).collect();
    others.extend(other_subject(header, request, workers, packs));
    // Of a run that ended nothing is run any more.
    if record.footer.is_none() {
        others.extend(other_circumstances(header, request, workers));
    }
    if others.is_empty() && record.footer.is_none() && !are_as_found(&header.found, &found(workers, packs)) {
        others.push("builds that have been touched since");
    }
    if !others.is_empty() {
        let message = format!("the run `{name}` had {}: it cannot be resumed with these", others.join(", "));
        return Err(
            Fault::usage(message).help("resume it with the command that started it and an unchanged tree, or start a new run")
        );
    }
    if record.footer.is_some() {
        return Ok(Open::Ended(record));
    }
    let journal = Journal::resume(&request.site.tree.runs().join(name.as_str()).join(JOURNAL))?;
    let not_passed = record.entries.iter().filter(|entry| entry.verdict != Verdict::Passed);
    let not_passed = not_passed.map(|entry| entry.scenario.clone()).collect();
    let done = record.entries.into_iter().map(|entry| entry.scenario).collect();
    let shown = record.running.iter().map(|running| running.role).collect();
    let proved = record.pairs.into_iter().map(|pair| (pair.defect, pair.scenario)).collect();
    Ok(Open::Begun(Opened { name: name.clone(), date: record.header.date, journal, done, not_passed, proved, shown }))
}

/// What a record is of that this request is not, as in "the run had …".
fn other_subject(header: &Header, request: &Request<'_>, workers: &Workers<'_>, packs: &PackBuilds) -> Vec<&'static str> {
    let baseline = header.baseline.as_ref().map(|baseline| baseline.build.digest);
    let same = [
        ("another candidate", header.candidate.digest == request.candidate.build.digest()),
        ("another place", header.standing() == request.candidate.standing()),
        ("another version of Fixgate", header.tool == tool()),
        ("another system", header.host == host()),
        ("another isolation", header.isolation == workers.isolation()),
        ("other builds of packs", header.packs == packs.identities()),
        ("another baseline", baseline == request.baseline.as_ref().map(|placed| placed.build.digest())),
        ("other records", header.test_product.digest == request.site.ledger.digest),
    ];
    same.into_iter().filter(|(_, same)| !same).map(|(other, _)| other).collect()
}

/// The circumstances of a record that differ from those of today, as in "the run had …".
fn other_circumstances(header: &Header, request: &Request<'_>, workers: &Workers<'_>) -> Vec<&'static str> {
    let now = Circumstances::of(&request.site.ledger.project, workers.machine().clone());
    header.circumstances.as_ref().map_or(vec!["unrecorded circumstances"], |then| now.differences(then))
}

/// Begins a record aside, and gives it its name once its plan and its header are whole.
fn begin(request: &Request<'_>, workers: &Workers<'_>, packs: &PackBuilds) -> Result<Opened, Fault> {
    let joined = shards::joined(request, workers, packs)?;
    let now = Timestamp::now();
    let time = now.to_zoned(TimeZone::UTC);
    let label = request.purpose.label();
    // Shards that machines begin in the same second come together in one place.
    let shard = request.requested.shard.map(|shard| format!("-{}-of-{}", shard.number(), shard.of())).unwrap_or_default();
    let new = NewRecord::name(request.site.tree, now, &format!("{label}{shard}"))?;
    let plan: Vec<PlannedScenario> = request
        .plan
        .scenarios()
        .iter()
        .map(|scenario| PlannedScenario { scenario: scenario.id.clone(), digest: scenario.digest() })
        .collect();
    let header = Header {
        schema: SCHEMA,
        tool: tool(),
        harness: (request.purpose.release().is_some() || request.requested.shard.is_some()).then(own_digest).transpose()?,
        host: host(),
        run: new.name.clone(),
        started: Timestamp::from_second(now.as_second()).unwrap_or(now),
        occasion: request.purpose.occasion(),
        date: time.date(),
        isolation: workers.isolation(),
        circumstances: Some(Circumstances::of(&request.site.ledger.project, workers.machine().clone())),
        candidate: request.candidate.build.identity(),
        place: request.candidate.place,
        placed_as: request.candidate.placed_as.clone(),
        fixes: request.candidate.fixes.clone(),
        baseline: request
            .baseline
            .as_ref()
            .map(|placed| BaselineIdentity { build: placed.build.identity(), place: placed.place }),
        release: request.purpose.release().cloned(),
        packs: packs.identities(),
        found: found(workers, packs),
        used: load::used(request.site.ledger),
        proved_again: request.purpose.proved_again(),
        ancestry: ancestry(request)?,
        past: request.purpose.past().cloned(),
        shards: joined.shards,
        plan: request.plan.digest(),
        planned: plan.len() as u64,
        complete: request.plan.is_complete(),
        test_product: request.test_product.clone(),
        request: Some(request.requested.clone()),
        imported: None,
    };
    let not_passed = joined.entries.iter().filter(|entry| entry.verdict != Verdict::Passed);
    let not_passed = not_passed.map(|entry| entry.scenario.clone()).collect();
    let done = joined.entries.iter().map(|entry| entry.scenario.clone()).collect();
    let lines: Vec<JournalLine> = joined.entries.into_iter().map(JournalLine::Scenario).collect();
    let journal = new.begin(&header, &plan, &lines)?;
    let (proved, shown) = Default::default();
    Ok(Opened { name: header.run, date: header.date, journal, done, not_passed, proved, shown })
}

/// How the builds of a run are found before it.
fn found(workers: &Workers<'_>, packs: &PackBuilds) -> Vec<FoundBuild> {
    [workers.builds.found(), packs.found()].concat()
}

/// For a sign-off, what the product's repository says of its release.
fn ancestry(request: &Request<'_>) -> Result<Option<Ancestry>, Fault> {
    let Some(name) = request.purpose.release() else { return Ok(None) };
    let Some(release) = request.site.ledger.train.release(name) else { return Ok(None) };
    ancestry::ask(request.site.tree, request.site.ledger, request.candidate.place, release.commit.as_ref())
}

fn claims<'r>(request: &Request<'r>) -> Claims<'r> {
    match &request.baseline {
        Some(compared) => Claims::between(request.site.ledger, compared.place, request.candidate.standing()),
        None => Claims::default(),
    }
}
