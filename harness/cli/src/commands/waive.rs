//! `fixgate waive`

use fixgate_core::id::{DefectId, Digest, ReleaseName, RunName, ScenarioId, WaiverName};
use fixgate_core::ledger::Ledger;
use fixgate_core::normalize::Masking;
use fixgate_core::observation::Observation;
use fixgate_core::problem::Source;
use fixgate_core::project::Criterion;
use fixgate_core::record::RunRecord;
use fixgate_core::residual::{Class, analyse};
use fixgate_core::visible::escaped;
use fixgate_core::waiver::{self as core, Waiver};
use fixgate_core::words::counted;
use fixgate_engine::builds::unknown_release;
use fixgate_engine::fault::Fault;
use fixgate_engine::history;
use fixgate_engine::tree::Tree;
use fixgate_engine::waive as engine;
use toml_edit::{Array, DocumentMut, Value, value};

use super::attribute::found;
use super::prove::no_defect;
use super::scaffold::write_new;
use crate::arguments::Waive;
use crate::clock::today;
use crate::exit::Exit;
use crate::session::Session;

/// Writes a waiver's record.
pub(super) fn waive(session: &Session, arguments: &Waive) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let today = today();
    if arguments.expires < today {
        return Err(Fault::usage(format!("{} has passed: a waiver is for the days to come", arguments.expires)));
    }
    let mut residual = residual(&tree, &ledger, arguments)?;
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => residual.name()?,
    };
    // What the record says is checked as it will be when it is read.
    let read =
        |text: &str| Waiver::read(name.clone(), &Source::new(format!("waivers/{name}.toml"), text)).map_err(Fault::records);
    let mut text = record(&residual, arguments)?;
    let waiver = read(&text)?;
    if let Some(fix) = ledger.own_fix(&waiver) {
        let message =
            format!("{} made the fix of {}, and authors cannot waive what is held against their own fix", waiver.owner, fix.id);
        return Err(Fault::usage(message).help("ask another to accept it, and name them with --owner"));
    }
    if let (core::Waived::Scenario { masking: Some(masking), .. }, Waived::Scenario { seen, record: run, scenario }) =
        (&waiver.waived, &mut residual.waived)
    {
        let left = look(session, (&tree, &ledger), (scenario, masking), run)?;
        *seen = left.seen;
        text = record(&residual, arguments)?;
        read(&text)?;
        let lines = excerpt(&left.observation);
        session.output.note(&format!("both times, `normalize` left of it:\n{lines}"));
    }
    write_new(session, &tree.place(""), &format!("waivers/{name}.toml"), &text)?;
    let release = &residual.release;
    session.output.note(&format!("next: review and commit it, then: fixgate signoff {release}\n"));
    Ok(Exit::Success)
}

/// What is to be waived.
struct Residual<'a> {
    waived: Waived<'a>,
    release: ReleaseName,
}

enum Waived<'a> {
    Scenario { scenario: &'a ScenarioId, seen: Digest, record: Box<RunRecord> },
    Criterion { criterion: Criterion, defect: &'a DefectId },
}

impl Residual<'_> {
    /// A name that says what is waived, and where: `RU2-suite-greeting`.
    fn name(&self) -> Result<WaiverName, Fault> {
        let what = match &self.waived {
            Waived::Scenario { scenario, .. } => scenario.to_string(),
            Waived::Criterion { criterion, defect } => format!("{criterion}-{defect}"),
        };
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || "._".contains(letter) { letter } else { '-' };
        let mut name: String = format!("{}-{what}", self.release).chars().map(plain).collect();
        name.truncate(100);
        name.parse().map_err(|reason| Fault::usage(format!("{reason}; give a name with --name")))
    }
}

fn residual<'a>(tree: &Tree, ledger: &Ledger, arguments: &'a Waive) -> Result<Residual<'a>, Fault> {
    match arguments {
        Waive { scenario: Some(scenario), run, .. } => {
            let record = read(tree, run.as_ref())?;
            let seen = seen(ledger, &record, scenario)?;
            let release = release(ledger, arguments.release.as_ref().or(record.header.release.as_ref()))?;
            Ok(Residual { waived: Waived::Scenario { scenario, seen, record: Box::new(record) }, release })
        }
        Waive { criterion: Some(criterion), defect: Some(defect), .. } => {
            if !criterion.is_waived_by_defect() {
                let message = format!("`{criterion}` holds nothing against a defect, so nothing of it can be waived by one");
                return Err(Fault::usage(message).help("`proved`, `cumulative` and `validated` do"));
            }
            if !ledger.defects.contains_key(defect) {
                return Err(no_defect(ledger, defect));
            }
            let release = release(ledger, arguments.release.as_ref())?;
            Ok(Residual { waived: Waived::Criterion { criterion: *criterion, defect }, release })
        }
        Waive { .. } => Err(Fault::usage("give a scenario, or --criterion with --defect")),
    }
}

fn release(ledger: &Ledger, name: Option<&ReleaseName>) -> Result<ReleaseName, Fault> {
    let name =
        name.ok_or_else(|| Fault::usage("a waiver is for one release, and the run was for none").help("name it with --release"))?;
    ledger.train.release(name).map(|release| release.name.clone()).ok_or_else(|| unknown_release(ledger, name))
}

