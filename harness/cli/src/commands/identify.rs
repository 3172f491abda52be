//! `fixgate identify`

use camino::Utf8Path;
use fixgate_core::id::{DefectId, ReleaseName};
use fixgate_core::identity::{Identity, Probe, full_name};
use fixgate_core::ledger::Ledger;
use fixgate_core::private_fix::PrivateFix;
use fixgate_core::words::counted;
use fixgate_engine::builds::{self, Build};
use fixgate_engine::fault::Fault;
use fixgate_engine::identify::{self as engine, Nearest};
use fixgate_engine::tree::Tree;

use crate::arguments::Identify;
use crate::exit::Exit;
use crate::session::Session;

/// Tells which release or private fix a build is, by its digest; with `--probe`, which fixes it shows.
pub(super) fn identify(session: &Session, arguments: &Identify) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let build = build(session, (&tree, &ledger), &arguments.path)?;
    let seen = engine::seen(&tree, &ledger)?;
    let identity = Identity::of(&ledger, build.digest(), &seen);
    let is_unknown = identity.releases.is_empty() && identity.private_fixes.is_empty();
    for release in &identity.releases {
        session.output.result(&format!("{}\n", release_in_words(&ledger, release)))?;
    }
    for fix in &identity.private_fixes {
        session.output.result(&private_fix(&ledger, fix))?;
    }
    if is_unknown {
        session.output.result(&unknown(&ledger, &build, &identity, engine::nearest(&tree, &ledger, &build)?))?;
    }
    if arguments.probe {
        probe(session, (&tree, &ledger), &build)?;
        return Ok(Exit::Success);
    }
    if is_unknown {
        session.output.note("what it was built from is not recorded; which fixes it has, its behaviour tells: add --probe\n");
    }
    Ok(Exit::found(is_unknown))
}

/// The build at a path, or where there is none the build of the release of that name, which is not made for this.
fn build(session: &Session, (tree, ledger): (&Tree, &Ledger), path: &Utf8Path) -> Result<Build, Fault> {
    let named = path.as_str().parse::<ReleaseName>().ok().filter(|_| !path.exists());
    let Some(name) = named else { return builds::at_path(ledger, path) };
    let release = ledger.train.release(&name).ok_or_else(|| builds::unknown(ledger, path.as_str()))?;
    let Some(build) = builds::release_at_hand(tree, ledger, release)? else {
        let message = format!("the build of {name} is not at hand, as its record makes it");
        return Err(Fault::usage(message).help(format!("obtain it: fixgate build {name}")));
    };
    session.output.note(&format!("{name} is a release; its build is {}\n", build.directory()));
    Ok(build)
}

/// `RTM+RU3 (13.0.0)`
fn release_in_words(ledger: &Ledger, release: &ReleaseName) -> String {
    let version = ledger.train.release(release).map(|release| release.version.as_str()).unwrap_or_default();
    format!("{} ({version})", full_name(ledger, release))
}

fn private_fix(ledger: &Ledger, fix: &PrivateFix) -> String {
    let ids: Vec<&str> = fix.defects.iter().map(DefectId::as_str).collect();
    let superseded = match ledger.superseding(fix) {
        Some(release) => format!("superseded by {}", release_in_words(ledger, &release.name)),
        None => "no release supersedes it yet".to_owned(),
    };
    let base = full_name(ledger, &fix.base);
    format!("private fix {}: {base} with {}, for {}; {superseded}\n", fix.id, ids.join(", "), fix.customer)
}

fn unknown(ledger: &Ledger, build: &Build, identity: &Identity<'_>, nearest: Option<Nearest>) -> String {
    let mut text = format!("unknown: {}\n", build.digest());
    if !identity.proved.is_empty() {
        let ids: Vec<&str> = identity.proved.iter().map(|id| id.as_str()).collect();
        text.push_str(&format!("nearest: the build that {} was proved on, with the fix\n", ids.join(", ")));
    }
    if let Some(Nearest { release, shared, others }) = nearest {
        let how = match others.as_slice() {
            [] => "all of whose files it has, and others beside them".to_owned(),
            [other] => format!("which shares {} with it; {other} differs", counted(shared, "file")),
            [other, more @ ..] => {
                format!("which shares {} with it; {other} and {} more differ", counted(shared, "file"), more.len())
            }
        };
        text.push_str(&format!("nearest: {}, {how}\n", release_in_words(ledger, &release)));
    }
    text
}

/// Shows which fixes the build has, by running its paired scenarios.
fn probe(session: &Session, (tree, ledger): (&Tree, &Ledger), build: &Build) -> Result<(), Fault> {
    let progress = session.progress();
    let verdicts = engine::probe(&session.site_of_cases(tree, ledger, &progress)?, build)?;
    let Some(probe) = Probe::read(ledger, &verdicts) else {
        return Err(Fault::usage("no paired scenario can be judged without a baseline, so nothing tells which fixes it has")
            .help("pair a defect with a case that states what must hold: fixgate new case regression/NAME --defect ID"));
    };
    let (agreeing, of) = probe.agreeing;
    let nearest = full_name(ledger, &probe.nearest);
    session.output.result(&format!("{}\n", probe.in_words(ledger)))?;
    session.output.result(&format!("as {nearest} in {agreeing} of {}\n", counted(of, "paired scenario")))?;
    let silent: Vec<&str> = probe.silent(ledger).into_iter().map(ReleaseName::as_str).collect();
    if !silent.is_empty() {
        session.output.result(&format!("no paired fix tells of {}\n", silent.join(", ")))?;
    }
    for (defect, found) in &probe.untold {
        session.output.result(&format!("without {defect} too, which was found in {found}: fixed, or never there\n"))?;
    }
    for (defect, release) in probe.lost(ledger) {
        session.output.result(&format!("without the fix of {defect}, which {release} has\n"))?;
    }
    Ok(())
}
