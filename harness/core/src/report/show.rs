//! A record with all that belongs to it, for a terminal and as JSON: a defect, a case or a release.

mod document;

pub use self::document::{SCHEMA, ShownDocument};
use super::commands::command_lines;
use super::page::outcome::decided;
use super::paint::Paint;
use super::sheet::Sheet;
use crate::case::{Case, Family, Scenario};
use crate::defect::{Defect, DefectKind, Severity};
use crate::gate::Signoff;
use crate::id::{CaseId, DefectId, ReleaseName, ScenarioId};
use crate::ledger::Ledger;
use crate::problem::{Place, suggestion};
use crate::proof::Proof;
use crate::release::Release;
use crate::waiver::{Waived, Waiver};
use crate::words::{counted, counted_as, quoted, span};

/// The most scenarios, fixes or steps that are listed.
const LISTED: usize = 10;

/// A record that has a name.
#[derive(Debug, Clone, Copy)]
pub enum Shown<'l> {
    /// A defect or a change.
    Defect(&'l Defect),
    /// A case, or one of its scenarios.
    Case(&'l [Scenario]),
    /// A release.
    Release(&'l Release),
}

impl<'l> Shown<'l> {
    /// Every record that a name means: a release, a defect, a case or a scenario.
    ///
    /// # Errors
    /// The name that is nearest, if one is near, where no record has this one.
    pub fn named(ledger: &'l Ledger, name: &str) -> Result<Vec<Self>, Option<String>> {
        let release = name.parse::<ReleaseName>().ok().and_then(|name| ledger.train.release(&name)).map(Shown::Release);
        let defect = name.parse::<DefectId>().ok().and_then(|id| ledger.defects.get(&id)).map(Shown::Defect);
        let is_case = |id: &CaseId| id.as_str() == name;
        let case = ledger.by_case().find(|(case, _)| is_case(&case.id)).map(|(_, scenarios)| Shown::Case(scenarios));
        let of_name = |id: &ScenarioId| id.as_str() == name;
        let scenario = ledger.scenarios.iter().position(|scenario| of_name(&scenario.id));
        // The scenario of a case that has one alone is shown as the case.
        let scenario = scenario.filter(|_| case.is_none()).map(|at| Shown::Case(&ledger.scenarios[at..=at]));
        let found: Vec<Self> = [release, defect, case, scenario].into_iter().flatten().collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let releases = ledger.train.releases().iter().map(|release| release.name.as_str());
        let cases = ledger.cases().map(|case| case.id.as_str());
        Err(suggestion(name, releases.chain(ledger.defects.keys().map(DefectId::as_str)).chain(cases)))
    }

    /// The record, and what others say of it. `signoff` is the decision over a release in its reports.
    pub fn text(&self, ledger: &Ledger, signoff: Option<&Signoff>, paint: Paint) -> String {
        match self {
            Shown::Defect(shown) => defect(ledger, shown),
            Shown::Case(scenarios) => case(ledger, scenarios),
            Shown::Release(shown) => release(ledger, shown, signoff),
        }
        .text(paint)
    }
}

fn defect(ledger: &Ledger, defect: &Defect) -> Sheet {
    let id = &defect.id;
    let mut sheet = Sheet::new([format!("{id}: {}", defect.title), at(&defect.place)]);
    sheet.add("kind", [format!("{}, component {}", kind(defect), defect.component)]);
    let found = defect.found_in.as_ref().map(|release| format!(", found in {release}")).unwrap_or_default();
    sheet.add("status", [format!("{}{found}", defect.status)]);
    let reported = [defect.reported.map(|date| date.to_string()), defect.source.clone()];
    sheet.add("reported", reported.into_iter().flatten());
    sheet.add(
        "fix",
        defect.fix.as_ref().map(|fix| {
            let author = fix.author.as_ref().map(|author| format!(" by {author}")).unwrap_or_default();
            format!("commit {}{author}", fix.commit)
        }),
    );
    sheet.add("repeats", defect.duplicate_of.as_ref().map(ToString::to_string));
    let pair = ledger.pair(id);
    sheet.add("pair", listed(counted(pair.len(), "scenario"), pair.iter().map(|scenario| scenario.id.to_string())));
    sheet.add("proof", ledger.proofs.get(id).map(proof));
    let claims = defect.claims.iter().map(|claim| {
        let scenarios = counted(ledger.matching(&claim.scenarios).count(), "scenario");
        let pinned = if claim.accepted.is_some() { "its outputs were accepted" } else { "not pinned" };
        format!("`{}`: {scenarios}, {pinned}", claim.scenarios.as_str())
    });
    sheet.add("claims", claims);
    let private = ledger.private_fixes.iter().filter(|fix| fix.defects.contains(id));
    sheet.add("private", private.map(|fix| format!("{} on {} for {}: {}", fix.id, fix.base, fix.customer, fix.state)));
    let waivers = ledger.waivers.iter().filter(|waiver| is_about(ledger, waiver, id));
    sheet.add("waivers", waivers.map(waiver_line));
    let gaps = ledger.defect_gaps(defect);
    sheet.add("gaps", gaps.iter().map(|gap| gap.message.clone()));
    let next = gaps.iter().filter_map(|gap| gap.help.clone());
    let run = (!pair.is_empty()).then(|| format!("fixgate run --defect {id} --candidate B"));
    sheet.add("next", next.chain(run));
    sheet
}

fn kind(defect: &Defect) -> &'static str {
    match (defect.kind, defect.severity) {
        (DefectKind::Change, _) => "intended change",
        (DefectKind::Defect, Severity::Critical) => "critical defect",
        (DefectKind::Defect, Severity::Major) => "major defect",
        (DefectKind::Defect, Severity::Minor) => "minor defect",
    }
}

fn proof(proof: &Proof) -> String {
    let runs = proof.scenarios.iter().map(|proved| proved.runs).min().unwrap_or_default();
    let Proof { base, fixed, scenarios, .. } = proof;
    format!(
        "{}: red on {} ({}), green on {} ({}), {} each",
        counted(scenarios.len(), "scenario"),
        base.name,
        base.digest.short(),
        fixed.name,
        fixed.digest.short(),
        counted(runs, "run")
    )
}

fn is_about(ledger: &Ledger, waiver: &Waiver, id: &DefectId) -> bool {
    match &waiver.waived {
        Waived::Criterion { defect, .. } => defect == id,
        Waived::Scenario { scenario, .. } => ledger.pair(id).iter().any(|paired| paired.id == *scenario),
    }
}

fn waiver_line(waiver: &Waiver) -> String {
    format!("{} for {}: {}", waiver.name, waiver.release, waiver.terms())
}

fn case(ledger: &Ledger, scenarios: &[Scenario]) -> Sheet {
    let Some(first) = scenarios.first() else { return Sheet::default() };
    let case: &Case = &first.case;
    let name = if scenarios.len() == 1 { first.id.as_str() } else { case.id.as_str() };
    let place = if scenarios.len() == 1 { format!("{}:{}", first.place.source.path, first.line) } else { at(&case.place) };
    let mut sheet = Sheet::new([format!("{name}: {}", case.title), place]);
    sheet.add("kind", [family(ledger, case)]);
    let bounds = case.applies.to_string();
    let until = case.superseded_by.as_ref().map(|change| format!(", then {change} changes it")).unwrap_or_default();
    sheet.add("applies", (!bounds.is_empty()).then(|| format!("{}{until}", bounds.trim_start_matches(", "))));
    let mut defects: Vec<&DefectId> = scenarios.iter().flat_map(|scenario| scenario.defects.iter()).collect();
    defects.sort();
    defects.dedup();
    sheet.add(
        "defects",
        defects.into_iter().map(|id| match ledger.defects.get(id) {
            Some(defect) => format!("{id} ({}): {}", defect.status, defect.title),
            None => format!("{id}, which has no record"),
        }),
    );
    let mut tags: Vec<&str> = scenarios.iter().flat_map(|scenario| scenario.tags.iter()).map(|tag| tag.as_str()).collect();
    tags.sort_unstable();
    tags.dedup();
    sheet.add("tags", (!tags.is_empty()).then(|| tags.join(", ")));
    sheet.add("timeout", first.timeout.map(span));
    if scenarios.len() > 1 {
        let ids = scenarios.iter().map(|scenario| scenario.id.to_string());
        sheet.add("scenarios", listed(counted(scenarios.len(), "scenario"), ids));
    }
    let of = if scenarios.len() > 1 { " (of the first)" } else { "" };
    let commands = command_lines(ledger, first);
    sheet.add("command", listed(format!("{}{of}", counted(commands.len(), "step")), commands));
    let files = first.files.iter().map(|file| file.path.to_string()).collect::<Vec<_>>();
    sheet.add("files", listed_if_any(|count| format!("{}{of}", counted(count, "file")), files));
    let waivers = ledger.waivers.iter().filter(|waiver| match &waiver.waived {
        Waived::Scenario { scenario, .. } => scenarios.iter().any(|own| own.id == *scenario),
        Waived::Criterion { .. } => false,
    });
    sheet.add("waivers", waivers.map(waiver_line));
    let glob = match scenarios {
        [one] => quoted(one.id.as_str()),
        // What follows the case's id is a matrix or a table.
        [one, ..] => {
            let sign = one.id.as_str()[case.id.as_str().len()..].chars().next().unwrap_or_default();
            quoted(&format!("{}{sign}**", case.id))
        }
        [] => String::new(),
    };
    let baseline = if scenarios.iter().any(Scenario::needs_baseline) { " --baseline B" } else { "" };
    sheet.add("run", [format!("fixgate run {glob} --candidate B{baseline}")]);
    sheet.add("history", [format!("fixgate history {glob}")]);
    sheet
}

fn family(ledger: &Ledger, case: &Case) -> String {
    match (&case.family, ledger.pack_of(case)) {
        (Family::Regression, _) => "regression case, paired with defects".to_owned(),
        (Family::Suite, _) => "case of the suite".to_owned(),
        (Family::Canary, _) => "canary: it must fail, or the harness sees nothing".to_owned(),
        (Family::Pack(name), Some(pack)) => format!("case of the pack {name}, by {} ({})", pack.owner, pack.contact),
        (Family::Pack(name), None) => format!("case of the pack {name}"),
    }
}

fn release(ledger: &Ledger, release: &Release, signoff: Option<&Signoff>) -> Sheet {
    let name = &release.name;
    let mut sheet = Sheet::new([format!("{name}: {} {}", ledger.project.product, release.version), at(&release.place)]);
    sheet.add("follows", [release.follows.as_ref().map_or("nothing: it is the first".to_owned(), ToString::to_string)]);
    let dates = [release.cut.map(|date| format!("cut {date}")), release.shipped.map(|date| format!("shipped {date}"))];
    let dates: Vec<String> = dates.into_iter().flatten().collect();
    sheet.add("dates", (!dates.is_empty()).then(|| dates.join(", ")));
    sheet.add("commit", release.commit.as_ref().map(ToString::to_string));
    sheet.add("recipe", [release.recipe.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")]);
    sheet.add("unchanged", release.unchanged.clone());
    sheet.add(
        "in spite",
        (!release.allowed.is_empty()).then(|| release.allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    );
    let (fixes, changes): (Vec<&Defect>, Vec<&Defect>) =
        ledger.new_in(Some(name)).partition(|defect| defect.kind == DefectKind::Defect);
    let line = |defect: &&Defect| format!("{}: {}", defect.id, defect.title);
    let proved = fixes.iter().filter(|defect| ledger.proofs.contains_key(&defect.id) && ledger.pair_gaps(defect).is_empty());
    let head = |count| format!("{}, {} proved", counted_as(count, "fix", "fixes"), proved.count());
    sheet.add("fixes", listed_if_any(head, fixes.iter().map(line).collect()));
    sheet.add("changes", listed_if_any(|count| counted(count, "intended change"), changes.iter().map(line).collect()));
    sheet.add("waivers", ledger.waivers.iter().filter(|waiver| waiver.release == *name).map(waiver_line));
    sheet.add(
        "sign-off",
        match signoff {
            None => vec!["none in reports/".to_owned()],
            Some(signoff) => {
                let (word, _, why) = decided(signoff);
                vec![format!("{word} on {}: {why}", signoff.date), format!("run {}", signoff.run), format!("reports/{name}/")]
            }
        },
    );
    sheet.add(
        "next",
        [match signoff {
            None => format!("fixgate signoff {name}"),
            Some(_) => format!("fixgate verify {name}"),
        }],
    );
    sheet
}

/// As [`listed`], of lines that there may be none of.
fn listed_if_any(count: impl FnOnce(usize) -> String, lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() { lines } else { listed(count(lines.len()), lines) }
}

/// A count, then what is counted: as much of it as is listed.
fn listed(count: String, lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines = lines.into_iter();
    let mut listed: Vec<String> =
        [count].into_iter().chain(lines.by_ref().take(LISTED).map(|line| format!("  {line}"))).collect();
    let more = lines.count();
    listed.extend((more > 0).then(|| format!("  … and {more} more")));
    listed
}

fn at(place: &Place) -> String {
    let (line, _) = place.position();
    format!("{}:{line}", place.source.path)
}
