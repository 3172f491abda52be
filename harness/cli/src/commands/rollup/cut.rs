//! `fixgate rollup cut`

use fixgate_core::defect::Defect;
use fixgate_core::id::ReleaseName;
use fixgate_core::ledger::Ledger;
use fixgate_core::release::{Exception, Release};
use fixgate_core::rollup::{Objection, checked_in, objections, with_version};
use fixgate_core::words::{counted, counted_as};
use fixgate_engine::ancestry;
use fixgate_engine::fault::Fault;
use fixgate_engine::load;
use fixgate_engine::place::Place;
use fixgate_engine::reports::{Replacement, put_back, replace};
use fixgate_engine::tree::Tree;
use jiff::civil::Date;
use toml_edit::{Array, DocumentMut, Item, Table, value};

use crate::arguments::Cut;
use crate::clock::today;
use crate::exit::Exit;
use crate::session::Session;

/// Makes the next release from what is checked in, unless there is an objection that is not allowed.
pub(super) fn cut(session: &Session, arguments: &Cut) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let _lock = session.lock(&tree)?;
    let name = &arguments.release;
    if ledger.train.release(name).is_some() {
        return Err(Fault::usage(format!("{name} is cut already: releases/{name}.toml is there")));
    }
    let last = ledger.train.newest().ok_or_else(|| Fault::usage("there is no release to follow"))?;
    let day = arguments.date.unwrap_or_else(today);
    if let Some(before) = last.cut.filter(|before| day < *before) {
        return Err(Fault::usage(format!("{day} lies before the cut of {} on {before}", last.name)));
    }
    let recipe = recipe(arguments, last)?;
    let ancestry = ancestry::ask(&tree, &ledger, ledger.train.after_newest(), arguments.commit.as_ref())?;
    let objections = objections(&ledger, ancestry.as_ref(), day);
    is_needed(&arguments.allow, &objections)?;
    if refuse(session, name, &arguments.allow, &objections)? {
        return Ok(Exit::Failures);
    }
    let mut files: Vec<Replacement> = checked_in(&ledger).map(|defect| dated(&tree, defect, name)).collect::<Result<_, _>>()?;
    // The release comes last: until it is there, `check` complains of the name in the records of its fixes.
    files.push(Replacement { place: place(&tree, name), before: None, now: record(last, arguments, recipe, day)? });
    replace(&files)?;
    if let Err(fault) = load::load(&tree) {
        put_back(&files)?;
        return Err(fault.help("nothing was cut: every record is unchanged"));
    }
    if ancestry.is_none_or(|ancestry| ancestry.commit.is_none()) {
        let why = if ledger.project.repository.is_some() { "no --commit is given" } else { "fixgate.toml names no repository" };
        session.output.note(&format!("{why}: nothing but behaviour will show that {name} has every fix\n"));
    }
    tell(session, &ledger, arguments, files.len() - 1)
}

fn place(tree: &Tree, name: &ReleaseName) -> Place {
    tree.place(format!("releases/{name}.toml"))
}

fn recipe(arguments: &Cut, last: &Release) -> Result<Vec<String>, Fault> {
    if !arguments.recipe.is_empty() {
        return Ok(arguments.recipe.clone());
    }
    if arguments.version == last.version {
        let message = format!("{} is the version of {} already, whose recipe makes its build again", last.version, last.name);
        let help =
            "give the next version, or for another build of this one its recipe: fixgate rollup cut … -- PROGRAM ARGUMENT…";
        return Err(Fault::usage(message).help(help));
    }
    with_version(&last.recipe, &last.version, &arguments.version).ok_or_else(|| {
        let message = format!(
            "the recipe of {} does not name its version, {}, so that of {} is not evident",
            last.name, last.version, arguments.release
        );
        Fault::usage(message).help("give it: fixgate rollup cut … -- PROGRAM ARGUMENT…, with ${out} where the build goes")
    })
}

