//! Which program wrote a JUnit file, by what only it writes. It decides how reruns are read, and the name that tests are kept under.

use fixgate_core::imported::Producer;

use super::Case;
use crate::xml::Element;

/// What a document has that tells its producer.
#[derive(Debug, Default)]
pub(super) struct Clues {
    root: String,
    root_is_suites: bool,
    is_anonymous: bool,
    suites: Vec<String>,
    numbers_suites: bool,
    found: Vec<Producer>,
}

impl Clues {
    fn is(&mut self, producer: Producer) {
        if !self.found.contains(&producer) {
            self.found.push(producer);
        }
    }

    pub(super) fn root(&mut self, root: &Element) {
        self.root = root.text("name");
        self.root_is_suites = root.name == "testsuites";
        self.is_anonymous = root.get("name") == Some("") && root.get("id") == Some("");
        if self.root_is_suites {
            return;
        }
        self.suite(root);
    }

    pub(super) fn suite(&mut self, suite: &Element) {
        const MOST: usize = 100;
        let name = suite.text("name");
        if suite.get("noNamespaceSchemaLocation").is_some_and(|schema| schema.contains("surefire")) {
            self.is(Producer::Surefire);
        }
        if suite.get("hostname") == Some("tbd") {
            self.is(Producer::Catch2);
        }
        if suite.get("file").is_some_and(|file| file.contains("cypress/") || file.contains(".cy.")) {
            self.is(Producer::Cypress);
        }
        if suite.get("id").is_some() && suite.get("package").is_some() && name.ends_with(".dll") {
            self.is(Producer::Dotnet);
        }
        if suite.get("id").is_some() {
            self.numbers_suites = true;
        }
        if self.suites.len() < MOST {
            self.suites.push(name);
        }
    }

    pub(super) fn property(&mut self, property: &Element) {
        match property.get("name") {
            // Both say it; only the second counts suites.
            Some("go.version") => self.is(Producer::Gotestsum),
            Some("surefire.test.class.path" | "java.specification.version") => self.is(Producer::Surefire),
            Some("random-seed" | "filters") => self.is(Producer::Catch2),
            _ => {}
        }
    }

    pub(super) fn case(&mut self, case: &Element) {
        let (name, class, status) = (case.get("name"), case.get("classname"), case.get("status").unwrap_or_default());
        if case.get("result").is_some() && matches!(status, "run" | "notrun") {
            self.is(Producer::Gtest);
        } else if case.get("duration").is_some() && status == "run" {
            self.is(Producer::Bazel);
        } else if name == class && matches!(status, "run" | "fail" | "notrun" | "disabled") {
            self.is(Producer::Ctest);
        }
        if case.get("assertions").is_some() && case.get("class").is_some() {
            self.is(Producer::Phpunit);
        }
    }

    /// The producer, as far as it can be told.
    pub(super) fn producer(&self, cases: &[Case]) -> Producer {
        let has = |producer| self.found.contains(&producer);
        match self.root.as_str() {
            "pytest tests" => return Producer::Pytest,
            "jest tests" => return Producer::Jest,
            "vitest tests" => return Producer::Vitest,
            "nextest-run" => return Producer::Nextest,
            "Mocha Tests" if !has(Producer::Cypress) => return Producer::Mocha,
            "Mocha Tests" => return Producer::Cypress,
            _ if self.is_anonymous => return Producer::Playwright,
            _ => {}
        }
        match self.suites.first().map(String::as_str) {
            Some("pytest") => return Producer::Pytest,
            Some("nose2-junit") => return Producer::Nose2,
            Some(name) if name == "rspec" || name.starts_with("rspec.") || name.starts_with("rspec1") => return Producer::Rspec,
            _ => {}
        }
        match self.found[..] {
            [Producer::Gotestsum, ..] if self.numbers_suites => return Producer::GoJunitReport,
            [first, ..] => return first,
            [] => {}
        }
        let is_bare = self.root_is_suites && cases.iter().any(|case| case.name.suite.is_empty() && case.name.class == "test");
        if is_bare { Producer::Node } else { Producer::Junit }
    }
}
