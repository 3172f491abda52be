//! `fixgate accept`

use fixgate_core::accepted::Accepted;
use fixgate_core::defect::Defect;
use fixgate_core::event::Event;
use fixgate_core::ledger::Ledger;
use fixgate_core::words::counted_as;
use fixgate_engine::accept::{Difference, differences};
use fixgate_engine::fault::Fault;
use fixgate_engine::tree::Tree;
use fixgate_engine::{builds, reports};
use toml_edit::{DocumentMut, InlineTable, Item, Value};

use super::prove::no_defect;
use crate::arguments::Accept;
use crate::exit::Exit;
use crate::session::Session;

/// Shows what claims explain, and pins it once a person says so.
pub(super) fn accept(session: &Session, arguments: &Accept) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let _lock = session.lock(&tree)?;
    let mut idle = false;
    for id in &arguments.defects {
        let defect = ledger.defects.get(id).ok_or_else(|| no_defect(&ledger, id))?;
        idle |= accept_one(session, (&tree, &ledger), defect, arguments.yes)?;
    }
    if !arguments.yes {
        let ids: Vec<&str> = arguments.defects.iter().map(|id| id.as_str()).collect();
        session.output.note(&format!("nothing was pinned; if this is as it should be: fixgate accept {} --yes\n", ids.join(" ")));
    }
    Ok(Exit::found(idle))
}

/// Shows, and pins if told to, what one record's claims explain; true if one of them explains nothing.
fn accept_one(session: &Session, (tree, ledger): (&Tree, &Ledger), defect: &Defect, pin: bool) -> Result<bool, Fault> {
    let id = &defect.id;
    let without = |what: &str| Fault::usage(format!("{id} has no {what}, so there is nothing to accept"));
    if defect.claims.is_empty() {
        return Err(without("claims (`changes`)"));
    }
    let fixed_in = defect.fixed_in().ok_or_else(|| without("`fixed-in`"))?;
    let before = ledger.train.before(fixed_in).ok_or_else(|| without("release before `fixed-in`"))?;
    let mut progress = session.progress();
    let mut on_event = |event: Event<'_>| progress.event(event);
    let base = builds::find(tree, ledger, before.name.as_str(), None, &session.stop, &mut on_event)?;
    let fixed = builds::find(tree, ledger, fixed_in.as_str(), None, &session.stop, &mut on_event)?;
    let found = differences((tree, ledger), defect, (&base, &fixed), session.jobs(), &session.stop, &mut on_event)?;
    let accepted = Accepted::new(found.iter().map(|difference| (difference.scenario.clone(), difference.outputs)));
    let mut idle = false;
    for claim in &defect.claims {
        let claimed: Vec<&Difference> = found.iter().filter(|difference| claim.scenarios.matches(&difference.scenario)).collect();
        idle |= claimed.is_empty();
        session.output.result(&format!(
            "{id} `{}`: {}\n",
            claim.scenarios.as_str(),
            counted_as(claimed.len(), "scenario differs", "scenarios differ")
        ))?;
        if !pin {
            claimed.iter().try_for_each(|difference| session.output.result(&shown(difference)))?;
        }
    }
    if pin && !idle {
        write_pins(tree, defect, &accepted)?;
    }
    Ok(idle)
}

fn shown(difference: &Difference) -> String {
    let lines: String = difference.detail.lines().map(|line| format!("    {line}\n")).collect();
    format!("  {}\n{lines}", difference.scenario)
}

/// Writes the accepted outputs, then their digests into the record's claims; everything else of the record stays as it is.
fn write_pins(tree: &Tree, defect: &Defect, accepted: &Accepted) -> Result<(), Fault> {
    let path = tree.root().join(&defect.place.source.path);
    let unexpected = || Fault::harness(format!("{path} has changed while it was read"));
    let mut document: DocumentMut = defect.place.source.text.parse().map_err(|_| unexpected())?;
    let claims = document.get_mut("changes").and_then(Item::as_array_mut).ok_or_else(unexpected)?;
    for (claim, value) in defect.claims.iter().zip(claims.iter_mut()) {
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
