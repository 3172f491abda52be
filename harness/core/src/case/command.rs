//! The commands of a case: templates that are read, and held to what the case states of the tree.

use std::collections::BTreeMap;

use super::files::Surroundings;
use super::matrix::Bindings;
use super::template::{Gathered, Template, Templates};
use crate::document::{Key, Node};

impl Surroundings<'_> {
    pub(super) fn run(&self, entries: &[Node]) -> Option<Templates> {
        let run = self.templates(entries, Gathered::add_entry)?;
        if let (true, Some(first)) = (run.is_empty(), entries.first()) {
            self.decoder.problem(&first.span, "`run` names no program where the matrix leaves it empty");
            return None;
        }
        Some(run)
    }

    /// The templates of a command; every bad one is reported.
    pub(super) fn templates(
        &self,
        entries: &[Node],
        add: impl Fn(&mut Gathered, &str, &Bindings<'_>) -> Result<(), String>,
    ) -> Option<Templates> {
        let mut gathered = Gathered::default();
        let mut good = true;
        for node in entries {
            let before = gathered.len();
            let added = self.decoder.text(node, "a string", |text| add(&mut gathered, text, self.bindings));
            good &= added.is_some() && gathered.since(before).all(|template| self.has_stated(&template, node));
        }
        let templates = gathered.finish();
        if let Some(first) = entries.first() {
            self.within(self.budget.take(templates.len()), &first.span)?;
        }
        good.then_some(templates)
    }

    /// Whether the case states every place of the tree that the template names.
    fn has_stated<T: AsRef<str>>(&self, template: &Template<T>, node: &Node) -> bool {
        self.uses.is_none_or(|uses| uses.check(template, node, self.decoder, self.directory))
    }

    pub(super) fn environment(&self, entries: &[(Key, Node)]) -> Option<BTreeMap<String, Template>> {
        let variable = |(key, node): &(Key, Node)| {
            if key.name.is_empty() || key.name.contains(['=', '\0']) {
                self.decoder.problem(&key.span, format!("{:?} is not the name of a variable", key.name));
                return None;
            }
            let value = self.decoder.text(node, "a string", |text| Template::parse(text, self.bindings))?;
            if !self.has_stated(&value, node) {
                return None;
            }
            self.within(self.budget.take(key.name.len() + value.len()), &node.span)?;
            Some((key.name.to_string(), value))
        };
        entries.iter().map(variable).collect()
    }
}
