//! What can be typed.

pub(crate) mod attest;
mod attribute;
mod explain;
mod filters;
mod history;
mod import;
mod private_fix;
mod report;
mod run;
mod scaffold;
mod train;

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use fixgate_core::id::{Component, DefectId, Glob, ReleaseName, RunName, Tag};
use fixgate_core::plan::Shard;
use fixgate_core::words::is_unseen;

pub(crate) use self::attribute::Attribute;
pub(crate) use self::explain::{Explain, Show};
pub(crate) use self::history::History;
pub(crate) use self::import::{Import, ImportDefects, ImportResults};
pub(crate) use self::private_fix::{Identify, NewPrivateFix, PrivateFix, Validate};
pub(crate) use self::report::{Report, ReportFormat};
pub(crate) use self::run::{Merge, Run};
pub(crate) use self::scaffold::{Init, New};
pub(crate) use self::train::{Cut, Rollup, RollupStatus, Status, Waive};

/// Pairs every recorded defect with its test case, runs the suite against a build, and writes the sign-off that lets a rollup ship or holds it.
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Without one, it is `status`
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 all is well, or ship · 1 failures found, or hold · 2 bad usage or bad records, nothing was run · \
3 void, the harness failed · 130 interrupted, resumable";

/// Flags that every command knows.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Common {
    /// Work in this directory, or the test product above it
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) directory: Option<Utf8PathBuf>,
    /// How many scenarios run at a time [default: one for each processor]
    #[arg(long, value_name = "N", global = true, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) jobs: Option<u16>,
    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: Color,
    /// Print the result only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Show no progress
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
}

/// A line of text for other people, which says something.
fn said(text: &str) -> Result<String, String> {
    match text {
        _ if text.trim().is_empty() => Err("it is empty: people who read the record must learn something from it".to_owned()),
        _ if text.contains(is_unseen) => Err("give one line of text without characters that cannot be seen".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the state of the train and what to do next
    Status(Status),
    /// Start a test product in an empty directory
    Init(Init),
    /// Scaffold a record or a case that passes `check`
    #[command(subcommand)]
    New(New),
    /// Check every record, case, pair and proof without running anything
    Check,
    /// List scenarios
    List(List),
    /// Obtain the builds of releases by their recipes
    Build {
        /// The releases
        #[arg(required = true, value_name = "NAME")]
        names: Vec<ReleaseName>,
        /// Make them again, even if they are there
        #[arg(long)]
        force: bool,
    },
    /// Show the recipes and cases that need your consent before they run, and give it
    Trust(Trust),
    /// Run and judge scenarios against a build
    Run(Run),
    /// Join the runs of all shards of a plan, made on any machines, into one
    Merge(Merge),
    /// Show that pairs are red without their fix and green with it, and write the proofs
    Prove(Prove),
    /// Show the differences that a record's claims explain, and pin them
    Accept(Accept),
    /// Full pass, and what is new in it since the last night
    Nightly(Nightly),
    /// Full pass, proofs of the new fixes, gate and all reports
    Signoff(Signoff),
    /// State what you saw of one build, and sign it with your SSH key
    #[command(subcommand)]
    Attest(attest::Attest),
    /// Decide again from records alone
    Gate(Gate),
    /// Write a release's reports again from the record of their run, and sign them
    Sign(Sign),
    /// Check offline that a release's decision, reports, records and build belong together
    Verify(Verify),
    /// The train, the cut of its next rollup, and release notes
    #[command(subcommand)]
    Rollup(Rollup),
    /// Write a waiver: a named person's acceptance of one residual, until a date
    Waive(Waive),
    /// Make any report from a run
    Report(Report),
    /// Show everything that a run says of one scenario, and how to run it again
    Explain(Explain),
    /// Show a defect, a case or a release with all that belongs to it
    Show(Show),
    /// Write a static site of the train: its sign-offs, each defect's life, and trends
    Site {
        /// Where to: a new or empty directory, or an earlier site
        #[arg(value_name = "DIR")]
        site: Utf8PathBuf,
    },
    /// Bring in what other programs wrote
    #[command(subcommand)]
    Import(Import),
    /// Show verdicts over time, flake rates and the slowest scenarios
    History(History),
    /// Find which release, commit or set of fixes makes a scenario fail
    Attribute(Attribute),
    /// Validate a private fix: its pair red and green, what is near it, and the smoke tag
    Validate(Validate),
    /// Record a private fix, and take it through its life
    #[command(subcommand)]
    PrivateFix(PrivateFix),
    /// Tell which release or private fix a build is
    Identify(Identify),
    /// Print what a shell needs to complete commands and options
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write a manual page for each command
    Man {
        /// Where to, such as ~/.local/share/man/man1
        #[arg(value_name = "DIR")]
        directory: Utf8PathBuf,
    },
}

impl Default for Command {
    /// What is meant where no command is given.
    fn default() -> Self {
        Self::Status(Status { format: Format::Text })
    }
}

/// Which scenarios are meant.
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct Filters {
    /// Globs over scenario ids; `*` stays within one part of the path, `**` crosses parts
    #[arg(value_name = "FILTER")]
    pub(crate) globs: Vec<Glob>,
    /// Only scenarios with this tag
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<Tag>,
    /// Only scenarios paired with this defect
    #[arg(long, value_name = "ID")]
    pub(crate) defect: Vec<DefectId>,
    /// Only scenarios paired with a defect of this component
    #[arg(long, value_name = "NAME")]
    pub(crate) component: Vec<Component>,
    /// Only scenarios that did not pass in this run
    #[arg(long, value_name = "RUN")]
    pub(crate) failed_in: Option<RunName>,
    /// Only this part of them, such as 1/4
    #[arg(long, value_name = "K/N")]
    pub(crate) shard: Option<Shard>,
}

/// Text for people or JSON for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// `list`
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Text for people, or a JSON object a line
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

/// `prove`
#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// The defects; every fixed one without a current proof if none is named
    #[arg(value_name = "DEFECT")]
    pub(crate) defects: Vec<DefectId>,
    /// The build without the fix [default: the release before `fixed-in`]
    #[arg(long, value_name = "B")]
    pub(crate) base: Option<String>,
    /// The build with the fix [default: `fixed-in`]
    #[arg(long, value_name = "B")]
    pub(crate) fixed: Option<String>,
    /// How often each scenario is run on each build
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) runs: u32,
}