/// What is allowed must be an objection to the cut: an exception that is not needed would be taken for one that is.
fn is_needed(allowed: &[Exception], objections: &[Objection]) -> Result<(), Fault> {
    let idle = allowed.iter().find(|exception| !objections.iter().any(|objection| objection.exception == **exception));
    match idle {
        Some(exception) => Err(Fault::usage(format!("`{exception}` is not a reason against this cut: allow one that is"))),
        None => Ok(()),
    }
}

/// Tells the objections to the cut that are not allowed; true if there is one.
fn refuse(session: &Session, name: &ReleaseName, allowed: &[Exception], objections: &[Objection]) -> Result<bool, Fault> {
    let open: Vec<&Objection> = objections.iter().filter(|objection| !allowed.contains(&objection.exception)).collect();
    if open.is_empty() {
        return Ok(false);
    }
    let mut text = format!("{name} is not cut: {}\n", counted(open.len(), "objection"));
    for Objection { exception, reason, help } in open {
        text.push_str(&format!("  {reason}\n    {help}\n    or: --allow {exception}\n"));
    }
    session.output.result(&text)?;
    Ok(true)
}

/// A defect's record with the release that has its fix, after the line of its status.
fn dated(tree: &Tree, defect: &Defect, name: &ReleaseName) -> Result<Replacement, Fault> {
    let source = &defect.place.source;
    let mut document: DocumentMut = source.text.parse().map_err(|_| unreadable(&source.path))?;
    let table = document.as_table_mut();
    let mut order: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    let after_status = order.iter().position(|key| key == "status").map_or(order.len(), |index| index + 1);
    order.insert(after_status, "fixed-in".to_owned());
    table.insert("fixed-in", value(name.as_str()));
    let place = |key: &str| order.iter().position(|known| known == key);
    table.sort_values_by(|one, _, other, _| place(one.get()).cmp(&place(other.get())));
    Ok(Replacement { place: tree.place(&source.path), before: Some(source.text.clone()), now: document.to_string() })
}

fn unreadable(path: &camino::Utf8Path) -> Fault {
    Fault::harness(format!("{path} cannot be read again"))
}

/// The release's record. Its build is that of the newest release, comments and all, with its own recipe and no pin.
fn record(last: &Release, arguments: &Cut, recipe: Vec<String>, day: Date) -> Result<String, Fault> {
    let source = &last.place.source;
    let before: DocumentMut = source.text.parse().map_err(|_| unreadable(&source.path))?;
    let mut document = DocumentMut::new();
    document["version"] = value(arguments.version.as_str());
    document["follows"] = value(last.name.as_str());
    document["cut"] = value(day.to_string().parse::<toml_edit::Datetime>().map_err(|_| unreadable(&source.path))?);
    if let Some(commit) = &arguments.commit {
        document["commit"] = value(commit.as_str());
    }
    if !arguments.allow.is_empty() {
        let mut allowed = arguments.allow.clone();
        allowed.sort();
        allowed.dedup();
        document["allowed"] = value(allowed.iter().map(ToString::to_string).collect::<Array>());
    }
    let mut build = before.get("build").and_then(Item::as_table).cloned().unwrap_or_else(Table::new);
    build.remove("digest");
    build.insert("recipe", value(recipe.into_iter().collect::<Array>()));
    document.insert("build", Item::Table(build));
    Ok(document.to_string())
}

fn tell(session: &Session, ledger: &Ledger, arguments: &Cut, dated: usize) -> Result<Exit, Fault> {
    let name = &arguments.release;
    let (changes, fixes): (Vec<_>, Vec<_>) =
        ledger.new_in(None).partition(|defect| defect.kind == fixgate_core::defect::DefectKind::Change);
    let fixes = counted_as(fixes.len(), "fix", "fixes");
    session.output.result(&format!(
        "{name} ({}) is cut with {fixes} and {}\nreleases/{name}.toml is new, {} changed\n",
        arguments.version,
        counted(changes.len(), "change"),
        counted_as(dated, "record has", "records have"),
    ))?;
    session.output.note(&format!("next: review and commit them, then: fixgate signoff {name}\n"));
    Ok(Exit::Success)
}
