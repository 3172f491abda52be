//! Reports on disk: written whole, and only when all of them could be made.

use std::fs;
use std::io::{self, Write};

use camino::Utf8Path;
use fixgate_core::gate::Signoff;
use fixgate_core::id::{Digest, ReleaseName, RunName};
use fixgate_core::report::files::SignoffFile;
use fixgate_core::rollup::nights::NightDocument;
use fixgate_core::seal::SEALS;
use flate2::{Compression, GzBuilder};

use crate::content::with_plain_lines;
use crate::fault::Fault;
use crate::journal::{JournalError, put, write_whole};
use crate::place::{PendingFile, Place, remove_asides};
use crate::tree::Tree;

/// What is new in a night, beside its record.
pub const NIGHT: &str = "nightly.json";

/// The release notes, with or without a sign-off beside them.
pub const NOTES: [&str; 2] = ["notes.md", "notes.html"];

/// Removes the reports that continuous integration picks up by their names, so that a sign-off that does not come to its end leaves
/// none of an earlier one. What a person reviews and commits stays: it names its run.
///
/// # Errors
/// The file that cannot be removed.
pub fn remove_unreviewed(tree: &Tree, release: &ReleaseName) -> Result<(), Fault> {
    for path in SignoffFile::ALL
        .into_iter()
        .filter(|file| file.is_picked_up())
        .map(|file| tree.reports(release.as_str()).join(file.name()))
    {
        remove(&path)?;
    }
    Ok(())
}

fn remove(place: &Place) -> Result<(), Fault> {
    place.remove_file().map_err(|reason| Fault::system(format!("{place} cannot be removed: {reason}"), &reason))
}

/// Writes a release's reports after its plan, in the order given, each aside and then renamed; gives the digest of each.
/// Signatures over the reports that were there before are removed first: they say nothing of these. No other process may write
/// there meanwhile: the caller holds the tree's lock.
///
/// # Errors
/// The first file that cannot be written.
pub fn write(
    tree: &Tree,
    release: &ReleaseName,
    plan: &str,
    files: &[(SignoffFile, Vec<u8>)],
) -> Result<Vec<(String, Digest)>, Fault> {
    let directory = tree.reports(release.as_str());
    tree.make(&directory)?;
    remove_asides(&directory);
    for path in SEALS.map(|name| directory.join(name)) {
        remove(&path)?;
    }
    let plan = packed(plan).map_err(|reason| Fault::harness(format!("the plan cannot be packed: {reason}")))?;
    let all = [(SignoffFile::Plan, &plan)].into_iter().chain(files.iter().map(|(file, bytes)| (*file, bytes)));
    all.map(|(file, bytes)| {
        write_file(&directory.join(file.name()), bytes)?;
        Ok((file.name().to_owned(), Digest::of(bytes)))
    })
    .collect()
}

/// Writes one report aside, then renames it.
///
/// # Errors
/// Why it cannot be written.
pub fn write_file(place: &Place, bytes: &[u8]) -> Result<(), Fault> {
    Ok(write_whole(place, bytes)?)
}

/// A file that is to be replaced, or made, together with others.
#[derive(Debug)]
pub struct Replacement {
    /// Where it stands.
    pub place: Place,
    /// Its text until now; absent for one that is made.
    pub before: Option<String>,
    /// Its text from now on.
    pub now: String,
}

/// Replaces several files: all of them are written aside before the first is renamed, and if one cannot be renamed, those
/// before it are put back.
///
/// # Errors
/// The file that could not be written; then all stand as they did.
pub fn replace(files: &[Replacement]) -> Result<(), Fault> {
    let write = |file: &Replacement| {
        let written = PendingFile::write(&file.place, |aside| aside.write_all(file.now.as_bytes()));
        written.map_err(JournalError::file("write", &file.place))
    };
    let asides = files.iter().map(write).collect::<Result<Vec<_>, _>>()?;
    for ((aside, ()), done) in asides.into_iter().zip(0..) {
        if let Err(reason) = put(aside) {
            put_back(&files[..done])?;
            return Err(reason.into());
        }
    }
    Ok(())
}

/// Undoes [`replace`].
///
/// # Errors
/// The first file that cannot be put back.
pub fn put_back(files: &[Replacement]) -> Result<(), Fault> {
    let put_back = |file: &Replacement| match &file.before {
        Some(text) => write_file(&file.place, text.as_bytes()),
        None => remove(&file.place),
    };
    files.iter().rev().try_for_each(put_back)
}

