//! Attestations on disk: the statement's bytes, and the signature beside them.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::attestation::{Attestation, Statement};
use fixgate_core::id::AttestationName;
use fixgate_core::ledger::Ledger;
use fixgate_core::problem::Source;

use crate::commit;
use crate::content::with_plain_lines;
use crate::fault::Fault;
use crate::git::{History, Version, controlled};
use crate::reports::write_file;
use crate::tree::{LATER_PATHS, Tree};

/// The name of a statement's file: what it is, what it is about, the build; with a number where that is there already.
///
/// # Errors
/// When it is too long.
pub fn name(tree: &Tree, statement: &Statement, about: &str) -> Result<AttestationName, Fault> {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_') { letter } else { '-' };
    let about: String = about.chars().map(plain).collect();
    let base = format!("{}-{about}-{}", statement.role(), statement.subject.digest.short());
    // Where that cannot be told, it is when the file is written.
    let free = |name: &String| !tree.attestations().join(format!("{name}.json")).exists().unwrap_or(false);
    let mut names = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}-{number}")));
    names.find(free).unwrap_or(base).parse().map_err(Fault::usage)
}

/// The statements against a build that the history of the records has, that no newer file replaces, and that counted: to delete such
/// a one does not unsay it.
///
/// # Errors
/// When git fails.
pub fn deleted(tree: &Tree, ledger: &Ledger) -> Result<Vec<Attestation>, Fault> {
    let Some(top) = controlled(tree.root())?.filter(|_| ledger.signers.iter().next().is_some()) else { return Ok(Vec::new()) };
    let mut history = History::of(tree, top, commit::head(top)?, LATER_PATHS[1])?;
    let versions: BTreeMap<Utf8PathBuf, Vec<Version>> = history.paths().map(|(path, all)| (path.clone(), all.clone())).collect();
    let mut found = Vec::new();
    for (path, version) in versions.iter().flat_map(|(path, all)| all.iter().map(move |version| (path, *version))) {
        let name = path.file_name().and_then(|name| name.strip_suffix(".json")).and_then(|name| name.parse().ok());
        let (Some(name), Some(stated)) = (name, text(&mut history, version)?) else { continue };
        let Ok(mut attestation) = Attestation::read(name, &Source::new(path, stated)) else { continue };
        let is_here = ledger.attestations.iter().any(|known| known.digest == attestation.digest);
        if is_here || !attestation.counts_against() {
            continue;
        }
        for signature in versions.get(Utf8Path::new(&format!("{path}.sig"))).into_iter().flatten() {
            let signature = text(&mut history, *signature)?.unwrap_or_default();
            attestation.verify(&signature, &ledger.project, &ledger.signers);
            if attestation.standing.is_ok() {
                attestation.gone = true;
                found.push(attestation);
                break;
            }
        }
    }
    Ok(found)
}

fn text(history: &mut History, version: Version) -> Result<Option<String>, Fault> {
    Ok(String::from_utf8(with_plain_lines(history.bytes(version)?)).ok())
}

/// Writes a statement, and its signature if it is signed already; gives the paths below the root.
///
/// # Errors
/// Why they cannot be written.
pub fn write(tree: &Tree, name: &AttestationName, text: &str, signature: Option<&str>) -> Result<Vec<String>, Fault> {
    tree.make(&tree.attestations())?;
    let mut written = Vec::new();
    let files = [(format!("{name}.json"), Some(text)), (format!("{name}.json.sig"), signature)];
    for (file, text) in files.into_iter().filter_map(|(file, text)| Some((file, text?))) {
        write_file(&tree.attestations().join(&file), text.as_bytes())?;
        written.push(format!("attestations/{file}"));
    }
    Ok(written)
}
