//! The arguments of `import`.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};
use fixgate_core::defect::Severity;
use fixgate_core::id::{Component, ReleaseName};
use fixgate_core::imported::Producer;
use fixgate_core::problem::by_word;

use fixgate_import::Columns;

use super::Format;

/// `import`
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Record the test results of other programs as a run: JUnit XML, TAP, CTRF, TRX, go test -json
    Junit(ImportResults),
    /// Record the open issues of a tracker as defects, and tell where the two disagree
    Defects(ImportDefects),
}

/// `import defects`
#[derive(Debug, Args)]
#[command(after_help = TRACKERS)]
pub(crate) struct ImportDefects {
    /// The export
    pub(crate) file: Utf8PathBuf,
    /// What ids begin with, before the tracker's number or key
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) prefix: String,
    /// The columns of a table that is none of a known tracker, such as key=Nr,title=Subject,state=Status
    #[arg(long, value_name = "NAME=COLUMN,…")]
    pub(crate) columns: Option<Columns>,
    /// The severity where the tracker states none
    #[arg(long, value_name = "SEVERITY", default_value = "major", value_parser = severity)]
    pub(crate) severity: Severity,
    /// The component where the tracker states none
    #[arg(long, value_name = "NAME", default_value = "unsorted")]
    pub(crate) component: Component,
    /// Write the records; without it they are shown as a diff, and nothing is written
    #[arg(long)]
    pub(crate) yes: bool,
}

fn severity(word: &str) -> Result<Severity, String> {
    by_word(word, |words| format!("a severity is {words}"))
}

const TRACKERS: &str = "Exports: gh issue list --json number,title,state,stateReason,url,createdAt; issues as GitHub's, GitLab's, Jira's and \
Bugzilla's interfaces give them as JSON; CSV of GitLab, Jira and Bugzilla, and of others by --columns with the names key, title, state, \
resolution, reported, source, severity and component. An issue is a defect's if it has that one's address or its id. Records that are there \
are left as they are.";

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
