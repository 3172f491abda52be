//! Less than strict isolation, for what would else run without any: what a system before Linux 6.12 keeps a process from.
//!
//! Its files are those that it is allowed, though an old system lets it cut any that its user may write, and the other rules on
//! system calls hold. It can still signal other processes of its user.

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr,
    RulesetError,
};

use super::lists::{paths, rules};
use super::{Allowed, FILES, NotConfined, enter_shared, not_available};

/// Whether this system knows at least this.
pub(crate) fn is_partly_offered() -> bool {
    base().is_ok()
}

impl Allowed {
    /// Confines this process, and so all that it starts, as far as an older system goes. Nothing that it hides stays hidden.
    ///
    /// # Errors
    /// When the system does not offer even that.
    pub(crate) fn enter_partly(&self) -> Result<(), NotConfined> {
        enter_shared(self, || self.files())
    }

    fn files(&self) -> Result<RulesetCreated, NotConfined> {
        let mut ruleset = base().map_err(not_available)?.set_compatibility(CompatLevel::BestEffort);
        let read = rules(paths(&self.read), AccessFs::from_read(FILES));
        let written = rules(paths(&self.write), AccessFs::from_all(FILES));
        for opened in read.chain(written) {
            let (path, access) = opened.map_err(not_available)?;
            ruleset = ruleset.add_rule(PathBeneath::new(path, access)).map_err(not_available)?;
        }
        Ok(ruleset)
    }
}

/// Rules that allow nothing yet: what the second version of Landlock rules on, and of what later ones do as much as there is. The
/// first lets no file be moved from one directory to another, without which few recipes can do.
fn base() -> Result<RulesetCreated, RulesetError> {
    let ruleset =
        Ruleset::default().set_compatibility(CompatLevel::HardRequirement).handle_access(AccessFs::from_all(ABI::V2))?;
    ruleset.set_compatibility(CompatLevel::BestEffort).handle_access(AccessFs::from_all(FILES))?.create()
}
