//! Every planned scenario in columns, what was seen of those that need a reader, and the decision: each as JSON, packed.

pub(super) mod decision;
pub(super) mod details;

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use serde::{Deserialize, Serialize};

use self::details::Details;
use super::Source;
use super::past::Past;
use super::shown::digit;
use crate::case::Scenario;
use crate::id::ScenarioId;
use crate::ledger::Ledger;
use crate::record::RunRecord;
use crate::residual::{Class, Cluster, Residual};
use crate::verdict::Verdict;
use crate::visible::visible_text;

/// The version of the columns.
pub(super) const SCHEMA: &str = "fixgate-page-1";

/// The packed parts of a page.
#[derive(Debug, Serialize)]
pub(super) struct Packed {
    rows: String,
    details: String,
    /// `signoff.json` as it is but for the digest of this page, which a page cannot hold.
    decision: Option<String>,
}

impl Packed {
    pub(super) fn of(source: &Source<'_>, past: &Past<'_>, clusters: &[Cluster]) -> Self {
        let planned = planned(source);
        let details = Details::of(source, past, &planned);
        let decision = || source.signoff().map(|signoff| pack(decision::abridged(signoff, &details).as_bytes()));
        let (rows, (details, decision)) = rayon::join(
            || packed(&Rows { past: past.columns(), ..Rows::of(source, &planned, clusters) }),
            || rayon::join(|| packed(&details), decision),
        );
        Self { rows, details, decision }
    }
}

/// What is known of a planned scenario.
struct Planned<'r> {
    id: &'r ScenarioId,
    scenario: Option<&'r Scenario>,
    residual: Option<&'r Residual<'r>>,
}

/// Every planned scenario, in the order of the plan.
fn planned<'r>(source: &Source<'r>) -> Vec<Planned<'r>> {
    let Source { ledger, record, analysis, .. } = *source;
    // Residuals are in the order of the plan, less what was not run.
    let mut residuals = analysis.residuals.iter().peekable();
    let mut known: Option<BTreeMap<&ScenarioId, &Scenario>> = None;
    let mut find = |id| {
        let known = known.get_or_insert_with(|| ledger.scenarios.iter().map(|scenario| (&scenario.id, scenario)).collect());
        known.get(id).copied()
    };
    let planned = record.plan.iter().map(|planned| {
        let residual = residuals.next_if(|residual| residual.entry.scenario == planned.scenario);
        let scenario = residual.map_or_else(|| find(&planned.scenario), |residual| residual.scenario);
        Planned { id: &planned.scenario, scenario, residual }
    });
    planned.collect()
}

/// The value in [`Rows::verdicts`] for a scenario that was not run.
pub(super) const NOT_RUN: char = 'x';
/// The value in place of a class or a verdict where there is none.
pub(super) const NONE: char = '-';

/// The columns.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Rows {
    pub(super) schema: String,
    /// A line each.
    pub(super) ids: String,
    /// A digit each, an index into [`Verdict::ALL`]; or [`NOT_RUN`].
    pub(super) verdicts: String,
    /// A letter each, an index into [`Class::ALL`]; or [`NONE`].
    pub(super) classes: String,
    /// The baseline's verdicts, likewise.
    baseline: String,
    verdict_words: Vec<String>,
    class_words: Vec<String>,
    /// The classes of which a scenario needs a reader.
    unaccounted: String,
    /// The rows whose failure a person accepts.
    waived: Vec<usize>,
    /// In tenths of milliseconds.
    times: Vec<u64>,
    tag_sets: Vec<String>,
    tags: Vec<usize>,
    defect_sets: Vec<String>,
    defects: Vec<usize>,
    /// The component of each defect.
    components: BTreeMap<String, String>,
    files: Vec<String>,
    file: Vec<usize>,
    line: Vec<u32>,
    /// The rows of each cluster.
    clusters: Vec<Vec<usize>>,
    /// The rows of each cause.
    causes: Vec<Vec<usize>>,
    /// The command that runs a scenario again, before and after its id.
    again: (String, String),
    /// The earlier sign-offs of which strips in the details tell; pages of before there were strips have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    past: Vec<String>,
    /// The names of the builds.
    builds: (String, Option<String>),
}

