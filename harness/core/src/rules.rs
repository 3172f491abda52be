//! The rules that a release is signed off by, kept with its sign-off, so that the next one shows what changed in them.

mod applied;
mod changes;
mod old;
mod reference;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

pub use self::applied::{AppliedRules, Beside, Lacks, Misattributed, Since, Unattributed};
pub use self::changes::{CaseChange, Fate, RuleChange};
pub use self::reference::{Reference, Why};
use crate::defect::{Defect, DefectKind, Status};
use crate::document::read_stored;
use crate::id::{DefectId, Digest, Principal, ReleaseName};
use crate::ledger::Ledger;
use crate::plan::{Kept, LastPlan, read_last_plan};
use crate::record::{Header, RunRecord};
use crate::release::{Needs, Release};
use crate::words::counted;

/// The version of `rules.json`.
pub const SCHEMA: &str = "fixgate-rules-1";

/// What a rule is about, in the order of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr, strum::Display)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Subject {
    /// A ship criterion that must hold.
    Criterion,
    /// A number that a criterion or a run is held to.
    Limit,
    /// What programs could see of the machine.
    Machine,
    /// What is tested.
    Product,
    /// The release that a rollup is compared with.
    Baseline,
    /// The bits of a build.
    Build,
    /// How a release's build is obtained.
    Release,
    /// Which release another one follows.
    Train,
    /// Whether a third party's cases must be green.
    Pack,
    /// Where a defect stands, and what it is paired with.
    Defect,
    /// Whether the results of a suite that is run elsewhere are asked for.
    #[strum(serialize = "imported suite")]
    Suite,
    /// What a person accepts.
    Waiver,
    /// What a person knows to be flaky.
    Quarantine,
    /// What a manual case asks for.
    #[strum(serialize = "manual case")]
    Manual,
    /// Who may attest.
    Role,
    /// With which key, and when.
    Signer,
    /// What a release was cut in spite of.
    Exception,
}

impl Subject {
    /// The subject's word.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Rules in words, by what they are about and their names.
pub type Statements = BTreeMap<Subject, BTreeMap<String, String>>;

/// What rules are about, by the same names.
pub type Digests = BTreeMap<Subject, BTreeMap<String, Digest>>;

/// `reports/RELEASE/rules.json`: the rules of one sign-off, in words that can be compared with those of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rules {
    /// [`SCHEMA`].
    pub schema: String,
    /// The release that was signed off.
    pub release: ReleaseName,
    /// The sign-off's stated date.
    pub date: Date,
    /// The build that was tested.
    pub candidate: Digest,
    /// The digest of the text of `plan.txt.gz`.
    pub plan: Digest,
    /// The fixes that the release has and that owe a pair.
    pub fixes: BTreeSet<DefectId>,
    /// The rules.
    pub rules: Statements,
    /// The whole digests of what the words show in short: of manual cases and of pairs. Earlier versions kept none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digests: Digests,
    /// Where each defect stands.
    #[serde(default)]
    pub standings: BTreeMap<DefectId, Status>,
}

impl Rules {
    /// The rules that a release is being signed off by.
    pub fn of(ledger: &Ledger, release: &Release, record: &RunRecord) -> Self {
        let header = &record.header;
        Self {
            schema: SCHEMA.to_owned(),
            release: release.name.clone(),
            date: header.date,
            candidate: header.candidate.digest,
            plan: Digest::of(plan_text(record).as_bytes()),
            fixes: ledger.fixes_at(header.place).map(|defect| defect.id.clone()).collect(),
            rules: statements(ledger, release, header),
            digests: digests(ledger),
            standings: ledger.defects.values().map(|defect| (defect.id.clone(), defect.status.clone())).collect(),
        }
    }

    /// Reads the text of `rules.json`, which must be the one that a sign-off of this release names by its digest.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str, release: &ReleaseName, digest: Digest) -> Result<Self, String> {
        if Digest::of(text.as_bytes()) != digest {
            return Err("rules.json is not the one that signoff.json names".to_owned());
        }
        let mut rules: Self = read_stored("rules.json", text, SCHEMA)?;
        if rules.release != *release {
            return Err(format!("rules.json is of {}, signoff.json of {release}", rules.release));
        }
        if rules.standings.is_empty() {
            rules.standings = old::standings(&rules.rules)?;
        }
        Ok(rules)
    }

    /// Where a defect stood.
    pub fn status(&self, defect: &DefectId) -> Option<&Status> {
        self.standings.get(defect)
    }

    /// The text of `rules.json`.
    pub fn to_json(&self) -> String {
        // Rules hold names, numbers and text only, which JSON can always say.
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }
}

