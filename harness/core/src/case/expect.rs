//! What must come of a step.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use camino::Utf8PathBuf;
use serde::Serialize;

use super::Bytes;
use super::files::Surroundings;
use crate::document::{ByteSize, Decode, Fields, Limit, Node, Value};
use crate::normalize::{Matches, Pattern, find};
use crate::problem::Problem;
use crate::visible::quoted;

/// The exit codes and the signals that there are.
const EXIT_CODES: RangeInclusive<i32> = 0..=255;
const SIGNALS: RangeInclusive<i32> = 1..=64;

/// How the program must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusExpectation {
    /// With this exit code.
    Exit(i32),
    /// With any exit code but this.
    NotExit(i32),
    /// Somehow.
    Any,
    /// By this signal.
    Signal(i32),
    /// As the baseline ends.
    Baseline,
}

/// One thing that must hold of a stream or a file's content.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamExpectation {
    /// Exactly these bytes.
    Exact(Bytes),
    /// These bytes stand somewhere in it.
    Contains(Bytes),
    /// These bytes stand nowhere in it.
    NotContains(Bytes),
    /// The pattern matches somewhere in it.
    Regex(Pattern),
    /// Exactly these lines; the last may lack its newline.
    Lines(Vec<Bytes>),
    /// One JSON value equal to this.
    Json(Box<serde_json::Value>),
    /// The same bytes as the baseline's.
    Baseline,
}

/// What must hold of a path after the step.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileExpectation {
    /// Nothing is there.
    Absent,
    /// A file of which all this holds.
    Content(Vec<StreamExpectation>),
}

/// All that must come of a step.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Expect {
    /// How it ends.
    pub status: StatusExpectation,
    /// Of standard output.
    pub stdout: Box<[StreamExpectation]>,
    /// Of standard error.
    pub stderr: Box<[StreamExpectation]>,
    /// Of files in the work directory.
    pub files: BTreeMap<Utf8PathBuf, FileExpectation>,
    /// The longest it may take.
    pub max_time: Option<Duration>,
    /// The most memory it may use, in bytes.
    pub max_rss: Option<u64>,
}

/// How a failing step must look where the defect is present: an [`Expect`] that implies nothing.
#[derive(Debug, Clone, Serialize)]
pub struct Symptom(pub Expect);

impl Expect {
    fn with_status(status: StatusExpectation) -> Self {
        Self { status, stdout: Box::default(), stderr: Box::default(), files: BTreeMap::new(), max_time: None, max_rss: None }
    }

    /// Nothing stated: the program must end with exit code 0.
    pub fn success() -> Self {
        Self::with_status(StatusExpectation::Exit(0))
    }

    /// Exit and both streams as the baseline's.
    pub fn baseline() -> Self {
        Self {
            stdout: [StreamExpectation::Baseline].into(),
            stderr: [StreamExpectation::Baseline].into(),
            ..Self::with_status(StatusExpectation::Baseline)
        }
    }

    /// Whether part of it is known only from a baseline.
    pub fn needs_baseline(&self) -> bool {
        let of_baseline = |expectation: &StreamExpectation| matches!(expectation, StreamExpectation::Baseline);
        self.status == StatusExpectation::Baseline || self.stdout.iter().chain(&self.stderr).any(of_baseline)
    }

    /// Whether part of it holds without a baseline.
    pub fn states_result(&self) -> bool {
        let stated = |expectation: &StreamExpectation| !matches!(expectation, StreamExpectation::Baseline);
        !matches!(self.status, StatusExpectation::Baseline | StatusExpectation::Any)
            || self.stdout.iter().chain(&self.stderr).any(stated)
            || !self.files.is_empty()
    }

    pub(super) fn read(node: &Node, surroundings: &Surroundings<'_>) -> Option<Self> {
        match node.as_text() {
            Some("baseline") => Some(Self::baseline()),
            Some(_) => {
                surroundings.decoder.problem(&node.span, "`expect` is a table, or \"baseline\"");
                None
            }
            None => surroundings.expect(node, StatusExpectation::Exit(0)),
        }
    }
}

impl Symptom {
    pub(super) fn read(node: &Node, surroundings: &Surroundings<'_>) -> Option<Self> {
        let expect = surroundings.expect(node, StatusExpectation::Any)?;
        if expect.needs_baseline() || (expect.status == StatusExpectation::Any && !expect.states_result()) {
            surroundings
                .decoder
                .problem(&node.span, "a symptom states how the defect looks: an exit, a signal, or something of a stream");
            return None;
        }
        Some(Self(expect))
    }
}

