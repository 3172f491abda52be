//! `fixgate build` and `fixgate identify`

use camino::Utf8Path;
use fixgate_core::id::ReleaseName;
use fixgate_engine::builds::{self, release_build, unknown};
use fixgate_engine::fault::Fault;

use crate::exit::Exit;
use crate::session::Session;

/// Obtains builds.
pub(super) fn build(session: &Session, names: &[ReleaseName]) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let mut progress = session.progress();
    for name in names {
        let release = ledger.train.release(name).ok_or_else(|| unknown(&ledger, name.as_str()))?;
        let build = release_build(&tree, &ledger, release, &session.stop, &mut |event| progress.event(event))?;
        session.output.result(&format!("{name} {} {}\n", build.digest(), build.directory()))?;
    }
    Ok(Exit::Success)
}

/// Tells which releases have the very content of a build.
pub(super) fn identify(session: &Session, path: &Utf8Path) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let known = builds::identify(&tree, &ledger, path)?;
    for release in &known.releases {
        let version = ledger.train.release(release).map(|release| release.version.as_str()).unwrap_or_default();
        session.output.result(&format!("{release} ({version})\n"))?;
    }
    if known.releases.is_empty() {
        session.output.result(&format!("unknown: {}\n", known.digest))?;
        session
            .output
            .note("only builds that are at hand or pinned by their release are known: obtain them with `fixgate build`\n");
    }
    Ok(Exit::found(known.releases.is_empty()))
}
