//! A case's file into scenarios.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use camino::Utf8Path;

use super::budget::Budget;
use super::files::Surroundings;
use super::matrix::{Bindings, Matrix};
use super::table::Table;
use super::template::{add_names, fill_text, is_same_for_all};
use super::uses::Uses;
use super::{Applies, Attachments, Case, Expect, Family, FileEntry, Network, SCENARIO_LIMIT, Scenario, Shared, Step, Symptom};
use crate::defect::Title;
use crate::document::{Decode, Decoder, Fields, Key, Limit, Node, Value, parse_toml};
use crate::id::{CaseId, DefectId, Tag};
use crate::normalize::Normalize;
use crate::problem::{Problem, Source};
use crate::words::counted;

/// Reads a case and all its scenarios, in the order of its matrix, then of its table.
///
/// # Errors
/// Everything that is wrong with the case.
pub fn read_case(id: CaseId, source: &Arc<Source>, attachments: &dyn Attachments) -> Result<Vec<Scenario>, Vec<Problem>> {
    let root = parse_toml(source)?;
    let decoder = Decoder::new(source);
    let scenarios =
        Low::read(&root, &decoder).and_then(|low| Expansion::new(id, &low, &decoder, attachments).scenarios(attachments));
    decoder.finish(scenarios)
}

/// The case as typed: the values of its keys, before the matrix is put in.
struct Low<'n> {
    title: Title,
    defects: Vec<DefectId>,
    tags: Vec<Tag>,
    timeout: Option<Limit>,
    applies: Applies,
    superseded_by: Option<DefectId>,
    normalize: Vec<Normalize>,
    network: Network,
    uses: Option<&'n Node<'n>>,
    files: Option<&'n Node<'n>>,
    matrix: Matrix<'n>,
    table: Option<&'n Node<'n>>,
    steps: Vec<LowStep<'n>>,
    symptom: Option<&'n Node<'n>>,
    place: crate::problem::Place,
}

struct LowStep<'n> {
    run: &'n [Node<'n>],
    input: Option<&'n Node<'n>>,
    environment: &'n [(Key<'n>, Node<'n>)],
    expect: Option<&'n Node<'n>>,
}

impl<'n> Low<'n> {
    fn read(root: &'n Node<'n>, decoder: &'n Decoder) -> Option<Self> {
        let fields = decoder.fields(root, "a case")?;
        let (title, defects, tags) = (fields.required("title"), fields.list("defects"), fields.list("tags"));
        let (timeout, applies) = (fields.optional("timeout"), fields.optional("applies"));
        let (superseded_by, normalize) = (fields.optional("superseded-by"), fields.list("normalize"));
        let network = if fields.optional("network").unwrap_or(false) { Network::Open } else { Network::Closed };
        let uses = fields.node("uses");
        let (files, table, symptom) = (fields.node("files"), fields.node("table"), fields.node("symptom"));
        let matrix = fields.node("matrix").map_or(Some(Matrix::none()), |node| Matrix::decode(node, decoder));
        let steps = read_steps(&fields, decoder);
        let place = fields.place();
        fields.finish();
        let (applies, steps) = (applies.unwrap_or_default(), steps?);
        if let (Some(node), true) = (table, steps.len() != 1) {
            decoder.problem(&node.span, "a case with a table has exactly one step");
        }
        Some(Self {
            title: title?,
            defects,
            tags,
            timeout,
            applies,
            superseded_by,
            normalize,
            network,
            uses,
            files,
            matrix: matrix?,
            table,
            steps,
            symptom,
            place,
        })
    }
}

fn read_steps<'n>(fields: &Fields<'n>, decoder: &'n Decoder) -> Option<Vec<LowStep<'n>>> {
    let runs_something = |node: &&Node| !matches!(&node.value, Value::Array(steps) if steps.is_empty());
    let Some(node) = fields.node("step").filter(runs_something) else {
        decoder
            .push(Problem::at(fields.place(), "the case runs nothing").help("add a [[step]] with `run = [\"${product}\", …]`"));
        return None;
    };
    let Value::Array(steps) = &node.value else {
        decoder.mismatch(node, "an array of tables: [[step]]");
        return None;
    };
    let steps: Vec<Option<LowStep<'n>>> = steps.iter().map(|step| LowStep::read(step, decoder)).collect();
    steps.into_iter().collect()
}

impl<'n> LowStep<'n> {
    fn read(node: &'n Node<'n>, decoder: &'n Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "a step")?;
        let (run, input, environment, expect) =
            (fields.node("run"), fields.node("stdin"), fields.node("env"), fields.node("expect"));
        let place = fields.place();
        fields.finish();
        let Some(run) = run else {
            decoder.push(Problem::at(place, "`run` is missing in a step"));
            return None;
        };
        let run = match &run.value {
            Value::Array(items) if !items.is_empty() => items.as_slice(),
            _ => {
                decoder.problem(&run.span, "`run` is an array: the program, then its arguments");
                return None;
            }
        };
        let environment = match environment {
            None => &[],
            Some(Node { value: Value::Table(entries), .. }) => entries.as_slice(),
            Some(node) => {
                decoder.mismatch(node, "a table of variables");
                return None;
            }
        };
        Some(Self { run, input, environment, expect })
    }
}

