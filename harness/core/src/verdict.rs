//! Verdicts, and counts of them.

use crate::words::thousands;
use std::collections::BTreeMap;
use std::fmt;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use strum::{IntoStaticStr, VariantArray};

/// What came of one scenario.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray, strum::Display,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Verdict {
    /// Everything expected held.
    Passed,
    /// Something expected did not hold.
    Failed,
    /// A signal ended the product.
    Crashed,
    /// The product did not end in time.
    TimedOut,
    /// It failed, and passed when it was tried again.
    Flaky,
    /// It was not run, for a stated reason.
    Skipped,
    /// The harness could not tell: never the product's fault, never a pass.
    Error,
}

impl Verdict {
    /// Every verdict, in the order of reports.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The verdict's word.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether the product did not do what was expected of it.
    pub fn is_failure(self) -> bool {
        match self {
            Verdict::Failed | Verdict::Crashed | Verdict::TimedOut => true,
            Verdict::Passed | Verdict::Flaky | Verdict::Skipped | Verdict::Error => false,
        }
    }

    /// Whether the product was run and judged.
    pub fn is_judged(self) -> bool {
        match self {
            Verdict::Passed | Verdict::Failed | Verdict::Crashed | Verdict::TimedOut | Verdict::Flaky => true,
            Verdict::Skipped | Verdict::Error => false,
        }
    }
}

/// How many scenarios have each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct VerdictCounts(#[cfg_attr(test, schemars(with = "BTreeMap<Verdict, u64>"))] [u64; Verdict::ALL.len()]);

impl VerdictCounts {
    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict) {
        self.0[verdict as usize] += 1;
    }

    /// How many have the verdict.
    pub fn get(&self, verdict: Verdict) -> u64 {
        self.0[verdict as usize]
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl FromIterator<Verdict> for VerdictCounts {
    fn from_iter<I: IntoIterator<Item = Verdict>>(verdicts: I) -> Self {
        let mut counts = Self::default();
        verdicts.into_iter().for_each(|verdict| counts.add(verdict));
        counts
    }
}

impl Serialize for VerdictCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Verdict::ALL.len()))?;
        for verdict in Verdict::ALL.iter().copied() {
            map.serialize_entry(verdict.as_str(), &self.get(verdict))?;
        }
        map.end()
    }
}

/// A verdict that is not there is one that did not exist when the counts were written.
impl<'de> Deserialize<'de> for VerdictCounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut counts = Self::default();
        for (verdict, count) in BTreeMap::<Verdict, u64>::deserialize(deserializer)? {
            counts.0[verdict as usize] = count;
        }
        Ok(counts)
    }
}

impl fmt::Display for VerdictCounts {
    /// `12 passed, 1 failed`: what is not zero, and always how many passed.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed", thousands(self.get(Verdict::Passed)))?;
        for verdict in Verdict::ALL.iter().copied().skip(1).filter(|verdict| self.get(*verdict) > 0) {
            write!(formatter, ", {} {verdict}", thousands(self.get(verdict)))?;
        }
        Ok(())
    }
}
