//! What makes a record no answer, and what in it shows that its builds run.

use super::found::touched;
use super::{Entry, RunRecord, named};
use crate::id::{Digest, ScenarioId};
use crate::imported::Imported;
use crate::running::{Role, Running, Shown};
use crate::verdict::Verdict;
use crate::words::{counted, counted_as};

impl RunRecord {
    pub(super) fn find_void(&mut self, journal: Digest) {
        let header = &self.header;
        let mut void = Vec::new();
        let plan = Digest::of_json_array(self.plan.iter().map(|planned| (&planned.scenario, planned.digest)));
        if plan != header.plan || self.plan.len() as u64 != header.planned {
            void.push("the recorded plan is not the one that the run was started with".to_owned());
        }
        let judged = self.verdicts().total();
        if judged != header.planned {
            void.push(format!(
                "{} planned and {judged} {} a verdict",
                counted_as(header.planned, "scenario was", "scenarios were"),
                if judged == 1 { "has" } else { "have" }
            ));
        }
        match &self.footer {
            None => void.push("the run did not end: resume it".to_owned()),
            Some(footer) => {
                if footer.journal != journal {
                    void.push("the journal is not as it was written: a line was changed, added or taken out".to_owned());
                }
                let baseline = header.baseline.as_ref().map(|baseline| baseline.build.digest);
                let changed = [
                    ("the candidate changed during the run", footer.candidate != header.candidate.digest),
                    ("the baseline changed during the run", footer.baseline != baseline),
                ];
                let changed: Vec<&str> = changed.iter().filter(|(_, changed)| *changed).map(|(what, _)| *what).collect();
                if let ([], [first, ..]) = (&*changed, &*touched(header, footer)) {
                    void.push(format!("the build `{first}` was touched during the run, and may have been another for a while"));
                }
                void.extend(changed.into_iter().map(str::to_owned));
                if let Some(changed) = footer.changed.as_ref().filter(|changed| !changed.is_empty()) {
                    void.push(format!("records or cases changed during the run: {}", named(changed)));
                }
            }
        }
        let errors: Vec<&Entry> = self.entries.iter().filter(|entry| entry.verdict == Verdict::Error).collect();
        if let Some(first) = errors.first() {
            let reason = first.reason.as_deref().unwrap_or_default();
            let (first, count) = (&first.scenario, errors.len());
            void.push(match header.imported {
                None => format!("the harness could not judge {}; the first: {first}: {reason}", counted(count, "scenario")),
                Some(_) => format!("{} could not be carried out; the first: {first}: {reason}", counted(count, "imported test")),
            });
        }
        void.extend(header.imported.iter().flat_map(Imported::objections));
        let complete = header.complete || header.kind().decides();
        void.extend(self.running.iter().filter(|running| running.is_void(complete)).filter_map(Running::objection));
        self.void.extend(void);
    }

    /// The scenario that shows that the base of an earlier fix runs.
    ///
    /// # Errors
    /// Why nothing shows it, in words.
    pub fn shown_older(&self, build: Digest) -> Result<&ScenarioId, String> {
        let of_build = |running: &&Running| matches!(running.role, Role::Older) && running.build == build;
        let found = self.running.iter().find(of_build);
        found.ok_or_else(|| "the record does not say what shows that its base runs".to_owned()).and_then(shown_by)
    }

    /// The scenario that shows that a build runs.
    ///
    /// # Errors
    /// Why nothing shows it, in words.
    pub fn shown(&self, role: Role) -> Result<&ScenarioId, String> {
        let digest = match role {
            Role::Candidate => Some(self.header.candidate.digest),
            Role::Baseline => self.header.baseline.as_ref().map(|baseline| baseline.build.digest),
            Role::Base | Role::Older => None,
        };
        let of_build = |running: &&Running| running.role == role && digest.is_none_or(|digest| digest == running.build);
        match self.running.iter().find(of_build) {
            Some(running) => shown_by(running),
            None => Err(format!("the record does not say what shows that {} runs: make the run again", role.words())),
        }
    }
}

fn shown_by(running: &Running) -> Result<&ScenarioId, String> {
    match &running.shown {
        Shown::By(scenario) => Ok(scenario),
        Shown::Fails(_) | Shown::Not(_) => Err(running.objection().unwrap_or_default()),
    }
}
