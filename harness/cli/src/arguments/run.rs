//! Runs, and the shards of them.

use camino::Utf8PathBuf;
use clap::Args;
use fixgate_core::id::{ReleaseName, RunName};

use super::{Filters, Format};

/// `run`
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// The build under test: a release's name, or a path to a build
    #[arg(long, value_name = "B", required_unless_present = "resume")]
    pub(crate) candidate: Option<String>,
    /// The build that it is compared with
    #[arg(long, value_name = "B")]
    pub(crate) baseline: Option<String>,
    /// The candidate's place in the train, for a path
    #[arg(long = "as", value_name = "RELEASE")]
    pub(crate) placed_as: Option<ReleaseName>,
    /// Go on with an interrupted run, as it was asked for
    #[arg(long, value_name = "RUN")]
    pub(crate) resume: Option<RunName>,
    /// Keep each failing scenario's work directory and whole outputs, until the next --keep here
    #[arg(long)]
    pub(crate) keep: bool,
    /// Also write a JUnit report to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<Utf8PathBuf>,
    /// Show everything on the terminal, not only what fits into 60 lines
    #[arg(long)]
    pub(crate) all: bool,
    /// Text for people, or one JSON object
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

/// `merge`
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The runs: every shard of one plan, once
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<RunName>,
    /// The build under test, where it is at another path than for the shards
    #[arg(long, value_name = "B")]
    pub(crate) candidate: Option<String>,
    /// The build that it is compared with, where it is at another path than for the shards
    #[arg(long, value_name = "B")]
    pub(crate) baseline: Option<String>,
    /// Also write a JUnit report to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<Utf8PathBuf>,
    /// Show everything on the terminal, not only what fits into 60 lines
    #[arg(long)]
    pub(crate) all: bool,
    /// Text for people, or one JSON object
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}
