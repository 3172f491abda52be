//! Whether cases may run: where they reach what is their user's, a person must have consented, as for a recipe.

use fixgate_core::id::Digest;
use fixgate_core::ledger::Ledger;
use fixgate_core::project::{Grants, Isolation};

use super::first::First;
use crate::build::Request;
use crate::fault::Fault;
use crate::stop::StopFlag;
use crate::tree::Tree;
use crate::trust::{self, Why};
use crate::{builds, packs};

/// The name of the cases among what a person is asked about.
pub const CASES: &str = "cases";

/// Everything in a test product about which a person can be asked: its recipes and its cases, by the isolation that holds here.
///
/// # Errors
/// When a file that a recipe names cannot be read, or programs cannot be isolated as demanded.
pub fn requests(tree: &Tree, ledger: &Ledger, stop: &StopFlag) -> Result<Vec<Request>, Fault> {
    let mut requests = recipes(tree, ledger)?;
    requests.push(cases(tree, ledger, stop)?);
    Ok(requests)
}

fn recipes(tree: &Tree, ledger: &Ledger) -> Result<Vec<Request>, Fault> {
    let releases = ledger.train.releases().iter().map(|release| builds::request_of(tree, ledger, release));
    let of_packs = ledger.packs.iter().filter_map(|pack| Some((&pack.name, pack.build.as_ref()?)));
    releases.chain(of_packs.map(|(name, build)| packs::request_of(tree, name, build))).collect()
}

fn cases(tree: &Tree, ledger: &Ledger, stop: &StopFlag) -> Result<Request, Fault> {
    let isolation = isolation(tree, ledger, stop)?;
    Ok(Request {
        name: CASES.to_owned(),
        runs: "every case below testcases/, and the builds that the recipes make".to_owned(),
        reaches: match isolation {
            Isolation::Process => "everything that you can: your files, the network and your other programs".to_owned(),
            Isolation::Strict => ledger.project.isolation.grants.to_string(),
        },
        confined: isolation.meaning(),
        why: why(ledger, isolation),
        digest: digest(tree, ledger, isolation)?,
    })
}

/// Asks for a person's consent before anything of the test product runs, the recipes of its builds among it.
///
/// # Errors
/// When a person must consent, and has not, or programs cannot be isolated as demanded.
pub fn require_consent(tree: &Tree, ledger: &Ledger, stop: &StopFlag) -> Result<(), Fault> {
    if trust::is_own(tree) {
        return Ok(());
    }
    require(tree, ledger, isolation(tree, ledger, stop)?)
}

/// The isolation that holds here, as a worker shows it.
fn isolation(tree: &Tree, ledger: &Ledger, stop: &StopFlag) -> Result<Isolation, Fault> {
    Ok(First::start(tree, &ledger.project.isolation, &[], stop)?.terms.isolation)
}

/// # Errors
/// When a person must consent, and has not.
pub(super) fn require(tree: &Tree, ledger: &Ledger, isolation: Isolation) -> Result<(), Fault> {
    let Some(why) = why(ledger, isolation) else { return Ok(()) };
    if trust::is_own(tree) || trust::is_trusted(digest(tree, ledger, isolation)?) {
        return Ok(());
    }
    Err(Fault::usage(format!("the cases of this test product need your consent before they run: {why}")).help(format!(
        "read what they run, and allow just that: fixgate trust {CASES} --yes; if all of it is yours: fixgate trust --own"
    )))
}

fn why(ledger: &Ledger, isolation: Isolation) -> Option<Why> {
    let grants = &ledger.project.isolation.grants;
    match isolation {
        Isolation::Process => Some(Why::Unconfined),
        // Even a path in the tree: a program that writes there can make it a link to another place.
        Isolation::Strict => (*grants != Grants::default()).then_some(Why::Granted),
    }
}

/// Of everything that decides what runs with what rights, as far as the records state it: the cases and the files that they use,
/// the recipes that make their builds, and what keeps them apart.
fn digest(tree: &Tree, ledger: &Ledger, isolation: Isolation) -> Result<Digest, Fault> {
    let files = ledger.files.iter().filter(|file| file.path.starts_with("testcases"));
    let files: Vec<_> = files.map(|file| (&file.path, file.digest, file.stamp.mode & 0o111)).collect();
    let recipes: Vec<_> = recipes(tree, ledger)?.into_iter().map(|request| (request.name, request.digest)).collect();
    let isolation = (isolation, &ledger.project.isolation.grants);
    Ok(Digest::of_json(&(CASES, isolation, &ledger.project.program, recipes, files)))
}
