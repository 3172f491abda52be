//! The arguments of `history`.

use clap::Args;
use fixgate_core::id::Glob;

use super::Format;

/// `history`
#[derive(Debug, Args)]
#[command(after_help = FLAKES)]
pub(crate) struct History {
    /// Only the scenarios with this id, or that this glob matches, each with its verdicts [default: the runs, the flakiest and
    /// the slowest scenarios]
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: Option<Glob>,
    /// Show at most so many lines of each list
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// Make the history again from the records under reports/runs/
    #[arg(long)]
    pub(crate) rebuild: bool,
    /// Text for people, or one JSON object
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

const FLAKES: &str = "A flake is a verdict `flaky`, or one that is not the usual verdict of the same candidate by the same definition \
against the same baseline. The rate is over verdicts that could be compared, each with its 95% confidence interval. Void runs \
are shown and count for nothing; so do the verdicts `skipped` and `error`.";
