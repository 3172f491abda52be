//! What history is asked.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use fixgate_core::history::{FlakeRate, PastRun, PastVerdict, RunOutcome, ScenarioHistory, Survey, median_time};
use fixgate_core::id::{Digest, Glob, ScenarioId};
use fixgate_core::proof::BuildIdentity;
use fixgate_core::record::Occasion;
use fixgate_core::verdict::{Verdict, VerdictCounts};
use rusqlite::{OptionalExtension, Row};

use super::store::{HistoryError, Store};

/// How many of the long scenarios are put in front of a plan: names enough for a quarter of an hour's work and more.
const LONGEST: usize = 10_000;

/// Fewer scenarios than this are looked for by their names, where to read every name takes longer.
const FEW: usize = 1_000;

/// The runs of a history, newest first, each with its number.
pub type Runs = Vec<(i64, PastRun)>;

impl Store {
    /// The runs, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn runs(&self) -> Result<Runs, HistoryError> {
        const SQL: &str = "SELECT id, name, started, candidate, candidate_digest, baseline, baseline_digest, release, complete, \
                           planned, seconds, void, night, journal FROM runs ORDER BY started DESC, name DESC";
        let mut statement = self.told(self.connection.prepare(SQL))?;
        let mut rows = self.told(statement.query(()))?;
        let mut runs = Vec::new();
        while let Some(row) = self.told(rows.next())? {
            runs.push((self.told(row.get(0))?, self.run(row)?));
        }
        Ok(runs)
    }

    fn run(&self, row: &Row<'_>) -> Result<PastRun, HistoryError> {
        let text = |column| self.told(row.get::<_, String>(column));
        let optional = |column| self.told(row.get::<_, Option<String>>(column));
        let digest = |text: String| text.parse::<Digest>().map_err(|reason| self.damaged(reason));
        let baseline = match (optional(5)?, optional(6)?) {
            (Some(name), Some(text)) => Some(BuildIdentity { name, digest: digest(text)? }),
            _ => None,
        };
        Ok(PastRun {
            name: text(1)?.parse().map_err(|reason| self.damaged(reason))?,
            journal: digest(text(13)?)?,
            occasion: if self.told(row.get(12))? { Occasion::Night } else { Occasion::Request },
            started: text(2)?,
            candidate: BuildIdentity { name: text(3)?, digest: digest(text(4)?)? },
            baseline,
            release: optional(7)?.map(|name| name.parse().map_err(|reason| self.damaged(reason))).transpose()?,
            complete: self.told(row.get(8))?,
            planned: self.told(row.get::<_, i64>(9))?.cast_unsigned(),
            seconds: self.told(row.get(10))?,
            void: optional(11)?,
        })
    }

    /// All scenarios over the runs: the flakiest and the slowest, at most `limit` of each.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn survey<'h>(&self, runs: &'h Runs, limit: usize) -> Result<Survey<'h>, HistoryError> {
        let mut counts: Vec<(&PastRun, VerdictCounts)> = runs.iter().map(|(_, run)| (run, VerdictCounts::default())).collect();
        let (mut scenarios, mut flaky, mut slow) = (0, Vec::new(), BTreeSet::new());
        self.walk(runs, (i64::MIN, i64::MAX), |number, places, verdicts| {
            scenarios += 1;
            for (place, past) in places.iter().zip(verdicts) {
                counts[*place].1.add(past.outcome.verdict);
            }
            let flakes = FlakeRate::of(verdicts);
            if flakes.flakes > 0 {
                flaky.push((number, flakes));
            }
            if let Some(time) = median_time(verdicts) {
                slow.insert((Reverse(time), number));
                if slow.len() > limit {
                    slow.pop_last();
                }
            }
        })?;
        let all_flaky = flaky.len() as u64;
        flaky.sort_by(|(one, first), (other, second)| first.surest_first(second).then(one.cmp(other)));
        flaky.truncate(limit);
        let slow: Vec<(i64, Duration)> = slow.into_iter().map(|(Reverse(time), number)| (number, time)).collect();
        let names = self.names(flaky.iter().map(|(number, _)| *number).chain(slow.iter().map(|(number, _)| *number)))?;
        Ok(Survey { runs: counts, scenarios, flaky: all_flaky, flakiest: named(flaky, &names), slowest: named(slow, &names) })
    }

    /// The scenarios that the glob matches, over the runs: at most `limit` of them, and how many there are. Those that fail come
    /// first, then those with flakes, then the others, in the order of their ids.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn scenarios<'h>(
        &self,
        runs: &'h Runs,
        glob: &Glob,
        limit: usize,
    ) -> Result<(Vec<ScenarioHistory<'h>>, usize), HistoryError> {
        let names = self.matching(glob)?;
        let (Some((first, _)), Some((last, _))) = (names.first_key_value(), names.last_key_value()) else {
            return Ok((Vec::new(), 0));
        };
        // By rank: what is worth a look first.
        let mut found = BTreeMap::new();
        let mut matching = 0;
        self.walk(runs, (*first, *last), |number, _, verdicts| {
            let Some(scenario) = names.get(&number) else { return };
            matching += 1;
            let history = ScenarioHistory { scenario: scenario.clone(), verdicts: verdicts.to_vec() };
            found.insert((history.failing().is_none(), history.flakes().flakes == 0, scenario.clone()), history);
            if found.len() > limit {
                found.pop_last();
            }
        })?;
        Ok((found.into_values().collect(), matching))
    }

    /// The scenarios that the glob matches, by their numbers. An id matches itself alone, and is found without a search.
    fn matching(&self, glob: &Glob) -> Result<BTreeMap<i64, ScenarioId>, HistoryError> {
        const SQL: &str = "SELECT id FROM scenarios WHERE name = ?1";
        let known = self.told(self.connection.query_row(SQL, [glob.as_str()], |row| row.get(0)).optional())?;
        if let (Some(number), Ok(id)) = (known, glob.as_str().parse()) {
            return Ok(BTreeMap::from([(number, id)]));
        }
        let mut names = BTreeMap::new();
        let all = |_| true;
        self.each_name(all, |number, name| {
            if glob.matches(&name) {
                names.insert(number, name);
            }
        })?;
        Ok(names)
    }

    /// Hands each scenario's verdicts over these runs to `visit`, one scenario after another.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn each_scenario<'h>(
        &self,
        runs: &'h Runs,
        mut visit: impl FnMut(&ScenarioId, &[PastVerdict<'h>]),
    ) -> Result<(), HistoryError> {
        let mut names = HashMap::new();
        let all = |_| true;
        self.each_name(all, |number, name| drop(names.insert(number, name)))?;
        self.walk(runs, (i64::MIN, i64::MAX), |number, _, verdicts| {
            if let Some(name) = names.get(&number) {
                visit(name, verdicts);
            }
        })
    }

    /// The scenarios among these that take long, longest first by their mean; there may be others between them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn longest(&self, among: &[&ScenarioId]) -> Result<Vec<ScenarioId>, HistoryError> {
        const SQL: &str = "SELECT scenario, avg(microseconds) FROM verdicts WHERE microseconds >= 100000 \
                           GROUP BY scenario ORDER BY 2 DESC, 1 LIMIT ?1";
        let mut statement = self.told(self.connection.prepare(SQL))?;
        let rows = self.told(statement.query_map([LONGEST as i64], |row| row.get(0)))?;
        let numbers: Vec<i64> = self.told(rows.collect())?;
        let names = if among.len() < FEW { self.numbers(among)? } else { self.names(numbers.iter().copied())? };
        Ok(numbers.iter().filter_map(|number| names.get(number).cloned()).collect())
    }

    /// These scenarios by their numbers, as far as they have one.
    fn numbers(&self, names: &[&ScenarioId]) -> Result<HashMap<i64, ScenarioId>, HistoryError> {
        let mut statement = self.told(self.connection.prepare("SELECT id FROM scenarios WHERE name = ?1"))?;
        let mut numbers = HashMap::new();
        for name in names {
            let number: Option<i64> = self.told(statement.query_row([name.as_str()], |row| row.get(0)).optional())?;
            numbers.extend(number.map(|number| (number, (*name).clone())));
        }
        Ok(numbers)
    }

    /// Hands every scenario whose number is `wanted`, with it, to `visit`, in the order of their ids.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn each_name(&self, wanted: impl Fn(i64) -> bool, mut visit: impl FnMut(i64, ScenarioId)) -> Result<(), HistoryError> {
        let mut statement = self.told(self.connection.prepare("SELECT id, name FROM scenarios ORDER BY name"))?;
        let mut rows = self.told(statement.query(()))?;
        while let Some(row) = self.told(rows.next())? {
            let number = self.told(row.get(0))?;
            if wanted(number) {
                let name: String = self.told(row.get(1))?;
                visit(number, name.parse().map_err(|reason| self.damaged(reason))?);
            }
        }
        Ok(())
    }

    /// The names of these scenarios. To keep no second index over numbers makes the file smaller by a third.
    fn names(&self, numbers: impl Iterator<Item = i64>) -> Result<HashMap<i64, ScenarioId>, HistoryError> {
        let wanted: HashSet<i64> = numbers.collect();
        let mut names = HashMap::new();
        if !wanted.is_empty() {
            let wanted = |number| wanted.contains(&number);
            self.each_name(wanted, |number, name| drop(names.insert(number, name)))?;
        }
        Ok(names)
    }

    /// Hands the verdicts of one scenario after another to `visit`, after the places of their runs among `runs`. The runs are
    /// read side by side, so that only one scenario's verdicts are held at a time.
    fn walk<'h>(
        &self,
        runs: &'h Runs,
        (first, last): (i64, i64),
        mut visit: impl FnMut(i64, &[usize], &[PastVerdict<'h>]),
    ) -> Result<(), HistoryError> {
        const SQL: &str = "SELECT scenario, verdict, differs, definition, seen, microseconds FROM verdicts \
                           WHERE run = ?1 AND scenario BETWEEN ?2 AND ?3 ORDER BY scenario";
        let mut statements = runs.iter().map(|_| self.told(self.connection.prepare(SQL))).collect::<Result<Vec<_>, _>>()?;
        let mut cursors = Vec::new();
        let mut heads = Vec::new();
        for (statement, (number, _)) in statements.iter_mut().zip(runs) {
            let mut rows = self.told(statement.query((number, first, last)))?;
            heads.push(self.next(&mut rows)?);
            cursors.push(rows);
        }
        let (mut places, mut verdicts) = (Vec::new(), Vec::new());
        while let Some(scenario) = heads.iter().flatten().map(|(scenario, _)| *scenario).min() {
            places.clear();
            verdicts.clear();
            for (place, ((_, run), head)) in runs.iter().zip(&mut heads).enumerate() {
                if let Some((_, outcome)) = head.take_if(|(next, _)| *next == scenario) {
                    places.push(place);
                    verdicts.push(PastVerdict { run, outcome });
                    *head = self.next(&mut cursors[place])?;
                }
            }
            visit(scenario, &places, &verdicts);
        }
        Ok(())
    }

    fn next(&self, rows: &mut rusqlite::Rows<'_>) -> Result<Option<(i64, RunOutcome)>, HistoryError> {
        let Some(row) = self.told(rows.next())? else { return Ok(None) };
        type Columns = (i64, u8, bool, [u8; 32], Option<[u8; 32]>, i64);
        let (scenario, verdict, differs, definition, seen, microseconds): Columns = self.told(row.try_into())?;
        let verdict =
            *Verdict::ALL.get(usize::from(verdict)).ok_or_else(|| self.damaged(format!("there is no verdict {verdict}")))?;
        let time = Duration::from_micros(microseconds.cast_unsigned());
        let (definition, seen) = (definition.into(), seen.map(Digest::from));
        Ok(Some((scenario, RunOutcome { verdict, differs, definition, seen, time })))
    }
}

fn named<T>(numbered: Vec<(i64, T)>, names: &HashMap<i64, ScenarioId>) -> Vec<(ScenarioId, T)> {
    numbered.into_iter().filter_map(|(number, what)| Some((names.get(&number)?.clone(), what))).collect()
}
