//! The file that keeps what a baseline did: compressed lines of JSON, of which each addition is a gzip member of its own.
//!
//! An output that several scenarios have in common, as most have, is kept once, under its digest. If anything kills the
//! writer, the members before the last are whole, and the next run goes on from there.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use fixgate_core::id::{Digest, ScenarioId};
use fixgate_core::observation::Observation;
use fixgate_core::record::BaselineResult;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use super::{Baseline, Kept, Seen};
use crate::bounded;
use crate::fault::Fault;
use crate::place::Place;

/// What a file is about; one about anything else is not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    pub(super) baseline: Digest,
    pub(super) plan: Digest,
    /// What tells the builds of third parties that took part; absent where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) packs: Option<Digest>,
    /// What programs could see besides; a file of an earlier version says nothing of it, and is not used.
    pub(super) surroundings: Digest,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line<O> {
    /// The first one.
    Subject(Subject),
    /// An output, before the first scenario that had it.
    Outputs(O),
    /// What one scenario did.
    Scenario {
        id: ScenarioId,
        #[serde(flatten)]
        result: BaselineResult,
        outputs: Digest,
    },
}

/// The file, and the outputs that are in it.
pub(super) struct Store {
    place: Place,
    file: File,
    outputs: HashMap<Digest, Arc<Observation>>,
}

impl Store {
    /// Goes on with what is kept about this subject, or starts with nothing.
    pub(super) fn open(place: &Place, subject: &Subject) -> Result<(Self, Baseline), Fault> {
        let broken = |reason: io::Error| Fault::system(format!("{place} cannot be used: {reason}"), &reason);
        let mut store = Self { place: place.clone(), file: place.open_to_write().map_err(broken)?, outputs: HashMap::new() };
        let mut baseline = Baseline::default();
        let mut bytes = Vec::new();
        store.file.read_to_end(&mut bytes).map_err(broken)?;
        let whole = store.read(&bytes, subject, &mut baseline);
        // Nothing can be told of what follows: it was cut off, or is about another subject whose short digests are the same.
        store.file.set_len(whole as u64).map_err(broken)?;
        store.file.seek(SeekFrom::End(0)).map_err(broken)?;
        if whole == 0 {
            store.write(&[Line::<&Observation>::Subject(subject.clone())])?;
        }
        Ok((store, baseline))
    }

    /// Takes what the file says into `baseline`, and gives how many bytes of it are whole and about the subject.
    fn read(&mut self, bytes: &[u8], subject: &Subject, baseline: &mut Baseline) -> usize {
        let mut rest = bytes;
        let mut whole = 0;
        while let Some(lines) = member(&mut rest) {
            if whole == 0 && !matches!(lines.first(), Some(Line::Subject(found)) if found == subject) {
                return 0;
            }
            for line in lines {
                match line {
                    Line::Subject(_) => {}
                    Line::Outputs(observation) => drop(self.outputs.insert(observation.outputs(), observation)),
                    // An earlier version kept no more than the shape of a failure.
                    Line::Scenario { result, .. } if result.verdict.is_failure() && result.seen.is_none() => {
                        self.outputs.clear();
                        baseline.0.clear();
                        return 0;
                    }
                    Line::Scenario { id, result, outputs } => {
                        let Some(observation) = self.outputs.get(&outputs) else { return whole };
                        baseline.0.insert(id, Kept { result, observation: Arc::clone(observation) });
                    }
                }
            }
            whole = bytes.len() - rest.len();
        }
        whole
    }

    /// Adds what scenarios did, to the file and then to `baseline`.
    pub(super) fn add(&mut self, results: Vec<(ScenarioId, Seen)>, baseline: &mut Baseline) -> Result<(), Fault> {
        let mut lines = Vec::new();
        for (id, Seen { result, observation, outputs }) in results {
            let known = self.outputs.entry(outputs).or_insert_with(|| {
                let observation = Arc::new(observation);
                lines.push(Line::Outputs(Arc::clone(&observation)));
                observation
            });
            baseline.0.insert(id.clone(), Kept { result: result.clone(), observation: Arc::clone(known) });
            lines.push(Line::Scenario { id, result, outputs });
        }
        self.write(&lines)
    }

    fn write<O: Serialize>(&mut self, lines: &[Line<O>]) -> Result<(), Fault> {
        let pack = || {
            let mut member = GzEncoder::new(Vec::new(), Compression::fast());
            for line in lines {
                serde_json::to_writer(&mut member, line)?;
                member.write_all(b"\n")?;
            }
            member.finish()
        };
        let written = pack().and_then(|member| self.file.write_all(&member));
        written.map_err(|reason| Fault::system(format!("{} cannot be written: {reason}", self.place), &reason))
    }
}

