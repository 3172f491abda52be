//! The processes of a sign-off and nothing else: what any harness has to do that runs these scenarios, each in a directory of its
//! own. Nothing is judged, kept or limited.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use camino::Utf8Path;
use fixgate_core::case::{FileContent, FileEntry, Places, Scenario, Step};
use fixgate_core::gate::new_fixes;
use fixgate_core::id::ReleaseName;
use fixgate_core::ledger::Ledger;
use fixgate_core::plan::{Plan, Selection};
use fixgate_engine::load::load;
use fixgate_engine::run::PROOF_RUNS;
use fixgate_engine::tree::Tree;
use fixgate_engine::workdir;

use crate::arguments::ReplayArguments;
use crate::context::clean_environment;
use crate::failure::{Failure, Outcome, While};

/// The release that is signed off, and the one before it.
pub(crate) const CANDIDATE: &str = "RU9";
pub(crate) const BEFORE: &str = "RU8";
/// What a pipe takes before it is read.
const PIPE: usize = 1 << 16;

/// What a sign-off of [`CANDIDATE`] runs: scenarios, each with the release that it is run on.
pub(crate) struct Processes<'l> {
    work: Vec<(&'l Scenario, &'static str)>,
    /// How many scenarios are planned.
    pub(crate) planned: u64,
}

impl<'l> Processes<'l> {
    /// Every scenario on the candidate and on the baseline, and the new fixes' pairs on both as often as they are proved.
    pub(crate) fn of(ledger: &'l Ledger) -> Outcome<Self> {
        let release = |name: &str| name.parse::<ReleaseName>().so("no name of a release");
        let place = |name: &ReleaseName| ledger.train.position(name).ok_or_else(|| Failure::new(format!("no release {name}")));
        let candidate = release(CANDIDATE)?;
        let plan = Plan::new(ledger, &Selection::default(), place(&candidate)?).so("cannot plan the sign-off")?;
        let baseline = plan.at(ledger, place(&release(BEFORE)?)?);
        let pairs: Vec<&Scenario> = new_fixes(ledger, &candidate).flat_map(|defect| ledger.pair(&defect.id)).collect();
        let proofs =
            (0..PROOF_RUNS).flat_map(|_| pairs.iter().flat_map(|scenario| [(*scenario, BEFORE), (*scenario, CANDIDATE)]));
        let on = |release| move |scenario: &&'l Scenario| (*scenario, release);
        let work = plan.scenarios().iter().map(on(CANDIDATE)).chain(baseline.scenarios().iter().map(on(BEFORE))).chain(proofs);
        Ok(Self { work: work.collect(), planned: plan.scenarios().len() as u64 })
    }

    /// How many processes that comes to: one for each step.
    pub(crate) fn count(&self) -> u64 {
        self.work.iter().map(|(scenario, _)| scenario.steps.len() as u64).sum()
    }
}

/// The product tree.
pub(crate) fn tree(root: &Path) -> Outcome<Tree> {
    let root = Utf8Path::from_path(root).ok_or_else(|| Failure::new("the temporary directory is not UTF-8"))?;
    Tree::find(root).so("cannot find the product tree")
}

/// Runs them all, so many at a time, and gives the seconds that it took.
pub(crate) fn perform(arguments: &ReplayArguments) -> Outcome<f64> {
    let tree = tree(&arguments.tree)?;
    let ledger = load(&tree).so("cannot load the product tree")?;
    let processes = Processes::of(&ledger)?;
    let place = tempfile::Builder::new().prefix("replay-").tempdir_in(workdir::place()).so("cannot make a directory")?;
    let next = AtomicUsize::new(0);
    let run_some = || -> Outcome<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some((scenario, release)) = processes.work.get(number) else { return Ok(()) };
            let build = tree.builds().join(release).path();
            let program = build.join(&ledger.project.program);
            let directory = place.path().join(number.to_string());
            let directory = Utf8Path::from_path(&directory).ok_or_else(|| Failure::new("the work directory is not UTF-8"))?;
            let case_directory = scenario.case.place.source.path.parent().map(|parent| tree.root().join(parent));
            let places = Places {
                pack: "",
                product: program.as_str(),
                build: build.as_str(),
                work_directory: directory.as_str(),
                case_directory: case_directory.as_deref().unwrap_or(tree.root()).as_str(),
                root: tree.root().as_str(),
            };
            run(scenario, &places).so(format!("cannot run {}", scenario.id))?;
        }
    };
    let begun = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..arguments.jobs).map(|_| scope.spawn(run_some)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| Failure::new("a thread panicked"))?)
    })?;
    Ok(begun.elapsed().as_secs_f64())
}

fn run(scenario: &Scenario, places: &Places<'_>) -> std::io::Result<()> {
    let directory = Path::new(places.work_directory);
    fs::create_dir(directory)?;
    scenario.files.iter().try_for_each(|file| make(directory, file))?;
    scenario.steps.iter().try_for_each(|step| run_step(step, places))?;
    fs::remove_dir_all(directory)
}

fn make(directory: &Path, file: &FileEntry) -> std::io::Result<()> {
    let path = directory.join(&file.path);
    if let Some(parent) = path.parent().filter(|parent| *parent != directory) {
        fs::create_dir_all(parent)?;
    }
    match &file.content {
        FileContent::File(bytes) => fs::write(path, &**bytes),
        FileContent::Program(bytes) => {
            fs::write(&path, &**bytes)?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        }
        FileContent::Link(target) => symlink(target, path),
        FileContent::Directory => fs::create_dir_all(path),
    }
}

fn run_step(step: &Step, places: &Places<'_>) -> std::io::Result<()> {
    let mut words = step.run.iter().map(|template| template.fill(places));
    let work = places.work_directory;
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(work).env_clear().stdout(Stdio::piped()).stderr(Stdio::piped());
    command.envs(clean_environment(work));
    command.envs(step.environment.iter().map(|(name, template)| (name, template.fill(places))));
    command.stdin(if step.input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut process = command.spawn()?;
    if let (Some(input), Some(mut pipe)) = (&step.input, process.stdin.take()) {
        if input.len() > PIPE {
            return Err(std::io::Error::other("its input is more than a pipe takes, and is given at once"));
        }
        // It may have ended by then.
        let _ = pipe.write_all(input);
    }
    process.wait_with_output().map(drop)
}
