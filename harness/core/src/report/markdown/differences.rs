//! What is left over, by cause: every kind of difference once, as long as there is room.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::room::shortened;
use super::{block, cell, code};
use crate::case::Scenario;
use crate::cause::{Cause, Causes};
use crate::id::{Digest, ScenarioId};
use crate::report::causes::shared;
use crate::report::text::{class_of, headline};
use crate::residual::{Class, Cluster};
use crate::visible::inert_text;
use crate::words::{counted, counted_as, thousands};

/// The most scenarios that a difference lists, and one of several.
const LISTED: usize = 20;
const LISTED_OF_SEVERAL: usize = 3;
/// The most kinds of difference of a group that are shown.
const KINDS: usize = 5;
/// The most bytes of a difference.
const DETAIL: usize = 2_500;
/// Room for the line that says what was left out of a cause, and of the section.
const NOTE: usize = 250;

/// Clusters that show the same: a difference can be new in one scenario and regressed in another.
struct Group<'c> {
    clusters: Vec<&'c Cluster>,
}

/// One way in which scenarios differ.
struct Kind<'c> {
    reason: &'c str,
    detail: &'c str,
    scenarios: Vec<&'c ScenarioId>,
}

/// The groups that one cause tells of; those that none does come after all others.
struct Part<'c> {
    cause: Option<&'c Cause>,
    groups: Vec<Group<'c>>,
}

/// The section, in at most `room` bytes.
pub(super) fn section<'s>(
    clusters: &[Cluster],
    causes: &Causes,
    scenarios: impl Iterator<Item = &'s Scenario>,
    room: usize,
) -> String {
    if clusters.is_empty() {
        return "## Residuals\n\nNone: every scenario is as it should be.\n\n".to_owned();
    }
    let mut page = "## Residuals\n\n".to_owned();
    let (accounted, open): (Vec<&Cluster>, Vec<&Cluster>) = clusters.iter().partition(|cluster| is_accounted(cluster));
    let known = accounted_for(&accounted, room / 4);
    let parts = parts(&open, causes, scenarios);
    for (part, left) in parts.iter().zip((1..=parts.len()).rev()) {
        let share = room.saturating_sub(page.len() + known.len() + NOTE) / left;
        page.push_str(&written(part, causes, share));
    }
    page.push_str(&known);
    if page.len() <= room {
        return page;
    }
    // Names alone can take it all.
    format!("## Residuals\n\n{}; signoff.html and the JSON report have them all.\n\n", counted(clusters.len(), "group"))
}

fn is_accounted(cluster: &Cluster) -> bool {
    matches!(cluster.class, Some(Class::Same | Class::Fixed | Class::Explained | Class::Known))
}

