//! The sign-offs of other releases: as `reports/` has them, as a commit has them, and as the history had them.

mod past;

use std::collections::BTreeMap;
use std::io::{self, Read};

use fixgate_core::gate::{Decision, SignedOff, Signoff};
use fixgate_core::id::{Digest, ReleaseName};
use fixgate_core::ledger::Ledger;
use fixgate_core::record::{Former, RunRecord};
use fixgate_core::release::{Release, Train};
use fixgate_core::report::files::SignoffFile;
use fixgate_core::rules::{LastSignoff, Reference, Rules, Why};
use flate2::read::GzDecoder;

pub use self::past::past;
use crate::bounded::{self, FILE_LIMIT};
use crate::content::with_plain_lines;
use crate::fault::Fault;
use crate::git::{ObjectId, RecordsOf, controlled};
use crate::place::{Place, is_aside};
use crate::reports::{NOTES, damaged, read_report};
use crate::tree::Tree;

/// The folder of reports below the root.
const REPORTS: &str = "reports";
/// The files of a sign-off that later decisions rest on.
const DECISION: &str = SignoffFile::Decision.name();
const RULES: &str = SignoffFile::Rules.name();
const PLAN: &str = SignoffFile::Plan.name();
const DECIDING: [&str; 3] = [DECISION, RULES, PLAN];

/// The files of a sign-off that decisions rest on, by their names; or why one cannot be read.
type Files = BTreeMap<&'static str, Result<Vec<u8>, String>>;

/// Sign-offs by their releases.
#[derive(Debug, Default)]
pub struct Signoffs(BTreeMap<ReleaseName, Files>);

/// What a decision about a release is compared with.
#[derive(Debug)]
pub struct Compared {
    /// The sign-offs that count.
    pub reference: Option<Reference>,
    /// Every sign-off of an earlier release, in the order of the train.
    pub earlier: Vec<SignedOff>,
    /// The digest of the files that all of this was read from.
    pub digest: Digest,
}

impl Signoffs {
    /// Those that are in the tree.
    ///
    /// # Errors
    /// When a directory cannot be read.
    pub fn of_tree(tree: &Tree) -> Result<Self, Fault> {
        let root = tree.place(REPORTS);
        let broken = |place: &Place, reason: io::Error| Fault::system(format!("{place} cannot be read: {reason}"), &reason);
        let names = match root.list() {
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            names => names.map_err(|reason| broken(&root, reason))?,
        };
        let mut found = Self::default();
        for name in names {
            let directory = root.join(&name);
            let Ok(release) = name.parse::<ReleaseName>() else { continue };
            let is_other =
                directory.path() == tree.runs().path() || directory.is_file().map_err(|reason| broken(&directory, reason))?;
            if !is_other && holds_signoff(&directory).map_err(|reason| broken(&directory, reason))? {
                let read = |name: &'static str| (name, directory.join(name).read().map_err(|reason| reason.to_string()));
                found.0.insert(release, DECIDING.map(read).into());
            }
        }
        Ok(found)
    }

    /// Those that a commit has; nothing where the commit is not here.
    ///
    /// # Errors
    /// When git fails.
    pub(crate) fn of_commit(tree: &Tree, commit: &str) -> Result<Option<Self>, Fault> {
        let Some((top, id)) = controlled(tree.root())?.and_then(|top| Some((top, ObjectId::parse(commit)?))) else {
            return Ok(None);
        };
        let Some(mut records) = RecordsOf::below(tree, top, id, &[REPORTS])? else { return Ok(None) };
        let mut found = Self::default();
        for (path, entry) in records.files.clone() {
            let parts: Vec<&str> = path.components().map(|part| part.as_str()).collect();
            let [_, release, name] = parts.as_slice() else { continue };
            let (Ok(release), Some(name)) = (release.parse(), DECIDING.into_iter().find(|known| known == name)) else { continue };
            found.0.entry(release).or_default().insert(name, Ok(records.blob(entry)?));
        }
        Ok(Some(found))
    }

    /// Those that a sign-off of this release can be compared with: those of releases before it, and of none that the train has.
    #[must_use]
    pub fn before(mut self, train: &Train, release: &ReleaseName) -> Self {
        self.0.retain(|name, files| match train.position(name) {
            Some(place) => Some(place) < train.position(release),
            // Other folders may be there, too.
            None => name != release && files.get(DECISION).is_some_and(Result::is_ok),
        });
        self
    }