/// The most bytes of a member, unpacked: the outputs of a moment, were each as long as a project may allow.
const MEMBER_LIMIT: u64 = 1 << 30;

/// The lines of the next member; nothing if that is not whole.
fn member(rest: &mut &[u8]) -> Option<Vec<Line<Arc<Observation>>>> {
    let text = bounded::read(GzDecoder::new(&mut *rest), MEMBER_LIMIT).ok()?;
    text.split_inclusive(|byte| *byte == b'\n').map(|line| serde_json::from_slice(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where the code under test may not")]

    use std::fs;

    use camino::Utf8Path;
    use fixgate_core::observation::{Ending, StepObservation};
    use fixgate_core::verdict::Verdict;

    use super::*;

    fn subject(plan: &str) -> Subject {
        Subject {
            baseline: Digest::of(b"build"),
            plan: Digest::of(plan.as_bytes()),
            packs: None,
            surroundings: Digest::of(b"surroundings"),
        }
    }

    /// One scenario that printed `text`.
    fn printed(id: &str, text: &str) -> (ScenarioId, Seen) {
        let step = StepObservation {
            ending: Ending::Exited(0),
            stdout: text.into(),
            stderr: "".into(),
            files: Default::default(),
            elapsed: Default::default(),
            peak_memory: 0,
            limits: Default::default(),
        };
        let result = BaselineResult { verdict: Verdict::Passed, signature: None, seen: None };
        let observation = Observation { steps: vec![step] };
        (id.parse().unwrap(), Seen { result, outputs: observation.outputs(), observation })
    }

    fn kept(place: &tempfile::TempDir) -> Place {
        Place::root(Utf8Path::from_path(place.path()).unwrap()).unwrap().join("kept")
    }

    fn of(baseline: &Baseline, id: &str) -> Option<Observation> {
        baseline.of(&id.parse().unwrap()).map(|kept| Observation::clone(&kept.observation))
    }

    #[test]
    fn what_is_kept_comes_back_and_an_output_stands_once() {
        let place = tempfile::tempdir().unwrap();
        let path = kept(&place);
        let (mut store, mut baseline) = Store::open(&path, &subject("plan")).unwrap();
        store.add(vec![printed("suite/a", "one"), printed("suite/b", "one")], &mut baseline).unwrap();
        store.add(vec![printed("suite/c", "two"), printed("suite/d", "one")], &mut baseline).unwrap();
        let (store, again) = Store::open(&path, &subject("plan")).unwrap();
        assert_eq!(store.outputs.len(), 2);
        for (id, text) in [("suite/a", "one"), ("suite/b", "one"), ("suite/c", "two"), ("suite/d", "one")] {
            assert_eq!(of(&again, id), Some(printed(id, text).1.observation), "{id}");
            assert_eq!(of(&baseline, id), of(&again, id));
        }
        let (_, other) = Store::open(&path, &subject("another plan")).unwrap();
        assert!(other.0.is_empty(), "it is about another plan");
    }

    #[test]
    fn a_file_that_was_cut_off_anywhere_keeps_what_is_whole_and_goes_on() {
        let place = tempfile::tempdir().unwrap();
        let path = kept(&place);
        let (mut store, mut baseline) = Store::open(&path, &subject("plan")).unwrap();
        let empty = fs::metadata(path.path()).unwrap().len() as usize;
        store.add(vec![printed("suite/a", "one")], &mut baseline).unwrap();
        let first = fs::metadata(path.path()).unwrap().len() as usize;
        store.add(vec![printed("suite/b", "two")], &mut baseline).unwrap();
        let bytes = fs::read(path.path()).unwrap();
        for length in 0..bytes.len() {
            fs::write(path.path(), &bytes[..length]).unwrap();
            let (mut store, mut kept) = Store::open(&path, &subject("plan")).unwrap();
            assert_eq!(of(&kept, "suite/a").is_some(), length >= first, "{length} of {empty}, {first}, {}", bytes.len());
            assert_eq!(of(&kept, "suite/b"), None);
            store.add(vec![printed("suite/b", "two")], &mut kept).unwrap();
            assert!(of(&Store::open(&path, &subject("plan")).unwrap().1, "suite/b").is_some());
        }
    }
}
