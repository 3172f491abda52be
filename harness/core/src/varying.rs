//! Programs that vary: what differs from the baseline says nothing where one of the builds differs from itself.
//!
//! What settles it is a `normalize` that takes out what varies. One is looked for, tried on all outputs at hand, and proposed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::case::{Scenario, StreamExpectation};
use crate::judge::{Finding, judge_step};
use crate::normalize::{NO_PATHS, Normalize, Pattern, normalize, toml};
use crate::observation::Observation;

/// The most rules that are proposed.
const RULES: usize = 8;
/// The most bytes of a line that a rule is made for.
const LINE: usize = 400;
/// The text in place of what varies.
const PLACEHOLDER: &str = "[VARIES]";

/// What varies on one build, and what settles it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Varying {
    /// Items for the case's `normalize` with which all outputs of that build are alike; empty if none were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub normalize: Vec<String>,
    /// Whether the candidate's output is the same as the baseline's then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settled: bool,
    /// Which build differs from itself.
    #[serde(default, skip_serializing_if = "Side::is_baseline")]
    pub on: Side,
}

/// One of two builds that are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The baseline; older records know no other.
    #[default]
    Baseline,
    /// The candidate.
    Candidate,
}

impl Side {
    fn is_baseline(&self) -> bool {
        *self == Side::Baseline
    }

    /// The build in words, with its article.
    pub fn words(self) -> &'static str {
        match self {
            Side::Baseline => "the baseline",
            Side::Candidate => "the candidate",
        }
    }
}

/// What of an output is not as another output of the same scenario.
pub fn unlike(scenario: &Scenario, seen: &Observation, before: &Observation) -> Vec<Finding> {
    let steps = scenario.steps.iter().zip(&seen.steps).enumerate();
    steps.flat_map(|(index, (step, seen))| judge_step(index + 1, step, seen, before.steps.get(index))).collect()
}

impl Varying {
    /// What settles these outputs of one build, and whether it makes the other one like them.
    pub fn of(scenario: &Scenario, on: Side, outputs: &[&Observation], other: &Observation) -> Self {
        let rules = rules(scenario, outputs).unwrap_or_default();
        if rules.is_empty() {
            return Self { normalize: Vec::new(), settled: false, on };
        }
        let compiled: Option<Vec<Normalize>> = rules.iter().map(Rule::compiled).collect();
        let all: Vec<&Observation> = outputs.iter().copied().chain([other]).collect();
        let (Some(compiled), Some((first, rest))) = (compiled, outputs.split_first()) else {
            return Self { normalize: Vec::new(), settled: false, on };
        };
        let alike = |one: &Observation, another: &Observation| {
            normalized(scenario, one, &compiled) == normalized(scenario, another, &compiled)
        };
        if !rest.iter().all(|another| alike(first, another)) {
            return Self { normalize: Vec::new(), settled: false, on };
        }
        let settled = all.iter().all(|another| alike(first, another));
        Self { normalize: rules.iter().map(Rule::to_text).collect(), settled, on }
    }

    /// What to do, in lines.
    pub fn advice(&self, scenario: &Scenario) -> String {
        let path = &scenario.case.place.source.path;
        if self.normalize.is_empty() {
            return format!("no `normalize` was found that takes out what varies: state in {path} what must hold of it\n");
        }
        let then = if self.settled { "then this build is as the baseline" } else { "then this build still differs" };
        let rules: String = self.normalize.iter().map(|rule| format!("  {rule},\n")).collect();
        format!("to take out what varies, add to `normalize` in {path}; {then}:\n{rules}")
    }
}

/// The streams that are compared, of all steps, in order: those that the case compares with the baseline, or else all of them, which
/// are what a failure is known by.
fn streams<'o>(scenario: &Scenario, seen: &'o Observation) -> Vec<&'o [u8]> {
    let all = !scenario.needs_baseline();
    let is_compared = |stated: &[StreamExpectation]| all || stated.iter().any(|one| matches!(one, StreamExpectation::Baseline));
    let steps = scenario.steps.iter().zip(&seen.steps);
    let of_step = steps.flat_map(|(step, seen)| {
        [(is_compared(&step.expect.stdout), &seen.stdout), (is_compared(&step.expect.stderr), &seen.stderr)]
    });
    of_step.filter(|(compared, _)| *compared).map(|(_, stream)| &**stream).collect()
}

