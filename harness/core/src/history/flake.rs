//! Flakes: verdicts that cannot be relied on.

use std::cmp::Ordering;

use super::PastVerdict;
use crate::id::Digest;
use crate::verdict::{Verdict, VerdictCounts};

/// The 97.5 % quantile of the normal distribution: two-sided confidence of 95 %.
const QUANTILE: f64 = 1.959_963_984_540_054;

/// How often a scenario's verdict could not be relied on.
///
/// Verdicts can be compared where the same candidate was judged by the same definition against the same baseline. Those that
/// are not the most frequent one there are flakes, and so is every verdict `flaky`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FlakeRate {
    /// How many verdicts were flakes.
    pub flakes: u64,
    /// Of how many: a verdict that stands alone, with nothing to agree with, is left out.
    pub of: u64,
}

/// Verdicts that can be compared.
struct Comparable {
    candidate: Digest,
    baseline: Option<Digest>,
    definition: Digest,
    verdicts: VerdictCounts,
}

impl FlakeRate {
    /// The rate over these verdicts.
    pub fn of(verdicts: &[PastVerdict<'_>]) -> Self {
        let mut groups: Vec<Comparable> = Vec::new();
        for past in verdicts.iter().filter(|past| past.counts()) {
            let (candidate, definition) = (past.run.candidate.digest, past.outcome.definition);
            let baseline = past.run.baseline.as_ref().map(|baseline| baseline.digest);
            let same = |group: &&mut Comparable| {
                group.candidate == candidate && group.baseline == baseline && group.definition == definition
            };
            match groups.iter_mut().find(same) {
                Some(group) => group.verdicts.add(past.outcome.unexplained()),
                None => {
                    let verdicts = std::iter::once(past.outcome.unexplained()).collect();
                    groups.push(Comparable { candidate, baseline, definition, verdicts });
                }
            }
        }
        groups
            .iter()
            .map(|group| Self::among(group.verdicts))
            .fold(Self::default(), |sum, rate| Self { flakes: sum.flakes + rate.flakes, of: sum.of + rate.of })
    }

    fn among(verdicts: VerdictCounts) -> Self {
        let (total, flaky) = (verdicts.total(), verdicts.get(Verdict::Flaky));
        if total == 1 && flaky == 0 {
            return Self::default();
        }
        let steady = Verdict::ALL.iter().copied().filter(|verdict| *verdict != Verdict::Flaky);
        let most = steady.map(|verdict| verdicts.get(verdict)).max().unwrap_or_default();
        Self { flakes: total - most, of: total }
    }

    /// The share of flakes, from 0 to 1; 0 where nothing could be compared.
    pub fn rate(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.flakes as f64 / self.of as f64 }
    }

    /// Where the true rate lies with a confidence of 95 %: Wilson's score interval (E. B. Wilson, "Probable inference, the law
    /// of succession, and statistical inference", 1927), which stays within 0 and 1 and is honest about few verdicts.
    pub fn interval(self) -> (f64, f64) {
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (rate, total) = (self.rate(), self.of as f64);
        let square = QUANTILE * QUANTILE / total;
        let centre = (rate + square / 2.0) / (1.0 + square);
        let half = QUANTILE / (1.0 + square) * (rate * (1.0 - rate) / total + square / (4.0 * total)).sqrt();
        ((centre - half).max(0.0), (centre + half).min(1.0))
    }

    /// The surest flake first: by the lower end of the interval, so that one flake of two does not outrank fifty of two hundred.
    pub fn surest_first(&self, other: &Self) -> Ordering {
        other.interval().0.total_cmp(&self.interval().0).then(other.flakes.cmp(&self.flakes))
    }
}
