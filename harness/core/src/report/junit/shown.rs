//! Cases that readers would take for one.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use rayon::prelude::*;

use super::{Cases, Document, RenderError};
use crate::visible::visible_line;

/// What tells a case from all others: 128 bits do not collide by chance, and the keys are secret.
pub(super) type Hashes = [u64; 2];

/// Every case that is shown, by the hashes of what readers tell it by, after cleaning.
pub(super) struct Shown {
    keys: [RandomState; 2],
    hashes: Vec<Hashes>,
}

impl Shown {
    /// None so far, with room for as many as there will be.
    pub(super) fn new(cases: usize) -> Self {
        Self { keys: Default::default(), hashes: Vec::with_capacity(cases) }
    }

    pub(super) fn hashes(&self, classname: &str, name: &str) -> Hashes {
        self.keys.each_ref().map(|key| key.hash_one((classname, name)))
    }

    pub(super) fn add(&mut self, hashes: Vec<Hashes>) {
        self.hashes.extend(hashes);
    }

    /// Whether each is shown once; the document is theirs.
    pub(super) fn each_once<C: Cases>(mut self, document: &Document<C>) -> Result<(), RenderError> {
        self.hashes.par_sort_unstable();
        if self.hashes.windows(2).any(|two| two[0] == two[1]) { Err(self.twin(document)) } else { Ok(()) }
    }

    /// The first that looks like one before it.
    fn twin<C: Cases>(&self, document: &Document<C>) -> RenderError {
        let mut before = HashSet::new();
        let cases = document.suites.iter().flat_map(|suite| (0..suite.cases.count()).map(|index| suite.cases.case(index)));
        let mut names = cases.map(|case| (visible_line(&case.classname), visible_line(&case.name)));
        let twin = names.find(|(classname, name)| !before.insert(self.hashes(classname, name)));
        let (classname, name) = twin.unwrap_or_default();
        RenderError::DuplicateCase { classname, name }
    }
}
