//! What `fixgate check` finds in records that are well formed: gaps between what is said and what is shown.

use jiff::civil::Date;

use super::Ledger;
use crate::case::{Applies, Case, Family, Scenario};
use crate::defect::{Defect, DefectKind};
use crate::id::DefectId;
use crate::problem::{Place, Problem};
use crate::proof::BuildIdentity;
use crate::signer::NAMESPACE;
use crate::words::span;

impl Ledger {
    /// Every gap: unpaired and unproved fixes, stale proofs, idle claims, broken pins, bounds that cannot hold, waivers out of date.
    ///
    /// `today` is the stated date by which waivers expire; without it their dates are not judged.
    pub fn gaps(&self, today: Option<Date>) -> Vec<Problem> {
        let known = self.defects.values().filter(|defect| !self.unreadable.is_of(&defect.id));
        let mut gaps: Vec<Problem> = known.flat_map(|defect| self.defect_gaps(defect)).collect();
        gaps.extend(self.by_case().flat_map(|(case, scenarios)| self.case_gaps(case, scenarios)));
        gaps.extend(
            self.manual.iter().filter_map(|case| self.bounds_gap(&case.applies, case.superseded_by.as_ref(), &case.place)),
        );
        gaps.extend(self.role_gaps());
        gaps.extend(self.waivers.iter().filter_map(|waiver| {
            let fix = self.own_fix(waiver)?;
            let message = format!("the waiver `{}` is {}'s, who made the fix of {}", waiver.name, waiver.owner, fix.id);
            Some(
                Problem::at(waiver.place.clone(), message)
                    .help("authors cannot waive what is held against their own fix: ask someone else"),
            )
        }));
        gaps.extend(self.waivers.iter().filter(|waiver| today.is_some_and(|today| waiver.expires < today)).map(|waiver| {
            let message = format!("the waiver `{}` expired on {}", waiver.name, waiver.expires);
            Problem::at(waiver.place.clone(), message)
                .help(format!("ask {} to renew it with a reason, or delete it", waiver.owner))
        }));
        gaps.extend(self.quarantine_gaps(today));
        gaps
    }

    /// What is missing between a defect's record and what is shown of it.
    pub(crate) fn defect_gaps(&self, defect: &Defect) -> Vec<Problem> {
        let mut gaps = Vec::new();
        if defect.owes_pair() && !self.unreadable.may_pair(&defect.id) {
            gaps.extend(self.pair_gaps(defect));
        }
        if let (Some(found), Some(fixed)) = (&defect.found_in, self.fixed_at(defect))
            && self.train.position(found).is_some_and(|found| fixed <= found)
        {
            gaps.push(Problem::at(defect.place.clone(), format!("{} was found in {found}, yet fixed no later", defect.id)));
        }
        let claims = if self.unreadable.has_case() { &[][..] } else { &defect.claims };
        for claim in claims {
            if claim.accepted.is_none() && self.matching(&claim.scenarios).count() == self.scenarios.len() {
                let message = format!(
                    "the claim `{}` of {} is on every scenario there is, and not pinned",
                    claim.scenarios.as_str(),
                    defect.id
                );
                gaps.push(
                    Problem::at(claim.place.clone(), message)
                        .help("a fix accounts for what it changes: name the scenarios that it is about"),
                );
            }
            if self.matching(&claim.scenarios).next().is_none() {
                let message = format!("the claim `{}` of {} matches no scenario", claim.scenarios.as_str(), defect.id);
                gaps.push(
                    Problem::at(claim.place.clone(), message)
                        .help("a claim is a glob over scenario ids, such as suite/ignore/**"),
                );
            }
            let pinned = self.accepted.get(&defect.id).map(|accepted| accepted.digest(&claim.scenarios));
            if claim.accepted.is_some() && claim.accepted != pinned {
                let message = format!("the pin of `{}` is not that of {}.accepted.jsonl", claim.scenarios.as_str(), defect.id);
                gaps.push(
                    Problem::at(claim.place.clone(), message)
                        .help(format!("review the outputs again: fixgate accept {}", defect.id)),
                );
            }
        }
        gaps
    }

    /// What is missing between a fix and its proof; nothing for one that is proved, or that no cut release has and that is not proved yet.
    pub(crate) fn pair_gaps(&self, defect: &Defect) -> Vec<Problem> {
        let pair = self.pair(&defect.id);
        let at = |message: String, help: String| vec![Problem::at(defect.place.clone(), message).help(help)];
        if pair.is_empty() {
            let help = format!(
                "write a case with `defects = [\"{0}\"]`: fixgate new case regression/{1}",
                defect.id,
                case_name(&defect.id)
            );
            return at(format!("{} is fixed but no case names it", defect.id), help);
        }
        if let Some(other) = self.shares_all(defect, &pair) {
            let id = &defect.id;
            let help =
                format!("write a case that names {id} and not {other}, or say in one record that it repeats: duplicate-of");
            return at(format!("{id} shares every scenario with {other}: nothing shows that it is fixed by itself"), help);
        }
        let base = defect.fixed_in().and_then(|fixed| self.train.before(fixed));
        let base = base.and_then(|base| self.train.position(&base.name));
        if let Some(scenario) = pair.iter().find(|scenario| base.is_some_and(|base| !self.applies(&scenario.case, base))) {
            let message =
                format!("{} cannot be red: it does not apply to the release before the fix of {}", scenario.id, defect.id);
            return at(message, "a paired case fails because of the defect, not because a feature is missing".to_owned());
        }
        let prove = format!("run: fixgate prove {}", defect.id);
        match self.proofs.get(&defect.id) {
            // A fix that no cut release has cannot be proved by the train yet.
            None if defect.fixed_in().is_none() => Vec::new(),
            None => at(format!("{} is fixed but not proved", defect.id), prove),
            Some(proof) => {
                let position = |build: &BuildIdentity| self.train.position(&build.name.parse().ok()?);
                let (base, fixed) = (position(&proof.base), position(&proof.fixed));
                let has_fix = |place| self.has_fix(&defect.id, place);
                let stale = |reason| Problem::at(defect.place.clone(), format!("the proof of {} is stale: {reason}", defect.id));
                let mut reasons = proof.staleness(&pair);
                if base.is_some_and(has_fix) {
                    reasons.push(format!("{}, its base, has the fix", proof.base.name));
                }
                if fixed.is_some_and(|place| !has_fix(place)) {
                    reasons.push(format!("{}, its fixed build, has not got the fix", proof.fixed.name));
                }
                reasons.into_iter().map(|reason| stale(reason).help(prove.clone())).collect()
            }
        }
    }

