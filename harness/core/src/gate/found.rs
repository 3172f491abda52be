//! What one criterion found, while it is being decided.

use std::collections::BTreeSet;

use super::finding::{Acceptance, Fact, Finding};
use crate::waiver::Waiver;

/// What a criterion found: what counts against it, and what people accept, with the terms on which they do.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) open: Vec<Fact>,
    pub(super) accepted: Vec<(Fact, Acceptance)>,
    /// Who accepts it, why and until when; each once.
    pub(super) terms: BTreeSet<String>,
}

impl Found {
    /// What no person has accepted.
    pub(super) fn open(facts: impl IntoIterator<Item = Fact>) -> Self {
        Self { open: facts.into_iter().collect(), ..Self::default() }
    }

    /// Adds a fact, which the waiver accepts if there is one.
    pub(super) fn add(&mut self, fact: Fact, waiver: Option<&Waiver>) {
        match waiver {
            None => self.open.push(fact),
            Some(waiver) => self.accept(fact, Acceptance::of(waiver), waiver.terms()),
        }
    }

    /// Adds a fact that a person accepts on these terms.
    pub(super) fn accept(&mut self, fact: Fact, acceptance: Acceptance, terms: String) {
        self.accepted.push((fact, acceptance));
        self.terms.insert(terms);
    }

    /// All findings, what is accepted last, and the terms.
    pub(super) fn into_findings(self) -> (Vec<Finding>, BTreeSet<String>) {
        let open = self.open.into_iter().map(|fact| Finding { fact, accepted: None });
        let accepted = self.accepted.into_iter().map(|(fact, by)| Finding { fact, accepted: Some(by) });
        (open.chain(accepted).collect(), self.terms)
    }
}
