//! What can be typed to begin a test product, a record or a case.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};
use fixgate_core::id::{CaseId, DefectId, ReleaseName};

/// `init`
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The product's name
    #[arg(long, default_value = "product", value_parser = super::said)]
    pub(crate) product: String,
    /// The program inside a build
    #[arg(long, default_value = "bin/product")]
    pub(crate) program: Utf8PathBuf,
}

/// `new`
#[derive(Debug, Subcommand)]
pub(crate) enum New {
    /// A defect's record
    Defect {
        /// Its id, such as RG-1757
        id: DefectId,
    },
    /// A case
    Case {
        /// Its path below testcases/, such as regression/rg-1757-parents
        id: CaseId,
        /// The defect that it is paired with
        #[arg(long)]
        defect: Option<DefectId>,
    },
    /// A release's record
    Release {
        /// Its name, such as RU3
        name: ReleaseName,
    },
    /// The templates of release notes, to be changed
    Templates,
}
