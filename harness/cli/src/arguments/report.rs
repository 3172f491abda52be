//! The arguments of `report`.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use fixgate_core::id::RunName;

/// `report`
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The run
    pub(crate) run: RunName,
    /// Which report
    #[arg(long, required_unless_present_any = ["junit_split", "junit_plain"])]
    pub(crate) format: Option<ReportFormat>,
    /// With `--format github`: also append the Markdown to this file, such as "$GITHUB_STEP_SUMMARY"
    #[arg(long, value_name = "FILE", requires = "format")]
    pub(crate) step_summary: Option<Utf8PathBuf>,
    /// Instead write JUnit XML into this directory: files TEST-SUITE.xml of 5 MB and 5,000 cases at most, which any reader takes
    #[arg(long, value_name = "DIR", conflicts_with = "format")]
    pub(crate) junit_split: Option<Utf8PathBuf>,
    /// Instead write such files in the plain form that the schemas of Jenkins' xUnit plugin and of Maven Surefire allow
    #[arg(long, value_name = "DIR", conflicts_with_all = ["format", "junit_split"])]
    pub(crate) junit_plain: Option<Utf8PathBuf>,
}

/// The kinds of report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// JUnit XML.
    Junit,
    /// One HTML file that needs no other.
    Html,
    /// Markdown.
    Markdown,
    /// One JSON object.
    Json,
    /// The Test Anything Protocol.
    Tap,
    /// The Common Test Report Format.
    Ctrf,
    /// Annotations for a job of GitHub Actions.
    Github,
}
