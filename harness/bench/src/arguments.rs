//! What can be typed.

use std::path::PathBuf;

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Measures Fixgate against the spawn floor of this machine and against other harnesses; see harness/bench/README.md.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to measure, and with what.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What to measure [default: all but `large` and `signoff`]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) sections: Vec<Section>,
    /// How many scenarios a workload has
    #[arg(long, value_name = "N", default_value = "50000", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) scenarios: u64,
    /// How often each pair of floor and Fixgate is measured
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) pairs: u64,
    /// How many scenarios other harnesses run
    #[arg(long, value_name = "N", default_value = "10000", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) peer_scenarios: u64,
    /// How often each pair of another harness and Fixgate is measured
    #[arg(long, value_name = "N", default_value = "2", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) peer_pairs: u64,
    /// Which other harnesses [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) peers: Vec<Peer>,
    /// Where other harnesses are installed [default: target/bench/peers]
    #[arg(long, value_name = "DIR")]
    pub(crate) peers_dir: Option<PathBuf>,
    /// How many scenarios run at a time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) jobs: Option<u16>,
    /// The command to measure [default: it is built from this repository]
    #[arg(long, value_name = "FILE")]
    pub(crate) fixgate: Option<PathBuf>,
    /// The test product for `one` and `signoff`, a git repository with builds [default: this repository]
    #[arg(long, value_name = "DIR")]
    pub(crate) product_tree: Option<PathBuf>,
    /// Where the table goes as JSON [default: target/bench/bench.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// A part of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Section {
    /// What this machine needs for so many processes
    Floor,
    /// Whole runs over the floor
    Run,
    /// Whole runs over the floor with 1, 2 and 64 scenarios at a time
    Jobs,
    /// Other harnesses over Fixgate, on the same scenarios
    Peers,
    /// Time and memory of runs up to --scenarios
    Sizes,
    /// Time and memory of runs of 100,000 to 1,000,000 scenarios
    Large,
    /// Time and memory of each phase alone
    Phases,
    /// `fixgate check`
    Check,
    /// Gate and reports from a record
    Decide,
    /// One scenario of the product tree
    One,
    /// The sign-off of the product tree over its floor
    Signoff,
}

impl Section {
    /// What is measured where nothing is said: what takes minutes, and needs no builds but one.
    pub(crate) const USUAL: [Self; 9] =
        [Self::Floor, Self::Run, Self::Jobs, Self::Sizes, Self::Phases, Self::Check, Self::Decide, Self::One, Self::Peers];
}

/// Anything but the benchmark.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Count the instructions of the pure phases, and compare them with their bounds
    Guard {
        /// Write down what is counted, in place of today's bounds
        #[arg(long)]
        renew: bool,
        /// The command that makes the record [default: it is built from this repository]
        #[arg(long, value_name = "FILE")]
        fixgate: Option<PathBuf>,
    },
    /// Perform one phase and print what it took, as JSON
    #[command(hide = true)]
    Phase(PhaseArguments),
    /// Run the processes of the product tree's sign-off, and print what they took
    #[command(hide = true)]
    Replay(ReplayArguments),
}

/// A product tree with its builds.
#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    /// The tree
    #[arg(long)]
    pub(crate) tree: PathBuf,
    /// How many scenarios run at a time
    #[arg(long)]
    pub(crate) jobs: usize,
}

/// One phase on a tree.
#[derive(Debug, Args)]
pub(crate) struct PhaseArguments {
    pub(crate) phase: Phase,
    /// The tree
    #[arg(long)]
    pub(crate) tree: Utf8PathBuf,
    /// The run whose record it is about
    #[arg(long)]
    pub(crate) run: Option<String>,
    /// How many scenarios run at a time
    #[arg(long, default_value = "1")]
    pub(crate) jobs: usize,
    /// Do what comes before the phase, and stop there
    #[arg(long)]
    pub(crate) prepare_only: bool,
}

/// A harness to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    Lit,
    LitInProcess,
    PytestXdist,
    Nextest,
    LibtestMimic,
    Bats,
    Prysk,
}

/// What is measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Phase {
    /// Read and check every record.
    Load,
    /// Select, order and digest the scenarios.
    Plan,
    /// Make and remove a private directory for each scenario.
    WorkDirectories,
    /// Start, capture and wait for a process for each scenario.
    SpawnAndCapture,
    /// Observations against expectations, into entries.
    Judge,
    /// Write entries down, one write for each.
    Journal,
    /// The record from its files.
    ReadRecord,
    /// Classes, claims and waivers.
    Residuals,
    /// The criteria.
    Gate,
    Junit,
    Markdown,
    Json,
    /// A finished run's verdicts into a new history.
    History,
    /// From files to the decision and its reports: load, read, gate, JUnit and Markdown.
    Decide,
}
