//! Whether builds run: scenarios that state a result, tried on each until one passes.

use std::fs::File;
use std::io::Read;

use fixgate_core::case::{Family, Scenario};
use fixgate_core::id::ScenarioId;
use fixgate_core::judge::conclude;
use fixgate_core::ledger::Ledger;
use fixgate_core::observation::Observation;
use fixgate_core::proof::BuildIdentity;
use fixgate_core::release::Standing;
use fixgate_core::running::{Role, Running, Shown, seems_unstarted, witnesses};
use fixgate_core::verdict::Verdict;
use fixgate_core::visible::escaped;
use fixgate_core::words::counted;

use crate::builds::Build;
use crate::execute::Executor;
use crate::fault::Fault;
use crate::worker::{Workers, unless_stopped};

/// How many scenarios are tried where none can show that a build works: they show whether it ends by itself.
const TRIES_OF_OTHERS: usize = 3;
/// The most bytes of a message that are shown.
const SHOWN: usize = 300;

/// Tries scenarios on a build that stands here until one shows that it runs.
///
/// # Errors
/// When it is interrupted.
pub fn show(
    ledger: &Ledger,
    workers: &Workers<'_>,
    executor: &Executor<'_>,
    (role, at): (Role, Standing<'_>),
    is_likely: impl Fn(&ScenarioId) -> bool,
) -> Result<Running, Fault> {
    let identity = executor.build.identity();
    let running = |shown| Running { role, build: identity.digest, name: identity.name.clone(), shown };
    let telling = witnesses(ledger, at, is_likely);
    let tells_nothing = telling.is_empty();
    let others = || ledger.scenarios.iter().filter(|scenario| is_runnable(ledger, scenario, at)).take(TRIES_OF_OTHERS).collect();
    let tried: Vec<&Scenario> = if tells_nothing { others() } else { telling };
    let (mut worker, mut first, mut unstarted) = (workers.worker(), None, tried.len());
    for scenario in &tried {
        let execution = unless_stopped(executor.execute(&mut worker, scenario, None));
        let execution = execution.ok_or_else(|| Fault::interrupted("interrupted while checking that the builds run"))?;
        let why = match execution {
            Err(reason) => reason,
            Ok(execution) => {
                let seen = &execution.observation;
                unstarted -= usize::from(!seems_unstarted(seen));
                let words = in_words(executor.build, seen);
                let verdict = conclude(scenario, seen, execution.findings, |_| None).verdict;
                if verdict == Verdict::Passed && !tells_nothing {
                    return Ok(running(Shown::By(scenario.id.clone())));
                }
                format!("{verdict}: {words}")
            }
        };
        first.get_or_insert_with(|| format!("{}, {why}", scenario.id));
    }
    let why = match (tells_nothing, first) {
        (true, _) if unstarted == 0 => "no scenario that applies to it states a result that only a working program gives; write \
                                        one: fixgate new case suite/NAME"
            .to_owned(),
        (_, Some(first)) => format!("none of {} passed on it; the first: {first}", counted(tried.len(), "scenario")),
        (_, None) => "no scenario applies to it".to_owned(),
    };
    Ok(running(if unstarted < tried.len() || tried.is_empty() { Shown::Fails(why) } else { Shown::Not(why) }))
}

/// What there is to record of a build on which this scenario has passed already.
pub(crate) fn shown_by(role: Role, build: &Build, scenario: &ScenarioId) -> Running {
    let BuildIdentity { name, digest } = build.identity();
    Running { role, build: digest, name, shown: Shown::By(scenario.clone()) }
}

/// As [`show`], for a search that is over if the build does not run.
///
/// # Errors
/// When nothing shows that the build runs, or it is interrupted.
pub fn require(
    ledger: &Ledger,
    workers: &Workers<'_>,
    executor: &Executor<'_>,
    (role, at): (Role, Standing<'_>),
) -> Result<ScenarioId, Fault> {
    let running = show(ledger, workers, executor, (role, at), |_| false)?;
    match (running.objection(), running.shown) {
        (None, Shown::By(scenario)) => Ok(scenario),
        (why, _) => {
            Err(Fault::harness(why.unwrap_or_default())
                .help("mend the build, or what it needs here, and run the same command again"))
        }
    }
}

fn is_runnable(ledger: &Ledger, scenario: &Scenario, at: Standing<'_>) -> bool {
    scenario.case.family != Family::Canary && ledger.applies(&scenario.case, at.place)
}

/// How the last step ended. What was printed is for people; nothing is decided by it.
fn in_words(build: &Build, seen: &Observation) -> String {
    let Some(last) = seen.steps.last() else { return "nothing was run".to_owned() };
    let message = String::from_utf8_lossy(&last.stderr);
    let message = escaped(message.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().as_bytes());
    let message = &message[..message.floor_char_boundary(SHOWN)];
    let said = if message.is_empty() { String::new() } else { format!(", {message}") };
    let who = match (seems_unstarted(seen), head(build)) {
        (true, Head::Elf) if message.contains("shared librar") => "; the dynamic loader could not start it",
        (true, Head::Script) => "; its interpreter, or a program that it runs, could not be started",
        (true, Head::Elf | Head::Other) => "; it ended as a program does that cannot be started",
        (false, _) => "",
    };
    format!("{}{who}{said}", last.ending)
}

/// What a program begins with.
enum Head {
    Elf,
    Script,
    Other,
}

fn head(build: &Build) -> Head {
    let mut bytes = [0; 4];
    let read = File::open(build.program()).and_then(|mut file| file.read(&mut bytes));
    match (read, &bytes) {
        (Ok(4), b"\x7fELF") => Head::Elf,
        (Ok(2..), [b'#', b'!', ..]) => Head::Script,
        (Ok(_) | Err(_), _) => Head::Other,
    }
}
