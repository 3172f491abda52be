//! Attestations on disk: the statement's bytes, and the signature beside them.

use fixgate_core::attestation::Statement;
use fixgate_core::id::AttestationName;

use crate::fault::Fault;
use crate::reports::write_file;
use crate::tree::Tree;

/// The name of a statement's file: what it is, what it is about, the build; with a number where that is there already.
///
/// # Errors
/// When it is too long.
pub fn name(tree: &Tree, statement: &Statement, about: &str) -> Result<AttestationName, Fault> {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_') { letter } else { '-' };
    let about: String = about.chars().map(plain).collect();
    let base = format!("{}-{about}-{}", statement.role(), statement.subject.digest.short());
    let free = |name: &String| !tree.attestations().join(format!("{name}.json")).exists();
    let mut names = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}-{number}")));
    names.find(free).unwrap_or(base).parse().map_err(Fault::usage)
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
