//! Everything that a run's record says of one scenario, for a terminal and as JSON.

mod document;

pub use self::document::{ExplainedDocument, SCHEMA};
use super::causes;
use super::commands::command_lines;
use super::history::strip;
use super::paint::Paint;
use super::sheet::Sheet;
use crate::case::Scenario;
use crate::cause::Causes;
use crate::history::ScenarioHistory;
use crate::id::{Digest, ScenarioId};
use crate::judge::WholeOutput;
use crate::ledger::Ledger;
use crate::problem::suggestion;
use crate::record::{Entry, RunRecord};
use crate::residual::{Analysis, Class, Residual, clusters};
use crate::verdict::Verdict;
use crate::visible::escaped;
use crate::words::{counted, quoted, thousands};

/// What is explained.
#[derive(Debug, Clone, Copy)]
pub struct Explained<'r> {
    ledger: &'r Ledger,
    record: &'r RunRecord,
    analysis: &'r Analysis<'r>,
    id: &'r ScenarioId,
    definition: Digest,
    scenario: Option<&'r Scenario>,
    residual: Option<&'r Residual<'r>>,
}

impl<'r> Explained<'r> {
    /// A scenario of a run.
    ///
    /// # Errors
    /// The planned scenario whose id is nearest, if one is near, where the run did not plan this one.
    pub fn of(
        ledger: &'r Ledger,
        record: &'r RunRecord,
        analysis: &'r Analysis<'r>,
        id: &'r ScenarioId,
    ) -> Result<Self, Option<String>> {
        let Some(planned) = record.plan.iter().find(|planned| planned.scenario == *id) else {
            let mut of_case = record.plan.iter().filter(|planned| planned.scenario.case() == id.as_str()).peekable();
            if let Some(first) = of_case.peek() {
                let first = quoted(first.scenario.as_str());
                return Err(Some(format!("it is a case of {}; name one, such as {first}", counted(of_case.count(), "scenario"))));
            }
            return Err(suggestion(id.as_str(), record.plan.iter().map(|planned| planned.scenario.as_str())));
        };
        let scenario = ledger.scenarios.iter().find(|scenario| scenario.id == *id);
        let residual = analysis.residuals.iter().find(|residual| residual.entry.scenario == *id);
        Ok(Self { ledger, record, analysis, id, definition: planned.digest, scenario, residual })
    }

