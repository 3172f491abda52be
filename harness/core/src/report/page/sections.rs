//! The sections between the differences and the table: fixes, claims, what people accept and state, rules, packs, times and flakes.

mod rules;

use std::collections::BTreeMap;

use serde::Serialize;

use self::rules::RulesView;
use super::{About, Source};
use crate::gate::{AttestationResult, FixProof, PackResult, Signoff, WaiverResult};
use crate::id::DefectId;
use crate::record::PairResult;
use crate::report::html::is_link;
use crate::verdict::Verdict;

/// The most claims of a record, scenarios of a proof and failures of a pack that are listed.
const LISTED: usize = 20;
/// How many of the slowest scenarios are listed.
const SLOWEST: usize = 20;

/// The sections.
#[derive(Debug, Serialize)]
pub(super) struct Sections<'s> {
    fixes: Vec<FixView<'s>>,
    again: Vec<AgainView<'s>>,
    doubtful: Vec<(&'s str, String)>,
    claims: Vec<ClaimsView<'s>>,
    explained: u64,
    waivers: &'s [WaiverResult],
    attestations: Vec<Attested<'s>>,
    packs: Vec<PackView<'s>>,
    rules: Option<RulesView<'s>>,
    slowest: Vec<Timed<'s>>,
    flaky: Vec<Timed<'s>>,
    is_signoff: bool,
}

/// A fix, red without it and green with it.
#[derive(Debug, Serialize)]
struct FixView<'s> {
    defect: &'s str,
    title: &'s str,
    link: Option<&'s str>,
    proof: &'s FixProof,
    pairs: Vec<PairView<'s>>,
    more: usize,
}

#[derive(Debug, Serialize)]
struct PairView<'s> {
    scenario: &'s str,
    red: &'static str,
    shown: &'s str,
    green: &'static str,
    shown_fixed: &'s str,
}

#[derive(Debug, Serialize)]
struct AgainView<'s> {
    defect: &'s str,
    base: Option<&'s str>,
    proof: &'s FixProof,
}

/// The claims of one record.
#[derive(Debug, Serialize)]
struct ClaimsView<'s> {
    defect: &'s str,
    title: &'s str,
    explained: u64,
    planned: u64,
    globs: Vec<(&'s str, u64, u64, bool)>,
    pinned: bool,
}

#[derive(Debug, Serialize)]
struct Attested<'s> {
    name: &'s str,
    role: String,
    by: &'s str,
    at: &'s str,
    states: &'s str,
    build: Option<String>,
    counts: bool,
    why: Option<String>,
}

#[derive(Debug, Serialize)]
struct PackView<'s> {
    name: &'s str,
    product: &'s str,
    owner: &'s str,
    contact: &'s str,
    required: bool,
    planned: u64,
    verdicts: String,
    build: Option<String>,
    failures: Vec<(&'s str, &'static str, &'s str, Option<&'s str>)>,
    more: usize,
}

#[derive(Debug, Serialize)]
struct Timed<'s> {
    scenario: &'s str,
    seconds: String,
    note: String,
}

impl<'s> Sections<'s> {
    pub(super) fn of(source: &Source<'s>) -> Self {
        let signoff = source.signoff();
        Self {
            fixes: fixes(source),
            again: signoff
                .iter()
                .flat_map(|signoff| &signoff.proved_again)
                .map(|again| AgainView { defect: again.defect.as_str(), base: again.base.as_deref(), proof: &again.proof })
                .collect(),
            doubtful: signoff
                .iter()
                .flat_map(|signoff| &signoff.doubtful_proofs)
                .map(|doubtful| {
                    let doubts: Vec<String> = doubtful.doubts.iter().map(ToString::to_string).collect();
                    (doubtful.defect.as_str(), doubts.join("; "))
                })
                .collect(),
            claims: claims(source),
            explained: source.analysis.counts.get(crate::residual::Class::Explained),
            waivers: signoff.map(|signoff| &*signoff.waivers).unwrap_or_default(),
            attestations: signoff
                .iter()
                .flat_map(|signoff| signoff.attestations.iter().map(|word| attested(signoff, word)))
                .collect(),
            packs: signoff.iter().flat_map(|signoff| &signoff.packs).map(pack).collect(),
            rules: signoff.map(|signoff| RulesView::of(&signoff.rules, &signoff.release)),
            slowest: slowest(source),
            flaky: flaky(source),
            is_signoff: signoff.is_some(),
        }
    }
}

