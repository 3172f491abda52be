//! The arguments of `import`.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};
use fixgate_core::id::ReleaseName;
use fixgate_core::imported::Producer;

use super::Format;

/// `import`
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Record the test results of other programs as a run: JUnit XML, TAP, CTRF, TRX, go test -json
    Junit(ImportResults),
}

/// `import junit`
#[derive(Debug, Args)]
#[command(after_help = PRODUCERS)]
pub(crate) struct ImportResults {
    /// The files of one run of the tests
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<Utf8PathBuf>,
    /// The build that was tested: a release's name, or a path to a build
    #[arg(long, value_name = "B")]
    pub(crate) candidate: String,
    /// The candidate's place in the train, for a path
    #[arg(long = "as", value_name = "RELEASE")]
    pub(crate) placed_as: Option<ReleaseName>,
    /// The program that wrote all of the files [default: told by the content of each]
    #[arg(long, value_name = "NAME")]
    pub(crate) producer: Option<Producer>,
    /// Show every test that did not pass on the terminal, not only what fits into 60 lines
    #[arg(long)]
    pub(crate) all: bool,
    /// Text for people, or one JSON object
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

const PRODUCERS: &str = "Producers: surefire, gradle, pytest, gtest, nextest, go-junit-report, gotestsum, jest, vitest, mocha, playwright, \
cypress, phpunit, rspec, robot, bazel, ctest, catch2, dotnet, nose2, node, junit (any other), tap, ctrf, go-test, trx. \
It ends with 0 only if a test passed and nothing failed, with 1 for failures and for errors that belong to no test, and with 2 for a file \
that cannot be trusted, which records nothing.";
