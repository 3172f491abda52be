//! `fixgate trust`

use fixgate_engine::build::Request;
use fixgate_engine::fault::Fault;
use fixgate_engine::trust;
use fixgate_engine::worker::{CASES, requests};

use crate::arguments::Trust;
use crate::exit::Exit;
use crate::session::Session;

/// Shows what waits for a person's consent and why, and keeps the consent.
pub(super) fn trust(session: &Session, arguments: &Trust) -> Result<Exit, Fault> {
    if arguments.own {
        return own(session);
    }
    let (tree, ledger) = session.load()?;
    let requests = requests(&tree, &ledger, &session.stop)?;
    if let Some(unknown) = arguments.names.iter().find(|name| !requests.iter().any(|request| request.name == **name)) {
        let message = format!("`{unknown}` is neither a release nor a pack with a build, nor `{CASES}`");
        return Err(Fault::usage(message));
    }
    let is_meant = |request: &&Request| arguments.names.is_empty() || arguments.names.contains(&request.name);
    let is_own = trust::is_own(&tree);
    let (mut asked, mut open) = (0, 0);
    for request in requests.iter().filter(is_meant) {
        let Some(why) = request.why else { continue };
        let is_trusted = is_own && request.name == CASES || trust::is_trusted(request.digest);
        let state = match (is_trusted, arguments.yes) {
            (true, _) => "trusted already",
            (false, true) => "trusted from now on",
            (false, false) => "not trusted",
        };
        session.output.result(&shown(request, state, &why.to_string()))?;
        if !is_trusted && arguments.yes {
            trust::add(request.digest, &format!("{} of {}", request.name, tree.root()))?;
        }
        asked += 1;
        open += usize::from(!is_trusted && !arguments.yes);
    }
    if open > 0 {
        let names: String = arguments.names.iter().map(|name| format!(" {name}")).collect();
        session.output.note(&format!("nothing was changed; if this may run: fixgate trust{names} --yes\n"));
    } else if asked == 0 {
        session.output.result("nothing needs your consent: it is all kept from what is yours\n")?;
    }
    Ok(Exit::found(open > 0))
}

fn shown(request: &Request, state: &str, why: &str) -> String {
    let Request { name, runs, reaches, confined, .. } = request;
    let reaches = if reaches.is_empty() { "nothing but the system, this test product and its own output" } else { reaches };
    format!("{name}: {state}\n  runs: {runs}\n  why you are asked: {why}\n  may reach: {reaches}\n  confined: {confined}\n")
}

/// Takes the test product for the person's own.
fn own(session: &Session) -> Result<Exit, Fault> {
    let tree = session.tree()?;
    trust::make_own(&tree)?;
    session.output.result(&format!("the cases in {} run from now on, also when they change\n", tree.root()))?;
    Ok(Exit::Success)
}