/// The compared streams and the endings after these rules; nothing if the rules cannot be applied.
fn normalized(scenario: &Scenario, seen: &Observation, rules: &[Normalize]) -> Option<(Vec<Vec<u8>>, Vec<String>)> {
    let streams =
        streams(scenario, seen).into_iter().map(|stream| normalize(stream, rules, &NO_PATHS).ok().map(|text| text.into_owned()));
    Some((streams.collect::<Option<_>>()?, seen.steps.iter().map(|step| step.ending.to_string()).collect()))
}

/// One item of `normalize`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    SortLines,
    Replace { regex: String, with: String },
}

impl Rule {
    fn compiled(&self) -> Option<Normalize> {
        Some(match self {
            Rule::SortLines => Normalize::SortLines,
            Rule::Replace { regex, with } => Normalize::Replace { regex: Pattern::new(regex).ok()?, with: with.clone() },
        })
    }

    fn to_text(&self) -> String {
        match self {
            Rule::SortLines => "\"sort-lines\"".to_owned(),
            Rule::Replace { regex, with } => format!("{{ regex = {}, with = {} }}", toml(regex), toml(with)),
        }
    }
}

/// Rules that could make these outputs alike; nothing if there are none of this kind.
fn rules(scenario: &Scenario, outputs: &[&Observation]) -> Option<Vec<Rule>> {
    let streams: Vec<Vec<&[u8]>> = outputs.iter().map(|output| streams(scenario, output)).collect();
    let count = streams.first()?.len();
    if streams.iter().any(|streams| streams.len() != count) {
        return None;
    }
    let mut rules = BTreeSet::new();
    for index in 0..count {
        let variants: Vec<&str> =
            streams.iter().map(|streams| std::str::from_utf8(streams[index]).ok()).collect::<Option<_>>()?;
        rules.extend(of_stream(&variants)?);
    }
    (rules.len() <= RULES).then(|| rules.into_iter().collect())
}

fn of_stream(variants: &[&str]) -> Option<Vec<Rule>> {
    let is_same = |of: &dyn Fn(&str) -> Vec<String>| variants.windows(2).all(|pair| of(pair[0]) == of(pair[1]));
    let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
    let sorted = |text: &str| {
        let mut lines = lines(text);
        lines.sort();
        lines
    };
    if is_same(&lines) {
        return Some(Vec::new());
    }
    if is_same(&sorted) {
        return Some(vec![Rule::SortLines]);
    }
    let lines: Vec<Vec<&str>> = variants.iter().map(|text| text.lines().collect()).collect();
    let count = lines.first()?.len();
    if lines.iter().any(|lines| lines.len() != count) {
        return None;
    }
    let varying = (0..count).map(|index| lines.iter().map(|lines| lines[index]).collect::<Vec<_>>());
    varying.filter(|variants| variants.windows(2).any(|pair| pair[0] != pair[1])).map(|variants| of_line(&variants)).collect()
}

/// A rule for one line: the words that vary by what they consist of, or else all between what stays at both ends.
fn of_line(variants: &[&str]) -> Option<Rule> {
    if variants.iter().any(|line| line.len() > LINE) {
        return None;
    }
    by_words(variants).or_else(|| between_ends(variants))
}

