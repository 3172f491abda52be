//! Cases: one file each, and the scenarios that they yield.

mod budget;
mod command;
mod edit;
mod expect;
mod files;
mod matrix;
mod read;
mod symptom;
mod table;
mod template;
mod uses;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::Utf8Path;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::edit::{About, Edit, Effect, edits};
pub use self::expect::{Expect, FileExpectation, StatusExpectation, StreamExpectation, Symptom};
pub use self::files::{FileContent, FileEntry};
pub use self::read::read_case;
pub use self::template::{Places, Template, Templates};
pub use self::uses::{UsedFile, Uses};
use crate::id::{CaseId, DefectId, Digest, ReleaseName, ScenarioId, Tag};
use crate::normalize::Normalize;
use crate::problem::{Place, Source};

/// The most scenarios that one case's matrix may yield.
pub const MATRIX_LIMIT: usize = 10_000;

/// The most scenarios that one case may yield, each row of its table over each combination of its matrix.
pub const SCENARIO_LIMIT: usize = 2_000_000;

/// What kind of case it is, by the first folder of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Family {
    /// Paired with defects.
    Regression,
    /// Everything else that must pass.
    Suite,
    /// Must fail, or the harness is blind.
    Canary,
    /// A third party's, by the pack's name.
    Pack(String),
}

/// The bounds within which a case states the product's behaviour; both inclusive, `None` is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applies {
    /// The first release it holds for.
    pub from: Option<ReleaseName>,
    /// The last release it holds for.
    pub until: Option<ReleaseName>,
}

/// The bounds that there are, in words, each after a comma.
impl fmt::Display for Applies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.from.iter().try_for_each(|from| write!(formatter, ", from {from}"))?;
        self.until.iter().try_for_each(|until| write!(formatter, ", until {until}"))
    }
}

/// Whether programs may use the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// They may not, where isolation is strict.
    Closed,
    /// They may.
    Open,
}

impl Network {
    fn is_closed(&self) -> bool {
        *self == Self::Closed
    }
}

/// What the scenarios of one file have in common.
#[derive(Debug)]
pub struct Case {
    /// Path under `testcases/` without extension.
    pub id: CaseId,
    /// By its path.
    pub family: Family,
    /// A sentence of what must hold.
    pub title: String,
    /// The releases it holds for.
    pub applies: Applies,
    /// The change after which it no longer holds.
    pub superseded_by: Option<DefectId>,
    /// What is done to streams before they are compared.
    pub normalize: Vec<Normalize>,
    /// Whether its programs may use the network.
    pub network: Network,
    /// The files that its programs run or read where they stand.
    pub uses: Uses,
    /// The case's first key.
    pub place: Place,
}

/// One thing run and judged.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Unique and stable.
    pub id: ScenarioId,
    /// What states it: its case, or its row of a table.
    pub place: Place,
    /// The line, from 1, on which that begins.
    pub line: u32,
    /// Run in order.
    pub steps: Arc<[Step]>,
    /// What it has in common with others; it reads as the scenario's own.
    pub shared: Arc<Shared>,
    /// See [`Scenario::digest`].
    digest: OnceLock<Digest>,
}

/// What scenarios of one case have in common: as a rule all of them, so that it is kept once.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The case that they come from.
    pub case: Arc<Case>,
    /// The defects they are paired with.
    pub defects: Arc<[DefectId]>,
    /// By which they can be chosen.
    pub tags: Arc<[Tag]>,
    /// The time limit of each step; `None` is the project's.
    pub timeout: Option<Duration>,
    /// What the private work directory holds at the start.
    pub files: Arc<[FileEntry]>,
    /// How it must look where the defect is present.
    pub symptom: Option<Arc<Symptom>>,
}

