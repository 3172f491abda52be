//! The statement that is signed: [in-toto Statement v1](https://github.com/in-toto/attestation/tree/main/spec/v1), one subject,
//! and for each role a predicate of our own.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::id::{CaseId, DefectId, Digest, Principal, ReleaseName, RunName, SuiteName};
use crate::imported::{ImportedFile, ReadCounts};
use crate::problem::{Place, Problem, Source};
use crate::proof::BuildIdentity;
use crate::signer::Role;
use crate::words::{counted, is_unseen};

/// The type of every statement.
pub(super) const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// What a person states in a role about one build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The build: the product's name, and the digest of its content.
    pub subject: BuildIdentity,
    /// Who states it.
    pub by: Principal,
    /// When, in whole seconds.
    pub at: Timestamp,
    /// What is stated.
    pub attested: Attested,
}

/// What each role states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attested {
    /// A fix does what it should.
    Tester(FixWord),
    /// A fix is what was asked for.
    Customer(FixWord),
    /// How a manual case went.
    Manual(ManualResult),
    /// The build was in use.
    Deployment(Deployment),
    /// How a suite went that was run elsewhere.
    Ci(SuiteResult),
    /// A release may ship.
    ReleaseManager(Approval),
}

/// In one line.
impl fmt::Display for Attested {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let note = |note: &str| if note.is_empty() { String::new() } else { format!(": {note}") };
        match self {
            Attested::Tester(word) => write!(formatter, "{} is fixed{}", word.defect, note(&word.note)),
            Attested::Customer(word) => write!(formatter, "{} is what was asked for{}", word.defect, note(&word.note)),
            Attested::Manual(result) => {
                let outcome = match result.outcome {
                    Outcome::Passed => "passed",
                    Outcome::Failed => "failed",
                };
                write!(formatter, "{} {outcome}{}", result.case, note(&result.note))
            }
            Attested::Deployment(Deployment { environment, start, end, incidents }) => {
                let open = incidents.iter().filter(|incident| incident.state == IncidentState::Open).count();
                write!(formatter, "in use in {environment} from {start} to {end}, ")?;
                match (incidents.len(), open) {
                    (0, _) => write!(formatter, "no incident"),
                    (all, open) => write!(formatter, "{}, {open} open", counted(all, "incident")),
                }
            }
            Attested::Ci(result) => write!(formatter, "{}: {}", result.suite, result.read),
            Attested::ReleaseManager(approval) => write!(formatter, "{} may ship, by {}", approval.release, approval.run),
        }
    }
}

/// A tester's or a customer's word on one fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FixWord {
    /// The defect that is fixed.
    pub defect: DefectId,
    /// What else there is to say; may be empty.
    pub note: String,
}

/// How a manual case went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ManualResult {
    /// The manual case.
    pub case: CaseId,
    /// The digest of what it asked for.
    pub definition: Digest,
    /// How it went.
    pub outcome: Outcome,
    /// What else there is to say; may be empty.
    pub note: String,
}

/// Whether everything was seen that must be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was.
    Passed,
    /// It was not.
    Failed,
}

/// A build in use inside the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deployment {
    /// Where.
    pub environment: String,
    /// The first day.
    pub start: Date,
    /// The day on which it ended, or up to which it is told of; not after the day of the statement.
    pub end: Date,
    /// What went wrong meanwhile.
    pub incidents: Vec<Incident>,
}

impl Deployment {
    /// Whether something went wrong that is not settled.
    pub fn has_open_incident(&self) -> bool {
        self.incidents.iter().any(|incident| incident.state == IncidentState::Open)
    }
}

/// Something that went wrong where a build was in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Incident {
    /// One line of what it was.
    pub title: String,
    /// Whether it is settled.
    pub state: IncidentState,
}

/// Whether an incident is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum IncidentState {
    /// It may still be the build's fault.
    Open,
    /// It is settled.
    Closed,
}

/// How a suite went that was run elsewhere: what an imported run holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SuiteResult {
    /// The suite, as `fixgate.toml` names it.
    pub suite: SuiteName,
    /// The imported run.
    pub run: RunName,
    /// The digest of its journal.
    pub journal: Digest,
    /// The files that were imported, with the programs that wrote them.
    pub files: Vec<ImportedFile>,
    /// The tests by what their producers meant.
    pub read: ReadCounts,
}

impl SuiteResult {
    /// What no import makes.
    fn contradiction(&self) -> Option<&'static str> {
        let ReadCounts { passed, failed, errors, skipped, flaky, suite_errors: _, total } = self.read;
        let counts = [passed, failed, errors, skipped, flaky];
        let sum = counts.into_iter().try_fold(0_u64, u64::checked_add);
        match sum {
            Some(sum) if sum == total => self.files.is_empty().then_some("the results are of no file"),
            Some(_) | None => Some("`total` is not the sum of the tests"),
        }
    }
}

/// A release may ship, by this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Approval {
    /// The release.
    pub release: ReleaseName,
    /// The run that the decision rests on.
    pub run: RunName,
    /// The digest of its plan.
    pub plan: Digest,
    /// The digest of its journal, which names the records too.
    pub journal: Digest,
}

