//! What a run is made for, with what only such a run needs.

use fixgate_core::id::ReleaseName;
use fixgate_core::record::{Occasion, Past, ProvedAgain};

use crate::builds::Build;
use crate::prove::OlderProofs;

/// What a run is made for.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of them")]
pub enum Purpose<'r> {
    /// Someone asked for it.
    Request,
    /// It is the full pass of a night.
    Night {
        /// The fixes of earlier releases that are proved again.
        again: OlderProofs<'r>,
    },
    /// It validates the candidate's private fixes on the baseline.
    Validation,
    /// A release is to be signed off by it.
    Signoff {
        /// The release.
        release: ReleaseName,
        /// The build of the release before, on which the new fixes must be red.
        before: Option<Build>,
        /// What is known of earlier sign-offs.
        past: Past,
        /// The fixes of earlier releases that are proved again.
        again: OlderProofs<'r>,
    },
}

impl<'r> Purpose<'r> {
    /// The release that is to be signed off.
    pub(super) fn release(&self) -> Option<&ReleaseName> {
        match self {
            Self::Signoff { release, .. } => Some(release),
            Self::Request | Self::Night { .. } | Self::Validation => None,
        }
    }

    /// The build of the release before it.
    pub(super) fn before(&self) -> Option<&Build> {
        match self {
            Self::Signoff { before, .. } => before.as_ref(),
            Self::Request | Self::Night { .. } | Self::Validation => None,
        }
    }

    /// What is known of earlier sign-offs.
    pub(super) fn past(&self) -> Option<&Past> {
        match self {
            Self::Signoff { past, .. } => Some(past),
            Self::Request | Self::Night { .. } | Self::Validation => None,
        }
    }

    /// The fixes of earlier releases that are proved again.
    pub(super) fn again(&self) -> Option<&OlderProofs<'r>> {
        match self {
            Self::Night { again } | Self::Signoff { again, .. } => Some(again),
            Self::Request | Self::Validation => None,
        }
    }

    /// As the record tells them.
    pub(super) fn proved_again(&self) -> Vec<ProvedAgain> {
        self.again().map(OlderProofs::told).unwrap_or_default()
    }

    /// As the record tells it.
    pub(super) fn occasion(&self) -> Occasion {
        match self {
            Self::Night { .. } => Occasion::Night,
            Self::Request | Self::Validation | Self::Signoff { .. } => Occasion::Request,
        }
    }

    /// What the run's name ends with.
    pub(super) fn label(&self) -> &str {
        match self {
            Self::Request => "run",
            Self::Night { .. } => "night",
            Self::Validation => "validation",
            Self::Signoff { release, .. } => release.as_str(),
        }
    }
}
