//! Whether decision, evidence, reports, records and build belong together: each thing that does not is told.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use serde::de::DeserializeOwned;

use super::envelope::{Envelope, public_key_pem};
use super::statement::{
    Resource, STATEMENT, SUMMARY, Statement, Summary, SummaryResult, TEST_RESULT, TestOutcome, TestResult, verifier_id,
};
use super::{DECISION, EVIDENCE, SEALS, SIGNER};
use crate::gate::{AttestationResult, Decision, Signoff, bears_on};
use crate::id::{Digest, Principal, ReleaseName};
use crate::ledger::Ledger;
use crate::record::TestProduct;
use crate::report::files::SignoffFile;
use crate::report::page;
use crate::signer::{Refusal, Role, Signer};

/// A sealed sign-off, as it was found.
#[derive(Debug, Clone, Copy)]
pub struct Sealed<'s> {
    /// The release whose directory it is.
    pub release: &'s ReleaseName,
    /// The files of the directory by their names.
    pub files: &'s BTreeMap<String, Vec<u8>>,
    /// Today's records, which say whose signatures count.
    pub ledger: &'s Ledger,
    /// The digest of the records that are taken for those of the sign-off, or why none are here.
    pub records: Result<Digest, &'s str>,
    /// The day on which it is looked at, in UTC.
    pub today: Date,
}

/// What was found out about a sealed sign-off.
#[derive(Debug)]
pub struct Verified {
    /// What was decided.
    pub signoff: Signoff,
    /// Who signed it.
    pub by: Principal,
    /// As of when.
    pub at: Timestamp,
    /// The reports that were signed and are not here.
    pub absent: Vec<String>,
    /// Everything that does not belong together; nothing if all does.
    pub refusals: Vec<String>,
}

