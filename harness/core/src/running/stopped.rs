//! Programs that end before they come to what a scenario asks of them: what is red for that proves nothing.
//!
//! This reads what a product printed. It only ever refuses: a person who knows better says so in the case's symptom.

use serde::{Deserialize, Deserializer, Serialize};

use super::{is_met_by_nothing, seems_unstarted};
use crate::case::{StatusExpectation, Symptom};
use crate::observation::{Ending, Observation};

/// Why a program ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Stopped {
    /// It was never started: a loader, a shell or an interpreter ended in its place.
    Unstarted,
    /// It did not understand its command line.
    Usage,
    /// It did not find a file or a directory.
    MissingFile,
}

/// What loaders say.
const LOADER: [&str; 2] = ["error while loading shared libraries", "cannot open shared object file"];
/// What parsers of command lines say: those of clap, getopt, argparse, Go's flag and the like.
const USAGE: [&str; 20] = [
    "unexpected argument",
    "wasn't expected, or isn't valid",
    "unrecognized option",
    "unrecognised option",
    "unrecognized argument",
    "unrecognized subcommand",
    "unknown option",
    "unknown argument",
    "unknown flag",
    "unknown command",
    "invalid option",
    "illegal option",
    "no such option",
    "no such subcommand",
    "invalid choice",
    "flag provided but not defined",
    "required arguments were not provided",
    "the following arguments are required",
    "option requires an argument",
    "cannot be used multiple times",
];
/// The exit codes by which, by convention, a program says that it was called wrongly.
const USAGE_CODES: [i32; 2] = [2, 64];
/// What the system's error for a file that is not there is called.
const MISSING: [&str; 2] = ["no such file or directory", "(os error 2)"];

impl Stopped {
    /// Whether, and why, the last step ended early.
    pub fn of(seen: &Observation) -> Option<Self> {
        let last = seen.steps.last()?;
        let Ending::Exited(code @ 1..) = last.ending else { return None };
        let said = String::from_utf8_lossy(&last.stderr).to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        let shows_usage = || said.lines().any(|line| line.trim_start().starts_with("usage:"));
        if seems_unstarted(seen) || says(&LOADER) {
            Some(Self::Unstarted)
        } else if says(&USAGE) || (USAGE_CODES.contains(&code) && shows_usage()) {
            Some(Self::Usage)
        } else if says(&MISSING) {
            Some(Self::MissingFile)
        } else {
            None
        }
    }

    /// Whether the symptom says that the defect is just this. An exit code alone is that of any other such error, too.
    pub fn is_told_by(self, symptom: &Symptom) -> bool {
        let says_why = symptom.0.stderr.iter().any(|stated| !is_met_by_nothing(stated));
        match (self, symptom.0.status) {
            (Self::Unstarted, StatusExpectation::Exit(126 | 127)) => true,
            (Self::Unstarted | Self::Usage | Self::MissingFile, _) => says_why,
        }
    }

    /// How the program failed, and what a symptom would say if that is the defect.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Unstarted => ("as if nothing had been started", "exit = 127"),
            Self::Usage => {
                ("as a program that does not understand its command line", "stderr = { contains = \"…\" }, with what it says")
            }
            Self::MissingFile => ("because a file is missing", "stderr = { contains = \"…\" }, with what it says"),
        }
    }

    /// Reads also what earlier versions wrote: whether it was never started.
    pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Unstarted(bool),
            Stopped(Stopped),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Unstarted(unstarted) => unstarted.then_some(Self::Unstarted),
            Written::Stopped(stopped) => Some(stopped),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::StepObservation;

    fn stopped(code: i32, stderr: &str) -> Option<Stopped> {
        let step = StepObservation {
            ending: Ending::Exited(code),
            stdout: "".into(),
            stderr: stderr.into(),
            files: Default::default(),
            elapsed: Default::default(),
            peak_memory: 0,
            limits: Default::default(),
        };
        Stopped::of(&Observation { steps: vec![step] })
    }

    #[test]
    fn what_parsers_of_command_lines_say_is_told_from_other_errors() {
        for said in [
            "error: unexpected argument '--pcre2' found\n\nUsage: rg [OPTIONS]",
            "error: Found argument '--x' which wasn't expected, or isn't valid in this context",
            "ls: unrecognized option '--x'\nTry 'ls --help' for more information.",
            "ls: invalid option -- 'z'",
            "tool: error: unrecognized arguments: --x",
            "flag provided but not defined: -x",
            "usage: tool [-h]\ntool: error: argument x",
        ] {
            assert_eq!(stopped(2, said), Some(Stopped::Usage), "{said}");
        }
        assert_eq!(stopped(1, "Usage: tool FILE"), None, "only by a code that means it");
        assert_eq!(stopped(0, "unknown option"), None);
        assert_eq!(stopped(2, "regex parse error: unclosed group"), None);
        assert_eq!(stopped(2, "rg: a.txt: No such file or directory (os error 2)"), Some(Stopped::MissingFile));
        assert_eq!(stopped(127, "sh: 1: tool: not found"), Some(Stopped::Unstarted));
        assert_eq!(stopped(1, "x: error while loading shared libraries: libx.so"), Some(Stopped::Unstarted));
    }

    #[test]
    fn what_earlier_versions_wrote_is_read() {
        #[derive(Deserialize)]
        struct Side {
            #[serde(default, alias = "unstarted", deserialize_with = "Stopped::read")]
            stopped: Option<Stopped>,
        }
        let read = |text: &str| serde_json::from_str::<Side>(text).map(|side| side.stopped).unwrap();
        assert_eq!(read("{\"unstarted\":true}"), Some(Stopped::Unstarted));
        assert_eq!(read("{\"stopped\":\"missing-file\"}"), Some(Stopped::MissingFile));
        assert_eq!(read("{}"), None);
    }
}
