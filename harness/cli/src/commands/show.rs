//! `fixgate show`

use fixgate_core::report::show::Shown;
use fixgate_engine::fault::Fault;
use fixgate_engine::reports;

use crate::arguments::Show;
use crate::exit::Exit;
use crate::session::Session;

/// Shows every record that a name means.
pub(super) fn show(session: &Session, arguments: &Show) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let name = &arguments.name;
    let shown = Shown::named(&ledger, name).map_err(|nearest| {
        let fault = Fault::usage(format!("there is no defect, case, scenario or release `{}`", name.escape_debug()));
        match nearest {
            Some(nearest) => fault.help(nearest),
            None => fault.help("fixgate list shows the scenarios, and fixgate rollup status the releases with their defects"),
        }
    })?;
    let paint = session.output.paint();
    let texts = shown.iter().map(|record| {
        let signoff = match record {
            Shown::Release(release) => reports::decision(&tree, &release.name)?,
            Shown::Defect(_) | Shown::Case(_) => None,
        };
        Ok(record.text(&ledger, signoff.as_ref(), paint))
    });
    session.output.result(&texts.collect::<Result<Vec<_>, Fault>>()?.join("\n"))?;
    Ok(Exit::Success)
}
