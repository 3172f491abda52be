//! The goals: data, by the row they are about.

use std::fmt;

use serde::Serialize;

/// Which side of a bound is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Bound {
    AtMost,
    AtLeast,
}

/// What a row's figure should be. A goal speaks of one number of scenarios; of another it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Goal {
    #[serde(skip)]
    pub(crate) row: &'static str,
    pub(crate) bound: Bound,
    /// In the row's unit.
    pub(crate) value: f64,
    /// The number of scenarios that it is about; `None` where the row has but one.
    pub(crate) scenarios: Option<u64>,
}

const GIB: f64 = (1_u64 << 30) as f64;

const fn most(row: &'static str, value: f64, scenarios: u64) -> Goal {
    Goal { row, bound: Bound::AtMost, value, scenarios: Some(scenarios) }
}

const fn least(row: &'static str, value: f64, scenarios: u64) -> Goal {
    Goal { row, bound: Bound::AtLeast, value, scenarios: Some(scenarios) }
}

/// Every goal.
pub(crate) const GOALS: [Goal; 14] = [
    most("run/table/echo-line", 1.10, 50_000),
    most("run/table/echo-tiny", 1.35, 50_000),
    most("run/case-files/echo-line", 1.15, 50_000),
    most("run/work-files/echo-line", 1.25, 50_000),
    least("peers/lit", 4.0, 10_000),
    least("peers/nextest", 7.0, 10_000),
    least("peers/pytest-xdist", 3.0, 10_000),
    most("sizes/1000000/memory", GIB, 1_000_000),
    most("sizes/1000000-over-100000", 1.1, 1_000_000),
    most("check/case-files", 1.0, 50_000),
    most("check/rows", 0.3, 50_000),
    most("decide", 1.0, 50_000),
    Goal { row: "one", bound: Bound::AtMost, value: 0.05, scenarios: None },
    Goal { row: "signoff", bound: Bound::AtMost, value: 1.25, scenarios: None },
];

impl Goal {
    /// The goal of a row.
    pub(crate) fn of(row: &str) -> Option<Self> {
        GOALS.into_iter().find(|goal| goal.row == row)
    }

    /// Whether a figure over so many scenarios meets it; `None` where it says nothing of that many.
    pub(crate) fn is_met(self, figure: f64, scenarios: u64) -> Option<bool> {
        let met = match self.bound {
            Bound::AtMost => figure <= self.value,
            Bound::AtLeast => figure >= self.value,
        };
        self.scenarios.is_none_or(|about| about == scenarios).then_some(met)
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AtMost => "≤",
            Self::AtLeast => "≥",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_speaks_only_of_its_own_number_of_scenarios() {
        let goal = most("run", 1.1, 50_000);
        assert_eq!(goal.is_met(1.1, 50_000), Some(true));
        assert_eq!(goal.is_met(1.2, 50_000), Some(false));
        assert_eq!(goal.is_met(1.0, 50), None);
        assert_eq!(least("lit", 4.0, 10).is_met(3.9, 10), Some(false));
        assert_eq!(most("run", 1.1, 10).is_met(f64::NAN, 10), Some(false));
    }

    #[test]
    fn a_row_has_at_most_one_goal() {
        let rows: std::collections::BTreeSet<&str> = GOALS.iter().map(|goal| goal.row).collect();
        assert_eq!(rows.len(), GOALS.len());
    }
}
