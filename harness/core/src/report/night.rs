//! A night in a few lines to be mailed, in Markdown to be posted, and as one JSON object.

use super::history::{rate, seconds};
use super::markdown::{cell, code};
use crate::gate::AgainResult;
use crate::history::{FlakeRate, PastRun};
use crate::id::ScenarioId;
use crate::ledger::Ledger;
use crate::night::{FEWEST, Failure, LONG, NightReport, Slower, Slowness};
use crate::record::RunRecord;
use crate::residual::{Analysis, Class};
use crate::rollup::nights::{
    Failing, Flaky, LastNight, NightDocument, PastVerdict, Quarantined, Rate, SCHEMA, Slow, SlowScenario,
};
use crate::words::{counted, counted_as, quoted};

/// How many scenarios of each kind are named.
const NAMED: usize = 3;

/// All that a page of a night is made from.
#[derive(Debug, Clone, Copy)]
pub struct Page<'p> {
    /// The records.
    pub ledger: &'p Ledger,
    /// The night's run.
    pub record: &'p RunRecord,
    /// Its classes against the last release.
    pub analysis: &'p Analysis<'p>,
    /// What is new in it.
    pub report: &'p NightReport<'p>,
    /// The earlier fixes whose turn it was to be proved again.
    pub again: &'p [AgainResult],
    /// Whether anything was found that no defect accounts for.
    pub found: bool,
}

/// One kind of news.
struct Section {
    title: &'static str,
    count: usize,
    /// What follows the count.
    note: String,
    /// Scenarios, each with what is to be said of it.
    lines: Vec<(String, String)>,
}