    /// The digest of all files.
    pub fn digest(&self) -> Digest {
        let text = |(name, bytes): (&&'static str, &Result<Vec<u8>, String>)| {
            let bytes = bytes.as_ref().ok()?;
            Some((*name, Digest::of(&plain(name, bytes.clone()))))
        };
        let files = self.0.iter().map(|(release, files)| (release, files.iter().filter_map(text).collect::<Vec<_>>()));
        Digest::of_json(&files.collect::<Vec<_>>())
    }

    fn has(&self, release: &ReleaseName) -> bool {
        self.0.contains_key(release)
    }

    fn bytes(&self, release: &ReleaseName, name: &str) -> Result<&[u8], Fault> {
        let missing = || damaged(release, &format!("{name}: No such file"));
        match self.0.get(release).and_then(|files| files.get(name)).ok_or_else(missing)? {
            Ok(bytes) => Ok(bytes),
            Err(reason) => Err(damaged(release, &format!("{name}: {reason}"))),
        }
    }

    fn text(&self, release: &ReleaseName, name: &str) -> Result<String, Fault> {
        let bytes = plain(name, self.bytes(release, name)?.to_vec());
        String::from_utf8(bytes).map_err(|reason| damaged(release, &format!("{name}: {reason}")))
    }

    /// The decision of a release, which its files must be about.
    fn signoff(&self, release: &ReleaseName) -> Result<Signoff, Fault> {
        let signoff = Signoff::read(&self.text(release, DECISION)?).map_err(|reason| damaged(release, &reason))?;
        if signoff.release != *release {
            return Err(damaged(release, &format!("it is the sign-off of {}", signoff.release)));
        }
        Ok(signoff)
    }

    /// What the sign-off of a release left, and whether it ships.
    fn left(&self, release: &ReleaseName) -> Result<(LastSignoff, bool), Fault> {
        let plan = unpacked(self.bytes(release, PLAN)?).map_err(|reason| damaged(release, &format!("{PLAN}: {reason}")))?;
        let signoff = self.signoff(release)?;
        let left = LastSignoff::read(release, signoff.rules.digest, &self.text(release, RULES)?, &plan);
        Ok((left.map_err(|reason| damaged(release, &reason))?, ships(&signoff)))
    }

    /// Every one of these releases' sign-offs, in their order.
    ///
    /// # Errors
    /// When the files of one are damaged, or do not belong to each other.
    pub fn signed_off<'r>(&self, releases: impl IntoIterator<Item = &'r Release>) -> Result<Vec<SignedOff>, Fault> {
        let signed = releases.into_iter().map(|release| &release.name).filter(|name| self.has(name));
        let read = |name: &ReleaseName| {
            self.signoff(name)?;
            let read = SignedOff::read(&self.text(name, DECISION)?, &self.text(name, RULES)?);
            read.map_err(|reason| damaged(name, &reason))
        };
        signed.map(read).collect()
    }

    /// What a sign-off of this release is compared with, besides those that only the history has.
    ///
    /// # Errors
    /// When the files of one are damaged, or do not belong to each other.
    fn standing(&self, train: &Train, release: &ReleaseName) -> Result<Vec<(LastSignoff, Option<Why>)>, Fault> {
        let mut found = Vec::new();
        let mut before = train.before(release);
        while let Some(candidate) = before {
            if self.has(&candidate.name) {
                let (left, ships) = self.left(&candidate.name)?;
                found.push((left, why(ships, candidate)));
                if ships {
                    break;
                }
            }
            before = train.before(&candidate.name);
        }
        for name in self.0.keys().filter(|name| train.position(name).is_none()) {
            found.push((self.left(name)?.0, Some(Why::NoRelease)));
        }
        Ok(found)
    }
}

/// What a decision over a run is compared with: the sign-offs as they stood when it began.
///
/// # Errors
/// When the files of one are damaged, do not belong to each other, or are in a commit that is not here.
pub fn compared(tree: &Tree, ledger: &Ledger, record: &RunRecord, release: &ReleaseName) -> Result<Compared, Fault> {
    let train = &ledger.train;
    let here = Signoffs::of_tree(tree)?.before(train, release);
    let past = record.header.past.as_ref();
    let is_other = past.is_some_and(|past| past.digest != here.digest());
    let commit = record.header.test_product.commit.as_ref().filter(|_| is_other);
    // Where they were signed off again since, the run's own commit has those that it was compared with.
    let then = commit.map(|commit| Signoffs::of_commit(tree, commit)).transpose()?.flatten();
    let then = then.map(|then| then.before(train, release)).filter(|then| past.is_some_and(|past| past.digest == then.digest()));
    let signoffs = then.unwrap_or(here);
    let mut found = signoffs.standing(train, release)?;
    for former in past.iter().flat_map(|past| &past.former) {
        found.push(had(tree, train, former)?);
    }
    let earlier = signoffs.signed_off(train.until(release))?;
    Ok(Compared { reference: Reference::of(found), earlier, digest: signoffs.digest() })
}