/// The plan as a sign-off keeps it: on each line a scenario's id and its definition's digest.
pub fn plan_text(record: &RunRecord) -> String {
    record.plan.iter().map(|planned| format!("{} {}\n", planned.scenario, planned.digest)).collect()
}

/// What a sign-off left for later ones.
#[derive(Debug, Clone)]
pub struct LastSignoff {
    /// Its rules.
    pub rules: Rules,
    /// The digest of its `rules.json`, by which a reader finds that it is the one that was checked in.
    pub digest: Digest,
    /// Its plan.
    pub plan: LastPlan,
}

impl LastSignoff {
    /// Reads what the sign-off of a release left: the texts of `rules.json`, whose digest that sign-off names, and of the plan.
    ///
    /// # Errors
    /// What is wrong with which of them.
    pub fn read(release: &ReleaseName, digest: Digest, rules: &str, plan: &str) -> Result<Self, String> {
        let rules = Rules::read(rules, release, digest)?;
        if rules.plan != Digest::of(plan.as_bytes()) {
            return Err("plan.txt.gz is not the one that rules.json names".to_owned());
        }
        Ok(Self { rules, digest, plan: read_last_plan(plan)? })
    }
}

impl LastSignoff {
    /// Whether it keeps only the first digits of digests, as earlier versions did.
    pub(super) fn keeps_starts(&self) -> bool {
        let is_start = |kept: &Kept| matches!(kept, Kept::Start(_));
        self.plan.values().any(is_start) || (self.rules.digests.is_empty() && self.rules.rules.contains_key(&Subject::Defect))
    }

    /// Whether it keeps the order of the train, which earlier versions did not.
    pub(super) fn keeps_train(&self) -> bool {
        self.rules.rules.contains_key(&Subject::Train)
    }
}

