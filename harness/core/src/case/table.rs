//! `table = "NAME.jsonl"`: one scenario for each line.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use camino::Utf8PathBuf;
use rayon::prelude::*;

use super::files::Surroundings;
use super::template::{Gathered, Template, Templates, add_names, is_same_for_all};
use super::{Bytes, Expect, FileEntry, Scenario, Shared, Step};
use crate::document::{Decode, Decoder, Limit, Node, Value, parse_json};
use crate::id::{DefectId, Tag, is_row_id};
use crate::problem::{Place, Problem, Source};

/// A row: what it states stands over what the case states.
struct Row {
    id: String,
    place: Place,
    line: u32,
    arguments: Templates,
    input: Option<Bytes>,
    /// What all combinations of the matrix share of it; then the files are there, and not below.
    shared: Option<Arc<Shared>>,
    files: Vec<FileEntry>,
    environment: BTreeMap<String, Template>,
    expect: Option<Arc<Expect>>,
    defects: Option<Arc<[DefectId]>>,
    tags: Option<Arc<[Tag]>>,
    timeout: Option<Duration>,
}

/// A table as its file has it.
pub(super) struct Table(Arc<Source>);

impl Table {
    /// Opens the table that a case names.
    pub(super) fn open(node: &Node, surroundings: &Surroundings<'_>) -> Option<Self> {
        let path = Utf8PathBuf::decode(node, surroundings.decoder)?;
        let read = surroundings.attachments.table(surroundings.directory, &path);
        let source = read.map_err(|reason| surroundings.decoder.problem(&node.span, reason)).ok()?;
        if source.text.trim().is_empty() {
            surroundings.decoder.problem(&node.span, format!("the table {path} has no row"));
        }
        Some(Self(source))
    }

    /// Adds the names that its text uses as `${name}`.
    pub(super) fn add_names<'t>(&'t self, names: &mut HashSet<&'t str>) {
        if self.0.text.contains("${") {
            self.rows().for_each(|(_, span)| add_names(&self.0.text[span], names));
        }
    }

    /// Where each row stands, with the number of its line from 1; blank lines are none.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, Range<usize>)> {
        (1..).zip(self.0.lines()).filter(|(_, span)| !self.0.text[span.clone()].trim().is_empty())
    }

    /// The scenarios of all rows, each over one combination of the case's matrix; every bad row is reported.
    ///
    /// All processors read rows, and let each go once its scenario is made: a table may have a million. What names nothing of
    /// the matrix is shared with what the `first` combination gave; nothing is while that is made.
    pub(super) fn scenarios(
        &self,
        base: &Scenario,
        surroundings: &Surroundings<'_>,
        first: &[Scenario],
    ) -> Option<Vec<Scenario>> {
        let Self(source) = self;
        let Surroundings { decoder, attachments, directory, bindings, uses, budget } = *surroundings;
        let read = |(index, (line, span)): (usize, &(u32, Range<usize>))| {
            if budget.is_used_up() {
                return Err(Vec::new());
            }
            let node = parse_json(source, span.clone()).map_err(|problem| vec![problem])?;
            let decoder = Decoder::new(source);
            let inside = Surroundings { decoder: &decoder, attachments, directory, bindings, uses, budget };
            let scenario = inside.row(&node, *line, first.get(index)).and_then(|row| row.over(base, &inside));
            decoder.finish(scenario)
        };
        let rows: Vec<(u32, Range<usize>)> = self.rows().collect();
        let left = budget.left();
        let mut results: Vec<Result<Scenario, Vec<Problem>>> = rows.par_iter().enumerate().map(read).collect();
        if budget.is_used_up() {
            drop(results);
            // One after the other, so that it is the same row each time that is found to be one too many.
            budget.set(left);
            results = rows.iter().enumerate().map(read).collect();
        }
        let told = |problems: Vec<Problem>| problems.into_iter().for_each(|problem| decoder.push(problem));
        let scenarios: Vec<Scenario> = results.into_iter().filter_map(|result| result.map_err(told).ok()).collect();
        (scenarios.len() == rows.len()).then_some(scenarios)
    }
}

