//! The searches: along a chain of builds, and among sets of fixes.

use std::collections::BTreeMap;

use super::Mark;

/// Where a chain turns bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstBad {
    /// The last good build; none if every build that could be tried is bad.
    pub good: Option<usize>,
    /// The first bad one. What lies between the two is untestable.
    pub bad: usize,
}

/// Finds where a chain of builds, numbered from 0, turns bad: a good one, and a bad one next to it.
///
/// `bad` is known to be bad, and so is `good` to be good. Without a good one, the search steps back from `bad` by 1, 2, 4, … until
/// it has one, since what is new is asked about most. Then it halves: with a known good build, and all of them testable, it asks
/// at most ⌈log₂(bad − good)⌉ times. A chain that turns more than once has one of its turns found.
///
/// # Errors
/// The first error of `probe`.
pub fn first_bad<E>(good: Option<usize>, bad: usize, probe: &mut dyn FnMut(usize) -> Result<Mark, E>) -> Result<FirstBad, E> {
    let mut found = FirstBad { good, bad };
    let mut untestable = Vec::new();
    let mut stride = 1;
    loop {
        let low = found.good.map_or(0, |good| good + 1);
        let wanted = match found.good {
            Some(good) => good.midpoint(found.bad),
            None => found.bad.saturating_sub(stride),
        };
        let testable = (low..found.bad).filter(|index| !untestable.contains(index));
        let Some(next) = testable.min_by_key(|index| index.abs_diff(wanted)) else { return Ok(found) };
        match probe(next)? {
            Mark::Good => found.good = Some(next),
            Mark::Bad => (found.bad, stride) = (next, stride * 2),
            Mark::Untestable => untestable.push(next),
        }
    }
}

/// Finds a smallest set of fixes, numbered from 0, that is bad: without any one of its members, it is not.
///
/// All `count` together are known to be bad, and none of them to be good. While more fixes never make a bad set good, the set is
/// built one member after another, each found by halving among the fixes in their order: the shortest prefix that is bad
/// together with the members so far ends with the next. One bad fix takes ⌈log₂ count⌉ + 1 questions, two take about twice as
/// many. However the fixes interact, the set is then put through `ddmin` (A. Zeller and R. Hildebrandt, "Simplifying
/// and isolating failure-inducing input", 2002), which vouches for its being smallest in the sense above. No set is asked about
/// twice.
///
/// # Errors
/// The first error of `probe`.
pub fn smallest_set<E>(count: usize, probe: &mut dyn FnMut(&[usize]) -> Result<Mark, E>) -> Result<Vec<usize>, E> {
    let all: Vec<usize> = (0..count).collect();
    let mut sets = Sets { known: BTreeMap::from([(Vec::new(), Mark::Good), (all, Mark::Bad)]), probe };
    let (mut members, mut rest) = (Vec::new(), count);
    while rest > 0 && sets.mark(&members)? != Mark::Bad {
        let with = |length: usize| (0..length).chain(members.iter().copied()).collect::<Vec<usize>>();
        let turn = first_bad(Some(0), rest, &mut |length| sets.mark(&with(length)))?;
        // What is untestable in between may be to blame as well.
        let shorter = turn.good.unwrap_or_default();
        members.splice(0..0, shorter..turn.bad);
        rest = shorter;
    }
    ddmin(members, &mut sets)
}

/// What is known of sets of fixes, each in ascending order.
struct Sets<'p, E> {
    known: BTreeMap<Vec<usize>, Mark>,
    probe: &'p mut dyn FnMut(&[usize]) -> Result<Mark, E>,
}

impl<E> Sets<'_, E> {
    fn mark(&mut self, set: &[usize]) -> Result<Mark, E> {
        if let Some(known) = self.known.get(set) {
            return Ok(*known);
        }
        let mark = (self.probe)(set)?;
        self.known.insert(set.to_vec(), mark);
        Ok(mark)
    }

    fn first_bad_of(&mut self, sets: Vec<Vec<usize>>) -> Result<Option<Vec<usize>>, E> {
        for set in sets {
            if self.mark(&set)? == Mark::Bad {
                return Ok(Some(set));
            }
        }
        Ok(None)
    }
}

/// Zeller's and Hildebrandt's minimizing delta debugging, on a set that is bad.
fn ddmin<E>(mut set: Vec<usize>, sets: &mut Sets<'_, E>) -> Result<Vec<usize>, E> {
    let mut granularity = 2;
    while set.len() > 1 {
        let parts: Vec<Vec<usize>> = set.chunks(set.len().div_ceil(granularity)).map(<[usize]>::to_vec).collect();
        let without = |part: &Vec<usize>| set.iter().copied().filter(|fix| !part.contains(fix)).collect::<Vec<usize>>();
        let complements = parts.iter().map(without).collect();
        if let Some(part) = sets.first_bad_of(parts)? {
            (set, granularity) = (part, 2);
        } else if let Some(rest) = sets.first_bad_of(complements)? {
            (set, granularity) = (rest, (granularity - 1).max(2));
        } else if granularity < set.len() {
            granularity = (granularity * 2).min(set.len());
        } else {
            break;
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn always<T>(result: Result<T, Infallible>) -> T {
        match result {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    /// Where a chain of these marks turns bad, and what was asked on the way.
    fn along(marks: &str, good: Option<usize>) -> (FirstBad, Vec<usize>) {
        let mut asked = Vec::new();
        let mut probe = |index: usize| {
            asked.push(index);
            Ok(match marks.as_bytes()[index] {
                b'g' => Mark::Good,
                b'b' => Mark::Bad,
                _ => Mark::Untestable,
            })
        };
        let found = always(first_bad(good, marks.len() - 1, &mut probe));
        (found, asked)
    }

    #[test]
    fn a_chain_is_halved_between_a_good_and_a_bad_end() {
        assert_eq!(along("ggggggbb", Some(0)), (FirstBad { good: Some(5), bad: 6 }, vec![3, 5, 6]));
        assert_eq!(along("gb", Some(0)), (FirstBad { good: Some(0), bad: 1 }, vec![]));
    }

    #[test]
    fn without_a_good_end_it_is_looked_for_from_the_newest_on() {
        assert_eq!(along("ggggggggb", None), (FirstBad { good: Some(7), bad: 8 }, vec![7]));
        assert_eq!(along("ggbbbbbbb", None), (FirstBad { good: Some(1), bad: 2 }, vec![7, 5, 1, 3, 2]));
        assert_eq!(along("bbb", None), (FirstBad { good: None, bad: 0 }, vec![1, 0]));
        assert_eq!(along("b", None), (FirstBad { good: None, bad: 0 }, vec![]));
    }

    #[test]
    fn what_is_untestable_is_gone_around_and_stays_in_doubt() {
        assert_eq!(along("gg??bb", Some(0)).0, FirstBad { good: Some(1), bad: 4 });
        assert_eq!(along("g?b", None).0, FirstBad { good: Some(0), bad: 2 });
        assert_eq!(along("??b", None).0, FirstBad { good: None, bad: 2 });
    }

    #[test]
    fn a_set_that_only_some_partners_make_bad_is_reduced_by_delta_debugging() {
        // Fix 2 breaks the product, 3 hides that, and 5 brings it to light again; 6 and 7 can only be built together.
        let mark = |set: &[usize]| {
            let has = |fix| set.contains(&fix);
            if has(6) != has(7) {
                Mark::Untestable
            } else if has(2) && (!has(3) || has(5)) {
                Mark::Bad
            } else {
                Mark::Good
            }
        };
        assert_eq!(always(smallest_set(8, &mut |set| Ok(mark(set)))), [2]);
    }
}
