//! `fixgate prove`

use fixgate_core::defect::Defect;
use fixgate_core::id::DefectId;
use fixgate_core::ledger::Ledger;
use fixgate_core::problem::suggestion;
use fixgate_core::proof::{Proof, ProvedScenario, ShownBy};
use fixgate_core::record::PairResult;
use fixgate_core::report::paint::Paint;
use fixgate_core::running::{Role, Running, Shown};
use fixgate_core::words::{counted, counted_as, quoted};
use fixgate_engine::builds::{self, Placed};
use fixgate_engine::execute::Executor;
use fixgate_engine::fault::Fault;
use fixgate_engine::site::Site;
use fixgate_engine::tree::Tree;
use fixgate_engine::worker::Workers;
use fixgate_engine::{load, prove as engine, reports, running};

use crate::arguments::Prove;
use crate::exit::Exit;
use crate::session::Session;

/// Proves pairs, and writes a proof for each that holds.
pub(super) fn prove(session: &Session, arguments: &Prove) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let _lock = session.lock(&tree)?;
    let mut refused = 0;
    let chosen = chosen(&ledger, &arguments.defects)?;
    for defect in &chosen {
        match prove_one(session, (&tree, &ledger), defect, arguments)? {
            Ok(line) => session.output.result(&line)?,
            Err(lines) => {
                refused += 1;
                session.output.result(&lines)?;
            }
        }
    }
    session.output.result(&format!("{} of {} proved\n", chosen.len() - refused, chosen.len()))?;
    Ok(Exit::found(refused > 0))
}

/// The named defects, or every fixed one whose proof is missing or stale.
fn chosen<'l>(ledger: &'l Ledger, named: &[DefectId]) -> Result<Vec<&'l Defect>, Fault> {
    if named.is_empty() {
        let current = |defect: &&Defect| {
            ledger.proofs.get(&defect.id).is_some_and(|proof| proof.staleness(&ledger.pair(&defect.id)).is_empty())
        };
        let owing = ledger.defects.values().filter(|defect| defect.owes_pair() && defect.fixed_in().is_some());
        return Ok(owing.filter(|defect| !current(defect)).collect());
    }
    named.iter().map(|id| ledger.defects.get(id).ok_or_else(|| no_defect(ledger, id))).collect()
}

/// What to say of an id that no record has.
pub(super) fn no_defect(ledger: &Ledger, id: &DefectId) -> Fault {
    let fault = Fault::usage(format!("there is no defect `{id}`"));
    match suggestion(id.as_str(), ledger.defects.keys().map(DefectId::as_str)) {
        Some(help) => fault.help(help),
        None => fault,
    }
}

type Proved = Result<String, String>;

fn prove_one(session: &Session, (tree, ledger): (&Tree, &Ledger), defect: &Defect, arguments: &Prove) -> Result<Proved, Fault> {
    let id = &defect.id;
    if ledger.pair(id).is_empty() {
        return Err(Fault::usage(format!("no case names {id}"))
            .help(format!("write one: fixgate new case regression/NAME --defect {id}")));
    }
    let progress = session.progress();
    let site = session.site_of_cases(tree, ledger, &progress)?;
    let (base, fixed) = sides(&site, defect, arguments)?;
    let workers = Workers::new(tree, ledger, &[&base.build, &fixed.build], &session.stop)?;
    workers.tell(&site);
    let executor = |placed| Executor { root: tree.root(), build: placed, defaults: ledger.project.run, keeper: None };
    let builds = (&executor(&base.build), &executor(&fixed.build));
    let shows = |executor, role, placed: &Placed| running::show(ledger, &workers, executor, (role, placed.standing()), |_| false);
    let again = |fault: Fault| fault.then("run the same command again");
    let shown = [shows(builds.0, Role::Base, &base).map_err(again)?, shows(builds.1, Role::Candidate, &fixed).map_err(again)?];
    let results = engine::prove(&site, &[defect], builds, arguments.runs, &workers);
    let results = results.map_err(again)?;
    workers.builds.check()?;
    load::require_unchanged(tree, ledger)?;
    let proved = results.iter().map(|result| evidence(result, &base, &fixed)).collect::<Vec<Result<ProvedScenario, String>>>();
    let idle: Vec<String> = shown.iter().filter_map(Running::objection).collect();
    let refusals: Vec<&String> = idle.iter().chain(proved.iter().filter_map(|result| result.as_ref().err())).collect();
    if !refusals.is_empty() {
        let lines: String = refusals.iter().map(|refusal| format!("  {refusal}\n")).collect();
        let (base, fixed) = (quoted(&base.build.identity().name), quoted(&fixed.build.identity().name));
        return Ok(Err(format!("{id} is refused:\n{lines}  again: fixgate prove {id} --base {base} --fixed {fixed}\n")));
    }
    let scenarios: Vec<ProvedScenario> = proved.into_iter().flatten().collect();
    let base_name = base.build.identity().name;
    let red: String = results.iter().map(|result| red(ledger, result, &base_name)).collect();
    let line = format!(
        "{id}: {} red on {base_name}, green on {}\n{red}",
        counted_as(scenarios.len(), "scenario is", "scenarios are"),
        fixed.build.identity().name
    );
    let shown_by = match shown.map(|running| running.shown) {
        [Shown::By(base), Shown::By(fixed)] => Some(ShownBy { base, fixed }),
        [Shown::By(_) | Shown::Fails(_) | Shown::Not(_), _] => None,
    };
    let proof = Proof { base: base.build.identity(), fixed: fixed.build.identity(), scenarios, shown_by };
    reports::write_file(&tree.defects().join(format!("{id}.proof.json")), proof.to_text().as_bytes())?;
    Ok(Ok(line))
}

