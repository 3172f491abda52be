//! `fixgate build`

use fixgate_core::id::ReleaseName;
use fixgate_engine::build::Wish;
use fixgate_engine::builds::{release_build_as, unknown_release};
use fixgate_engine::fault::Fault;

use crate::exit::Exit;
use crate::session::Session;

/// Obtains builds.
pub(super) fn build(session: &Session, names: &[ReleaseName], force: bool) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let progress = session.progress();
    let site = session.site(&tree, &ledger, &progress);
    for name in names {
        let release = ledger.train.release(name).ok_or_else(|| unknown_release(&ledger, name))?;
        let wish = if force { Wish::Again } else { Wish::Kept };
        let build = release_build_as(&site, release, wish)?;
        session.output.result(&format!("{name} {} {}\n", build.digest(), build.directory()))?;
    }
    Ok(Exit::Success)
}