    /// Another fix that every scenario of the pair is about.
    fn shares_all<'l>(&'l self, defect: &Defect, pair: &[&'l Scenario]) -> Option<&'l DefectId> {
        let (first, rest) = pair.split_first()?;
        let is_fix = |id: &DefectId| *id != defect.id && self.defects.get(id).is_some_and(Defect::owes_pair);
        first.defects.iter().filter(|id| is_fix(id)).find(|id| rest.iter().all(|scenario| scenario.defects.contains(id)))
    }

    /// Bounds that cannot hold.
    fn bounds_gap(&self, applies: &Applies, superseded_by: Option<&DefectId>, place: &Place) -> Option<Problem> {
        let at = |message: &str, help: &str| Some(Problem::at(place.clone(), message).help(help));
        let position = |release: &Option<crate::id::ReleaseName>| self.train.position(release.as_ref()?);
        if let (Some(from), Some(until)) = (position(&applies.from), position(&applies.until))
            && until < from
        {
            return at("`applies` ends before it begins", "`from` and `until` are both inclusive");
        }
        match (&applies.until, superseded_by) {
            (Some(_), None) => {
                at("`applies.until` without `superseded-by`", "name the change after which the case no longer holds")
            }
            (None, Some(_)) => at("`superseded-by` without `applies.until`", "name the last release for which the case holds"),
            (Some(_), Some(change)) if self.defects.get(change).is_some_and(|record| record.kind != DefectKind::Change) => {
                at("`superseded-by` names a defect, not a change", "only an intended change ends what a case states")
            }
            (Some(_), Some(_)) | (None, None) => None,
        }
    }

    /// The people who hold a role and have no key to sign with.
    fn role_gaps(&self) -> Vec<Problem> {
        if self.unreadable.is("allowed_signers") {
            return Vec::new();
        }
        let holders = self.project.roles.iter().flat_map(|(role, holders)| holders.iter().map(move |holder| (role, holder)));
        let keyless = holders.filter(|(_, holder)| self.signers.of(holder).next().is_none());
        let gap = |(role, holder)| {
            Problem::new(format!("{holder} holds the role {role} and has no key in allowed_signers"))
                .help(format!("add a line: {holder} namespaces=\"{NAMESPACE}\" ssh-ed25519 KEY"))
        };
        keyless.map(gap).collect()
    }

    fn case_gaps(&self, case: &Case, scenarios: &[Scenario]) -> Option<Problem> {
        let at = |message: &str, help: &str| Some(Problem::at(case.place.clone(), message).help(help));
        if let Some(gap) = self.bounds_gap(&case.applies, case.superseded_by.as_ref(), &case.place) {
            return Some(gap);
        }
        let is_paired = scenarios.iter().any(|scenario| !scenario.defects.is_empty());
        if matches!(case.family, Family::Pack(_)) && is_paired {
            return at(
                "a pack's case is paired with a defect",
                "a third party's case can go as it came: keep the pair in regression/",
            );
        }
        if case.family == Family::Regression && scenarios.iter().any(|scenario| scenario.defects.is_empty()) {
            return at("a regression case names no defect", "name it in `defects`, or move the case to suite/");
        }
        let blind = scenarios.iter().any(|scenario| !scenario.states_result());
        if case.applies.from.is_some() && blind {
            return at(
                "a case with `applies.from` states nothing but the baseline",
                "state what holds on its first release too, such as `exit = 0`",
            );
        }
        self.idle_max_time(scenarios)
    }

    /// A `max-time` that no scenario can exceed: it is ended at its limit before.
    fn idle_max_time(&self, scenarios: &[Scenario]) -> Option<Problem> {
        scenarios.iter().find_map(|scenario| {
            let default = self.project.run.timeout;
            let timeout = scenario.timeout.unwrap_or(default);
            let most = scenario.steps.iter().filter_map(|step| step.expect.max_time).find(|most| *most > timeout)?;
            let (most, of) = (span(most), if scenario.timeout.is_some() { "of the case" } else { "in fixgate.toml" });
            let message = format!("`max-time` = {most} is above `timeout` {of}, {}: nothing can fail it", span(timeout));
            Some(
                Problem::at(scenario.place.clone(), message)
                    .help("state a `max-time` below the limit, or raise the case's `timeout`"),
            )
        })
    }
}

fn case_name(defect: &DefectId) -> String {
    defect.as_str().to_ascii_lowercase()
}