fn parts<'c, 's>(open: &[&'c Cluster], causes: &'c Causes, scenarios: impl Iterator<Item = &'s Scenario>) -> Vec<Part<'c>> {
    let firsts: HashMap<&ScenarioId, ()> = open.iter().filter_map(|cluster| Some((cluster.scenarios.first()?, ()))).collect();
    let found = scenarios.filter(|scenario| !causes.causes.is_empty() && firsts.contains_key(&scenario.id));
    let found: HashMap<&ScenarioId, &Scenario> = found.map(|scenario| (&scenario.id, scenario)).collect();
    let mut parts: Vec<Part<'c>> = causes.causes.iter().map(|cause| Part { cause: Some(cause), groups: Vec::new() }).collect();
    parts.push(Part { cause: None, groups: Vec::new() });
    let mut places: HashMap<(usize, Digest), usize> = HashMap::new();
    for cluster in open {
        let scenario = cluster.scenarios.first().and_then(|first| found.get(first));
        let is_of = |cause: &Cause| scenario.is_some_and(|scenario| cause.is_of(scenario));
        let place = causes.causes.iter().position(is_of).unwrap_or(causes.causes.len());
        let groups = &mut parts[place].groups;
        let known = cluster.signature.and_then(|signature| places.get(&(place, signature)).copied());
        if let Some(known) = known {
            groups[known].clusters.push(cluster);
        } else {
            if let Some(signature) = cluster.signature {
                places.insert((place, signature), groups.len());
            }
            groups.push(Group { clusters: vec![cluster] });
        }
    }
    parts.retain(|part| !part.groups.is_empty());
    parts
}

/// A cause with as many of its groups as there is room for: of each the first kind, before more of any.
fn written(part: &Part<'_>, causes: &Causes, room: usize) -> String {
    let mut text = match part.cause {
        Some(cause) => {
            let all = if cause.failing == cause.of { "all".to_owned() } else { thousands(cause.failing) };
            format!(
                "### {}: {all} of {}\n\n",
                shared(cause, code),
                counted_as(cause.of, "scenario that has it", "scenarios that have it")
            )
        }
        None if causes.causes.is_empty() => String::new(),
        None => "### What shares nothing that others lack\n\n".to_owned(),
    };
    let level = if part.cause.is_none() && causes.causes.is_empty() { "###" } else { "####" };
    let mut left_out: Vec<&Group<'_>> = Vec::new();
    for group in &part.groups {
        let fits =
            [KINDS, 1].into_iter().map(|kinds| group.written(level, kinds)).find(|block| text.len() + block.len() + NOTE <= room);
        match fits {
            Some(block) => text.push_str(&block),
            None => left_out.push(group),
        }
    }
    if !left_out.is_empty() {
        let scenarios: usize = left_out.iter().map(|group| group.count()).sum();
        let groups = counted(left_out.len(), "more group");
        let _ = writeln!(
            text,
            "… and {groups} of {}; signoff.html and the JSON report have them all.\n",
            counted(scenarios, "scenario")
        );
    }
    text
}

impl<'c> Group<'c> {
    fn count(&self) -> usize {
        self.clusters.iter().map(|cluster| cluster.scenarios.len()).sum()
    }

    /// How many of which class, and what the first showed.
    fn headline(&self) -> String {
        match &*self.clusters {
            [one] => headline(one),
            [] => String::new(),
            [first, ..] => {
                let each =
                    self.clusters.iter().map(|cluster| format!("{} {}", thousands(cluster.scenarios.len()), class_of(cluster)));
                let each = each.collect::<Vec<_>>().join(", ");
                format!("{}, {each}: {}", counted(self.count(), "scenario"), first.reason)
            }
        }
    }

    fn kinds(&self) -> (Vec<Kind<'c>>, u64) {
        let mut kinds: Vec<Kind<'c>> = Vec::new();
        let mut places: HashMap<(&str, &str), usize> = HashMap::new();
        let mut add = |reason: &'c str, detail: &'c str, scenarios: Vec<&'c ScenarioId>| {
            let place = *places.entry((reason, detail)).or_insert_with(|| {
                kinds.push(Kind { reason, detail, scenarios: Vec::new() });
                kinds.len() - 1
            });
            kinds[place].scenarios.extend(scenarios);
        };
        for cluster in &self.clusters {
            if cluster.differences.is_empty() {
                add(&cluster.reason, &cluster.detail, cluster.scenarios.iter().collect());
            }
            for difference in &cluster.differences {
                add(&difference.reason, &difference.detail, difference.scenarios.iter().map(|seen| &seen.scenario).collect());
            }
        }
        (kinds, self.clusters.iter().map(|cluster| cluster.differences_left_out).sum())
    }

    fn written(&self, level: &str, most: usize) -> String {
        let (kinds, beyond) = self.kinds();
        let mut text = format!("{level} {}\n\n", cell(&self.headline()));
        if kinds.len() > 1 {
            let _ = writeln!(text, "{}:\n", counted_as(kinds.len(), "kind of difference", "kinds of difference"));
        }
        let reason = self.clusters.first().map_or("", |cluster| &cluster.reason);
        for kind in kinds.iter().take(most) {
            if kind.reason != reason {
                let _ = writeln!(text, "{}:\n", cell(kind.reason));
            }
            list(&mut text, &kind.scenarios, if kinds.len() == 1 { LISTED } else { LISTED_OF_SEVERAL });
            if !kind.detail.is_empty() {
                text.push_str(&block(&shortened(&inert_text(kind.detail.to_owned()), DETAIL)));
            }
        }
        let more: usize = kinds.iter().skip(most).map(|kind| kind.scenarios.len()).sum::<usize>() + beyond as usize;
        if more > 0 {
            let _ = writeln!(
                text,
                "… and {} with other differences; the JSON report and the JUnit report have them.\n",
                counted(more, "scenario")
            );
        }
        if let Some(cluster) = self.clusters.first() {
            let signature = cluster.signature.map(|signature| format!("signature `{signature}`; "));
            let _ = writeln!(text, "{}again: {}\n", signature.unwrap_or_default(), code(&cluster.rerun));
        }
        text
    }
}

fn list(text: &mut String, scenarios: &[&ScenarioId], most: usize) {
    scenarios.iter().take(most).for_each(|scenario| text.push_str(&format!("- {}\n", code(scenario.as_str()))));
    if scenarios.len() > most {
        text.push_str(&format!("- … and {} more\n", thousands(scenarios.len() - most)));
    }
    text.push('\n');
}

/// What needs no repair, in a line each.
fn accounted_for(clusters: &[&Cluster], room: usize) -> String {
    if clusters.is_empty() {
        return String::new();
    }
    let mut text = "### Accounted for\n\n".to_owned();
    for (index, cluster) in clusters.iter().enumerate() {
        let first = cluster.scenarios.first().map(|first| code(first.as_str())).unwrap_or_default();
        let line = format!("- {}; the first is {first}\n", cell(&headline(cluster)));
        if text.len() + line.len() + NOTE > room {
            text.push_str(&format!("- … and {}\n", counted(clusters.len() - index, "more group")));
            break;
        }
        text.push_str(&line);
    }
    text + "\n"
}
