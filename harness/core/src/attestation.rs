//! Attestations: signed statements of a person in a role about one build.
//!
//! `attestations/NAME.json` holds the bytes that were signed: an in-toto Statement v1 whose subject is the build's digest and
//! whose predicate is what a role attests. `attestations/NAME.json.sig` holds an SSH signature over exactly these bytes.

mod statement;

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

#[cfg(test)]
pub(crate) use self::statement::WrittenStatement;
pub use self::statement::{
    Approval, Attested, Deployment, FixWord, Incident, IncidentState, ManualResult, Outcome, Statement, SuiteResult,
};
use crate::id::{AttestationName, DefectId, Digest};
use crate::problem::{Problem, Source};
use crate::project::Project;
use crate::signer::{AllowedSigners, Refusal, Role};

/// A statement with its signature, and whether it counts.
#[derive(Debug, Clone)]
pub struct Attestation {
    /// The file's stem.
    pub name: AttestationName,
    /// The digest of the statement's bytes.
    pub digest: Digest,
    /// What is stated.
    pub statement: Statement,
    /// Whether its signer could be held to it at the stated time, or why not.
    pub standing: Result<(), Refusal>,
    /// Whether only the history of the records has it: its file was deleted.
    pub gone: bool,
    /// Its file.
    pub source: Arc<Source>,
}

impl Attestation {
    /// Reads a statement, which counts for nothing until its signature was looked at.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(name: AttestationName, source: &Arc<Source>) -> Result<Self, Vec<Problem>> {
        let statement = Statement::read(source)?;
        let digest = Digest::of(source.text.as_bytes());
        Ok(Self { name, digest, statement, standing: Err(Refusal::Unsigned), gone: false, source: Arc::clone(source) })
    }

    /// Looks at the signature. One that does not hold is no problem of the record: it is told wherever it would count.
    pub fn verify(&mut self, signature: &str, project: &Project, signers: &AllowedSigners) {
        let Statement { by, at, .. } = &self.statement;
        let verified = signers.verify(by, *at, self.source.text.as_bytes(), signature);
        self.standing = verified.and_then(|_| project.check_role(self.statement.role(), by));
    }

    /// Whether it counts on this day.
    ///
    /// # Errors
    /// Why it does not.
    pub fn counts(&self, today: Date) -> Result<(), Refusal> {
        self.standing.clone()?;
        let at = self.statement.at;
        if at.to_zoned(TimeZone::UTC).date() > today { Err(Refusal::YetToCome(at)) } else { Ok(()) }
    }

    /// Whether it counts against its build: a manual case that failed, an open incident, or a suite that is not green.
    pub fn counts_against(&self) -> bool {
        match &self.statement.attested {
            Attested::Manual(result) => result.outcome == Outcome::Failed,
            Attested::Deployment(deployment) => deployment.has_open_incident(),
            Attested::Ci(result) => !result.read.is_well(),
            Attested::Tester(_) | Attested::Customer(_) | Attested::ReleaseManager(_) => false,
        }
    }

    /// The order in which statements were made: those of one second by name, and one that was deleted before the one which took its
    /// name.
    pub(crate) fn order(&self) -> impl Ord + '_ {
        (self.statement.at, &self.name, !self.gone)
    }

    /// Its name, and that its file is gone if it is.
    pub fn told(&self) -> String {
        if self.gone { format!("{}, which was deleted", self.name) } else { self.name.to_string() }
    }

    /// Whether it is about this build.
    pub fn is_about(&self, build: Digest) -> bool {
        self.statement.subject.digest == build
    }

    /// The word of a tester or a customer on a fix, if it is one.
    pub fn fix_word(&self, role: Role) -> Option<&FixWord> {
        match (&self.statement.attested, role) {
            (Attested::Tester(word), Role::Tester) | (Attested::Customer(word), Role::Customer) => Some(word),
            (Attested::Tester(_) | Attested::Customer(_), _) => None,
            (Attested::Manual(_) | Attested::Deployment(_) | Attested::Ci(_) | Attested::ReleaseManager(_), _) => None,
        }
    }
}

/// What keeps a fix from being validated on a build, on this day: tester and customer must both be satisfied with it there.
/// Nothing if it is. A word that does not count is told with its reason; one about another build is told where none is there.
pub fn unvalidated(attestations: &[Attestation], defect: &DefectId, build: Digest, today: Date) -> Vec<String> {
    let mut against = Vec::new();
    for role in [Role::Tester, Role::Customer] {
        let words: Vec<&Attestation> =
            attestations.iter().filter(|word| word.fix_word(role).is_some_and(|word| word.defect == *defect)).collect();
        let (here, elsewhere): (Vec<&Attestation>, Vec<&Attestation>) = words.into_iter().partition(|word| word.is_about(build));
        let refused = here.iter().filter_map(|word| Some((word, word.counts(today).err()?)));
        let refused: Vec<String> = refused.map(|(word, why)| format!("{defect}: {}: {why}", word.name)).collect();
        if refused.len() == here.len() {
            let about =
                |word: &&Attestation| format!("; {} is about another build, {}", word.name, word.statement.subject.digest);
            let elsewhere: String = elsewhere.iter().map(about).collect();
            against.push(format!("{defect}: no {role} has attested it on {build}{elsewhere}"));
        }
        against.extend(refused);
    }
    against
}