fn fixes<'s>(source: &Source<'s>) -> Vec<FixView<'s>> {
    let pairs = &source.record.pairs;
    let of_fix = |defect: &'s DefectId| pairs.iter().filter(move |pair: &&PairResult| pair.defect == *defect);
    let fixes = match source.about {
        About::Signoff(signoff) => &*signoff.fixes,
        About::Validation(validation) => &*validation.fixes,
        About::Run | About::Night(_) => &[],
    };
    fixes
        .iter()
        .map(|fix| FixView {
            defect: fix.defect.as_str(),
            title: &fix.title,
            link: fix.source.as_deref().filter(|source| is_link(source)),
            proof: &fix.proof,
            pairs: of_fix(&fix.defect).take(LISTED).map(pair).collect(),
            more: of_fix(&fix.defect).count().saturating_sub(LISTED),
        })
        .collect()
}

fn pair(pair: &PairResult) -> PairView<'_> {
    PairView {
        scenario: pair.scenario.as_str(),
        red: pair.base.verdict.as_str(),
        shown: pair.base.shown.trim_end(),
        green: pair.fixed.verdict.as_str(),
        shown_fixed: pair.fixed.shown.trim_end(),
    }
}

/// Claims by their records, those that explain most first.
fn claims<'s>(source: &Source<'s>) -> Vec<ClaimsView<'s>> {
    let mut records: BTreeMap<&str, ClaimsView<'s>> = BTreeMap::new();
    for claim in source.signoff().iter().flat_map(|signoff| &signoff.claims) {
        let title = source.ledger.defects.get(&claim.defect).map_or("", |defect| &*defect.title);
        let empty =
            ClaimsView { defect: claim.defect.as_str(), title, explained: 0, planned: 0, globs: Vec::new(), pinned: true };
        let record = records.entry(claim.defect.as_str()).or_insert(empty);
        record.explained += claim.explained;
        record.planned += claim.planned;
        record.pinned &= claim.pinned;
        record.globs.push((&claim.scenarios, claim.planned, claim.explained, claim.pinned));
    }
    let mut records: Vec<ClaimsView<'s>> = records.into_values().collect();
    records.sort_by_key(|record| std::cmp::Reverse(record.explained));
    records
}

fn attested<'s>(signoff: &Signoff, word: &'s AttestationResult) -> Attested<'s> {
    let why = match (&word.refused, word.key_expired) {
        (Some(why), _) => Some(why.clone()),
        (None, _) if word.gone => Some("it was deleted, and still counts against the build".to_owned()),
        (None, Some(expired)) => Some(format!("by a key that expired at {expired}, before the run")),
        (None, None) => None,
    };
    Attested {
        name: word.name.as_str(),
        role: word.role.to_string(),
        by: word.by.as_str(),
        at: &word.at,
        states: &word.states,
        build: (word.build != signoff.candidate.digest).then(|| word.build.short().to_string()),
        counts: word.refused.is_none(),
        why,
    }
}

fn pack(pack: &PackResult) -> PackView<'_> {
    let failures = pack.failures.iter().take(LISTED);
    PackView {
        name: pack.name.as_str(),
        product: &pack.product,
        owner: &pack.owner,
        contact: &pack.contact,
        required: pack.required,
        planned: pack.planned,
        verdicts: pack.verdicts.to_string(),
        build: pack.build.as_ref().map(|build| build.digest.to_string()),
        failures: failures
            .map(|failure| (failure.scenario.as_str(), failure.verdict.as_str(), &*failure.reason, failure.waived_by.as_deref()))
            .collect(),
        more: pack.failures.len().saturating_sub(LISTED),
    }
}

fn slowest<'s>(source: &Source<'s>) -> Vec<Timed<'s>> {
    let mut all: Vec<_> = source.record.entries.iter().collect();
    // Times are never NaN: they are read from JSON. The plan's order decides between two of the same.
    all.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
    let timed = all.into_iter().take(SLOWEST).map(|entry| Timed {
        scenario: entry.scenario.as_str(),
        seconds: format!("{:.3}", entry.seconds),
        note: entry.verdict.to_string(),
    });
    timed.collect()
}

fn flaky<'s>(source: &Source<'s>) -> Vec<Timed<'s>> {
    let flaky = source.record.entries.iter().filter(|entry| entry.verdict == Verdict::Flaky);
    let timed = flaky.map(|entry| Timed {
        scenario: entry.scenario.as_str(),
        seconds: format!("{:.3}", entry.seconds),
        note: {
            let reason = entry.reason.as_deref().unwrap_or_default();
            let known = source.ledger.quarantined(&entry.scenario, source.record.header.date);
            let known = known.map(|known| format!("; quarantined: {}", known.terms())).unwrap_or_default();
            format!("passed at attempt {}: {reason}{known}", entry.attempts)
        },
    });
    timed.collect()
}
