//! `[import]`: the suites that are run elsewhere, and whose results a sign-off asks for.

use crate::document::{Decode, Decoder, Key, Node, Value};
use crate::id::SuiteName;
use crate::imported::Producer;

/// A suite that is run elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedSuite {
    /// Its name.
    pub name: SuiteName,
    /// The program that writes its results; those of any other do not count.
    pub producer: Producer,
    /// The least number of tests that must pass; at least one.
    pub min_tests: u64,
}

/// All of `[import]`.
#[derive(Default)]
pub(super) struct Imports(pub(super) Vec<ImportedSuite>);

impl Decode for Imports {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let Value::Table(entries) = &node.value else {
            decoder.mismatch(node, "[import]");
            return None;
        };
        let suite = |(key, node): &(Key<'_>, Node<'_>)| {
            let name = key.name.parse().map_err(|reason: String| decoder.problem(&key.span, reason)).ok();
            let fields = decoder.fields(node, "a suite: { producer, min-tests }")?;
            let (producer, min_tests) = (fields.required("producer"), fields.optional::<u64>("min-tests"));
            fields.finish();
            Some(ImportedSuite { name: name?, producer: producer?, min_tests: min_tests.unwrap_or(1).max(1) })
        };
        Some(Self(entries.iter().filter_map(suite).collect()))
    }
}
