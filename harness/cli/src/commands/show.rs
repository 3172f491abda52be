//! `fixgate show`

use fixgate_core::report::show::{Shown, ShownDocument};
use fixgate_engine::fault::Fault;
use fixgate_engine::reports;

use crate::arguments::{Format, Show};
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
    // A name means one release at most.
    let releases = shown.iter().filter_map(|record| match record {
        Shown::Release(release) => Some(&release.name),
        Shown::Defect(_) | Shown::Case(_) => None,
    });
    let signoff = releases.filter_map(|release| reports::decision(&tree, release).transpose()).next().transpose()?;
    session.output.result(&match arguments.format {
        Format::Text => {
            let paint = session.output.paint();
            let texts = shown.iter().map(|record| record.text(&ledger, signoff.as_ref(), paint));
            texts.collect::<Vec<_>>().join("\n")
        }
        Format::Json => ShownDocument::of(&ledger, &shown, signoff.as_ref()).to_json(),
    })?;
    Ok(Exit::Success)
}