impl Decode for Applies {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "bounds: { from, until }")?;
        let applies = Self { from: fields.optional("from"), until: fields.optional("until") };
        fields.finish();
        Some(applies)
    }
}

fn family(id: &CaseId, decoder: &Decoder) -> Option<Family> {
    match id.as_str().split('/').collect::<Vec<_>>()[..] {
        ["regression", _, ..] => Some(Family::Regression),
        ["suite", _, ..] => Some(Family::Suite),
        ["canary", _, ..] => Some(Family::Canary),
        ["packs", name, _, ..] => Some(Family::Pack(name.to_owned())),
        _ => {
            let problem = Problem::at(decoder.place(&(0..0)), format!("`{id}` is in none of the folders of testcases/"));
            decoder.push(problem.help("cases are in regression/, suite/, canary/ or packs/NAME/"));
            None
        }
    }
}

struct Expansion<'n> {
    case: Arc<Case>,
    budget: Budget,
    low: &'n Low<'n>,
    decoder: &'n Decoder,
    directory: &'n Utf8Path,
    table: Option<Table>,
    /// Whether what the case uses could be read.
    has_uses: bool,
    /// Whether nothing but the steps names anything of the matrix.
    shared_by_all: bool,
}

impl<'n> Expansion<'n> {
    fn new(id: CaseId, low: &'n Low<'n>, decoder: &'n Decoder, attachments: &dyn Attachments) -> Self {
        let directory = decoder.source().path.parent().unwrap_or(Utf8Path::new(""));
        let (bindings, budget) = (Bindings::default(), Budget::new());
        let surroundings = Surroundings { decoder, attachments, directory, bindings: &bindings, uses: None, budget: &budget };
        let table = low.table.and_then(|node| Table::open(node, &surroundings));
        let family = family(&id, decoder);
        let uses = low.uses.map_or(Some(Uses::default()), |node| Uses::read(node, decoder, attachments, directory));
        let has_uses = uses.is_some();
        // What is wrong here is noted by now; the scenarios are still read, so that their problems show in the same pass.
        let case = Case {
            family: family.unwrap_or(Family::Suite),
            id,
            title: low.title.0.clone(),
            applies: low.applies.clone(),
            superseded_by: low.superseded_by.clone(),
            normalize: low.normalize.clone(),
            network: low.network,
            uses: uses.unwrap_or_default(),
            place: low.place.clone(),
        };
        let shared_by_all = [low.files, low.symptom].into_iter().flatten().all(is_same_for_all);
        Self { case: Arc::new(case), budget, low, decoder, directory, table, has_uses, shared_by_all }
    }

    /// Every name that the case or its table uses.
    fn names(&self) -> HashSet<&str> {
        let Low { files, symptom, steps, .. } = self.low;
        let of_step = |step: &'n LowStep<'n>| [step.input, step.expect].into_iter().flatten().chain(step.run);
        let variables = steps.iter().flat_map(|step| step.environment).map(|(_, node)| node);
        let nodes = [files, symptom].into_iter().flatten().copied().chain(steps.iter().flat_map(of_step)).chain(variables);
        let mut names = HashSet::new();
        nodes.for_each(|node| node.each_text(&mut |text| add_names(text, &mut names)));
        if let Some(table) = &self.table {
            table.add_names(&mut names);
        }
        names
    }

    fn scenarios(&self, attachments: &dyn Attachments) -> Option<Vec<Scenario>> {
        if !self.low.matrix.is_none() {
            self.low.matrix.check_used(&self.names(), self.decoder);
        }
        let (line, _) = self.case.place.position();
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let combinations = self.low.matrix.combinations();
        if combinations.is_empty() {
            self.decoder.push(Problem::at(self.case.place.clone(), "`exclude` drops every combination of the matrix"));
        }
        self.check_size(combinations.len())?;
        let mut scenarios = Vec::new();
        let mut first: Option<Scenario> = None;
        // How many scenarios the first combination gave by the table.
        let mut rows = 0;
        for (bindings, suffix) in combinations {
            let surroundings = Surroundings {
                decoder: self.decoder,
                attachments,
                directory: self.directory,
                bindings: &bindings,
                uses: Some(&self.case.uses).filter(|_| self.has_uses),
                budget: &self.budget,
            };
            let base = self.combination(&surroundings, &suffix, line, first.as_ref())?;
            first.get_or_insert_with(|| base.clone());
            match &self.table {
                // A table that could not be read is a problem already.
                None if self.low.table.is_some() => {}
                None => scenarios.push(base),
                Some(table) => {
                    let first = if self.shared_by_all { &scenarios[..rows] } else { &[] };
                    let mut read = table.scenarios(&base, &surroundings, first)?;
                    if rows == 0 {
                        rows = read.len();
                        scenarios = read;
                    } else {
                        scenarios.append(&mut read);
                    }
                }
            }
        }
        Some(scenarios)
    }