/// The directory for a JUnit report in several files, made if it is not there.
///
/// # Errors
/// When it cannot be read, or such files are in it: some of them could be of another run, and would be read as of this one.
pub fn junit_directory(directory: &Utf8Path) -> Result<Place, Fault> {
    let refused = |reason: io::Error| Fault::system(format!("{directory} cannot be made or read: {reason}"), &reason);
    fs::create_dir_all(directory).map_err(refused)?;
    let place = Place::root(directory).map_err(refused)?;
    if let Some(name) = place.list().map_err(refused)?.iter().find(|name| name.starts_with("TEST-")) {
        let message = format!("{directory} holds {name}, which may be of another run");
        return Err(Fault::usage(message).help("name a directory without TEST-*.xml, or remove them"));
    }
    Ok(place)
}

/// No name and no time goes into the file, so that the same plan gives the same bytes.
fn packed(plan: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(plan.as_bytes())?;
    encoder.finish()
}

/// The newest nights whose reports are beside their records, at most `most`.
///
/// # Errors
/// When one cannot be read: an older one would be shown as the newest.
pub fn nights(tree: &Tree, most: usize) -> Result<Vec<NightDocument>, Fault> {
    let runs = tree.runs();
    let unread = |reason: io::Error| Fault::system(format!("{runs} cannot be listed: {reason}"), &reason);
    let names = match runs.list() {
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        names => names.map_err(unread)?,
    };
    // A run's name begins with the time.
    let reports = names.iter().rev().map(|name| runs.join(name).join(NIGHT));
    reports.filter_map(|place| night(&place).transpose()).take(most).collect()
}

/// The night whose report is at a path, if there is one.
fn night(path: &Place) -> Result<Option<NightDocument>, Fault> {
    // Most runs are of no night.
    let Some(text) = text_if_any(path)? else { return Ok(None) };
    NightDocument::read(&text).map(Some).map_err(|reason| no_night(path, &reason))
}

/// What is new in a run, if it was a night and its report is beside its record.
///
/// # Errors
/// When the report cannot be read.
pub fn night_of(tree: &Tree, run: &RunName) -> Result<Option<NightDocument>, Fault> {
    let night = night(&tree.runs().join(run.as_str()).join(NIGHT))?;
    // A report that was copied here from another night tells nothing of this one.
    Ok(night.filter(|night| night.run == *run))
}

fn text_if_any(place: &Place) -> Result<Option<String>, Fault> {
    match place.read_text() {
        Ok(text) => Ok(Some(text)),
        Err(reason) if matches!(reason.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(reason) => Err(Fault::system(format!("{place} cannot be read: {reason}"), &reason)),
    }
}

fn no_night(place: &Place, reason: &str) -> Fault {
    Fault::usage(format!("{place} is no report of a night: {reason}")).help("remove it, and run that night again")
}

/// The bytes of a report as they were written, whichever way a checkout ends the lines of the texts among them.
///
/// # Errors
/// What the system says.
pub fn read_report(place: &Place) -> io::Result<Vec<u8>> {
    let bytes = place.read()?;
    let is_text = matches!(place.below().extension(), Some("json" | "md" | "html" | "pub" | "xml"));
    Ok(if is_text { with_plain_lines(bytes) } else { bytes })
}

fn read_text(place: &Place) -> io::Result<String> {
    String::from_utf8(read_report(place)?).map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, reason))
}

/// The text of `signoff.json` of a release; `None` if it has not been signed off here.
///
/// # Errors
/// Why it cannot be read.
pub fn signoff(tree: &Tree, release: &ReleaseName) -> Result<Option<String>, Fault> {
    let path = tree.reports(release.as_str()).join(SignoffFile::Decision.name());
    match read_text(&path) {
        Ok(text) => Ok(Some(text)),
        Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(Fault::usage(format!("{path} cannot be read: {reason}")).refused(&reason)),
    }
}

/// The decision over a release, by its `signoff.json`; `None` if it has not been signed off here.
///
/// # Errors
/// Why it cannot be read.
pub fn decision(tree: &Tree, release: &ReleaseName) -> Result<Option<Signoff>, Fault> {
    let Some(text) = signoff(tree, release)? else { return Ok(None) };
    Signoff::read(&text).map(Some).map_err(|reason| damaged(release, &reason))
}

/// Says that the reports of a release are not as they were written.
pub fn damaged(release: &ReleaseName, reason: &str) -> Fault {
    Fault::usage(format!("reports/{release}/ is not as it was written: {reason}"))
        .help(format!("restore it from version control, or sign {release} off again"))
}
