//! What the tests of the core share: trees of records written as text, read as the engine would read them.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::accepted::Accepted;
use fixgate_core::case::{Attachments, Bytes, Scenario, UsedFile, read_case};
use fixgate_core::defect::Defect;
use fixgate_core::id::{DefectId, Digest, ScenarioId};
use fixgate_core::ledger::{Ledger, Records};
use fixgate_core::pack::Pack;
use fixgate_core::problem::{Problem, Source};
use fixgate_core::project::Project;
use fixgate_core::proof::{BuildIdentity, Proof, ProvedScenario, RedEvidence};
use fixgate_core::release::{Position, Release};
use fixgate_core::signer::AllowedSigners;
use fixgate_core::verdict::Verdict;
use fixgate_core::waiver::Waiver;

pub(crate) mod runs;

/// Files beside the cases, by path from the root of the tree.
#[derive(Default)]
pub(crate) struct Memory(pub(crate) BTreeMap<Utf8PathBuf, Vec<u8>>);

impl Memory {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).into(), text.as_bytes().to_vec())).collect())
    }
}

impl Attachments for Memory {
    fn bytes(&self, directory: &Utf8Path, path: &Utf8Path) -> Result<Bytes, String> {
        let found = self.0.get(&directory.join(path));
        found.map(|bytes| bytes.clone().into()).ok_or_else(|| format!("there is no file {path}"))
    }

    fn table(&self, directory: &Utf8Path, path: &Utf8Path) -> Result<Arc<Source>, String> {
        let text = String::from_utf8(self.bytes(directory, path)?.to_vec()).map_err(|_| format!("{path} is not UTF-8"))?;
        Ok(Source::new(directory.join(path), text))
    }

    fn used(&self, path: &Utf8Path, is_directory: bool) -> Result<Vec<UsedFile>, String> {
        let is_meant = |at: &Utf8Path| if is_directory { at != path && at.starts_with(path) } else { at == path };
        let used = |(at, bytes): (&Utf8PathBuf, &Vec<u8>)| UsedFile {
            path: at.clone(),
            digest: Digest::of(bytes),
            executable: bytes.starts_with(b"#!"),
        };
        let files: Vec<UsedFile> = self.0.iter().filter(|(at, _)| is_meant(at)).map(used).collect();
        if files.is_empty() { Err(format!("there is no file {path}")) } else { Ok(files) }
    }
}

/// Reads the case `suite/case` with these files beside it.
pub(crate) fn read_with(text: &str, files: &[(&str, &str)]) -> Result<Vec<Scenario>, Vec<Problem>> {
    let files: Vec<(String, &str)> = files.iter().map(|(path, text)| (format!("testcases/suite/{path}"), *text)).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    read_case("suite/case".parse().unwrap(), &Source::new("testcases/suite/case.toml", text), &Memory::with(&files))
}

pub(crate) fn read(text: &str) -> Result<Vec<Scenario>, Vec<Problem>> {
    read_with(text, &[])
}

/// The scenarios of a case of the given id that must be well formed.
pub(crate) fn case(id: &str, text: &str) -> Vec<Scenario> {
    let source = Source::new(format!("testcases/{id}.toml"), text);
    read_case(id.parse().unwrap(), &source, &Memory::default()).unwrap_or_else(|problems| panic!("{}", list(&problems)))
}

/// The one scenario of a case of one step.
pub(crate) fn scenario(id: &str, rest: &str) -> Scenario {
    case(id, &format!("title = \"t\"\n{rest}")).remove(0)
}

/// A problem as `line:column: message`, and its help after `; `.
pub(crate) fn show(problem: &Problem) -> String {
    let place = problem.place.as_ref().map(|place| place.position());
    let place = place.map_or(String::new(), |(line, column)| format!("{line}:{column}: "));
    let help = problem.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
    format!("{place}{}{help}", problem.message)
}

/// Problems in the order in which they are shown.
pub(crate) fn shown(problems: &[Problem]) -> Vec<String> {
    let mut problems: Vec<&Problem> = problems.iter().collect();
    problems.sort_by(|one, other| one.sort_key().cmp(&other.sort_key()));
    problems.into_iter().map(show).collect()
}

pub(crate) fn list(problems: &[Problem]) -> String {
    shown(problems).join("\n")
}

/// Asserts that the problems are exactly these, in the order in which they are shown.
#[track_caller]
pub(crate) fn assert_problems<T: std::fmt::Debug>(read: Result<T, Vec<Problem>>, expected: &[&str]) {
    assert_eq!(shown(&read.expect_err("the record is bad")), expected);
}

/// The axes of a matrix, all of which a case must use.
fn axes(text: &str) -> Vec<String> {
    let table: toml::Table = text.parse().unwrap_or_default();
    let matrix = table.get("matrix").and_then(toml::Value::as_table);
    matrix.into_iter().flat_map(|matrix| matrix.keys()).filter(|axis| *axis != "exclude").cloned().collect()
}

/// A small tree: RTM, RU1 and RU2, and what is added to it.
pub(crate) struct Tree {
    pub(crate) records: Records,
}

pub(crate) const PROJECT: &str = r#"
[product]
name = "grep"
program = "bin/grep"
[gate]
criteria = ["ledger", "committed", "proved", "cumulative", "complete", "clean", "explained", "canary", "flaky", "packs"]
min-scenarios = 1
"#;

