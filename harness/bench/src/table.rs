//! The result: rows, shown as a table and written as JSON with the machine they are of.

use std::fmt::Write as _;

use serde::Serialize;

use crate::goals::Goal;
use crate::machine::Machine;
use crate::statistics::Spread;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unit {
    /// A quotient of two times of the same machine and minute.
    Ratio,
    Seconds,
    Bytes,
    /// Processes in a second.
    PerSecond,
}

/// One line of the table.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) scenarios: u64,
    pub(crate) unit: Unit,
    /// Absent where something was missing; the note says what.
    pub(crate) figure: Option<f64>,
    pub(crate) lowest: Option<f64>,
    pub(crate) highest: Option<f64>,
    pub(crate) goal: Option<Goal>,
    /// Absent without a goal, without a figure, or with another number of scenarios than the goal's.
    pub(crate) met: Option<bool>,
    pub(crate) note: String,
}

/// All lines, and what they are of.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    pub(crate) machine: Machine,
    /// Scenarios at a time.
    pub(crate) jobs: usize,
    pub(crate) rows: Vec<Row>,
}

impl Table {
    pub(crate) fn new(machine: Machine, jobs: usize) -> Self {
        Self { machine, jobs, rows: Vec::new() }
    }

    /// Adds what was measured.
    pub(crate) fn add(&mut self, name: &str, scenarios: u64, unit: Unit, measured: Spread, note: impl Into<String>) {
        let goal = Goal::of(name);
        self.rows.push(Row {
            name: name.to_owned(),
            scenarios,
            unit,
            figure: Some(measured.median),
            lowest: Some(measured.lowest),
            highest: Some(measured.highest),
            goal,
            met: goal.and_then(|goal| goal.is_met(measured.median, scenarios)),
            note: note.into(),
        });
    }

    /// Adds a single figure.
    pub(crate) fn add_one(&mut self, name: &str, scenarios: u64, unit: Unit, figure: f64, note: impl Into<String>) {
        self.add(name, scenarios, unit, Spread::of(&[figure]), note);
    }

    /// Adds a line that has no figure, and why.
    pub(crate) fn add_missing(&mut self, name: &str, scenarios: u64, unit: Unit, note: impl Into<String>) {
        let (name, goal) = (name.to_owned(), Goal::of(name));
        // A program's last line says most of why it failed.
        let said = note.into();
        let note = format!("missing: {}", said.trim().lines().last().unwrap_or_default());
        self.rows.push(Row { name, scenarios, unit, figure: None, lowest: None, highest: None, goal, met: None, note });
    }

    /// For a terminal.
    pub(crate) fn text(&self) -> String {
        let mut lines = vec![["", "scenarios", "figure", "lowest", "highest", "goal", "met", ""].map(str::to_owned)];
        lines.extend(self.rows.iter().map(Row::cells));
        let width = |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or_default();
        let widths: [usize; 8] = std::array::from_fn(width);
        let mut text = format!("{}{} scenarios at a time\n\n", self.machine.text(), self.jobs);
        for [name, inner @ .., note] in &lines {
            let mut line = format!("{name:<width$}", width = widths[0]);
            for (cell, width) in inner.iter().zip(&widths[1..]) {
                let _ = write!(line, "  {cell:>width$}");
            }
            text.push_str(format!("{line}  {note}").trim_end());
            text.push('\n');
        }
        text
    }
}

impl Row {
    fn cells(&self) -> [String; 8] {
        let shown = |figure: Option<f64>| figure.map_or("-".to_owned(), |figure| shown(self.unit, figure));
        let goal = self.goal.map_or(String::new(), |goal| {
            let about = goal.scenarios.filter(|about| *about != self.scenarios).map(|about| format!(" at {about}"));
            format!("{} {}{}", goal.bound, self::shown(self.unit, goal.value), about.unwrap_or_default())
        });
        let met = match (self.met, self.goal) {
            (Some(true), _) => "yes",
            (Some(false), _) => "no",
            (None, Some(_)) => "-",
            (None, None) => "",
        };
        [
            self.name.clone(),
            self.scenarios.to_string(),
            shown(self.figure),
            shown(self.lowest),
            shown(self.highest),
            goal,
            met.to_owned(),
            self.note.clone(),
        ]
    }
}

fn shown(unit: Unit, figure: f64) -> String {
    match unit {
        Unit::Ratio => format!("{figure:.3} x"),
        Unit::Seconds if figure < 1e-3 => format!("{:.1} µs", figure * 1e6),
        Unit::Seconds if figure < 1.0 => format!("{:.1} ms", figure * 1e3),
        Unit::Seconds => format!("{figure:.2} s"),
        Unit::Bytes => format!("{:.1} MiB", figure / f64::from(1 << 20)),
        Unit::PerSecond => format!("{figure:.0}/s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_beside_their_goals() {
        let mut table = Table::new(Machine::default(), 2);
        table.add("run/table/echo-line", 50_000, Unit::Ratio, Spread::of(&[1.05, 1.07, 1.2]), "");
        table.add_one("run/table/echo-tiny", 50, Unit::Ratio, 1.0, "");
        table.add_missing("peers/lit", 10_000, Unit::Ratio, "pip install lit");
        let text = table.text();
        let lines: Vec<&str> = text.lines().rev().take(3).collect();
        assert_eq!(
            lines[2].split_whitespace().collect::<Vec<_>>(),
            ["run/table/echo-line", "50000", "1.070", "x", "1.050", "x", "1.200", "x", "≤", "1.100", "x", "yes"]
        );
        assert!(lines[1].ends_with("≤ 1.350 x at 50000    -"), "{}", lines[1]);
        assert!(lines[0].ends_with("missing: pip install lit"), "{}", lines[0]);
    }

    #[test]
    fn figures_are_shown_in_their_unit() {
        let seconds = |figure| shown(Unit::Seconds, figure);
        assert_eq!([seconds(2.5), seconds(0.0123), seconds(12.3e-6)], ["2.50 s", "12.3 ms", "12.3 µs"]);
        assert_eq!(shown(Unit::Bytes, 3e6), "2.9 MiB");
        assert_eq!(shown(Unit::PerSecond, 2500.4), "2500/s");
    }
}