    /// Refuses a table that is too long, by itself or over so many combinations of the matrix.
    fn check_size(&self, combinations: usize) -> Option<()> {
        let (Some(node), Some(table)) = (self.low.table, &self.table) else { return Some(()) };
        let rows = table.rows().count();
        if rows.saturating_mul(combinations.max(1)) > SCENARIO_LIMIT {
            let matrix = if combinations > 1 {
                format!(" and the matrix {}", counted(combinations, "combination"))
            } else {
                String::new()
            };
            let message = format!(
                "the table has {}{matrix}; a case may have {}",
                counted(rows, "row"),
                counted(SCENARIO_LIMIT, "scenario")
            );
            self.decoder.problem(&node.span, message);
            return None;
        }
        Some(())
    }

    /// The scenario of one combination.
    ///
    /// What names nothing of the matrix is the same for all combinations: it is shared with the first.
    fn combination(
        &self,
        surroundings: &Surroundings<'_>,
        suffix: &str,
        line: u32,
        first: Option<&Scenario>,
    ) -> Option<Scenario> {
        let shared = match first {
            Some(first) if self.shared_by_all => Some(Arc::clone(&first.shared)),
            Some(_) | None => self.shared(surroundings, first).map(Arc::new),
        };
        let steps: Vec<Option<Step>> = (self.low.steps.iter().enumerate())
            .map(|(index, step)| surroundings.step(step, first.and_then(|first| first.steps.get(index))))
            .collect();
        let steps: Option<Vec<Step>> = steps.into_iter().collect();
        let id = format!("{}{suffix}", self.case.id);
        let id = id.parse().map_err(|reason: String| self.decoder.push(Problem::at(self.case.place.clone(), reason))).ok()?;
        let place = self.case.place.clone();
        Some(Scenario { id, place, line, steps: steps?.into(), shared: shared?, digest: OnceLock::new() })
    }

    fn shared(&self, surroundings: &Surroundings<'_>, first: Option<&Scenario>) -> Option<Shared> {
        let files: Option<Arc<[FileEntry]>> = match (self.low.files, first) {
            (Some(node), Some(first)) if is_same_for_all(node) => Some(Arc::clone(&first.files)),
            (Some(node), _) => surroundings.filled(node).and_then(|node| surroundings.files(&node)).map(Arc::from),
            (None, _) => Some(Arc::from([])),
        };
        let symptom = match self.low.symptom {
            Some(node) => {
                surroundings.filled(node).and_then(|node| Symptom::read(&node, surroundings)).map(|read| Some(Arc::new(read)))
            }
            None => Some(None),
        };
        Some(Shared {
            case: Arc::clone(&self.case),
            defects: self.low.defects.clone().into(),
            tags: self.low.tags.clone().into(),
            timeout: self.low.timeout.map(|limit| limit.0),
            files: files?,
            symptom: symptom?,
        })
    }
}

impl Surroundings<'_> {
    /// The node with the matrix names in its text replaced; the node itself where there is no matrix.
    pub(super) fn filled<'n>(&self, node: &'n Node<'n>) -> Option<Cow<'n, Node<'n>>> {
        if self.bindings.is_empty() || is_same_for_all(node) {
            return Some(Cow::Borrowed(node));
        }
        let filled = node.map_text(&|text| {
            let filled = fill_text(text, self.bindings)?;
            self.budget.take(filled.len()).map(|()| filled)
        });
        filled.map(Cow::Owned).map_err(|(message, span)| self.decoder.problem(&span, message)).ok()
    }

    fn step(&self, low: &LowStep<'_>, first: Option<&Step>) -> Option<Step> {
        let run = self.run(low.run);
        let input = match (low.input, first) {
            (Some(node), Some(first)) if is_same_for_all(node) => Some(first.input.clone()),
            (Some(node), _) => self.filled(node).and_then(|node| self.stated(&node)).map(Some),
            (None, _) => Some(None),
        };
        let environment = self.environment(low.environment);
        let expect = match (low.expect, first) {
            (Some(node), Some(first)) if is_same_for_all(node) => Some(Arc::clone(&first.expect)),
            (Some(node), _) => self.filled(node).and_then(|node| Expect::read(&node, self)).map(Arc::new),
            (None, _) => Some(Arc::new(Expect::success())),
        };
        Some(Step { run: run?, input: input?, environment: environment?, expect: expect? })
    }
}