/// The files beside a decision that are not those that it names. JUnit reports and the HTML page may be
/// absent: they are made from the run at any time.
///
/// # Errors
/// When the release's directory cannot be read.
pub fn strangers(tree: &Tree, stated: &Signoff) -> Result<Vec<String>, Fault> {
    let directory = tree.reports(stated.release.as_str());
    let is_stranger = |(name, digest): &(&String, &Digest)| match read_report(&directory.join(name)) {
        Ok(bytes) => Digest::of(&bytes) != **digest,
        Err(reason) => reason.kind() != io::ErrorKind::NotFound || name.as_str() == SignoffFile::Markdown.name(),
    };
    let mut strangers: Vec<String> = stated.files.iter().filter(is_stranger).map(|(name, _)| name.clone()).collect();
    // Sign-offs of before there were pages name none. One that is there all the same belongs to none.
    let page = directory.join(SignoffFile::Page.name());
    let is_file = page.is_file().map_err(|reason| Fault::system(format!("{page} cannot be looked at: {reason}"), &reason))?;
    let is_unnamed = !stated.files.contains_key(SignoffFile::Page.name()) && is_file;
    strangers.extend(is_unnamed.then(|| SignoffFile::Page.name().to_owned()));
    let signoffs = Signoffs::of_tree(tree)?;
    let text = |name| signoffs.text(&stated.release, name);
    let rules = text(RULES).ok().and_then(|rules| Rules::read(&rules, &stated.release, stated.rules.digest).ok());
    let plan = signoffs.bytes(&stated.release, PLAN).ok().and_then(|bytes| unpacked(bytes).ok());
    strangers.extend(rules.is_none().then(|| RULES.to_owned()));
    let is_plan = rules.zip(plan).is_some_and(|(rules, plan)| rules.plan == Digest::of(plan.as_bytes()));
    strangers.extend((!is_plan).then(|| PLAN.to_owned()));
    Ok(strangers)
}

/// A sign-off that only the history has.
fn had(tree: &Tree, train: &Train, former: &Former) -> Result<(LastSignoff, Option<Why>), Fault> {
    let Former { release, commit, replaced, .. } = former;
    let absent = || {
        let message = format!("the run was compared with the sign-off of {release} in commit {commit}, which is not here");
        Fault::usage(message).help(format!("git fetch origin {commit}"))
    };
    let signoffs = Signoffs::of_commit(tree, commit)?.ok_or_else(absent)?;
    let why = match (replaced, train.position(release)) {
        (true, _) => Why::Replaced,
        (false, Some(_)) => Why::Deleted,
        (false, None) => Why::NoRelease,
    };
    Ok((signoffs.left(release)?.0, Some(why)))
}

/// Why a sign-off is not simply one that shipped.
fn why(ships: bool, release: &Release) -> Option<Why> {
    match (ships, release.shipped) {
        (true, _) => None,
        (false, Some(on)) => Some(Why::ShippedAlthoughHeld { on }),
        (false, None) => Some(Why::Held),
    }
}

fn ships(signoff: &Signoff) -> bool {
    signoff.decision == Decision::Ship && signoff.void.is_none()
}

/// Whether anything of a sign-off is in a directory; release notes are none.
fn holds_signoff(directory: &Place) -> io::Result<bool> {
    let names = directory.list()?;
    let is_other = |name: &String| NOTES.contains(&name.as_str()) || is_aside(name);
    Ok(names.is_empty() || !names.iter().all(is_other))
}

/// The bytes of a file of a sign-off, whichever way a checkout ends the lines of the texts among them.
fn plain(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    if name == PLAN { bytes } else { with_plain_lines(bytes) }
}

fn unpacked(bytes: &[u8]) -> io::Result<String> {
    let mut text = Vec::new();
    bounded::read(GzDecoder::new(bytes), FILE_LIMIT)?.as_slice().read_to_end(&mut text)?;
    String::from_utf8(text).map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, reason))
}