impl Page<'_> {
    /// At most thirty lines of text.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n\n", self.headline(), self.builds());
        if let Some(void) = self.record.void_reason() {
            return text + &format!("There is no answer: {void}\n");
        }
        for Section { title, count, note, lines } in self.sections() {
            text.push_str(&format!("{title}: {count}{note}\n"));
            for (scenario, what) in lines.iter().take(NAMED) {
                text.push_str(&format!("{}\n", format!("  {scenario}  {what}").trim_end()));
            }
        }
        text.push_str(&format!("{}\n", self.plan()));
        text.push_str(&self.against().map(|classes| format!("{classes}\n")).unwrap_or_default());
        text.push_str(&format!("\nrun {}\n", self.record.header.run));
        text.push_str(&self.next().into_iter().map(|command| format!("next: {command}\n")).collect::<String>());
        text
    }

    /// The same in Markdown.
    pub fn markdown(&self) -> String {
        let mut page = format!("## {}\n\n{}\n\n", cell(&self.headline()), cell(&self.builds()));
        if let Some(void) = self.record.void_reason() {
            return page + &format!("**There is no answer.** {}\n", cell(&void));
        }
        for Section { title, count, note, lines } in self.sections() {
            page.push_str(&format!("- **{title}: {count}**{}\n", cell(&note)));
            for (scenario, what) in lines.iter().take(NAMED) {
                page.push_str(&format!("{}\n", format!("  - {} {}", code(scenario), cell(what)).trim_end()));
            }
        }
        page.push_str(&format!("- {}\n", cell(&self.plan())));
        page.push_str(&self.against().map(|classes| format!("- {}\n", cell(&classes))).unwrap_or_default());
        page.push_str(&format!("\nRun `{}`.", self.record.header.run));
        page.push_str(&self.next().into_iter().map(|command| format!(" Next: {}.", code(&command))).collect::<String>());
        page + "\n"
    }

    /// Everything, as data.
    pub fn document(&self) -> NightDocument {
        let NightReport { tonight, last, newly_failing, still_failing, newly_passing, known, flaky, slower, new, removed } =
            self.report;
        let header = &self.record.header;
        let before = |last: &PastRun| LastNight {
            run: last.name.clone(),
            started: last.started.clone(),
            candidate: last.candidate.clone(),
        };
        NightDocument {
            schema: SCHEMA.to_owned(),
            run: tonight.name.clone(),
            started: header.started,
            candidate: tonight.candidate.clone(),
            baseline: tonight.baseline.clone(),
            last_night: last.map(before),
            planned: tonight.planned,
            verdicts: self.record.verdicts(),
            classes: header.baseline.as_ref().map(|_| self.analysis.counts),
            void: tonight.void.clone(),
            seconds: tonight.seconds,
            found: self.found,
            newly_failing: newly_failing.iter().map(failing).collect(),
            still_failing: still_failing.iter().map(failing).collect(),
            newly_passing: newly_passing.clone(),
            known: *known,
            flaky: flaky.iter().map(|flake| self.flaky(flake)).collect(),
            slower: slow(slower),
            new: new.clone(),
            removed: removed.clone(),
            proved_again: self.again.to_vec(),
        }
    }

    fn flaky(&self, (scenario, flakes): &(ScenarioId, FlakeRate)) -> Flaky {
        let (low, high) = flakes.interval();
        let is_known = flakes.of > 0;
        let rate = Rate {
            count: flakes.flakes,
            of: flakes.of,
            rate: is_known.then(|| flakes.rate()),
            low: is_known.then_some(low),
            high: is_known.then_some(high),
        };
        let quarantine = self.ledger.quarantined(scenario, self.record.header.date);
        let quarantine = quarantine.map(|known| Quarantined { owner: known.owner.to_string(), expires: known.expires });
        Flaky { id: scenario.clone(), flakes: rate, quarantine }
    }

    fn headline(&self) -> String {
        let state = match (self.record.void.is_empty(), self.found) {
            (false, _) => "VOID",
            (true, true) => "FAILURES",
            (true, false) => "all is well",
        };
        let date = self.report.tonight.started.split('T').next().unwrap_or_default();
        let news = match self.report.newly_failing.len() {
            0 => String::new(),
            count => format!(", {count} new"),
        };
        format!("{} on {date}: {state}{news}", self.ledger.project.product)
    }

    fn builds(&self) -> String {
        let (header, tonight) = (&self.record.header, self.report.tonight);
        let seconds = tonight.seconds;
        format!(
            "{} {}: {} of {}: {} ({seconds:.0} s)",
            header.candidate.name,
            header.candidate.digest.short(),
            self.record.verdicts().total(),
            counted(header.planned, "scenario"),
            self.record.verdicts()
        )
    }

    fn sections(&self) -> Vec<Section> {
        let NightReport { newly_failing, still_failing, newly_passing, known, flaky, slower, .. } = self.report;
        let known = match known {
            0 => String::new(),
            known => format!(" (known failures: {known})"),
        };
        let slow = |Slowness { scenario, before, now, probability }: &Slowness| {
            (scenario.to_string(), format!("{} instead of {} (p = {probability:.0e})", seconds(*now), seconds(*before)))
        };
        let mut sections = vec![
            Section {
                title: "newly failing",
                count: newly_failing.len(),
                note: more(newly_failing.len()),
                lines: newly_failing.iter().map(newly).collect(),
            },
            Section {
                title: "still failing",
                count: still_failing.len(),
                note: known + &more(still_failing.len()),
                lines: still_failing.iter().map(still).collect(),
            },
            Section {
                title: "newly passing",
                count: newly_passing.len(),
                note: more(newly_passing.len()),
                lines: newly_passing.iter().map(|scenario| (scenario.to_string(), String::new())).collect(),
            },
            Section {
                title: "flaky",
                count: flaky.len(),
                note: more(flaky.len()),
                lines: flaky.iter().map(|flake| self.flake(flake)).collect(),
            },
            Section {
                title: "slower",
                count: slower.scenarios.len(),
                note: tested(slower),
                lines: slower.scenarios.iter().map(slow).collect(),
            },
        ];
        sections.extend(self.proofs());
        sections
    }

    /// Earlier fixes that are not proved any more; nothing where it was the turn of none.
    fn proofs(&self) -> Option<Section> {
        let refused: Vec<&AgainResult> = self.again.iter().filter(|again| !again.against().is_empty()).collect();
        let unable = self.again.iter().filter(|again| again.base.is_none()).count();
        let unable = if unable > 0 { format!(", {unable} could not be tried") } else { String::new() };
        let line = |again: &&AgainResult| (again.defect.to_string(), again.proof.refusals.join("; "));
        (!self.again.is_empty()).then(|| Section {
            title: "earlier fixes not proved any more",
            count: refused.len(),
            note: format!(" of {} tried again{unable}", self.again.len()),
            lines: refused.iter().map(line).collect(),
        })
    }

    fn flake(&self, (scenario, flakes): &(ScenarioId, FlakeRate)) -> (String, String) {
        let quarantine = self.ledger.quarantined(scenario, self.record.header.date);
        let quarantine = quarantine.map(|known| format!(", quarantined by {} until {}", known.owner, known.expires));
        (scenario.to_string(), format!("{}{}", rate(*flakes), quarantine.unwrap_or_default()))
    }

    fn plan(&self) -> String {
        let NightReport { last, new, removed, .. } = self.report;
        match last {
            Some(last) => format!("since {}: {} new, {} removed", last.name, counted(new.len(), "scenario"), removed.len()),
            None => "there is no night before this one".to_owned(),
        }
    }

    fn against(&self) -> Option<String> {
        let baseline = self.record.header.baseline.as_ref()?;
        let counts = self.analysis.counts;
        let classes = Class::ALL.iter().copied().filter(|class| counts.get(*class) > 0);
        let classes: Vec<String> = classes.map(|class| format!("{} {class}", counts.get(class))).collect();
        Some(format!("against {}: {}", baseline.build.name, classes.join(", ")))
    }

    /// What to do first.
    fn next(&self) -> Option<String> {
        let run = &self.record.header.run;
        let first = self.report.newly_failing.first().map(|failure| &failure.scenario);
        let attribute = first.map(|scenario| format!("fixgate attribute {} --run {run}", quoted(scenario.as_str())));
        attribute.or_else(|| self.found.then(|| format!("fixgate report {run} --format markdown")))
    }
}

