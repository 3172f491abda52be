//! The two statements of a sealed sign-off: the evidence, an in-toto
//! [test result v0.1](https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md), and the decision over it,
//! a SLSA [verification summary v1](https://slsa.dev/spec/v1.0/verification_summary).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{EVIDENCE, FileDigests};
use crate::gate::{CriterionState, Decision, Signoff};
use crate::id::{Digest, Principal};
use crate::record::Header;
use crate::report::files::SignoffFile;
use crate::residual::{Analysis, Class, ClassCounts, Residual};
use crate::verdict::{Verdict, VerdictCounts};

pub(super) const STATEMENT: &str = "https://in-toto.io/Statement/v1";
pub(super) const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";
pub(super) const SUMMARY: &str = "https://slsa.dev/verification_summary/v1";
/// The level of a build that may ship.
const SHIP: &str = "FIXGATE_SHIP";
/// What a summary says in the place of levels where there is none.
const FAILED: &str = "FAILED";

/// A statement about one build.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Statement<P> {
    #[serde(rename = "_type")]
    pub(super) kind: String,
    pub(super) subject: [Resource; 1],
    pub(super) predicate_type: String,
    pub(super) predicate: P,
}

/// Something with a digest, by a name or an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Resource {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) uri: Option<String>,
    pub(super) digest: ResourceDigest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceDigest {
    sha256: String,
}

impl Resource {
    pub(super) fn named(name: &str, digest: Digest) -> Self {
        Self { name: Some(name.to_owned()), uri: None, digest: ResourceDigest { sha256: digest.hexadecimal() } }
    }

    pub(super) fn at(uri: &str, digest: Digest) -> Self {
        Self { name: None, uri: Some(uri.to_owned()), digest: ResourceDigest { sha256: digest.hexadecimal() } }
    }

    pub(super) fn digest(&self) -> Option<Digest> {
        format!("sha256:{}", self.digest.sha256).parse().ok()
    }
}

/// How the tests went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum TestOutcome {
    Passed,
    Warned,
    Failed,
}

#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct TestResult {
    pub(super) result: TestOutcome,
    pub(super) configuration: Vec<Resource>,
    /// Known and waived failures, flaky scenarios, waived criteria.
    warned_tests: Vec<String>,
    /// Everything else that is not as it must be: scenarios with errors and missing ones too, and unsatisfied criteria.
    failed_tests: Vec<String>,
    /// An extension: how many there are of each kind, passed ones too, which are not named.
    counts: Counts,
}

#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Counts {
    planned: u64,
    verdicts: serde_json::Value,
    classes: serde_json::Value,
}

impl Counts {
    fn new(planned: u64, verdicts: VerdictCounts, classes: ClassCounts) -> Self {
        let value = |counted: serde_json::Result<serde_json::Value>| counted.unwrap_or_default();
        Self { planned, verdicts: value(serde_json::to_value(verdicts)), classes: value(serde_json::to_value(classes)) }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Summary {
    pub(super) verifier: SummaryVerifier,
    pub(super) time_verified: Timestamp,
    resource_uri: String,
    pub(super) policy: Resource,
    pub(super) input_attestations: Vec<Resource>,
    pub(super) verification_result: SummaryResult,
    pub(super) verified_levels: Vec<String>,
    slsa_version: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct SummaryVerifier {
    pub(super) id: String,
}

/// The decision in a summary's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum SummaryResult {
    Passed,
    Failed,
}

impl From<Decision> for SummaryResult {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Ship => SummaryResult::Passed,
            Decision::Hold => SummaryResult::Failed,
        }
    }
}

/// The verifier's id of the signer.
pub(super) fn verifier_id(signer: &Principal) -> String {
    format!("urn:fixgate:release-manager:{signer}")
}

/// The statement of what was tested, with what, and what came of it. `reports` are the digests of the reports' files.
pub fn evidence(signoff: &Signoff, analysis: &Analysis<'_>, header: &Header, reports: &FileDigests) -> String {
    let (warned, mut failed): (Vec<_>, Vec<_>) = analysis.residuals.iter().partition(|residual| is_excused(residual));
    failed.retain(|residual| is_failure(residual));
    let warned = warned.into_iter().filter(|residual| is_failure(residual) || residual.entry.verdict == Verdict::Flaky);
    let id = |residual: &Residual<'_>| residual.entry.scenario.to_string();
    let criteria = |state| {
        let these = signoff.criteria.iter().filter(move |criterion| criterion.state == state);
        these.map(|criterion| format!("criterion {}", criterion.id))
    };
    let warned: Vec<String> = warned.map(id).chain(criteria(CriterionState::Waived)).collect();
    let missing = analysis.missing.iter().map(ToString::to_string);
    let failed: Vec<String> = failed.into_iter().map(id).chain(missing).chain(criteria(CriterionState::Unsatisfied)).collect();
    let result = match signoff.decision {
        Decision::Hold => TestOutcome::Failed,
        Decision::Ship if warned.is_empty() => TestOutcome::Passed,
        Decision::Ship => TestOutcome::Warned,
    };
    let counts = Counts::new(signoff.planned, signoff.verdicts, signoff.classes);
    let configuration = configuration(signoff, header, reports);
    let predicate = TestResult { result, configuration, warned_tests: warned, failed_tests: failed, counts };
    written(signoff, TEST_RESULT, predicate)
}

