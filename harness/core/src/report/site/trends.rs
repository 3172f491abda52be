//! How numbers went over sign-offs and nights, as small pictures beside their numbers.

use serde::Serialize;

use super::Source;
use crate::gate::Signoff;
use crate::residual::{Class, Cluster};
use crate::rollup::nights::NightDocument;
use crate::verdict::Verdict;
use crate::words::thousands;

/// The most bars of a picture, the latest.
const BARS: usize = 60;
/// The width and height of a picture, and the height of its bars, in its own units.
const WIDTH: f64 = 600.0;
const HIGH: f64 = 84.0;

/// One number over time.
#[derive(Debug, Serialize)]
pub(super) struct Trend {
    title: &'static str,
    tone: &'static str,
    bars: Vec<Bar>,
    /// How many earlier ones are not shown.
    more: usize,
    /// All in words, for those who see no picture.
    told: String,
}

/// One bar.
#[derive(Debug, Serialize)]
struct Bar {
    label: String,
    value: String,
    x: String,
    middle: String,
    y: String,
    width: String,
    height: String,
    /// Whether there is room for its label and its number.
    is_told: bool,
}

/// Everything that is told of over time: of sign-offs, then of nights.
pub(super) fn all(source: &Source<'_>) -> Vec<(&'static str, Vec<Trend>)> {
    let groups = [("Sign-offs", signoffs(source)), ("Nights", nights(source))];
    groups.into_iter().filter(|(_, trends)| !trends.is_empty()).collect()
}

/// The two that matter most.
pub(super) fn first(source: &Source<'_>) -> Vec<Trend> {
    signoffs(source).into_iter().take(2).collect()
}

fn signoffs(source: &Source<'_>) -> Vec<Trend> {
    let known: Vec<&Signoff> = source.signoffs.iter().filter(|signoff| signoff.void.is_none()).collect();
    let of = |title, tone, value: fn(&Signoff) -> f64| {
        trend(title, tone, known.iter().map(|signoff| (signoff.release.to_string(), value(signoff))).collect())
    };
    let trends = [
        of("Scenarios to look at", "bad", |signoff| open(&signoff.residuals) as f64),
        of("Scenarios planned", "plain", |signoff| signoff.planned as f64),
        of("Known failures", "known", |signoff| signoff.classes.get(Class::Known) as f64),
        of("Explained differences", "good", |signoff| signoff.classes.get(Class::Explained) as f64),
        of("Scenarios fixed", "good", |signoff| signoff.classes.get(Class::Fixed) as f64),
        of("New fixes", "good", |signoff| signoff.fixes.len() as f64),
        of("Flaky scenarios", "known", |signoff| signoff.verdicts.get(Verdict::Flaky) as f64),
        of("Seconds of the run", "plain", |signoff| signoff.seconds.round()),
    ];
    trends.into_iter().flatten().collect()
}

fn nights(source: &Source<'_>) -> Vec<Trend> {
    let known: Vec<&NightDocument> = source.nights.iter().filter(|night| night.void.is_none()).collect();
    let of = |title, tone, value: fn(&NightDocument) -> f64| {
        trend(title, tone, known.iter().map(|night| (night.started.strftime("%m-%d").to_string(), value(night))).collect())
    };
    let trends = [
        of("Newly failing", "bad", |night| night.newly_failing.len() as f64),
        of("Still failing", "bad", |night| night.still_failing.len() as f64),
        of("Scenarios planned", "plain", |night| night.planned as f64),
        of("Flaky scenarios", "known", |night| night.flaky.len() as f64),
        of("Seconds of the run", "plain", |night| night.seconds.round()),
    ];
    trends.into_iter().flatten().collect()
}

/// How many scenarios nothing accounts for.
pub(super) fn open(clusters: &[Cluster]) -> u64 {
    let is_open = |cluster: &&Cluster| {
        cluster.class.is_some_and(Class::is_unaccounted) || cluster.verdict.is_failure() && cluster.class != Some(Class::Known)
    };
    clusters.iter().filter(is_open).map(|cluster| cluster.scenarios.len() as u64 - cluster.waived).sum()
}

/// Nothing, where there is nothing to tell.
fn trend(title: &'static str, tone: &'static str, all: Vec<(String, f64)>) -> Option<Trend> {
    let more = all.len().saturating_sub(BARS);
    let shown = &all[more..];
    let most = shown.iter().map(|(_, value)| *value).fold(1.0, f64::max);
    let step = WIDTH / (shown.len() as f64).max(6.0);
    let bars = shown.iter().zip(0..).map(|((label, value), at)| {
        let height = (value / most * HIGH).max(if *value > 0.0 { 1.0 } else { 0.0 });
        let x = f64::from(at) * step;
        Bar {
            label: label.clone(),
            // Counts and whole seconds, which are never negative.
            value: thousands(*value as u64),
            x: format!("{:.1}", x + step * 0.1),
            middle: format!("{:.1}", x + step * 0.5),
            y: format!("{:.1}", HIGH + 16.0 - height),
            width: format!("{:.1}", step * 0.8),
            height: format!("{height:.1}"),
            is_told: shown.len() <= 14,
        }
    });
    let bars: Vec<Bar> = bars.collect();
    let told = bars.iter().map(|bar| format!("{}: {}", bar.label, bar.value)).collect::<Vec<_>>().join(", ");
    (!bars.is_empty()).then_some(Trend { title, tone, bars, more, told })
}
