//! What the sections share: options, programs, a place for workloads, and the runs of floor and Fixgate.

use std::cell::OnceCell;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixgate_engine::workdir;

use crate::arguments::Options;
use crate::failure::{Failure, Outcome, While};
use crate::programs::{Measured, Product, Programs};
use crate::workload::{Kind, RELEASE, Workload};

/// The benchmark at work.
pub(crate) struct Context {
    pub(crate) options: Options,
    pub(crate) programs: Programs,
    pub(crate) fixgate: PathBuf,
    pub(crate) jobs: usize,
    scratch: PathBuf,
    record: OnceCell<Record>,
}

/// A workload that has been signed off, with the name of that run.
pub(crate) struct Record {
    pub(crate) workload: Workload,
    pub(crate) run: String,
}

impl Context {
    /// With `scratch` for everything temporary.
    pub(crate) fn new(options: Options, fixgate: PathBuf, scratch: &Path) -> Outcome<Self> {
        let programs = Programs::build(&scratch.join("programs"))?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = options.jobs.map_or(processors, usize::from);
        Ok(Self { options, programs, fixgate, jobs, scratch: scratch.to_owned(), record: OnceCell::new() })
    }

    /// An empty directory below the scratch directory.
    pub(crate) fn directory(&self, name: &str) -> Outcome<PathBuf> {
        let path = self.scratch.join(name);
        if path.exists() {
            fs::remove_dir_all(&path).so(format!("cannot empty {}", path.display()))?;
        }
        fs::create_dir_all(&path).so(format!("cannot make {}", path.display()))?;
        Ok(path)
    }

    /// A workload in a directory of its own.
    pub(crate) fn workload(&self, kind: Kind, scenarios: u64, product: Product) -> Outcome<Workload> {
        let root = self.directory(&format!("{kind:?}-{scenarios}-{}", product.name()))?;
        Workload::make(root, kind, scenarios, &self.programs.product(product))
    }

    /// Removes a workload.
    pub(crate) fn discard(&self, workload: Workload) -> Outcome<()> {
        fs::remove_dir_all(&workload.root).so(format!("cannot remove {}", workload.root.display()))
    }

    /// The floor for as many processes as a run of the workload has: a scenario each, and the canary.
    pub(crate) fn floor(&self, kind: Kind, scenarios: u64, product: Product, jobs: usize) -> Outcome<Measured> {
        let program = self.programs.product(product).display().to_string();
        let place = match kind {
            Kind::WorkFiles => Place::WithFiles,
            Kind::Table | Kind::TableWithFailures | Kind::CaseFiles => Place::Shared,
        };
        self.floor_of(&[&program, "hello", "row"], scenarios + 1, jobs, place)
    }

    /// The floor for so many processes of a command, each with its number as the last argument.
    pub(crate) fn floor_of(&self, words: &[&str], count: u64, jobs: usize, place: Place) -> Outcome<Measured> {
        let mut command = self.programs.command(self.programs.floor());
        let directory = tempfile::Builder::new().prefix("floor-").tempdir_in(workdir::place()).so("cannot make a directory")?;
        match place {
            Place::Shared => {}
            Place::WithFiles => drop(command.arg("--files").arg(directory.path())),
        }
        command.args([jobs.to_string(), count.to_string()]).args(words);
        command.env_clear().envs(clean_environment(&workdir::place().display().to_string()));
        self.programs.measure(&mut command, &[0])
    }

    /// `fixgate` in a tree, to be measured.
    pub(crate) fn fixgate(&self, root: &Path, words: &[&str]) -> Command {
        let mut command = self.programs.command(&self.fixgate);
        command.current_dir(root).args(words).args(["--quiet", "--no-progress"]);
        command
    }

    /// A whole run of a workload with its journal and a JUnit report.
    pub(crate) fn run(&self, workload: &Workload, jobs: usize) -> Outcome<Measured> {
        workload.forget_runs()?;
        let junit = workload.root.join("junit.xml");
        let mut command = self.fixgate(&workload.root, &["run", "--candidate", "build", "--jobs", &jobs.to_string()]);
        let measured = self.programs.measure(command.arg("--junit").arg(&junit), &[0])?;
        let said = self.programs.last_output();
        let all = format!("{} passed (", workload.scenarios + 1);
        if said.contains(&all) { Ok(measured) } else { Err(Failure::new(format!("a run did not pass everything: {said}"))) }
    }

    /// A signed-off workload in which one scenario in a hundred fails; made once.
    pub(crate) fn record(&self) -> Outcome<&Record> {
        if let Some(record) = self.record.get() {
            return Ok(record);
        }
        let workload = self.workload(Kind::TableWithFailures, self.options.scenarios, Product::Tiny)?;
        let words = ["signoff", RELEASE, "--candidate", "build", "--jobs", &self.jobs.to_string()];
        self.programs.measure(&mut self.fixgate(&workload.root, &words), &[0, 1])?;
        let run = only_run(&workload.root)?;
        Ok(self.record.get_or_init(|| Record { workload, run }))
    }
}

/// Where the processes of a floor run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// All where the floor itself does.
    Shared,
    /// Each in a directory of its own with two files.
    WithFiles,
}

/// What Fixgate's scenarios have for an environment in a work directory, and so the floor's processes.
pub(crate) fn clean_environment(work: &str) -> Vec<(String, String)> {
    let variables = [("PATH", "/usr/bin:/bin"), ("HOME", work), ("TMPDIR", work), ("LC_ALL", "C"), ("TZ", "UTC")];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// The name of the only run of a tree.
pub(crate) fn only_run(root: &Path) -> Outcome<String> {
    let runs = root.join("reports/runs");
    let entries = fs::read_dir(&runs).so(format!("cannot read {}", runs.display()))?;
    let names: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    match names.as_slice() {
        [name] => Ok(name.clone()),
        _ => Err(Failure::new(format!("{} runs in {}, one expected", names.len(), runs.display()))),
    }
}

/// The root of this repository.
pub(crate) fn repository() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).to_owned()
}

/// Where this program was built, and with it everything else.
pub(crate) fn target_directory() -> Outcome<PathBuf> {
    let own = env::current_exe().so("cannot find this program")?;
    own.parent().map(Path::to_owned).ok_or_else(|| Failure::new("this program is nowhere"))
}

/// Cargo in this repository, building as this program was built.
pub(crate) fn cargo(words: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(repository()).args(words).arg("--locked");
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    command
}

/// The command of this repository, built if need be.
pub(crate) fn build_fixgate() -> Outcome<PathBuf> {
    let built = cargo(&["build", "--quiet", "--package", "fixgate"]).status().so("cannot run cargo")?;
    let path = target_directory()?.join("fixgate");
    if built.success() && path.is_file() {
        return Ok(path);
    }
    Err(Failure::new(format!("cargo does not build {}; give the command to measure: --fixgate FILE", path.display())))
}
