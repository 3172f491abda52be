//! `fixgate accept`

mod review;

use fixgate_core::accepted::Accepted;
use fixgate_core::case::Scenario;
use fixgate_core::defect::{Claim, Defect};
use fixgate_core::id::{Glob, ScenarioId};
use fixgate_core::ledger::Ledger;
use fixgate_core::problem::Source;
use fixgate_core::report::paint::Paint;
use fixgate_core::words::{counted, counted_as};
use fixgate_engine::accept::{Difference, differences};
use fixgate_engine::fault::Fault;
use fixgate_engine::tree::Tree;
use fixgate_engine::{builds, reports};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Value};

use super::prove::no_defect;
use crate::arguments::Accept;
use crate::exit::Exit;
use crate::session::Session;

/// What came of one record's claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// Each of them explains something, and all of that can be pinned.
    Differences,
    /// A person left some of it.
    Left,
    /// One of them explains nothing.
    Idle,
    /// An output varies from one run to the next.
    Varying,
}

/// What is done with what claims explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// It is shown.
    Shown,
    /// A person says of each difference what it is.
    OneByOne,
    /// All of it is pinned.
    All,
}

/// Shows what claims explain, and pins it once a person says so.
pub(super) fn accept(session: &Session, arguments: &Accept) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let _lock = session.lock(&tree)?;
    let mut worst = Found::Differences;
    let how = match arguments.yes {
        true => How::All,
        false if review::is_person_there() => How::OneByOne,
        false => How::Shown,
    };
    for id in &arguments.defects {
        let defect = ledger.defects.get(id).ok_or_else(|| no_defect(&ledger, id))?;
        worst = worst.max(accept_one(session, (&tree, &ledger), defect, how)?);
    }
    let ids: Vec<&str> = arguments.defects.iter().map(|id| id.as_str()).collect();
    let ids = ids.join(" ");
    match (worst, how) {
        (Found::Differences, How::All | How::OneByOne) => {}
        (Found::Left, _) => {
            session.output.note(&format!("what was left is unexplained in a sign-off; go on with: fixgate accept {ids}\n"));
        }
        (Found::Differences, How::Shown) => {
            session.output.note(&format!("nothing was pinned; if this is as it should be: fixgate accept {ids} --yes\n"));
        }
        (Found::Idle, _) => {
            session
                .output
                .note(&format!("not pinned: a claim that explains nothing; correct `changes`, then: fixgate accept {ids}\n"));
        }
        (Found::Varying, _) => {
            session
                .output
                .note(&format!("not pinned: what varies is another each time; settle it, then: fixgate accept {ids}\n"));
        }
    }
    Ok(Exit::found(worst != Found::Differences))
}

/// Shows, and pins if told to, what one record's claims explain.
fn accept_one(session: &Session, (tree, ledger): (&Tree, &Ledger), defect: &Defect, how: How) -> Result<Found, Fault> {
    let id = &defect.id;
    let without = |what: &str| Fault::usage(format!("{id} has no {what}, so there is nothing to accept"));
    if defect.claims.is_empty() {
        let help = "if its fix changes what scenarios give that expect what the baseline gives, name them in its record: \
                    changes = [\"suite/NAME\"]";
        return Err(without("claims (`changes`)").help(help));
    }
    let fixed_in =
        defect.fixed_in().ok_or_else(|| without("`fixed-in`").help("a claim counts from the release that has the fix"))?;
    let before = ledger.train.before(fixed_in).ok_or_else(|| {
        without("release before `fixed-in`").help("a claim explains a difference from an earlier release: take `changes` out")
    })?;
    let progress = session.progress();
    let site = session.site_of_cases(tree, ledger, &progress)?;
    let base = builds::find(&site, before.name.as_str(), None)?;
    let fixed = builds::find(&site, fixed_in.as_str(), None)?;
    let found = differences(&site, defect, (&base, &fixed))?;
    let accepted = Accepted::new(found.iter().map(|difference| (difference.scenario.clone(), difference.outputs)));
    let mut worst = Found::Differences;
    for claim in &defect.claims {
        let claimed: Vec<&Difference> = found.iter().filter(|difference| claim.scenarios.matches(&difference.scenario)).collect();
        let differ = counted_as(claimed.len(), "scenario differs", "scenarios differ");
        session.output.result(&format!("{id} `{}`: {differ}\n", claim.scenarios.as_str()))?;
        if claimed.is_empty() {
            worst = worst.max(Found::Idle);
            let between = (before.name.as_str(), fixed_in.as_str());
            session.output.result(&format!("  {}\n", why_idle(ledger, &claim.scenarios, between)))?;
        }
        let varying = claimed.iter().filter(|difference| difference.varying.is_some());
        worst = worst.max(varying.clone().next().map_or(Found::Differences, |_| Found::Varying));
        if how != How::OneByOne {
            varying.clone().try_for_each(|difference| session.output.result(&varies(ledger, difference)))?;
        }
        if how == How::Shown {
            claimed.iter().try_for_each(|difference| session.output.result(&shown(difference)))?;
        }
    }
    match how {
        How::Shown => {}
        How::All if worst == Found::Differences => write_pins(tree, defect, &accepted, |_| true)?,
        How::All => {}
        How::OneByOne => return one_by_one(session, (tree, ledger), defect, &found, worst),
    }
    Ok(worst)
}

