//! The builds whose programs workers start, and whether they were touched meanwhile.

use std::sync::OnceLock;

use fixgate_core::record::FoundBuild;

use crate::builds::Build;
use crate::fault::Fault;
use crate::process::StartError;

/// What to do where nothing can be concluded.
const HELP: &str = "run again with builds that no process is writing to";

/// The builds whose programs are run.
#[derive(Debug)]
pub struct BuildsInUse {
    builds: Vec<Build>,
    /// What a worker said of the first that it found exchanged.
    exchanged: OnceLock<String>,
}

impl BuildsInUse {
    pub(super) fn of(builds: &[&Build]) -> Self {
        Self { builds: builds.iter().copied().cloned().collect(), exchanged: OnceLock::new() }
    }

    /// Notes that a worker found one exchanged.
    pub(super) fn note_exchange(&self, error: &StartError) {
        self.exchanged.get_or_init(|| error.to_string());
    }

    /// How they were found before anything was run.
    pub(crate) fn found(&self) -> Vec<FoundBuild> {
        self.builds.iter().map(Build::found).collect()
    }

    /// How they are found now; none of them, where a worker found one exchanged.
    pub(crate) fn found_now(&self) -> Result<Vec<FoundBuild>, Fault> {
        match self.exchanged.get() {
            Some(_) => Ok(Vec::new()),
            None => self.builds.iter().map(Build::found_now).collect(),
        }
    }

    /// Holds if none was touched since it was found, not even for a while.
    ///
    /// # Errors
    /// The build that may have been another.
    pub fn check(&self) -> Result<(), Fault> {
        if let Some(reason) = self.exchanged.get() {
            return Err(Fault::harness(reason.clone()).help(HELP));
        }
        for build in &self.builds {
            let found = build.found();
            if build.found_now()? != found {
                let message = format!("the build `{}` was touched while it was in use, and may have been another", found.build);
                return Err(Fault::harness(message).help(HELP));
            }
        }
        Ok(())
    }
}