    /// The outputs that are too long for the record.
    pub fn whole(&self) -> &'r [WholeOutput] {
        self.residual.and_then(|residual| residual.entry.printed.as_deref()).map_or(&[], |printed| &printed.whole)
    }

    /// All that is known of it. `history` has what earlier runs said, `kept` the file of each whole output that is kept.
    pub fn text(&self, history: Option<&ScenarioHistory<'_>>, kept: &[Option<String>], paint: Paint) -> String {
        let mut sheet = Sheet::new(self.heading());
        sheet.add("case", self.case());
        sheet.add("defects", self.defects());
        sheet.add("command", self.scenario.map(|scenario| command_lines(self.ledger, scenario)).unwrap_or_default());
        match self.residual {
            None => sheet.add("verdict", ["not run: the run ended before".to_owned()]),
            Some(residual) => self.add_seen(&mut sheet, residual),
        }
        let whole = self.whole().iter().zip(kept).map(|(output, kept)| {
            let place = kept.as_deref().unwrap_or("not kept: a run keeps 64 MiB of such outputs, the first that come");
            format!("{}, {}: {place}", output.stream, counted(output.bytes, "byte"))
        });
        sheet.add("whole", whole);
        sheet.add("history", history.map(strip).unwrap_or_default());
        sheet.add("again", [self.record.header.rerun(self.id)]);
        sheet.add("next", self.next());
        sheet.text(paint)
    }

    fn heading(&self) -> Vec<String> {
        let header = &self.record.header;
        let against = header.baseline.as_ref().map(|baseline| format!(" against {}", baseline.build.name)).unwrap_or_default();
        let build = &header.candidate;
        let mut lines =
            vec![self.id.to_string(), format!("in the run {} of {} ({}){against}", header.run, build.name, build.digest.short())];
        lines.extend(self.record.void_reason().map(|void| format!("VOID, the run is no answer: {void}")));
        lines
    }

    fn case(&self) -> Vec<String> {
        let Some(scenario) = self.scenario else {
            return vec!["it is gone: the records of today have no such scenario".to_owned()];
        };
        let mut lines = vec![scenario.case.title.clone(), format!("{}:{}", scenario.place.source.path, scenario.line)];
        if scenario.digest() != self.definition {
            lines.push("changed since the run: what follows of it is as it is today".to_owned());
        }
        lines
    }

    fn defects(&self) -> Vec<String> {
        let defects = self.scenario.iter().flat_map(|scenario| scenario.defects.iter());
        let line = |id| match self.ledger.defects.get(id) {
            Some(defect) => format!("{id} ({}): {}", defect.status, defect.title),
            None => format!("{id}, which has no record"),
        };
        defects.map(line).collect()
    }

    fn add_seen(&self, sheet: &mut Sheet, residual: &Residual<'_>) {
        let entry = residual.entry;
        sheet.add("verdict", verdict(residual));
        sheet.add("baseline", self.baseline(entry));
        sheet.add("why", entry.reason.as_deref().map(str::to_owned));
        sheet.add_block("expected and got", &entry.detail);
        if let Some(printed) = entry.printed.as_deref() {
            sheet.add_block("standard output", &escaped(&printed.stdout));
            sheet.add_block("standard error", &escaped(&printed.stderr));
        }
        sheet.add("accounted", residual.waiver.map(|waiver| format!("by the waiver {}: {}", waiver.name, waiver.terms())));
        sheet.add("explained", entry.explained_by.as_ref().map(|defect| format!("by the claim of {defect}")));
        if residual.is_open() {
            sheet.add("cause", self.causes());
            sheet.add("alike", self.alike());
            sheet.add("claims", self.claims());
        }
    }

    fn baseline(&self, entry: &Entry) -> Option<String> {
        let name = &self.record.header.baseline.as_ref()?.build.name;
        Some(match &entry.baseline {
            None => format!("{name}: it does not apply there, or was not run"),
            Some(before) if !before.verdict.is_failure() => format!("{name}: {}", before.verdict),
            Some(before) if before.seen.is_some() && before.seen == entry.seen => {
                format!("{name}: {}, exactly so", before.verdict)
            }
            Some(before) => format!("{name}: {}, in another way", before.verdict),
        })
    }

    fn causes(&self) -> Vec<String> {
        let Some(scenario) = self.scenario else { return Vec::new() };
        let causes = Causes::of(&self.analysis.residuals);
        let of = causes.causes.iter().filter(|cause| cause.is_of(scenario));
        of.map(|cause| {
            let (failing, all) = (thousands(cause.failing), thousands(cause.of));
            format!("{}: {failing} of {all} that share it are to be looked at", causes::shared(cause, str::to_owned))
        })
        .collect()
    }

    /// How many others failed with the same signature, and how many of these showed just the same.
    fn alike(&self) -> Vec<String> {
        let clusters = clusters(&self.record.header, &self.analysis.residuals);
        let Some(cluster) = clusters.iter().find(|cluster| cluster.scenarios.contains(self.id)) else { return Vec::new() };
        let others = cluster.scenarios.len() - 1;
        if others == 0 {
            return vec!["no other scenario differs like this".to_owned()];
        }
        let own = |difference: &&crate::residual::Difference| difference.scenarios.iter().any(|seen| seen.scenario == *self.id);
        let same = cluster.differences.iter().find(own).map_or(0, |difference| difference.scenarios.len() - 1);
        let mut lines = vec![format!("{} like it, {} with the same difference", counted(others, "scenario"), thousands(same))];
        lines.extend(cluster.scenarios.iter().filter(|other| *other != self.id).take(3).map(ToString::to_string));
        lines
    }

    fn claims(&self) -> Vec<String> {
        let mut lines = self.analysis.claims.near_in_words(self.id);
        if lines.is_empty() && self.record.header.baseline.is_some() {
            lines.push("none that counts here is near".to_owned());
        }
        lines
    }

    /// What can be done about it.
    fn next(&self) -> Vec<String> {
        let Some(residual) = self.residual.filter(|residual| residual.is_open()) else { return Vec::new() };
        let (id, header) = (quoted(self.id.as_str()), &self.record.header);
        let mut lines = vec![format!("which release, commit or fix brought it: fixgate attribute {id}")];
        let accept = "it is meant: name it in the `changes` of the record that makes it, then: fixgate accept ID".to_owned();
        let waive = format!(
            "it may be so for a time: fixgate waive {id} --run {} --owner \"A. Person\" --reason \"…\" --expires DATE",
            header.run
        );
        lines.extend((residual.class == Some(Class::Unexplained)).then_some(accept));
        lines.extend((header.release.is_some() && residual.entry.verdict.is_failure()).then_some(waive));
        lines
    }
}

fn verdict(residual: &Residual<'_>) -> Vec<String> {
    let entry = residual.entry;
    let class = residual.class.filter(|class| entry.verdict != Verdict::Passed || *class != Class::Same);
    let class = class.map(|class| {
        let (meaning, _) = super::page::overview::meaning(class);
        format!("{class}: {meaning}")
    });
    let attempts = if entry.attempts == 1 { String::new() } else { format!(", {}", counted(entry.attempts, "attempt")) };
    [Some(format!("{} in {:.3} s{attempts}", entry.verdict, entry.seconds)), class].into_iter().flatten().collect()
}