impl Surroundings<'_> {
    /// Reads a row; `first` is the scenario that it gave over the first combination of the matrix.
    fn row(&self, node: &Node, line: u32, first: Option<&Scenario>) -> Option<Row> {
        let fields = self.decoder.fields(node, "a row")?;
        let first = |node: &Node| first.filter(|_| is_same_for_all(node));
        let id = fields.required::<String>("id").filter(|id| self.has_row_id(node, id));
        let arguments = fields.node("args").map_or(Some(Templates::default()), |node| self.arguments(node));
        let input = fields.node("stdin").map(|node| self.stated(&*self.filled(node)?));
        let files = fields.node("files");
        let shared = files.and_then(first).map(|first| Arc::clone(&first.shared));
        let files = match files {
            Some(node) if shared.is_none() => self.files(&*self.filled(node)?),
            Some(_) | None => Some(Vec::new()),
        };
        let environment = match fields.node("env") {
            None => Some(BTreeMap::new()),
            Some(Node { value: Value::Table(entries), .. }) => self.environment(entries),
            Some(node) => {
                self.decoder.mismatch(node, "a table of variables");
                None
            }
        };
        let expect = fields.node("expect").map(|node| match first(node).and_then(|first| first.steps.first()) {
            Some(step) => Some(Arc::clone(&step.expect)),
            None => Expect::read(&*self.filled(node)?, self).map(Arc::new),
        });
        let (defects, tags) = (fields.optional::<Vec<_>>("defects"), fields.optional::<Vec<_>>("tags"));
        let timeout = fields.optional::<Limit>("timeout");
        fields.finish();
        Some(Row {
            id: id?,
            place: self.decoder.place(&node.span),
            line,
            arguments: arguments?,
            input: match input {
                Some(input) => Some(input?),
                None => None,
            },
            shared,
            files: files?,
            environment: environment?,
            expect: match expect {
                Some(expect) => Some(expect?),
                None => None,
            },
            defects: defects.map(Into::into),
            tags: tags.map(Into::into),
            timeout: timeout.map(|limit| limit.0),
        })
    }

    fn has_row_id(&self, node: &Node, id: &str) -> bool {
        let fits = is_row_id(id);
        if !fits {
            self.decoder.problem(&node.span, format!("{id:?} is not a row's id: letters, digits and ._-+/:~^!%"));
        }
        fits
    }

    /// A row's arguments: templates, as those of `run` are.
    fn arguments(&self, node: &Node) -> Option<Templates> {
        let Value::Array(items) = &node.value else {
            self.decoder.mismatch(node, "an array of arguments");
            return None;
        };
        self.templates(items, Gathered::add)
    }
}

/// How many bytes of its case each row has a copy of.
fn copied(base: &Scenario) -> usize {
    let of_step = |step: &Step| {
        let environment = step.environment.iter().map(|(name, value)| name.len() + value.len());
        step.run.len() + environment.sum::<usize>()
    };
    base.steps.iter().map(of_step).sum::<usize>() + base.files.len() * size_of::<FileEntry>()
}

impl Row {
    /// The scenario of this row; `None` after its id was found to be too long.
    fn over(self, base: &Scenario, inside: &Surroundings<'_>) -> Option<Scenario> {
        inside.within(inside.budget.take(copied(base)), &self.place.span)?;
        let id = format!("{}#{}", base.id, self.id).parse();
        let id = id.map_err(|reason: String| inside.decoder.push(Problem::at(base.case.place.clone(), reason))).ok()?;
        let steps = base.steps.iter().map(|step| {
            let mut environment = step.environment.clone();
            environment.extend(self.environment.clone());
            Step {
                run: step.run.and(&self.arguments),
                input: self.input.clone().or_else(|| step.input.clone()),
                environment,
                expect: self.expect.clone().unwrap_or_else(|| Arc::clone(&step.expect)),
            }
        });
        let steps = steps.collect();
        let shared = match &self.shared {
            Some(shared) => Arc::clone(shared),
            None if self.states_nothing_shared() => Arc::clone(&base.shared),
            None => Arc::new(self.shared_over(base)),
        };
        Some(Scenario { id, place: self.place, line: self.line, steps, shared, digest: OnceLock::new() })
    }

    /// Whether it states nothing over what the scenarios of its case share.
    fn states_nothing_shared(&self) -> bool {
        self.files.is_empty() && self.defects.is_none() && self.tags.is_none() && self.timeout.is_none()
    }

    fn shared_over(&self, base: &Shared) -> Shared {
        let kept = base.files.iter().filter(|old| !self.files.iter().any(|new| new.path == old.path));
        let mut files: Vec<FileEntry> = self.files.iter().chain(kept).cloned().collect();
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Shared {
            case: Arc::clone(&base.case),
            defects: self.defects.clone().unwrap_or_else(|| Arc::clone(&base.defects)),
            tags: self.tags.clone().unwrap_or_else(|| Arc::clone(&base.tags)),
            timeout: self.timeout.or(base.timeout),
            files: files.into(),
            symptom: base.symptom.clone(),
        }
    }
}
