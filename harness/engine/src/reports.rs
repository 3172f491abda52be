//! Reports on disk: written whole, and only when all of them could be made.

use std::fs;
use std::io::{self, Write};

use camino::Utf8Path;
use fixgate_core::id::{Digest, ReleaseName};
use fixgate_core::ledger::Ledger;
use fixgate_core::rules::LastSignoff;
use fixgate_core::seal::SEALS;
use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};

use crate::bounded::{self, FILE_LIMIT};
use crate::fault::Fault;
use crate::journal::{remove_asides, write_whole, write_whole_by};
use crate::tree::Tree;

/// The file that keeps a signed-off plan, compressed.
const PLAN: &str = "plan.txt.gz";

/// Writes a release's reports after its plan, in the order given, each aside and then renamed; gives the digest of each.
/// Signatures over the reports that stood there before are removed first: they say nothing of these. Nobody else may write
/// there meanwhile: the caller holds the tree's lock.
///
/// # Errors
/// The first file that cannot be written.
pub fn write(tree: &Tree, release: &ReleaseName, plan: &str, files: &[(&str, Vec<u8>)]) -> Result<Vec<(String, Digest)>, Fault> {
    let directory = tree.reports(release.as_str());
    tree.make(&directory)?;
    remove_asides(directory.as_std_path());
    for path in SEALS.map(|name| directory.join(name)).iter().filter(|path| path.exists()) {
        fs::remove_file(path).map_err(|reason| Fault::harness(format!("{path} cannot be removed: {reason}")))?;
    }
    let plan = packed(plan).map_err(|reason| Fault::harness(format!("the plan cannot be packed: {reason}")))?;
    let all = [(PLAN, &plan)].into_iter().chain(files.iter().map(|(name, bytes)| (*name, bytes)));
    all.map(|(name, bytes)| {
        write_file(&directory.join(name), bytes)?;
        Ok((name.to_owned(), Digest::of(bytes)))
    })
    .collect()
}

/// Writes one report aside, then renames it.
///
/// # Errors
/// Why it cannot be written.
pub fn write_file(path: &Utf8Path, bytes: &[u8]) -> Result<(), Fault> {
    Ok(write_whole(path.as_std_path(), bytes)?)
}

/// Writes one report a part at a time, aside, then renames it.
///
/// # Errors
/// Why it cannot be made or written; what stood there then still does.
pub fn write_file_by(path: &Utf8Path, write_parts: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Fault> {
    Ok(write_whole_by(path.as_std_path(), write_parts)?)
}

/// No name and no time goes into the file, so that the same plan gives the same bytes.
fn packed(plan: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(plan.as_bytes())?;
    encoder.finish()
}

/// The text of `signoff.json` of a release; `None` if it has not been signed off here.
///
/// # Errors
/// Why it cannot be read.
pub fn signoff(tree: &Tree, release: &ReleaseName) -> Result<Option<String>, Fault> {
    let path = tree.reports(release.as_str()).join("signoff.json");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(Fault::usage(format!("{path} cannot be read: {reason}"))),
    }
}

/// What the last sign-off before this release left: that of the nearest release before it that has one.
///
/// # Errors
/// When its files are damaged, or do not belong to each other.
pub fn last_signoff(tree: &Tree, ledger: &Ledger, release: &ReleaseName) -> Result<Option<LastSignoff>, Fault> {
    let mut before = ledger.train.before(release);
    while let Some(candidate) = before {
        if tree.reports(candidate.name.as_str()).exists() {
            return read_last(tree, &candidate.name).map(Some);
        }
        before = ledger.train.before(&candidate.name);
    }
    Ok(None)
}

fn read_last(tree: &Tree, release: &ReleaseName) -> Result<LastSignoff, Fault> {
    let directory = tree.reports(release.as_str());
    let damaged = |reason: String| {
        let message = format!("reports/{release}/ is not as it was written: {reason}");
        Fault::usage(message).help(format!("restore it from version control, or sign {release} off again"))
    };
    let text = |name: &str| fs::read_to_string(directory.join(name)).map_err(|reason| damaged(format!("{name}: {reason}")));
    let plan = unpacked(&directory.join(PLAN)).map_err(|reason| damaged(format!("{PLAN}: {reason}")))?;
    let last = LastSignoff::read(&text("signoff.json")?, &text("rules.json")?, &plan).map_err(damaged)?;
    if last.rules.release != *release {
        return Err(damaged(format!("it is the sign-off of {}", last.rules.release)));
    }
    Ok(last)
}

fn unpacked(path: &Utf8Path) -> std::io::Result<String> {
    let bytes = bounded::read(GzDecoder::new(fs::File::open(path)?), FILE_LIMIT)?;
    String::from_utf8(bytes).map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, reason))
}