fn failing(failure: &Failure<'_>) -> Failing {
    let Failure { scenario, verdict, failing } = failure;
    Failing {
        id: scenario.clone(),
        verdict: *verdict,
        since: failing.since.name.clone(),
        first_bad_night: day(failing.since).to_owned(),
        nights: failing.runs,
        before: failing.before.map(|(run, verdict)| PastVerdict { run: run.name.clone(), verdict }),
    }
}

fn newly(failure: &Failure<'_>) -> (String, String) {
    let before = match failure.failing.before {
        Some((run, verdict)) if verdict.is_failure() => format!("{verdict} differently on {}", day(run)),
        Some((run, verdict)) => format!("{verdict} on {}", day(run)),
        None => "it was never judged before".to_owned(),
    };
    (failure.scenario.to_string(), format!("{}; {before}", failure.verdict))
}

fn still(failure: &Failure<'_>) -> (String, String) {
    let since = failure.failing.since;
    let nights = counted(failure.failing.runs, "night");
    (
        failure.scenario.to_string(),
        format!("{} since {} ({}), {nights}", failure.verdict, day(since), since.candidate.digest.short()),
    )
}

fn more(count: usize) -> String {
    if count > NAMED { format!(", the first {NAMED}:") } else { String::new() }
}

fn tested(slower: &Slower) -> String {
    let Slower { nights, tested, all, .. } = slower;
    if *nights < FEWEST {
        return format!(" (it takes {FEWEST} nights to tell, and {} on record)", counted_as(*nights, "is", "are"));
    }
    let all = all.map(|ratio| format!("; all of them together take {ratio:.2} times as long")).unwrap_or_default();
    format!(" of {tested} that take {} ms or more, over {nights} nights{all}", LONG.as_millis())
}

fn slow(slower: &Slower) -> Slow {
    let scenario = |Slowness { scenario, before, now, probability }: &Slowness| SlowScenario {
        id: scenario.clone(),
        before_seconds: before.as_secs_f64(),
        now_seconds: now.as_secs_f64(),
        probability: *probability,
    };
    let scenarios = slower.scenarios.iter().map(scenario).collect();
    Slow { nights: slower.nights, tested: slower.tested, scenarios, all: slower.all }
}

fn day(run: &PastRun) -> &str {
    run.started.split('T').next().unwrap_or_default()
}