impl Sealed<'_> {
    /// Looks at all of it.
    ///
    /// # Errors
    /// What cannot be read at all: then nothing can be said of the rest.
    pub fn verify(&self) -> Result<Verified, Vec<String>> {
        let reports = SignoffFile::SEALED.map(SignoffFile::name);
        let is_here = |name: &str| self.files.contains_key(name);
        if reports.iter().all(|name| is_here(name)) && !SEALS.iter().any(|name| is_here(name)) {
            let release = self.release;
            return Err(vec![format!(
                "the sign-off of {release} is not signed; its release manager signs it: fixgate sign {release}"
            )]);
        }
        let needed = reports.into_iter().chain(SEALS);
        let missing: Vec<String> = needed.filter(|name| !self.files.contains_key(*name)).map(|name| self.missing(name)).collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let text = std::str::from_utf8(self.file(SignoffFile::Decision.name()))
            .map_err(|reason| vec![format!("signoff.json: {reason}")])?;
        let signoff = Signoff::read(text).map_err(|reason| vec![reason])?;
        let (decision_envelope, decision) = self.open::<Summary>(DECISION, SUMMARY)?;
        let (evidence_envelope, evidence) = self.open::<TestResult>(EVIDENCE, TEST_RESULT)?;
        let at = decision.predicate.time_verified;
        let signer = self.signer(&decision_envelope, at).map_err(|reason| vec![format!("{DECISION}: {reason}")])?;
        let mut refusals = Vec::new();
        let mut hold = |holds: bool, refusal: &str| {
            if !holds {
                refusals.push(refusal.to_owned());
            }
        };
        hold(evidence_envelope.key == decision_envelope.key, "evidence and decision are signed by different keys");
        for (envelope, name) in [(&decision_envelope, DECISION), (&evidence_envelope, EVIDENCE)] {
            hold(envelope.is_by(&signer.key), &format!("{name}: {}", Refusal::Edited));
        }
        let pem = public_key_pem(&signer.key).unwrap_or_default();
        hold(self.file(SIGNER) == pem.as_bytes(), "signer.pub is not the key that signed");
        let by = &signer.principal;
        hold(decision.predicate.verifier.id == verifier_id(by), &format!("{DECISION}: it is not {by} who says so"));
        if at.to_zoned(TimeZone::UTC).date() > self.today {
            refusals.push(format!("{DECISION}: {}", Refusal::YetToCome(at)));
        }
        refusals.extend(self.about(&signoff, &evidence, &decision));
        let (changed, absent) = self.reports(&evidence.predicate.configuration, &signoff);
        refusals.extend(changed);
        refusals.extend(self.page(&signoff));
        refusals.extend(self.inputs(&signoff, &decision.predicate));
        refusals.extend(self.records(&signoff));
        Ok(Verified { by: by.clone(), at, signoff, absent, refusals })
    }

    fn file(&self, name: &str) -> &[u8] {
        self.files.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    fn missing(&self, name: &str) -> String {
        format!("reports/{}/{name} is missing", self.release)
    }

    /// An envelope, and the statement in it.
    fn open<P: DeserializeOwned>(&self, name: &str, kind: &str) -> Result<(Envelope, Statement<P>), Vec<String>> {
        let wrong = |reason: String| vec![format!("{name}: {reason}")];
        let text = std::str::from_utf8(self.file(name)).map_err(|reason| wrong(reason.to_string()))?;
        let envelope = Envelope::read(text).map_err(wrong)?;
        let statement: Statement<P> = serde_json::from_slice(&envelope.payload).map_err(|reason| wrong(reason.to_string()))?;
        if statement.kind != STATEMENT || statement.predicate_type != kind {
            return Err(wrong(format!("it is a {}, not a {kind}", statement.predicate_type)));
        }
        Ok((envelope, statement))
    }

    /// Who signed, if that is a release manager with a key that counts.
    fn signer(&self, envelope: &Envelope, at: Timestamp) -> Result<&Signer, String> {
        let mut signers = self.ledger.signers.iter().filter(|signer| signer.fingerprint() == envelope.key).peekable();
        let Some(first) = signers.peek().copied() else {
            return Err(format!("{:?} is the key of no signer that allowed_signers knows", envelope.key));
        };
        let role = self.ledger.project.check_role(Role::ReleaseManager, &first.principal);
        role.map_err(|why| why.to_string())?;
        // The same key may stand on several lines, each for a time.
        let validity: Vec<_> = signers.map(|signer| signer.is_valid(at).map(|()| signer)).collect();
        let valid = validity.iter().find_map(|result| result.as_ref().ok().copied());
        let why = validity.into_iter().find_map(Result::err).map(|why| why.to_string());
        valid.ok_or_else(|| why.unwrap_or_default())
    }

    /// Whether all of it is about one build, one plan and one decision.
    fn about(&self, signoff: &Signoff, evidence: &Statement<TestResult>, decision: &Statement<Summary>) -> Vec<String> {
        let mut against = Vec::new();
        let mut hold = |holds: bool, refusal: &str| {
            if !holds {
                against.push(refusal.to_owned());
            }
        };
        hold(signoff.release == *self.release, &format!("signoff.json is of {}, not of {}", signoff.release, self.release));
        let build = Some(signoff.candidate.digest);
        hold(evidence.subject[0].digest() == build, "the evidence is about another build than signoff.json");
        hold(decision.subject[0].digest() == build, "the decision is about another build than signoff.json");
        let stated = |name: &str| {
            let named = evidence.predicate.configuration.iter().find(|known| known.name.as_deref() == Some(name));
            named.and_then(Resource::digest)
        };
        hold(stated("plan") == Some(signoff.plan), "the evidence is about another plan than signoff.json");
        hold(stated("journal") == signoff.journal, "the evidence is about another journal than signoff.json");
        hold(stated("ledger") == Some(signoff.test_product.digest), "the evidence is about other records than signoff.json");
        let ships = signoff.decision == Decision::Ship;
        let says = decision.predicate.verification_result == SummaryResult::Passed;
        hold(ships == says, "the decision is not that of signoff.json");
        hold(says == (evidence.predicate.result != TestOutcome::Failed), "the decision is not what the evidence says");
        let policy = decision.predicate.policy.digest();
        hold(policy == Some(signoff.rules.digest), "the decision is by other rules than signoff.json");
        hold(policy == Some(Digest::of(self.file(SignoffFile::Rules.name()))), "rules.json is not as it was signed");
        against
    }

    /// The reports that are not as they were signed, and those that are not here.
    fn reports(&self, configuration: &[Resource], signoff: &Signoff) -> (Vec<String>, Vec<String>) {
        let signed: BTreeMap<&str, Option<Digest>> =
            configuration.iter().filter_map(|known| Some((known.uri.as_deref()?, known.digest()))).collect();
        let (mut against, mut absent) = (Vec::new(), Vec::new());
        for (name, digest) in &signed {
            match self.files.get(*name) {
                Some(bytes) if Some(Digest::of(bytes)) == *digest => {
                    let is_other = signoff.files.get(*name).is_some_and(|named| Some(named) != digest.as_ref());
                    against.extend(is_other.then(|| format!("{name} is not the one that signoff.json names")));
                }
                Some(_) => against.push(format!("{name} is not as it was signed")),
                None => absent.push((*name).to_owned()),
            }
        }
        against.extend(
            SignoffFile::SEALED
                .map(SignoffFile::name)
                .iter()
                .filter(|name| !signed.contains_key(*name))
                .map(|name| format!("{name} is not signed")),
        );
        (against, absent)
    }

    /// What of the page is not as the decision and the plan say; a sign-off of before there were pages has none.
    fn page(&self, signoff: &Signoff) -> Vec<String> {
        let Some(bytes) = self.files.get(SignoffFile::Page.name()) else { return Vec::new() };
        if !signoff.files.contains_key(SignoffFile::Page.name()) {
            return vec![format!("{} is not signed", SignoffFile::Page.name())];
        }
        let plan = page::unpacked(self.file(SignoffFile::Plan.name())).map_err(|reason| format!("plan.txt.gz: {reason}"));
        let compared = page::read(bytes).and_then(|payload| Ok(payload.disagreements(signoff, &plan?)));
        compared.unwrap_or_else(|reason| vec![reason])
    }

    /// Whether what the decision rests on is there and still counts.
    fn inputs(&self, signoff: &Signoff, decision: &Summary) -> Vec<String> {
        let mut against = Vec::new();
        let inputs = &decision.input_attestations;
        if !inputs.contains(&Resource::at(EVIDENCE, Digest::of(self.file(EVIDENCE)))) {
            against.push("the decision is over other evidence".to_owned());
        }
        let counted = signoff.attestations.iter().filter(|known| known.refused.is_none() && !known.gone);
        for AttestationResult { name, digest, .. } in counted {
            let path = format!("attestations/{name}.json");
            if !inputs.contains(&Resource::at(&path, *digest)) {
                against.push(format!("the decision does not name {path}, on which signoff.json rests"));
            }
        }
        for input in inputs.iter().filter(|input| input.uri.as_deref() != Some(EVIDENCE)) {
            let path = input.uri.as_deref().unwrap_or_default();
            let attestation = self.ledger.attestations.iter().find(|known| format!("attestations/{}.json", known.name) == path);
            match attestation {
                None => against.push(format!("{path} is missing")),
                Some(known) if Some(known.digest) != input.digest() => against.push(format!("{path} is not as it was signed")),
                Some(known) if !bears_on(self.ledger, self.release, signoff.candidate.digest, known) => {
                    against.push(format!("{path} is about another build, {}", known.statement.subject.digest));
                }
                Some(known) => against.extend(known.counts(self.today).err().map(|why| format!("{path}: {why}"))),
            }
        }
        against
    }

    /// Whether the records are those of the sign-off.
    fn records(&self, signoff: &Signoff) -> Option<String> {
        let TestProduct { digest, commit, .. } = &signoff.test_product;
        let of = commit.as_ref().map(|commit| format!(" of commit {commit}")).unwrap_or_default();
        match self.records {
            Ok(found) if found == *digest => None,
            Ok(_) => {
                Some(format!("the records here are not those{of} that were signed off: compare with the tree that has both"))
            }
            Err(why) => Some(format!("the records{of} that were signed off are not here: {why}")),
        }
    }
}