fn by_words(variants: &[&str]) -> Option<Rule> {
    let words: Vec<Vec<&str>> = variants.iter().map(|line| words(line)).collect();
    let first = words.first()?;
    if words.iter().any(|words| words.len() != first.len()) {
        return None;
    }
    let class = |index: usize| {
        let is_all = |of: &dyn Fn(&u8) -> bool| words.iter().all(|words| words[index].bytes().all(|byte| of(&byte)));
        let is_word = is_all(&|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        match (is_all(&u8::is_ascii_digit), is_all(&|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), is_word) {
            (true, ..) => Some("[0-9]+"),
            (false, true, _) => Some("[0-9a-f]+"),
            (false, false, true) => Some("[0-9A-Za-z_]+"),
            (false, false, false) => None,
        }
    };
    let varies = |index: usize| words.iter().any(|words| words[index] != first[index]);
    let mut chosen: BTreeSet<usize> = (0..first.len()).filter(|index| varies(*index)).collect();
    // What one part of a time or a version does now, the parts before it do later.
    for index in (2..first.len()).rev() {
        let is_joined = matches!(first[index - 1], ":" | "." | "-");
        let is_number = |index: usize| class(index) == Some("[0-9]+");
        if chosen.contains(&index) && is_joined && is_number(index) && is_number(index - 2) {
            chosen.insert(index - 2);
        }
    }
    let (mut regex, mut with) = ("(?m)^".to_owned(), String::new());
    for (index, word) in first.iter().enumerate() {
        if chosen.contains(&index) {
            regex.push_str(class(index)?);
            with.push_str(PLACEHOLDER);
        } else {
            regex.push_str(&regex::escape(word));
            with.push_str(&word.replace('$', "$$"));
        }
    }
    Some(Rule::Replace { regex: regex + "$", with })
}

fn between_ends(variants: &[&str]) -> Option<Rule> {
    let first = variants.first()?;
    let shared = |one: &str, other: &str| {
        one.char_indices()
            .zip(other.chars())
            .find(|((_, one), other)| one != other)
            .map_or(one.len().min(other.len()), |((at, _), _)| at)
    };
    let start = variants.iter().map(|line| shared(first, line)).min()?;
    let tails: Vec<String> = variants.iter().map(|line| line[start..].chars().rev().collect()).collect();
    let end = tails.iter().map(|tail| shared(&tails[0], tail)).min()?;
    let (before, after) = (&first[..start], &first[first.len() - end..]);
    if before.is_empty() && after.is_empty() {
        return None;
    }
    let text = |part: &str| part.replace('$', "$$");
    let regex = format!("(?m)^{}.*{}$", regex::escape(before), regex::escape(after));
    Some(Rule::Replace { regex, with: format!("{}{PLACEHOLDER}{}", text(before), text(after)) })
}

/// Runs of letters, digits and underscores, and what is between them character by character.
fn words(line: &str) -> Vec<&str> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut words = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end = if is_word(first) { rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()) } else { first.len_utf8() };
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where the code under test may not")]

    use super::*;

    fn proposed(variants: &[&str]) -> Vec<String> {
        let rules = of_stream(variants).unwrap_or_default();
        let compiled: Vec<Normalize> = rules.iter().map(|rule| rule.compiled().unwrap()).collect();
        let after = |text: &str| normalize(text.as_bytes(), &compiled, &NO_PATHS).unwrap().into_owned();
        for variant in variants {
            let once = after(variant);
            assert!(rules.is_empty() || once == after(variants[0]), "{variant:?}");
            assert_eq!(once, after(std::str::from_utf8(&once).unwrap()), "it is the same when applied twice");
        }
        rules.iter().map(Rule::to_text).collect()
    }

    #[test]
    fn what_varies_is_told_by_what_it_consists_of() {
        assert_eq!(proposed(&["17\n", "4\n", "921\n"]), ["{ regex = '(?m)^[0-9]+$', with = '[VARIES]' }"]);
        assert_eq!(
            proposed(&["took 12 ms for $5\n", "took 7 ms for $5\n"]),
            [r"{ regex = '(?m)^took [0-9]+ ms for \$5$', with = 'took [VARIES] ms for $$5' }"]
        );
        assert_eq!(proposed(&["at 0x7fa0\n", "at 0x5be2\n"]), ["{ regex = '(?m)^at [0-9A-Za-z_]+$', with = 'at [VARIES]' }"]);
        assert_eq!(proposed(&["b\na\n", "a\nb\n"]), ["\"sort-lines\""]);
    }

    #[test]
    fn all_parts_of_a_time_vary_though_one_did() {
        let with = r"{ regex = '(?m)^at [0-9]+:[0-9]+:[0-9]+ UTC$', with = 'at [VARIES]:[VARIES]:[VARIES] UTC' }";
        assert_eq!(proposed(&["at 12:03:44 UTC\n", "at 12:03:45 UTC\n"]), [with]);
    }

    #[test]
    fn where_words_do_not_line_up_the_ends_of_the_line_are_kept() {
        assert_eq!(proposed(&["key a+b/c==\n", "key dd==\n"]), ["{ regex = '(?m)^key .*==$', with = 'key [VARIES]==' }"]);
        assert_eq!(proposed(&["it's 1+1\n", "it's 4\n"]), [r#"{ regex = "(?m)^it's .*$", with = "it's [VARIES]" }"#]);
    }

    #[test]
    fn nothing_is_proposed_for_other_numbers_of_lines_or_for_lines_with_nothing_in_common() {
        assert_eq!(proposed(&["a\n", "a\nb\n"]), [""; 0]);
        assert_eq!(proposed(&["+-\n", "*/x\n"]), [""; 0]);
    }
}