/// Pins what a person accepts of the differences, and writes down which other records make some of them.
fn one_by_one(
    session: &Session,
    (tree, ledger): (&Tree, &Ledger),
    defect: &Defect,
    found: &[Difference],
    worst: Found,
) -> Result<Found, Fault> {
    let reviewed = review::review(session, ledger, defect, found)?;
    let is_accepted = |scenario: &ScenarioId| reviewed.accepted.contains(scenario);
    let is_pinned = |claim: &Claim| reviewed.accepted.iter().any(|scenario| claim.scenarios.matches(scenario));
    if !reviewed.accepted.is_empty() {
        let now = found.iter().filter(|difference| is_accepted(&difference.scenario));
        let now = now.map(|difference| (difference.scenario.clone(), difference.outputs));
        // A claim of which nothing is accepted stays as it is, and so does what it pins.
        let is_kept = |scenario: &ScenarioId| {
            defect.claims.iter().any(|claim| claim.accepted.is_some() && !is_pinned(claim) && claim.scenarios.matches(scenario))
        };
        let before = ledger.accepted.get(&defect.id).into_iter().flat_map(Accepted::iter);
        let before = before.filter(|(scenario, _)| is_kept(scenario)).map(|(scenario, outputs)| (scenario.clone(), outputs));
        write_pins(tree, defect, &Accepted::new(before.chain(now)), is_pinned)?;
    }
    for (id, scenarios) in &reviewed.claimed {
        let other = ledger.defects.get(id).ok_or_else(|| no_defect(ledger, id))?;
        add_claims(tree, other, scenarios)?;
        session.output.result(&format!("{id} claims {} more: fixgate accept {id}\n", counted(scenarios.len(), "scenario")))?;
    }
    let pinned = counted(reviewed.accepted.len(), "difference");
    session.output.result(&format!("{}: {pinned} accepted of {}, {} left\n", defect.id, found.len(), reviewed.left))?;
    Ok(if reviewed.left > 0 { worst.max(Found::Left) } else { worst })
}

/// Adds scenarios to what a record claims; everything else of the record stays as it is.
fn add_claims(tree: &Tree, defect: &Defect, scenarios: &[ScenarioId]) -> Result<(), Fault> {
    let path = tree.place(&defect.place.source.path);
    let unexpected = || Fault::harness(format!("{path} has changed while it was read"));
    let mut document: DocumentMut = defect.place.source.text.parse().map_err(|_| unexpected())?;
    let claims = document.entry("changes").or_insert_with(|| Item::Value(Value::Array(Array::new())));
    let claims = claims.as_array_mut().ok_or_else(unexpected)?;
    scenarios.iter().for_each(|scenario| claims.push(scenario.as_str()));
    let text = document.to_string();
    Defect::read(defect.id.clone(), &Source::new(defect.place.source.path.clone(), text.as_str())).map_err(Fault::records)?;
    reports::write_file(&path, text.as_bytes())
}

/// Why a claim explains nothing between two releases, and what to do.
fn why_idle(ledger: &Ledger, claim: &Glob, (before, after): (&str, &str)) -> String {
    let matching: Vec<&Scenario> = ledger.scenarios.iter().filter(|scenario| claim.matches(&scenario.id)).collect();
    let comparing = matching.iter().filter(|scenario| scenario.needs_baseline()).count();
    match (matching.len(), comparing) {
        (0, _) => "no scenario matches it: correct it in `changes`, or take it out".to_owned(),
        (all, 0) => format!(
            "{} matches it, and none expects what the baseline gives; what a case states itself needs no claim: take it out",
            counted(all, "scenario")
        ),
        (_, comparing) => format!(
            "none of {} that it is about gives something else on {after} than on {before}: it is stale, take it out",
            counted(comparing, "scenario")
        ),
    }
}

/// That an output cannot be pinned, and what settles it.
fn varies(ledger: &Ledger, difference: &Difference) -> String {
    let scenario = ledger.scenarios.iter().find(|scenario| scenario.id == difference.scenario);
    let advice = scenario.zip(difference.varying.as_ref()).map(|(scenario, varying)| varying.advice(scenario));
    let advice = advice.iter().flat_map(|advice| advice.lines());
    let advice: String = advice.map(|line| format!("    {}\n", Paint::Plain.shown(line))).collect();
    format!("  {} varies from one run to the next and cannot be pinned\n{advice}", difference.scenario)
}

fn shown(difference: &Difference) -> String {
    let lines: String = difference.detail.lines().map(|line| format!("    {}\n", Paint::Plain.shown(line))).collect();
    format!("  {}\n{lines}", difference.scenario)
}

/// Writes the accepted outputs, then their digests into the record's claims; everything else of the record stays as it is.
fn write_pins(tree: &Tree, defect: &Defect, accepted: &Accepted, is_pinned: impl Fn(&Claim) -> bool) -> Result<(), Fault> {
    let path = tree.place(&defect.place.source.path);
    let unexpected = || Fault::harness(format!("{path} has changed while it was read"));
    let mut document: DocumentMut = defect.place.source.text.parse().map_err(|_| unexpected())?;
    let claims = document.get_mut("changes").and_then(Item::as_array_mut).ok_or_else(unexpected)?;
    for (claim, value) in defect.claims.iter().zip(claims.iter_mut()).filter(|(claim, _)| is_pinned(claim)) {
        let mut pinned = InlineTable::new();
        pinned.insert("scenarios", claim.scenarios.as_str().into());
        pinned.insert("accepted", accepted.digest(&claim.scenarios).to_string().into());
        let decor = value.decor().clone();
        *value = Value::InlineTable(pinned);
        *value.decor_mut() = decor;
    }
    reports::write_file(&tree.defects().join(format!("{}.accepted.jsonl", defect.id)), accepted.to_text().as_bytes())?;
    reports::write_file(&path, document.to_string().as_bytes())
}