impl Deref for Scenario {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

/// One program run to its end.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The program and its arguments.
    pub run: Templates,
    /// What it reads; `None` is nothing at all, not an empty pipe.
    #[serde(rename = "stdin")]
    pub input: Option<Bytes>,
    /// Variables over the clean environment.
    #[serde(rename = "env")]
    pub environment: BTreeMap<String, Template>,
    /// What must come of it.
    pub expect: Arc<Expect>,
}

/// What decides an outcome; its JSON form is what a scenario's digest is taken over.
#[derive(Serialize)]
struct Definition<'a> {
    files: &'a [FileEntry],
    steps: &'a [Step],
    normalize: &'a [Normalize],
    symptom: Option<&'a Symptom>,
    timeout_milliseconds: Option<u128>,
    #[serde(skip_serializing_if = "Network::is_closed")]
    network: Network,
    /// Of the files that its programs use.
    #[serde(skip_serializing_if = "Option::is_none")]
    uses: Option<Digest>,
}

impl Scenario {
    /// Whether a program of it is given the build of its pack.
    pub fn names_pack(&self) -> bool {
        let of_step =
            |step: &Step| step.run.iter().any(|part| part.names_pack()) || step.environment.values().any(Template::names_pack);
        self.steps.iter().any(of_step)
    }

    /// The digest of everything that decides its outcome. It is taken when it is first asked for: most commands ask it of few.
    pub fn digest(&self) -> Digest {
        *self.digest.get_or_init(|| {
            Digest::of_json(&Definition {
                files: &self.files,
                steps: &self.steps,
                normalize: &self.case.normalize,
                symptom: self.symptom.as_deref(),
                timeout_milliseconds: self.timeout.map(|limit| limit.as_millis()),
                network: self.case.network,
                uses: self.case.uses.digest(),
            })
        })
    }

    /// Whether it states something that only a baseline can tell.
    pub fn needs_baseline(&self) -> bool {
        self.steps.iter().any(|step| step.expect.needs_baseline())
    }

    /// Whether it states something that holds without any baseline.
    pub fn states_result(&self) -> bool {
        self.steps.iter().any(|step| step.expect.states_result())
    }
}

/// Bytes shared by all who need them; in a definition's digest they stand as text if they are text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub Arc<[u8]>);

impl From<&str> for Bytes {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "\"{}\"", self.escape_ascii())
    }
}

/// How bytes are written in JSON: as text where they are text.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(crate) enum WrittenBytes<'a> {
    Text(Cow<'a, str>),
    Base64 { base64: Cow<'a, str> },
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = match std::str::from_utf8(self) {
            Ok(text) => WrittenBytes::Text(text.into()),
            Err(_) => WrittenBytes::Base64 { base64: STANDARD.encode(&self.0).into() },
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match WrittenBytes::deserialize(deserializer)? {
            WrittenBytes::Text(text) => Ok((&*text).into()),
            WrittenBytes::Base64 { base64 } => STANDARD.decode(&*base64).map(Self::from).map_err(serde::de::Error::custom),
        }
    }
}

/// How the core reads the files that a case names; the engine knows the file system.
pub trait Attachments: Sync {
    /// The bytes of a file, by its path relative to the case's directory (itself relative to the root).
    ///
    /// # Errors
    /// Why it cannot be read, for people: it is missing, too large, or leaves `testcases/`.
    fn bytes(&self, directory: &Utf8Path, path: &Utf8Path) -> Result<Bytes, String>;

    /// The text of a table, unpacked if its name ends in `.gz`.
    ///
    /// # Errors
    /// As [`Attachments::bytes`], and when it is not UTF-8.
    fn table(&self, directory: &Utf8Path, path: &Utf8Path) -> Result<Arc<Source>, String>;

    /// The file at this path below the root, or every file below this directory.
    ///
    /// # Errors
    /// As [`Attachments::bytes`]; when it is the other of the two, empty, or holds what is no plain file; when it is a case or a table.
    fn used(&self, path: &Utf8Path, is_directory: bool) -> Result<Vec<UsedFile>, String>;
}