/// The statement as it is written.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct WrittenStatement<A> {
    #[serde(rename = "_type")]
    kind: String,
    subject: [WrittenSubject; 1],
    predicate_type: String,
    predicate: Predicate<A>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct WrittenSubject {
    name: String,
    digest: WrittenDigest,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct WrittenDigest {
    sha256: String,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Predicate<A> {
    by: Principal,
    at: Timestamp,
    attests: A,
}

/// The part of a statement that tells how to read the rest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PredicateType {
    predicate_type: String,
}

impl Statement {
    /// Reads a statement.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(source: &Arc<Source>) -> Result<Self, Vec<Problem>> {
        let kind: PredicateType = parse(source)?;
        let role = Role::ALL.iter().copied().find(|role| predicate_type(*role) == kind.predicate_type);
        let statement = match role {
            Some(Role::Tester) => Self::of(source, Attested::Tester),
            Some(Role::Customer) => Self::of(source, Attested::Customer),
            Some(Role::Manual) => Self::of(source, Attested::Manual),
            Some(Role::Deployment) => Self::of(source, Attested::Deployment),
            Some(Role::Ci) => Self::of(source, Attested::Ci),
            Some(Role::ReleaseManager) => Self::of(source, Attested::ReleaseManager),
            None => Err(problem(source, &format!("predicateType {:?} is none of ours", kind.predicate_type))),
        }?;
        match statement.contradiction() {
            Some(reason) => Err(problem(source, &reason)),
            None => Ok(statement),
        }
    }

    fn of<A: DeserializeOwned>(source: &Arc<Source>, attested: impl FnOnce(A) -> Attested) -> Result<Self, Vec<Problem>> {
        let written: WrittenStatement<A> = parse(source)?;
        if written.kind != STATEMENT {
            return Err(problem(source, &format!("_type is {:?}, not {STATEMENT:?}", written.kind)));
        }
        let [WrittenSubject { name, digest }] = written.subject;
        let digest = format!("sha256:{}", digest.sha256).parse().map_err(|reason: String| problem(source, &reason))?;
        let Predicate { by, at, attests } = written.predicate;
        Ok(Self { subject: BuildIdentity { name, digest }, by, at, attested: attested(attests) })
    }

    /// What cannot be meant.
    fn contradiction(&self) -> Option<String> {
        if let Some(text) = self.texts().into_iter().find(|text| text.contains(is_unseen)) {
            return Some(format!("{text:?} holds invisible characters"));
        }
        let (start, end) = match &self.attested {
            Attested::Deployment(Deployment { start, end, .. }) => (start, end),
            Attested::Ci(result) => return result.contradiction().map(str::to_owned),
            Attested::Tester(_) | Attested::Customer(_) | Attested::Manual(_) | Attested::ReleaseManager(_) => return None,
        };
        if end < start {
            return Some(format!("the deployment ends on {end}, before it starts on {start}"));
        }
        let stated = self.at.to_zoned(TimeZone::UTC).date();
        (*end > stated).then(|| format!("the deployment ends on {end}, after it was stated on {stated}"))
    }

    /// Text that a person wrote, or a file's name.
    fn texts(&self) -> Vec<&str> {
        match &self.attested {
            Attested::Tester(word) | Attested::Customer(word) => vec![&word.note],
            Attested::Manual(result) => vec![&result.note],
            Attested::Deployment(Deployment { environment, incidents, .. }) => {
                incidents.iter().map(|incident| &*incident.title).chain([&**environment]).collect()
            }
            Attested::Ci(result) => result.files.iter().map(|file| file.path.as_str()).collect(),
            Attested::ReleaseManager(_) => Vec::new(),
        }
    }

    /// The role in which it is stated.
    pub fn role(&self) -> Role {
        match self.attested {
            Attested::Tester(_) => Role::Tester,
            Attested::Customer(_) => Role::Customer,
            Attested::Manual(_) => Role::Manual,
            Attested::Deployment(_) => Role::Deployment,
            Attested::Ci(_) => Role::Ci,
            Attested::ReleaseManager(_) => Role::ReleaseManager,
        }
    }

    /// The bytes that are signed: JSON with its keys always in the same order.
    pub fn to_json(&self) -> String {
        match &self.attested {
            Attested::Tester(word) | Attested::Customer(word) => self.write(word),
            Attested::Manual(result) => self.write(result),
            Attested::Deployment(deployment) => self.write(deployment),
            Attested::Ci(result) => self.write(result),
            Attested::ReleaseManager(approval) => self.write(approval),
        }
    }

    fn write<A: Serialize>(&self, attests: &A) -> String {
        let written = WrittenStatement {
            kind: STATEMENT.to_owned(),
            subject: [WrittenSubject {
                name: self.subject.name.clone(),
                digest: WrittenDigest { sha256: self.subject.digest.hexadecimal() },
            }],
            predicate_type: predicate_type(self.role()),
            predicate: Predicate { by: self.by.clone(), at: self.at, attests },
        };
        // A statement holds names, times and text only, which JSON can always say.
        serde_json::to_string_pretty(&written).map(|text| text + "\n").unwrap_or_default()
    }
}

/// The type of a role's predicate.
fn predicate_type(role: Role) -> String {
    format!("urn:fixgate:attestation:{role}:v1")
}

fn parse<T: DeserializeOwned>(source: &Arc<Source>) -> Result<T, Vec<Problem>> {
    serde_json::from_str(&source.text).map_err(|error| problem_at(source, &error))
}

fn problem_at(source: &Arc<Source>, error: &serde_json::Error) -> Vec<Problem> {
    let before: usize = source.text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = (before + error.column().saturating_sub(1)).min(source.text.len());
    let problem = Problem::at(Place { source: Arc::clone(source), span: at..at }, format!("not an attestation: {error}"));
    vec![problem.help(HELP)]
}

fn problem(source: &Arc<Source>, reason: &str) -> Vec<Problem> {
    let place = Place { source: Arc::clone(source), span: 0..0 };
    vec![Problem::at(place, format!("not an attestation: {reason}")).help(HELP)]
}

const HELP: &str = "attestations are written by `fixgate attest`; a signed one cannot be mended: delete it and attest again";
