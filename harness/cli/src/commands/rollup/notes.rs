//! `fixgate rollup notes`

use std::io;

use fixgate_core::id::ReleaseName;
use fixgate_core::report::notes::{Form, Notes, render};
use fixgate_engine::builds::unknown_release;
use fixgate_engine::fault::Fault;
use fixgate_engine::reports;
use fixgate_engine::tree::Tree;

use crate::exit::Exit;
use crate::session::Session;

/// Writes the notes of a release in every form.
pub(super) fn notes(session: &Session, name: &ReleaseName) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let release = ledger.train.release(name).ok_or_else(|| unknown_release(&ledger, name))?;
    let notes = Notes::of(&ledger, release);
    let pages = Form::ALL.into_iter().map(|form| Ok((form, page(&tree, form, &notes)?))).collect::<Result<Vec<_>, Fault>>()?;
    let directory = tree.reports(name.as_str());
    tree.make(&directory)?;
    for (form, page) in pages {
        reports::write_file(&directory.join(form.file_name()), page.as_bytes())?;
        session.output.result(&format!("reports/{name}/{}\n", form.file_name()))?;
    }
    Ok(Exit::Success)
}

/// The notes by the team's own template, or by the one that is built in.
fn page(tree: &Tree, form: Form, notes: &Notes) -> Result<String, Fault> {
    let path = tree.place(form.template_path());
    let own = match path.read_text() {
        Ok(text) => Some(text),
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => None,
        Err(reason) => return Err(Fault::usage(format!("{path} cannot be read: {reason}")).refused(&reason)),
    };
    render(form, own.as_deref().unwrap_or(form.template()), notes).map_err(|error| {
        let line = error.line.map(|line| format!(":{line}")).unwrap_or_default();
        Fault::usage(format!("{}{line}: {}", form.template_path(), error.message))
            .help("docs/release-manager.md has the names that a template may use")
    })
}