/// Whether the residual is not as it must be.
fn is_failure(residual: &Residual<'_>) -> bool {
    residual.entry.verdict.is_failure()
        || residual.entry.verdict == Verdict::Error
        || residual.class.is_some_and(Class::is_unaccounted)
}

/// Whether a person answers for it.
fn is_excused(residual: &Residual<'_>) -> bool {
    residual.class == Some(Class::Known) || residual.waiver.is_some() || residual.entry.verdict == Verdict::Flaky
}

/// What the tests were made with, and the reports that tell of them, each with its digest.
fn configuration(signoff: &Signoff, header: &Header, reports: &FileDigests) -> Vec<Resource> {
    let baseline = signoff.baseline.as_ref().map(|baseline| ("baseline", baseline.build.digest));
    let harness = header.harness.map(|digest| ("harness", digest));
    let journal = signoff.journal.map(|digest| ("journal", digest));
    let made_with = [
        Some(("plan", signoff.plan)),
        Some(("ledger", signoff.test_product.digest)),
        Some(("waivers", Digest::of_json(&signoff.waivers))),
        baseline,
        harness,
        journal,
    ];
    let made_with = made_with.into_iter().flatten().map(|(name, digest)| Resource::named(name, digest));
    made_with.chain(reports.iter().map(|(name, digest)| Resource::at(name, *digest))).collect()
}

/// The statement of the decision, by its signer. `evidence` is the digest of the evidence's envelope.
pub fn decision(signoff: &Signoff, signer: &Principal, at: Timestamp, evidence: Digest) -> String {
    let approvals = signoff.attestations.iter().filter(|attested| attested.refused.is_none());
    let approvals = approvals.map(|attested| Resource::at(&format!("attestations/{}.json", attested.name), attested.digest));
    let levels = match signoff.decision {
        Decision::Ship => SHIP,
        Decision::Hold => FAILED,
    };
    let predicate = Summary {
        verifier: SummaryVerifier { id: verifier_id(signer) },
        time_verified: at,
        resource_uri: package_url(&signoff.product, &signoff.version, signoff.release.as_str()),
        policy: Resource::at(SignoffFile::Rules.name(), signoff.rules.digest),
        input_attestations: [Resource::at(EVIDENCE, evidence)].into_iter().chain(approvals).collect(),
        verification_result: signoff.decision.into(),
        verified_levels: vec![levels.to_owned()],
        slsa_version: "1.0".to_owned(),
    };
    written(signoff, SUMMARY, predicate)
}

fn written<P: Serialize>(signoff: &Signoff, predicate_type: &str, predicate: P) -> String {
    let statement = Statement {
        kind: STATEMENT.to_owned(),
        subject: [Resource::named(&signoff.product, signoff.candidate.digest)],
        predicate_type: predicate_type.to_owned(),
        predicate,
    };
    // A statement holds names, numbers and text only, which JSON can always say.
    serde_json::to_string_pretty(&statement).map(|text| text + "\n").unwrap_or_default()
}

/// The moment as of which a decision stands: that of the run's start, or of the newest attestation that counts. It is told by
/// the records, so that the same records give the same statement.
pub fn time_verified(signoff: &Signoff, header: &Header) -> Timestamp {
    let counted = signoff.attestations.iter().filter(|attested| attested.refused.is_none());
    counted.filter_map(|attested| attested.at.parse().ok()).fold(header.started, Timestamp::max)
}

/// A [package URL](https://github.com/package-url/purl-spec) of the type `generic`.
fn package_url(product: &str, version: &str, release: &str) -> String {
    format!("pkg:generic/{}@{}?release={}", percent_encoded(product), percent_encoded(version), percent_encoded(release))
}

fn percent_encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_has_an_address_under_any_name() {
        assert_eq!(package_url("ripgrep", "14.0.0", "RU2"), "pkg:generic/ripgrep@14.0.0?release=RU2");
        assert_eq!(package_url("a/b & ü", "1+2", "RU1"), "pkg:generic/a%2Fb%20%26%20%C3%BC@1%2B2?release=RU1");
    }
}
