//! Annotations for a job of GitHub Actions: workflow commands, as many as it shows.
//!
//! A step shows ten annotations of each type, and drops the rest without a word: so the last one counts what is left out. What is data in a
//! command is escaped as the runner reads it back, so that no output ends its line or begins a command of its own.

use super::page::Source;
use super::page::outcome::came;
use super::text::{class_of, headline};
use crate::cause::Causes;
use crate::id::ScenarioId;
use crate::residual::{Class, Cluster, clusters};
use crate::verdict::Verdict;
use crate::visible::{head, visible_line, visible_text, without_middle};
use crate::words::counted;

/// The most annotations of one type that a step shows.
const MOST: usize = 10;
/// The most bytes of a title, and of a message, of which a runner takes 64 KiB.
const TITLE: usize = 200;
const MESSAGE: usize = 4 << 10;

/// The commands, a line for each: what holds as errors, what is only to be known of as warnings, the decision as a notice if all is well.
pub fn annotations(source: &Source<'_>) -> String {
    let clusters = clusters(&source.record.header, &source.analysis.residuals);
    let is_open = |cluster: &&Cluster| is_open(cluster);
    let causes = Causes::of(&source.analysis.residuals);
    let (word, tone, why) = came(source, causes.failing);
    let mut errors = Vec::new();
    let kind = if tone == "ship" { "notice" } else { "error" };
    let decision = command(kind, &[], &word, &why);
    if tone != "ship" {
        errors.push(decision.clone());
    }
    errors.extend(clusters.iter().filter(is_open).map(|cluster| annotation("error", source, cluster)));
    let warnings: Vec<String> = clusters
        .iter()
        .filter(|cluster| !is_open(cluster) && cluster.class != Some(Class::Known))
        .map(|cluster| annotation("warning", source, cluster))
        .collect();
    let run = &source.record.header.run;
    let mut text = some_of("error", errors, &format!("fixgate report {run} --format markdown"));
    text.push_str(&some_of("warning", warnings, &format!("fixgate report {run} --format markdown")));
    if tone == "ship" {
        text.push_str(&decision);
    }
    text
}

/// Whether a cluster needs a reader.
fn is_open(cluster: &Cluster) -> bool {
    let waived = cluster.waived == cluster.scenarios.len() as u64;
    match cluster.class {
        Some(Class::Known) => false,
        Some(class) if class.is_unaccounted() => !waived,
        Some(_) | None => !waived && (cluster.verdict.is_failure() || cluster.verdict == Verdict::Error),
    }
}

/// As many as are shown, the last of which counts the rest.
fn some_of(kind: &str, mut lines: Vec<String>, shown_by: &str) -> String {
    if lines.len() > MOST {
        let more = lines.split_off(MOST - 1).len();
        lines.push(command(
            kind,
            &[],
            &format!("{} not shown here", counted(more, "more finding")),
            &format!("all of them: {shown_by}"),
        ));
    }
    lines.concat()
}

fn annotation(kind: &str, source: &Source<'_>, cluster: &Cluster) -> String {
    let place = cluster.scenarios.first().map(|first| place(source, first)).unwrap_or_default();
    let first = cluster.scenarios.first().map(ToString::to_string).unwrap_or_default();
    let message = format!("{first}\n{}\nagain: {}", cluster.detail.trim_end(), cluster.rerun);
    let title = if class_of(cluster).is_empty() { cluster.reason.clone() } else { headline(cluster) };
    command(kind, &place, &title, &message)
}

/// Where a scenario is stated.
fn place(source: &Source<'_>, id: &ScenarioId) -> Vec<(&'static str, String)> {
    let scenario = source.ledger.scenarios.iter().find(|scenario| scenario.id == *id);
    scenario
        .map(|scenario| vec![("file", scenario.place.source.path.to_string()), ("line", scenario.line.to_string())])
        .unwrap_or_default()
}

/// One workflow command.
fn command(kind: &str, place: &[(&str, String)], title: &str, message: &str) -> String {
    let title = head(visible_line(title), TITLE);
    let place = place.iter().map(|(name, value)| (*name, value.as_str()));
    let properties: Vec<String> = place
        .chain([("title", title.as_str())])
        .map(|(name, value)| format!("{name}={}", property(&visible_line(value))))
        .collect();
    let message = without_middle(visible_text(message).into_owned(), MESSAGE);
    format!("::{kind} {}::{}\n", properties.join(","), data(&message))
}

/// Text as the data of a command: the runner reads `%25`, `%0D` and `%0A` back.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text as a property of a command, which a comma or a colon would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
