//! Reports on disk: written whole, and only when all of them could be made.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Write};

use camino::Utf8Path;
use fixgate_core::id::{ReleaseName, ScenarioId};
use fixgate_core::record::RunRecord;
use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};

use crate::fault::Fault;
use crate::journal::{write_whole, write_whole_by};
use crate::tree::Tree;

/// The file that keeps a signed-off plan: one scenario id a line, compressed.
const PLAN: &str = "plan.txt.gz";

/// Writes a release's reports after its plan, in the order given, each aside and then renamed.
///
/// # Errors
/// The first file that cannot be written.
pub fn write(tree: &Tree, release: &ReleaseName, record: &RunRecord, files: &[(&str, Vec<u8>)]) -> Result<(), Fault> {
    let directory = tree.reports(release.as_str());
    tree.make(&directory)?;
    let plan = packed(record).map_err(|reason| Fault::harness(format!("the plan cannot be packed: {reason}")))?;
    let mut all = [(PLAN, &plan)].into_iter().chain(files.iter().map(|(name, bytes)| (*name, bytes)));
    all.try_for_each(|(name, bytes)| write_file(&directory.join(name), bytes))
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
fn packed(record: &RunRecord) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    for planned in &record.plan {
        writeln!(encoder, "{}", planned.scenario)?;
    }
    encoder.finish()
}

/// The plan of a release's sign-off; `None` if it has none.
///
/// # Errors
/// When the file is damaged.
pub fn signed_off_plan(tree: &Tree, release: &ReleaseName) -> Result<Option<BTreeSet<ScenarioId>>, Fault> {
    const LIMIT: u64 = 1 << 30;
    let path = tree.reports(release.as_str()).join(PLAN);
    let Ok(file) = fs::File::open(&path) else { return Ok(None) };
    let mut text = String::new();
    let damaged = |reason: String| Fault::usage(format!("{path} is damaged: {reason}")).help(format!("sign {release} off again"));
    GzDecoder::new(file).take(LIMIT).read_to_string(&mut text).map_err(|reason| damaged(reason.to_string()))?;
    text.lines().map(str::parse).collect::<Result<_, String>>().map(Some).map_err(damaged)
}