/// The run that was named, or the last.
fn read(tree: &Tree, run: Option<&RunName>) -> Result<RunRecord, Fault> {
    let none = || {
        Fault::usage("no run is finished under reports/runs/, so there is nothing to waive")
            .help("sign the release off first: fixgate signoff RELEASE")
    };
    let name = match run {
        Some(name) => name.to_string(),
        None => history::newest(tree)?.ok_or_else(none)?,
    };
    fixgate_engine::run::read(tree, &name)
}

/// What was seen of the scenario's failure in the run, if there is something to waive.
fn seen(ledger: &Ledger, record: &RunRecord, scenario: &ScenarioId) -> Result<Digest, Fault> {
    let run = &record.header.run;
    let analysis = analyse(ledger, record, None);
    let residual = analysis.residuals.iter().find(|residual| residual.entry.scenario == *scenario);
    let residual = residual.ok_or_else(|| {
        Fault::usage(format!("the run `{run}` has no verdict of `{scenario}`"))
            .help("a waiver names one scenario, by its exact id")
    })?;
    let nothing = |why: &str| Fault::usage(format!("`{scenario}` {why} in the run `{run}`, so there is nothing to waive"));
    match (residual.entry.seen, residual.class) {
        (_, Some(Class::Known)) => Err(nothing("is known to fail without its fix")),
        (Some(seen), _) if residual.entry.verdict.is_failure() => Ok(seen),
        (None, _) if residual.entry.verdict.is_failure() => {
            let message = format!("the run `{run}` is of an earlier version, which did not record what it saw of `{scenario}`");
            Err(Fault::usage(message).help("make the run again, and waive what it shows"))
        }
        (_, Some(Class::UnexpectedPass)) => Err(Fault::usage(format!(
            "`{scenario}` passes although its defects are open: that is settled in their records, and not waived"
        ))),
        (Some(_) | None, _) => Err(nothing(&format!("is {}", residual.entry.verdict))),
    }
}

fn record(residual: &Residual<'_>, arguments: &Waive) -> Result<String, Fault> {
    let mut document = DocumentMut::new();
    match &residual.waived {
        Waived::Scenario { scenario, seen, .. } => {
            document["scenario"] = value(scenario.as_str());
            document["seen"] = value(seen.to_string());
            if !arguments.normalize.is_empty() {
                document["normalize"] = value(rules(&arguments.normalize)?);
            }
        }
        Waived::Criterion { criterion, defect } => {
            document["criterion"] = value(criterion.as_str());
            document["defect"] = value(defect.as_str());
        }
    }
    document["kind"] = value(if arguments.test_is_bad { "test-is-bad" } else { "accepted" });
    document["release"] = value(residual.release.as_str());
    document["owner"] = value(arguments.owner.as_str());
    document["reason"] = value(arguments.reason.as_str());
    let expires = arguments.expires.to_string().parse::<toml_edit::Datetime>();
    document["expires"] = value(expires.map_err(|reason| Fault::usage(format!("{}: {reason}", arguments.expires)))?);
    Ok(document.to_string())
}

/// The items of `normalize`, as they are typed: words and tables of TOML.
fn rules(typed: &[String]) -> Result<Array, Fault> {
    let rule = |text: &String| match text.trim_start().starts_with('{') {
        true => text.parse::<Value>().map_err(|reason| Fault::usage(format!("--normalize {text}: {reason}"))),
        false => Ok(Value::from(text.as_str())),
    };
    typed.iter().map(rule).collect()
}

/// Looks at the failure again, on the builds of its run.
fn look(
    session: &Session,
    (tree, ledger): (&Tree, &Ledger),
    (id, masking): (&ScenarioId, &Masking),
    record: &RunRecord,
) -> Result<engine::Left, Fault> {
    let scenario = ledger.scenarios.iter().find(|scenario| scenario.id == *id);
    let scenario = scenario.ok_or_else(|| Fault::usage(format!("no case has the scenario `{id}`")))?;
    let _lock = session.lock(tree)?;
    let progress = session.progress();
    let site = session.site_of_cases(tree, ledger, &progress)?;
    let header = &record.header;
    let candidate = found(&site, &header.candidate, header.placed_as.as_ref())?;
    let baseline = header.baseline.as_ref().map(|known| found(&site, &known.build, None)).transpose()?;
    engine::look(&site, scenario, masking, &candidate, baseline.as_ref())
}

/// The most lines of a stream that are shown.
const LINES: usize = 20;

/// What was seen, for the person who accepts it.
fn excerpt(seen: &Observation) -> String {
    let mut text = String::new();
    for (step, seen) in (1..).zip(&seen.steps) {
        text.push_str(&format!("  step {step}: {}\n", seen.ending));
        for (stream, bytes) in [("stdout", &seen.stdout), ("stderr", &seen.stderr)] {
            let shown = escaped(bytes);
            let lines: Vec<&str> = shown.lines().collect();
            text.extend(lines.iter().take(LINES).map(|line| format!("  {stream}: {line}\n")));
            if let Some(more) = lines.len().checked_sub(LINES).filter(|more| *more > 0) {
                text.push_str(&format!("  {stream}: … and {}\n", counted(more, "more line")));
            }
        }
    }
    text
}
