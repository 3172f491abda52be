//! What a user lets run.

use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use super::Product;

/// Whether this machine offers strict isolation, by what the command says. Elsewhere the cases of every product need consent.
fn is_strict() -> bool {
    static STRICT: OnceLock<bool> = OnceLock::new();
    *STRICT.get_or_init(|| {
        let product = Product::new().of_a_stranger();
        product.command(&["trust", "cases"]).output().unwrap().status.success()
    })
}

impl Product {
    /// The product as one that its user has only cloned.
    pub(crate) fn of_a_stranger(self) -> Self {
        Self { is_strangers: true, ..self }
    }

    /// Lets the product's programs write outside of their work directories, where tests wait for them.
    pub(crate) fn unconfined(&self) -> &Self {
        self.edit("fixgate.toml", "[run]\n", "[run]\nisolation = \"process\"\n").own()
    }

    /// Takes the product for the user's own, so that its cases run with the user's rights where they say so.
    pub(crate) fn own(&self) -> &Self {
        self.fixgate(&["trust", "--own"]).exits(0);
        self
    }

    /// Consents to everything that needs it, as it is now.
    pub(crate) fn trusted(&self) -> &Self {
        self.fixgate(&["trust", "--yes", "--quiet"]).exits(0);
        self
    }

    /// Takes the product for the user's own on a machine where the cases of any product need that.
    pub(super) fn consent_where_nothing_is_strict(&self) {
        let is_there = |path: &str| self.path(path).exists();
        if self.is_strangers || !is_there("fixgate.toml") || is_strict() {
            return;
        }
        // A copy of another product brings what is no consent here.
        if !self.is_asked.swap(true, Ordering::Relaxed) || !is_there(".fixgate/own") {
            self.of_program(env!("CARGO_BIN_EXE_fixgate"), &["trust", "--own", "--quiet"]).output().unwrap();
        }
    }
}
