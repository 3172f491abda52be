//! `fixgate site`

use camino::Utf8Path;
use fixgate_core::report::site::{Source, render};
use fixgate_core::words::counted;
use fixgate_engine::fault::Fault;
use fixgate_engine::{pages, reports};

use crate::exit::Exit;
use crate::session::Session;

/// How many nights the trends go back.
const NIGHTS: usize = 60;

/// Writes the site of the train.
pub(super) fn site(session: &Session, directory: &Utf8Path) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let releases = ledger.train.releases().iter();
    let signoffs = releases.filter_map(|release| reports::decision(&tree, &release.name).transpose());
    let signoffs = signoffs.collect::<Result<Vec<_>, _>>()?;
    let mut nights = reports::nights(&tree, NIGHTS)?;
    nights.reverse();
    let site = render(&Source { ledger: &ledger, signoffs: &signoffs, nights: &nights }).map_err(Fault::harness)?;
    pages::write(directory, &site)?;
    session.output.result(&format!("{} in {directory}/: open {directory}/index.html\n", counted(site.len(), "page")))?;
    Ok(Exit::Success)
}