/// `accept`
#[derive(Debug, Args)]
#[command(
    after_long_help = "At a terminal, and without --yes, you are asked about each difference: accept it, name another record \
that makes it, waive it for a time, or leave it. What is left is unexplained."
)]
pub(crate) struct Accept {
    /// The records whose claims are meant
    #[arg(required = true, value_name = "DEFECT")]
    pub(crate) defects: Vec<DefectId>,
    /// Pin what is shown
    #[arg(long)]
    pub(crate) yes: bool,
}

/// `trust`
#[derive(Debug, Args)]
pub(crate) struct Trust {
    /// What is meant: releases and packs, by name, for their recipes, or `cases`; without any, all that need your consent
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Allow exactly what is shown; you are asked again when it changes
    #[arg(long)]
    pub(crate) yes: bool,
    /// Take this test product for your own: its cases run with your rights, also when they change
    #[arg(long, conflicts_with_all = ["names", "yes"])]
    pub(crate) own: bool,
}

/// `signoff`
#[derive(Debug, Args)]
pub(crate) struct Signoff {
    /// The release
    #[arg(required_unless_present = "resume")]
    pub(crate) release: Option<ReleaseName>,
    /// The build to sign off [default: the release's own, by its recipe]
    #[arg(long, value_name = "B")]
    pub(crate) candidate: Option<String>,
    /// The earlier release that it is compared with [default: the release before]
    #[arg(long, value_name = "B")]
    pub(crate) baseline: Option<String>,
    /// Prove the fixes of earlier releases again, too, each on the release before it, which is built if need be
    #[arg(long)]
    pub(crate) all_proofs: bool,
    /// Take the verdicts from these runs, every shard of the whole plan, once; proofs are run here
    #[arg(long, value_name = "RUN", num_args = 1.., conflicts_with = "resume")]
    pub(crate) with: Vec<RunName>,
    /// Go on with an interrupted run, as it was asked for
    #[arg(long, value_name = "RUN")]
    pub(crate) resume: Option<RunName>,
    /// Show everything on the terminal, not only what fits into 60 lines
    #[arg(long)]
    pub(crate) all: bool,
    /// Text for people, or the bytes of signoff.json
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

/// `gate`
#[derive(Debug, Args)]
pub(crate) struct Gate {
    /// The run
    pub(crate) run: RunName,
    /// The release
    #[arg(long)]
    pub(crate) release: ReleaseName,
    /// Text for people, the bytes of signoff.json, or those of signoff.html
    #[arg(long, default_value = "text")]
    pub(crate) format: GateFormat,
}

/// The forms of a decision that is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// The page.
    Html,
}

/// `sign`
#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// The release
    pub(crate) release: ReleaseName,
    /// Your Ed25519 key, without a passphrase [default: ~/.ssh/id_ed25519]
    #[arg(long, value_name = "PATH")]
    pub(crate) key: Option<Utf8PathBuf>,
}

/// `verify`
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The release, such as RU2, or the directory of its reports, such as reports/RU2
    pub(crate) reports: Utf8PathBuf,
    /// The build that they are to be about: a release's name, or a path to a build
    #[arg(long, value_name = "B")]
    pub(crate) candidate: Option<String>,
}

/// `nightly`
#[derive(Debug, Args)]
pub(crate) struct Nightly {
    /// The build of the night: a path to a build, or a release's name
    #[arg(long, value_name = "B", required_unless_present = "resume")]
    pub(crate) candidate: Option<String>,
    /// The build that it is compared with [default: the last release before it]
    #[arg(long, value_name = "B")]
    pub(crate) baseline: Option<String>,
    /// The candidate's place in the train, for a path
    #[arg(long = "as", value_name = "RELEASE")]
    pub(crate) placed_as: Option<ReleaseName>,
    /// Go on with an interrupted night, as it was asked for
    #[arg(long, value_name = "RUN")]
    pub(crate) resume: Option<RunName>,
    /// Also write the JUnit report to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<Utf8PathBuf>,
    /// Text to be mailed, Markdown to be posted, or one JSON object
    #[arg(long, default_value = "text")]
    pub(crate) format: NightlyFormat,
}

/// The forms of a night's summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NightlyFormat {
    /// For people, in at most thirty lines.
    Text,
    /// For a page.
    Markdown,
    /// For programs.
    Json,
}
