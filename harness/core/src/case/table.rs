//! `table = "NAME.jsonl"`: one scenario for each line.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::files::Surroundings;
use super::template::Template;
use super::{Bytes, Expect, FileEntry, Scenario};
use crate::document::{Decode, Decoder, Limit, Node, Value, parse_json};
use crate::id::{DefectId, ScenarioId, Tag};
use crate::problem::{Place, Problem, Source};

/// A row: what it states stands over what the case states.
pub(super) struct Row {
    id: String,
    place: Place,
    line: u32,
    arguments: Vec<Template>,
    input: Option<Bytes>,
    files: Vec<FileEntry>,
    environment: BTreeMap<String, Template>,
    expect: Option<Arc<Expect>>,
    defects: Option<Arc<[DefectId]>>,
    tags: Option<Arc<[Tag]>>,
    timeout: Option<Duration>,
}

/// The rows of a table as they stand in its file.
pub(super) struct Table {
    source: Arc<Source>,
    rows: Vec<(u32, Node)>,
}

impl Table {
    /// Reads the table that a case names; every row that is not JSON is reported.
    pub(super) fn read(node: &Node, surroundings: &Surroundings<'_>) -> Option<Self> {
        let path = Utf8PathBuf::decode(node, surroundings.decoder)?;
        let read = surroundings.attachments.table(surroundings.directory, &path);
        let source = read.map_err(|reason| surroundings.decoder.problem(&node.span, reason)).ok()?;
        let mut rows = Vec::new();
        for (line, span) in (1..).zip(source.lines()) {
            if source.text[span.clone()].trim().is_empty() {
                continue;
            }
            match parse_json(&source, span) {
                Ok(node) => rows.push((line, node)),
                // The other rows are still read, so that their problems show in the same pass.
                Err(problem) => surroundings.decoder.push(problem),
            }
        }
        if source.text.trim().is_empty() {
            surroundings.decoder.problem(&node.span, format!("the table {path} has no row"));
        }
        Some(Self { source, rows })
    }

    /// The rows with one combination of the case's matrix put in; every bad row is reported.
    pub(super) fn rows(&self, surroundings: &Surroundings<'_>) -> Option<Vec<Row>> {
        let decoder = Decoder::new(&self.source);
        let inside = Surroundings { decoder: &decoder, ..*surroundings };
        let rows = self.rows.iter().filter_map(|(line, node)| inside.row(node, *line)).collect();
        match decoder.finish(Some(rows)) {
            Ok(rows) => Some(rows),
            Err(problems) => {
                problems.into_iter().for_each(|problem| surroundings.decoder.push(problem));
                None
            }
        }
    }
}

impl Surroundings<'_> {
    fn row(&self, node: &Node, line: u32) -> Option<Row> {
        let fields = self.decoder.fields(node, "a row")?;
        let id = fields.required::<String>("id").filter(|id| self.is_row_id(node, id));
        let arguments = fields.node("args").map_or(Some(Vec::new()), |node| self.arguments(node));
        let input = fields.node("stdin").map(|node| self.stated(&*self.filled(node)?));
        let files = fields.node("files").map_or(Some(Vec::new()), |node| self.files(&*self.filled(node)?));
        let environment = match fields.node("env") {
            None => Some(BTreeMap::new()),
            Some(Node { value: Value::Table(entries), .. }) => self.environment(entries),
            Some(node) => {
                self.decoder.mismatch(node, "a table of variables");
                None
            }
        };
        let expect = fields.node("expect").map(|node| Expect::read(&*self.filled(node)?, self));
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
            files: files?,
            environment: environment?,
            expect: match expect {
                Some(expect) => Some(Arc::new(expect?)),
                None => None,
            },
            defects: defects.map(Into::into),
            tags: tags.map(Into::into),
            timeout: timeout.map(|limit| limit.0),
        })
    }

    fn is_row_id(&self, node: &Node, id: &str) -> bool {
        let fits = !id.is_empty() && format!("row#{id}").parse::<ScenarioId>().is_ok();
        if !fits {
            self.decoder.problem(&node.span, format!("{id:?} is not a row's id: letters, digits and ._-+/:~^!%"));
        }
        fits
    }

    /// A row's arguments: templates, as those of `run` are.
    fn arguments(&self, node: &Node) -> Option<Vec<Template>> {
        let Value::Array(items) = &node.value else {
            self.decoder.mismatch(node, "an array of arguments");
            return None;
        };
        items.iter().map(|item| self.decoder.text(item, "a string", |text| Template::parse(text, self.bindings))).collect()
    }
}

impl Row {
    /// The scenario of this row, its digest still to be taken; `None` after its id was found to be too long.
    pub(super) fn over(&self, base: &Scenario, decoder: &Decoder) -> Option<Scenario> {
        let mut scenario = base.clone();
        let id = format!("{}#{}", base.id, self.id).parse();
        scenario.id = id.map_err(|reason: String| decoder.push(Problem::at(base.case.place.clone(), reason))).ok()?;
        scenario.place = self.place.clone();
        scenario.line = self.line;
        if let [step] = &*base.steps {
            let mut step = step.clone();
            step.run.extend(self.arguments.iter().cloned());
            step.input = self.input.clone().or(step.input);
            step.environment.extend(self.environment.clone());
            step.expect = self.expect.clone().unwrap_or(step.expect);
            scenario.steps = [step].into();
        }
        if !self.files.is_empty() {
            let mut files = self.files.clone();
            files.extend(base.files.iter().filter(|old| !self.files.iter().any(|new| new.path == old.path)).cloned());
            files.sort_by(|one, other| one.path.cmp(&other.path));
            scenario.files = files.into();
        }
        scenario.defects = self.defects.clone().unwrap_or(scenario.defects);
        scenario.tags = self.tags.clone().unwrap_or(scenario.tags);
        scenario.timeout = self.timeout.or(scenario.timeout);
        Some(scenario)
    }
}
