//! What filters mean, and how they are recorded.

use std::collections::BTreeSet;

use fixgate_core::id::ScenarioId;
use fixgate_core::plan::Selection;
use fixgate_core::record::Requested;

use super::Filters;

impl Filters {
    /// What they narrow a run to, as it is recorded.
    pub(crate) fn requested(&self) -> Requested {
        Requested {
            globs: self.globs.iter().map(|glob| glob.as_str().to_owned()).collect(),
            tags: self.tag.clone(),
            defects: self.defect.clone(),
            components: self.component.clone(),
            failed_in: self.failed_in.clone(),
            shard: self.shard,
            ..Requested::default()
        }
    }

    /// The filters that were recorded.
    ///
    /// # Errors
    /// When a glob is none.
    pub(crate) fn of(requested: &Requested) -> Result<Self, String> {
        Ok(Self {
            globs: requested.globs.iter().map(|glob| glob.parse()).collect::<Result<_, String>>()?,
            tag: requested.tags.clone(),
            defect: requested.defects.clone(),
            component: requested.components.clone(),
            failed_in: requested.failed_in.clone(),
            shard: requested.shard,
        })
    }

    /// The selection; `failed_in` is what that run did not pass.
    pub(crate) fn selection(self, failed_in: Option<BTreeSet<ScenarioId>>) -> Selection {
        Selection {
            globs: self.globs,
            tags: self.tag,
            defects: self.defect,
            components: self.component,
            scenarios: failed_in,
            shard: self.shard,
        }
    }
}