/// Every rule in words. Releases after the one that is signed off are left to their own sign-offs.
fn statements(ledger: &Ledger, release: &Release, header: &Header) -> Statements {
    let mut all = Statements::new();
    let mut state = |subject: Subject, name: String, words: String| drop(all.entry(subject).or_default().insert(name, words));
    let project = &ledger.project;
    for criterion in &project.gate.criteria {
        state(Subject::Criterion, criterion.to_string(), "required".to_owned());
    }
    let weeks = project.cadence.map_or("none".to_owned(), |(least, most)| format!("{least} to {most} weeks"));
    let resources = &project.isolation.limits;
    let limits = [
        ("min-scenarios", project.gate.min_scenarios.to_string()),
        ("max-flaky", project.gate.max_flaky.to_string()),
        ("timeout", seconds(project.run.timeout)),
        ("retries", project.run.retries.to_string()),
        ("output-limit", format!("{} bytes", project.run.output_limit)),
        ("cadence", weeks),
        ("isolation", header.isolation.as_str().to_owned()),
        ("grants", project.isolation.grants.to_string()),
        ("file-size", format!("{} bytes", resources.file_size)),
        ("processes", resources.processes.to_string()),
        ("memory", resources.memory.map_or("the system's".to_owned(), |bytes| format!("{bytes} bytes"))),
    ];
    limits.into_iter().for_each(|(name, words)| state(Subject::Limit, name.to_owned(), words));
    for (name, words) in header.circumstances.iter().flat_map(|circumstances| circumstances.machine.statements()) {
        state(Subject::Machine, name.to_owned(), words);
    }
    if project.recipes != Needs::default() {
        state(Subject::Limit, "recipes".to_owned(), project.recipes.to_string());
    }
    for found in &header.found {
        if let Some(confinement) = found.less() {
            state(Subject::Build, found.build.clone(), confinement.meaning().to_owned());
        }
    }
    if let Some(days) = project.gate.deployed_days {
        state(Subject::Limit, "deployed-days".to_owned(), days.to_string());
    }
    state(Subject::Product, "name".to_owned(), project.product.clone());
    state(Subject::Product, "program".to_owned(), project.program.to_string());
    if project.repository.is_some() {
        state(Subject::Product, "repository".to_owned(), "named".to_owned());
    }
    for pack in &ledger.packs {
        let required = if pack.required { "required" } else { "not required" };
        let build = pack.build.as_ref().map(|build| {
            let pin = build.digest.map_or("not pinned".to_owned(), |digest| format!("pinned to {digest}"));
            format!("; {}; {pin}{}", build.recipe.join(" "), reaching(&build.needs))
        });
        state(Subject::Pack, pack.name.to_string(), format!("{required}, {}'s{}", pack.owner, build.unwrap_or_default()));
    }
    for suite in &project.imports {
        let words = format!("results of {}, at least {}", suite.producer, counted(suite.min_tests, "test"));
        state(Subject::Suite, suite.name.to_string(), words);
    }
    let place = ledger.train.position(&release.name);
    for release in ledger.train.releases().iter().filter(|release| ledger.train.position(&release.name) <= place) {
        let pin = release.digest.map_or("not pinned".to_owned(), |digest| format!("pinned to {digest}"));
        state(
            Subject::Release,
            release.name.to_string(),
            format!("{}; {pin}{}", release.recipe.join(" "), reaching(&release.needs)),
        );
        let follows = release.follows.as_ref().map_or("the first release".to_owned(), |before| format!("follows {before}"));
        state(Subject::Train, release.name.to_string(), follows);
        for exception in &release.allowed {
            state(Subject::Exception, format!("{} {exception}", release.name), "allowed".to_owned());
        }
    }
    for defect in ledger.defects.values() {
        state(Subject::Defect, defect.id.to_string(), standing(ledger, defect));
    }
    for waiver in &ledger.waivers {
        let words = format!("{} in {}, by {} until {}", waiver.waived, waiver.release, waiver.owner, waiver.expires);
        state(Subject::Waiver, waiver.name.to_string(), words);
    }
    for quarantine in &ledger.quarantine {
        let words = format!("{}, by {} until {}", quarantine.scenario, quarantine.owner, quarantine.expires);
        state(Subject::Quarantine, quarantine.name.to_string(), words);
    }
    for case in ledger.manual.iter().filter(|case| case.superseded_by.is_none()) {
        let words = format!("{} ({}){}", counted(case.steps.len(), "step"), case.digest().short(), case.applies);
        state(Subject::Manual, case.id.to_string(), words);
    }
    for (role, holders) in &project.roles {
        let holders: Vec<&str> = holders.iter().map(Principal::as_str).collect();
        state(Subject::Role, role.to_string(), holders.join(", "));
    }
    for signer in ledger.signers.iter() {
        state(Subject::Signer, format!("{} {}", signer.principal, signer.fingerprint()), signer.bounds());
    }
    all
}

/// What the statements of manual cases and defects are about, whole.
fn digests(ledger: &Ledger) -> Digests {
    let manual = ledger.manual.iter().filter(|case| case.superseded_by.is_none());
    let manual = manual.map(|case| (Subject::Manual, case.id.to_string(), case.digest()));
    let pairs = ledger.defects.values().map(|defect| (Subject::Defect, defect.id.to_string(), pair_digest(ledger, defect)));
    let mut digests = Digests::new();
    for (subject, name, digest) in manual.chain(pairs) {
        digests.entry(subject).or_default().insert(name, digest);
    }
    digests
}

/// The digest of the ids of a pair's scenarios.
fn pair_digest(ledger: &Ledger, defect: &Defect) -> Digest {
    Digest::of_json_array(ledger.pair(&defect.id).into_iter().map(|scenario| &scenario.id))
}

/// What a recipe may reach, where it states something.
fn reaching(needs: &Needs) -> String {
    if *needs == Needs::default() { String::new() } else { format!("; with {needs}") }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// Where a defect stands, and its pair: how many scenarios, and the start of the digest of their ids.
pub(crate) fn standing(ledger: &Ledger, defect: &Defect) -> String {
    let kind = match defect.kind {
        DefectKind::Defect => "",
        DefectKind::Change => "a change, ",
    };
    let repeats = defect.duplicate_of.as_ref().map(|id| format!(", repeats {id}")).unwrap_or_default();
    let paired = match ledger.pair(&defect.id).len() {
        0 => String::new(),
        // These words are compared with those of earlier sign-offs, which have no thousands apart.
        1 => format!("; 1 scenario ({})", pair_digest(ledger, defect).short()),
        count => format!("; {count} scenarios ({})", pair_digest(ledger, defect).short()),
    };
    format!("{kind}{}{repeats}{paired}", defect.status)
}