impl Surroundings<'_> {
    fn expect(&self, node: &Node, unstated: StatusExpectation) -> Option<Expect> {
        let fields = self.decoder.fields(node, "an expectation")?;
        let status = self.status(&fields, unstated);
        let (stdout, stderr) = (self.stream(&fields, "stdout"), self.stream(&fields, "stderr"));
        let files = fields.node("files").map_or(Some(BTreeMap::new()), |node| self.expected_files(node));
        let max_time = fields.optional::<Limit>("max-time").map(|limit| limit.0);
        let max_rss = fields.optional::<ByteSize>("max-rss").map(|size| size.0);
        fields.finish();
        Some(Expect { status: status?, stdout: stdout?, stderr: stderr?, files: files?, max_time, max_rss })
    }

    fn status(&self, fields: &Fields<'_>, unstated: StatusExpectation) -> Option<StatusExpectation> {
        match (fields.node("exit"), fields.node("signal")) {
            (None, None) => Some(unstated),
            (Some(exit), None) => self.exit(exit),
            (None, Some(signal)) => self.number(signal, SIGNALS, "signals are 1 to 64").map(StatusExpectation::Signal),
            (Some(_), Some(signal)) => {
                self.decoder.problem(&signal.span, "a program ends with an exit code or by a signal, not both");
                None
            }
        }
    }

    fn exit(&self, node: &Node) -> Option<StatusExpectation> {
        match (&node.value, node.as_text()) {
            (_, Some("any")) => Some(StatusExpectation::Any),
            (_, Some("baseline")) => Some(StatusExpectation::Baseline),
            (Value::Integer(_), _) => self.exit_code(node).map(StatusExpectation::Exit),
            _ => {
                let fields = self.decoder.fields(node, "an exit: a code, { not }, \"any\" or \"baseline\"")?;
                let not = fields.node("not").map(|node| self.exit_code(node).map(StatusExpectation::NotExit));
                if not.is_none() {
                    self.decoder.push(Problem::at(
                        fields.place(),
                        "`not` is missing in an exit: a code, { not }, \"any\" or \"baseline\"",
                    ));
                }
                fields.finish();
                not?
            }
        }
    }

    fn exit_code(&self, node: &Node) -> Option<i32> {
        self.number(node, EXIT_CODES, "exit codes are 0 to 255: the system keeps the last eight bits of what a program ends with")
    }

    /// A number that can be seen.
    fn number(&self, node: &Node, range: RangeInclusive<i32>, help: &str) -> Option<i32> {
        let Value::Integer(number) = node.value else {
            self.decoder.mismatch(node, "an integer");
            return None;
        };
        let seen = i32::try_from(number).ok().filter(|number| range.contains(number));
        if seen.is_none() {
            let problem = Problem::at(self.decoder.place(&node.span), format!("no program ends with {number}"));
            self.decoder.push(problem.help(help));
        }
        seen
    }

    fn stream(&self, fields: &Fields<'_>, name: &'static str) -> Option<Box<[StreamExpectation]>> {
        fields.node(name).map_or(Some(Box::default()), |node| self.expectations(node).map(Into::into))
    }

    /// A string, `"baseline"`, or a table of what must hold.
    fn expectations(&self, node: &Node) -> Option<Vec<StreamExpectation>> {
        match node.as_text() {
            Some("baseline") => return Some(vec![StreamExpectation::Baseline]),
            Some(text) => return Some(vec![StreamExpectation::Exact(text.into())]),
            None => {}
        }
        let fields = self.decoder.fields(node, "what must hold of a stream")?;
        let held = self.table_of_expectations(&fields);
        fields.finish();
        let held = held?;
        if held.is_empty() {
            self.decoder.problem(&node.span, "an empty table expects nothing");
            return None;
        }
        self.can_hold(&held, node)?;
        Some(held)
    }

    fn table_of_expectations(&self, fields: &Fields<'_>) -> Option<Vec<StreamExpectation>> {
        let mut held = Vec::new();
        let contains = self.each(fields, "contains", |node| self.not_empty(node))?;
        held.extend(contains.into_iter().map(StreamExpectation::Contains));
        let absent = self.each(fields, "not-contains", |node| self.not_empty(node))?;
        held.extend(absent.into_iter().map(StreamExpectation::NotContains));
        let patterns = self.each(fields, "regex", |node| self.pattern(node))?;
        held.extend(patterns.into_iter().map(StreamExpectation::Regex));
        if let Some(node) = fields.node("lines") {
            let lines = Vec::<String>::decode(node, self.decoder)?;
            if let Some(line) = lines.iter().find(|line| line.contains('\n')) {
                let message =
                    format!("no line is {}, as a line end ends it: make each line an item of its own", quoted(line.as_bytes()));
                self.decoder.problem(&node.span, message);
                return None;
            }
            held.push(StreamExpectation::Lines(lines.iter().map(|line| line.as_str().into()).collect()));
        }
        if let Some(node) = fields.node("json") {
            if node.any_value(&|value| matches!(value, Value::Float(number) if !number.is_finite())) {
                self.decoder.problem(&node.span, "JSON has no infinity and no NaN, so nothing that is printed is equal to this");
                return None;
            }
            held.push(StreamExpectation::Json(node.to_json().into()));
        }
        if let Some(node) = fields.node("file") {
            held.push(StreamExpectation::Exact(self.attached(node)?));
        }
        if let Some(node) = fields.node("base64") {
            held.push(StreamExpectation::Exact(self.base64(node)?));
        }
        if fields.optional("baseline") == Some(true) {
            held.push(StreamExpectation::Baseline);
        }
        Some(held)
    }

    /// One value, or an array of them.
    fn each<T>(&self, fields: &Fields<'_>, name: &'static str, read: impl Fn(&Node) -> Option<T>) -> Option<Vec<T>> {
        let Some(node) = fields.node(name) else { return Some(Vec::new()) };
        match &node.value {
            Value::Array(items) => items.iter().map(read).collect(),
            _ => Some(vec![read(node)?]),
        }
    }

    /// Everything contains the empty text: stating it would state nothing.
    fn not_empty(&self, node: &Node) -> Option<Bytes> {
        let bytes = self.stated(node)?;
        if bytes.is_empty() {
            self.decoder.problem(&node.span, "the empty text is contained in everything");
            return None;
        }
        Some(bytes)
    }

    /// A pattern that tells one text from another.
    fn pattern(&self, node: &Node) -> Option<Pattern> {
        let pattern = Pattern::decode(node, self.decoder)?;
        let what = match pattern.matches() {
            Matches::Some => return Some(pattern),
            Matches::Everything => "everything",
            Matches::Nothing => "nothing",
        };
        let problem = Problem::at(self.decoder.place(&node.span), format!("the regular expression matches {what}"));
        self.decoder.push(problem.help("a pattern is looked for anywhere in the text; `^` and `$` bind it to the ends"));
        None
    }

    /// Refuses what cannot hold together.
    fn can_hold(&self, held: &[StreamExpectation], node: &Node) -> Option<()> {
        let is_asked_for = |bytes: &Bytes| {
            held.iter().any(|held| matches!(held, StreamExpectation::Contains(text) if find(text, bytes).is_some()))
        };
        let never = held.iter().find_map(|held| match held {
            StreamExpectation::NotContains(bytes) => Some(bytes).filter(|bytes| is_asked_for(bytes)),
            _ => None,
        });
        let Some(never) = never else { return Some(()) };
        self.decoder.problem(&node.span, format!("it cannot hold: {never:?} is part of what must be contained"));
        None
    }

    fn expected_files(&self, node: &Node) -> Option<BTreeMap<Utf8PathBuf, FileExpectation>> {
        let Value::Table(entries) = &node.value else {
            self.decoder.mismatch(node, "a table of paths and contents");
            return None;
        };
        let read = |path: &crate::document::Key, node: &Node| {
            let name = Node { value: Value::Text(path.name.clone()), span: path.span.clone() };
            Some((Utf8PathBuf::decode(&name, self.decoder)?, self.expected_file(node)?))
        };
        let files: BTreeMap<_, _> = entries.iter().map(|(path, node)| read(path, node)).collect::<Option<_>>()?;
        let mut paths =
            files.iter().filter(|(_, expected)| matches!(expected, FileExpectation::Content(_))).map(|(path, _)| path);
        let above = paths.find_map(|path| path.ancestors().skip(1).find(|above| files.contains_key(*above)));
        if let Some(above) = above {
            self.decoder
                .problem(&node.span, format!("it cannot hold: a file is expected below `{above}`, which is then a directory"));
            return None;
        }
        Some(files)
    }

    /// A string, also `"baseline"`, is the file's content: files of the baseline are not kept.
    fn expected_file(&self, node: &Node) -> Option<FileExpectation> {
        if let Some(text) = node.as_text() {
            return Some(FileExpectation::Content(vec![StreamExpectation::Exact(text.into())]));
        }
        let absent = match &node.value {
            Value::Table(entries) if entries.iter().any(|(key, _)| key.name == "absent") => {
                let fields = self.decoder.fields(node, "an absent file: { absent = true }")?;
                let absent = fields.required::<bool>("absent");
                fields.finish();
                absent?
            }
            _ => false,
        };
        if absent {
            return Some(FileExpectation::Absent);
        }
        let held = self.expectations(node)?;
        if held.iter().any(|held| matches!(held, StreamExpectation::Baseline)) {
            self.decoder.problem(&node.span, "a file is not compared with the baseline: state its content");
            return None;
        }
        Some(FileExpectation::Content(held))
    }
}