impl Tree {
    pub(crate) fn new() -> Self {
        let releases = vec![release("RTM", None, ""), release("RU1", Some("RTM"), ""), release("RU2", Some("RU1"), "")];
        let records = Records {
            project: project(PROJECT),
            releases,
            defects: Vec::new(),
            proofs: BTreeMap::new(),
            accepted: BTreeMap::new(),
            waivers: Vec::new(),
            quarantine: Vec::new(),
            packs: Vec::new(),
            private_fixes: Vec::new(),
            scenarios: Vec::new(),
            manual: Vec::new(),
            signers: AllowedSigners::default(),
            attestations: Vec::new(),
            signatures: BTreeMap::new(),
            files: Vec::new(),
            digest: Digest::of(b"records"),
        };
        Self { records }
    }

    pub(crate) fn project(mut self, text: &str) -> Self {
        self.records.project = project(text);
        self
    }

    /// A defect with a status line such as `status = "fixed"\nfixed-in = "RU1"`, and anything else.
    pub(crate) fn defect(mut self, id: &str, rest: &str) -> Self {
        let text = format!("title = \"{id} is broken\"\nseverity = \"major\"\ncomponent = \"core\"\n{rest}\n");
        let source = Source::new(format!("defects/{id}.toml"), text);
        self.records.defects.push(Defect::read(id.parse().unwrap(), &source).unwrap_or_else(|found| panic!("{}", list(&found))));
        self
    }

    pub(crate) fn open(self, id: &str) -> Self {
        self.defect(id, "status = \"open\"\nfound-in = \"RTM\"")
    }

    pub(crate) fn fixed(self, id: &str, release: &str) -> Self {
        self.defect(id, &format!("status = \"fixed\"\nfound-in = \"RTM\"\nfixed-in = {release:?}"))
    }

    /// A case that runs the product once; `rest` stands before its step.
    pub(crate) fn case(mut self, id: &str, rest: &str) -> Self {
        let axes: String = axes(rest).iter().map(|axis| format!(", \"${{{axis}}}\"")).collect();
        let step = format!("[[step]]\nrun = [\"${{product}}\"{axes}]\n");
        self.records.scenarios.extend(case(id, &format!("title = \"t\"\n{rest}\n{step}")));
        self
    }

    /// A case whose whole text is given.
    pub(crate) fn raw_case(mut self, id: &str, text: &str) -> Self {
        self.records.scenarios.extend(case(id, text));
        self
    }

    /// A fixed defect with a paired case `regression/ID` in lower case, and its proof.
    pub(crate) fn paired(self, id: &str, release: &str) -> Self {
        let case = format!("regression/{}", id.to_lowercase());
        self.fixed(id, release).case(&case, &format!("defects = [{id:?}]")).proved(id)
    }

    /// A proof of today's pair.
    pub(crate) fn proved(mut self, id: &str) -> Self {
        let id: DefectId = id.parse().unwrap();
        let pair = self.records.scenarios.iter().filter(|scenario| scenario.defects.contains(&id));
        self.records.proofs.insert(id.clone(), proof(pair));
        self
    }

    pub(crate) fn accepted(mut self, id: &str, outputs: &[(&str, Digest)]) -> Self {
        let outputs = outputs.iter().map(|(scenario, digest)| (scenario.parse().unwrap(), *digest));
        self.records.accepted.insert(id.parse().unwrap(), Accepted::new(outputs));
        self
    }

    pub(crate) fn waiver(mut self, name: &str, text: &str) -> Self {
        let text = format!("{text}\nkind = \"accepted\"\nowner = \"Ada\"\nreason = \"known\"\n");
        let source = Source::new(format!("waivers/{name}.toml"), text);
        self.records
            .waivers
            .push(Waiver::read(name.parse().unwrap(), &source).unwrap_or_else(|found| panic!("{}", list(&found))));
        self
    }

    pub(crate) fn pack(mut self, name: &str, required: bool) -> Self {
        let text = format!("owner = \"Bo\"\ncontact = \"bo@example.com\"\nproduct = \"plugin\"\nrequired = {required}\n");
        let source = Source::new(format!("testcases/packs/{name}/pack.toml"), text);
        self.records.packs.push(Pack::read(name.parse().unwrap(), &source).unwrap());
        self
    }

    pub(crate) fn read(self) -> Result<Ledger, Vec<Problem>> {
        Ledger::new(self.records)
    }

    pub(crate) fn ledger(self) -> Ledger {
        self.read().unwrap_or_else(|problems| panic!("{}", list(&problems)))
    }
}

pub(crate) fn project(text: &str) -> Project {
    Project::read(&Source::new("fixgate.toml", text)).unwrap_or_else(|problems| panic!("{}", list(&problems)))
}

pub(crate) fn release(name: &str, follows: Option<&str>, rest: &str) -> Release {
    let follows = follows.map(|before| format!("follows = {before:?}\n")).unwrap_or_default();
    let text = format!("version = \"1.0\"\n{follows}{rest}\n[build]\nrecipe = [\"make\", \"${{out}}\"]\n");
    Release::read(name.parse().unwrap(), &Source::new(format!("releases/{name}.toml"), text)).unwrap()
}

pub(crate) fn build(name: &str) -> BuildIdentity {
    BuildIdentity { name: name.to_owned(), digest: Digest::of(name.as_bytes()) }
}

pub(crate) fn proof<'s>(pair: impl Iterator<Item = &'s Scenario>) -> Proof {
    let proved = |scenario: &Scenario| ProvedScenario {
        scenario: scenario.id.clone(),
        definition: scenario.digest(),
        base: RedEvidence { verdict: Verdict::Failed, signature: Digest::of(b"red") },
        fixed: Verdict::Passed,
        runs: 2,
    };
    Proof { base: build("without"), fixed: build("with"), scenarios: pair.map(proved).collect(), shown_by: None }
}

pub(crate) fn place(ledger: &Ledger, release: &str) -> Position {
    ledger.train.position(&release.parse().unwrap()).unwrap()
}

pub(crate) fn id(text: &str) -> ScenarioId {
    text.parse().unwrap()
}
