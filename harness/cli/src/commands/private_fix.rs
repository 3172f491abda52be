//! `fixgate private-fix`: the life of a build for a customer who cannot wait.

use fixgate_core::id::{DefectId, Digest, PrivateFixId};
use fixgate_core::ledger::Ledger;
use fixgate_core::private_fix::{PrivateFix, PrivateFixState};
use fixgate_core::problem::{Source, suggestion};
use fixgate_core::report::private_fixes;
use fixgate_core::words::quoted;
use fixgate_engine::builds;
use fixgate_engine::fault::Fault;
use fixgate_engine::reports::write_file;
use fixgate_engine::tree::Tree;
use toml_edit::{Array, DocumentMut, Item, Value, value};

use super::prove::no_defect;
use super::scaffold::write_new;
use crate::arguments::{NewPrivateFix, PrivateFix as Arguments};
use crate::clock::today;
use crate::exit::Exit;
use crate::session::Session;

/// Begins a life, shows those that go on, or takes one a step further.
pub(super) fn private_fix(session: &Session, arguments: &Arguments) -> Result<Exit, Fault> {
    match arguments {
        Arguments::New(new) => begin(session, new),
        Arguments::List => {
            let (_, ledger) = session.load()?;
            session.output.result(&private_fixes::text(&ledger, today()))?;
            Ok(Exit::Success)
        }
        Arguments::Advance { id, to } => {
            let _lock = session.lock(&session.tree()?)?;
            let (tree, ledger) = session.load()?;
            step(session, (&tree, &ledger), find(&ledger, id)?, (*to).into())
        }
    }
}

/// Records a build.
fn begin(session: &Session, new: &NewPrivateFix) -> Result<Exit, Fault> {
    let NewPrivateFix { id, defects, base, candidate, .. } = new;
    let (tree, ledger) = session.load()?;
    if let Some(unknown) = defects.iter().find(|defect| !ledger.defects.contains_key(defect)) {
        return Err(no_defect(&ledger, unknown).help(format!("record it first: fixgate new defect {unknown}")));
    }
    let place = ledger.train.position(base).ok_or_else(|| builds::unknown_release(&ledger, base))?;
    if let Some(defect) = defects.iter().find(|defect| ledger.has_fix(defect, place)) {
        let message = format!("{base} has the fix of {defect}: a customer with {base} needs no private fix for it");
        return Err(Fault::usage(message));
    }
    let text = record(new, builds::at_path(&ledger, candidate)?.digest());
    let path = format!("private-fixes/{id}.toml");
    // What is written must read back: a customer's name is anything that was typed.
    PrivateFix::read(id.clone(), &Source::new(path.as_str(), text.as_str())).map_err(Fault::records)?;
    write_new(session, &tree.place(""), &path, &text)?;
    let (ids, candidate) = (arguments(defects), quoted(candidate.as_str()));
    session.output.note(&format!("next: fixgate validate {ids} --candidate {candidate} --base {base}\n"));
    Ok(Exit::Success)
}

fn record(new: &NewPrivateFix, digest: Digest) -> String {
    let NewPrivateFix { defects, customer, base, deadline, .. } = new;
    let defects: Array = defects.iter().map(DefectId::as_str).collect();
    format!(
        "defects = {defects}\ncustomer = {}\nbase = \"{base}\"\ndigest = \"{digest}\"\n\
         deadline = {deadline}    # by the service agreement, it is delivered on that day at the latest\n\
         state = \"coded\"         # then: validated, delivered, accepted, checked-in, superseded\n\n[dates]\ncoded = {}\n",
        Value::from(customer.as_str()),
        today()
    )
}

/// Ids as a command takes them.
fn arguments(defects: &[DefectId]) -> String {
    defects.iter().map(DefectId::as_str).collect::<Vec<_>>().join(" ")
}

fn find<'l>(ledger: &'l Ledger, id: &PrivateFixId) -> Result<&'l PrivateFix, Fault> {
    let known = || ledger.private_fixes.iter();
    known().find(|fix| fix.id == *id).ok_or_else(|| {
        let fault = Fault::usage(format!("there is no private fix `{id}`"));
        match suggestion(id.as_str(), known().map(|fix| fix.id.as_str())) {
            Some(help) => fault.help(help),
            None => fault.help("record it: fixgate private-fix new"),
        }
    })
}

/// Takes the step if it is the next one and nothing is lacking; otherwise says what is.
fn step(session: &Session, (tree, ledger): (&Tree, &Ledger), fix: &PrivateFix, to: PrivateFixState) -> Result<Exit, Fault> {
    let id = &fix.id;
    if fix.state >= to {
        return Err(Fault::usage(format!("{id} is {} already", fix.state)));
    }
    match fix.state.next() {
        Some(PrivateFixState::Validated) => {
            let message = format!("{id} is coded, and no build is {to} before it is validated");
            return Err(Fault::usage(message).help(format!(
                "run: fixgate validate {} --candidate PATH --base {}",
                arguments(&fix.defects),
                fix.base
            )));
        }
        Some(next) if next != to => {
            return Err(Fault::usage(format!("{id} is {}: its next step is `{next}`, not `{to}`", fix.state)));
        }
        Some(_) | None => {}
    }
    let lacks = ledger.lacks(fix, to, today());
    if lacks.is_empty() {
        session.output.result(&advance(tree, fix, to)?)?;
        return Ok(Exit::Success);
    }
    let lines: String = lacks.iter().map(|lack| format!("  {lack}\n")).collect();
    session.output.result(&format!("{id} stays {}, it is not {to} yet:\n{lines}", fix.state))?;
    Ok(Exit::Failures)
}

/// Writes the state and today's date into the record; everything else of it stays as it is. Says so in a line.
pub(super) fn advance(tree: &Tree, fix: &PrivateFix, to: PrivateFixState) -> Result<String, Fault> {
    let path = tree.place(&fix.place.source.path);
    let unexpected = || Fault::harness(format!("{path} has changed while it was read"));
    let mut document: DocumentMut = fix.place.source.text.parse().map_err(|_| unexpected())?;
    let state = document.get_mut("state").and_then(Item::as_value_mut).ok_or_else(unexpected)?;
    let decor = state.decor().clone();
    *state = Value::from(to.as_str());
    *state.decor_mut() = decor;
    let date: toml_edit::Datetime = today().to_string().parse().map_err(|_| unexpected())?;
    document.get_mut("dates").and_then(Item::as_table_like_mut).ok_or_else(unexpected)?.insert(to.as_str(), value(date));
    write_file(&path, document.to_string().as_bytes())?;
    Ok(format!("{}: {} → {to}\n", fix.place.source.path, fix.state))
}