impl Rows {
    fn of(source: &Source<'_>, planned: &[Planned<'_>], clusters: &[Cluster]) -> Self {
        let Source { ledger, record, analysis, .. } = *source;
        let signoff = source.signoff();
        let (mut tag_sets, mut defect_sets, mut files) = (Sets::default(), Sets::default(), Sets::default());
        let mut rows = Self::empty(ledger, record);
        let ids: Vec<&str> = planned.iter().map(|planned| planned.id.as_str()).collect();
        rows.ids = visible_text(&ids.join("\n")).into_owned();
        for (place, Planned { id, scenario, residual }) in planned.iter().enumerate() {
            let entry = residual.map(|residual| residual.entry);
            rows.verdicts.push(entry.map_or(NOT_RUN, |entry| digit(entry.verdict)));
            rows.classes.push(residual.and_then(|residual| residual.class).map_or(NONE, letter));
            let baseline = entry.and_then(|entry| entry.baseline.as_ref());
            rows.baseline.push(baseline.map_or(NONE, |baseline| digit(baseline.verdict)));
            rows.times.push(entry.map_or(0, |entry| (entry.seconds * 1e4).round() as u64));
            rows.waived.extend(residual.and_then(|residual| residual.waiver).map(|_| place));
            let tags = scenario.map(|scenario| &*scenario.tags).unwrap_or_default();
            rows.tags.push(tag_sets.place(tags, || joined(tags.iter().map(|tag| tag.as_str()))));
            let defects = scenario.map(|scenario| &*scenario.defects).unwrap_or_default();
            rows.defects.push(defect_sets.place(defects, || joined(defects.iter().map(|defect| defect.as_str()))));
            let path = scenario.map(|scenario| scenario.place.source.path.as_str());
            rows.file.push(files.place(path, || match path {
                Some(path) => path.to_owned(),
                None => format!("testcases/{}.toml", id.case()),
            }));
            rows.line.push(scenario.map_or(1, |scenario| scenario.line));
        }
        (rows.tag_sets, rows.defect_sets, rows.files) = (tag_sets.texts, defect_sets.texts, files.texts);
        let places: BTreeMap<&ScenarioId, usize> = planned.iter().zip(0..).map(|(planned, place)| (planned.id, place)).collect();
        let of = |cluster: &Cluster| cluster.scenarios.iter().filter_map(|id| places.get(id).copied()).collect();
        rows.clusters = clusters.iter().map(of).collect();
        let causes = signoff.map_or_else(|| crate::cause::Causes::of(&analysis.residuals), |signoff| signoff.causes.clone());
        let open: Vec<(usize, &Scenario)> = planned
            .iter()
            .enumerate()
            .filter(|(_, planned)| planned.residual.is_some_and(Residual::is_open))
            .filter_map(|(place, planned)| Some((place, planned.scenario?)))
            .collect();
        let of =
            |cause: &crate::cause::Cause| open.iter().filter(|(_, open)| cause.is_of(open)).map(|(place, _)| *place).collect();
        rows.causes = causes.causes.iter().map(of).collect();
        rows
    }

    fn empty(ledger: &Ledger, record: &RunRecord) -> Self {
        let header = &record.header;
        let component =
            |(id, defect): (&crate::id::DefectId, &crate::defect::Defect)| (id.to_string(), defect.component.to_string());
        Self {
            schema: SCHEMA.to_owned(),
            ids: String::new(),
            verdicts: String::new(),
            classes: String::new(),
            baseline: String::new(),
            verdict_words: Verdict::ALL.iter().map(ToString::to_string).collect(),
            class_words: Class::ALL.iter().map(ToString::to_string).collect(),
            unaccounted: Class::ALL.iter().copied().filter(|class| class.is_unaccounted()).map(letter).collect(),
            waived: Vec::new(),
            times: Vec::new(),
            tag_sets: Vec::new(),
            tags: Vec::new(),
            defect_sets: Vec::new(),
            defects: Vec::new(),
            components: ledger.defects.iter().map(component).collect(),
            files: Vec::new(),
            file: Vec::new(),
            line: Vec::new(),
            clusters: Vec::new(),
            causes: Vec::new(),
            again: header.rerun_around(),
            past: Vec::new(),
            builds: (
                visible_text(&header.candidate.name).into_owned(),
                header.baseline.as_ref().map(|baseline| visible_text(&baseline.build.name).into_owned()),
            ),
        }
    }
}

/// The letter of a class.
pub(super) fn letter(class: Class) -> char {
    char::from(b'a' + class as u8)
}

fn joined<'t>(words: impl Iterator<Item = &'t str>) -> String {
    visible_text(&words.collect::<Vec<_>>().join(" ")).into_owned()
}

/// Texts that many rows share, each once.
struct Sets<K> {
    places: BTreeMap<K, usize>,
    texts: Vec<String>,
}

impl<K> Default for Sets<K> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), texts: Vec::new() }
    }
}

impl<K: Ord> Sets<K> {
    fn place(&mut self, key: K, text: impl FnOnce() -> String) -> usize {
        *self.places.entry(key).or_insert_with(|| {
            self.texts.push(text());
            self.texts.len() - 1
        })
    }
}

fn packed(value: &impl Serialize) -> String {
    // Columns hold numbers and text only, which JSON can always say.
    pack(&serde_json::to_vec(value).unwrap_or_default())
}

/// Bytes compressed, as text that is no markup. Neither name nor time goes in, so that the same bytes give the same text.
fn pack(bytes: &[u8]) -> String {
    let compressed = || -> io::Result<Vec<u8>> {
        let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
        encoder.write_all(bytes)?;
        encoder.finish()
    };
    // Writing to memory cannot fail.
    STANDARD.encode(compressed().unwrap_or_default())
}