/// The most lines that are shown of what a scenario did on the base.
const SHOWN_LINES: usize = 30;

/// What was taken for the defect, so that a person can tell whether it is red for the right reason.
fn red(ledger: &Ledger, result: &PairResult, base: &str) -> String {
    let scenario = ledger.scenarios.iter().find(|scenario| scenario.id == result.scenario);
    let symptom = match scenario.and_then(|scenario| scenario.symptom.as_ref()) {
        Some(symptom) => format!("as its symptom says ({symptom})"),
        None => "it states no symptom, so any failure counts".to_owned(),
    };
    let lines: Vec<&str> = result.base.shown.lines().collect();
    let shown: String =
        lines.iter().take(SHOWN_LINES).map(|line| format!("    {base}: {}\n", Paint::Plain.shown(line))).collect();
    let more = match lines.len().saturating_sub(SHOWN_LINES) {
        0 => String::new(),
        more => format!("    … and {}\n", counted(more, "more line")),
    };
    format!("  {} is {} on {base}, {symptom}:\n{shown}{more}", result.scenario, result.base.verdict)
}

/// What the scenario proves, or why it is refused, with what it showed.
fn evidence(result: &PairResult, base: &Placed, fixed: &Placed) -> Result<ProvedScenario, String> {
    let evidence = result.evidence().map_err(|reason| {
        let line = |side: &str, line: &str| format!("\n      {side}: {}", Paint::Plain.shown(line));
        let shown = |side: &str, text: &str| text.lines().map(|text| line(side, text)).collect::<String>();
        let (base, fixed) = (base.build.identity().name, fixed.build.identity().name);
        format!("{reason}{}{}", shown(&base, &result.base.shown), shown(&fixed, &result.fixed.shown))
    })?;
    Ok(ProvedScenario {
        scenario: result.scenario.clone(),
        definition: result.definition,
        base: evidence,
        fixed: result.fixed.verdict,
        runs: result.runs,
    })
}

/// The builds without and with the fix: those that were named, or else the release before `fixed-in`, and `fixed-in`.
fn sides(site: &Site<'_>, defect: &Defect, arguments: &Prove) -> Result<(Placed, Placed), Fault> {
    let id = &defect.id;
    let fixed_in = || {
        let fault = Fault::usage(format!("{id} has no `fixed-in`, so the train does not say which builds to prove it on"));
        defect.fixed_in().ok_or_else(|| fault.help("name them: --base B --fixed B"))
    };
    let base = match &arguments.base {
        Some(word) => word.clone(),
        None => {
            let fixed_in = fixed_in()?;
            let before = site.ledger.train.before(fixed_in);
            before
                .ok_or_else(|| Fault::usage(format!("there is no release before {fixed_in}: name a build with --base")))?
                .name
                .to_string()
        }
    };
    let fixed = match &arguments.fixed {
        Some(word) => word.clone(),
        None => fixed_in()?.to_string(),
    };
    Ok((builds::find(site, &base, None)?, builds::find(site, &fixed, None)?))
}
