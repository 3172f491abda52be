//! Attribution finds what was planted, in as many steps as it says, and is wrong as seldom as it says.

use std::collections::BTreeSet;
use std::convert::Infallible;

use fixgate_core::attribute::{ERROR, FirstBad, Ground, Mark, Rates, Tally, first_bad, smallest_set};
use proptest::prelude::*;

fn halvings(count: usize) -> usize {
    count.next_power_of_two().ilog2() as usize
}

/// The set that the search finds, and how many sets it asked about.
fn search(count: usize, is_bad: impl Fn(&BTreeSet<usize>) -> bool) -> (Vec<usize>, usize) {
    let mut asked = BTreeSet::new();
    let mut probe = |set: &[usize]| {
        assert!(asked.insert(set.to_vec()), "{set:?} was asked about twice");
        assert!(set.is_sorted() && !set.is_empty() && set.len() < count, "{set:?} is known");
        Ok::<Mark, Infallible>(if is_bad(&set.iter().copied().collect()) { Mark::Bad } else { Mark::Good })
    };
    let found = smallest_set(count, &mut probe).unwrap();
    (found, asked.len())
}

/// What decides by chance, but always in the same way, what a set of fixes does.
fn scrambled(set: &BTreeSet<usize>, seed: u64) -> u64 {
    set.iter().fold(seed, |sum, fix| (sum ^ (*fix as u64 + 1)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23))
}

proptest! {
    #[test]
    fn the_first_bad_of_a_chain_is_found_by_halving((length, turn) in (2usize..5000).prop_flat_map(|length| (Just(length), 1..length))) {
        let mut asked = 0;
        let mut probe = |index: usize| {
            asked += 1;
            Ok::<Mark, Infallible>(if index < turn { Mark::Good } else { Mark::Bad })
        };
        let known = first_bad(Some(0), length - 1, &mut probe).unwrap();
        prop_assert_eq!(known, FirstBad { good: Some(turn - 1), bad: turn });
        prop_assert!(asked <= halvings(length - 1), "{} of {}", asked, length);
        asked = 0;
        let mut probe = |index: usize| {
            asked += 1;
            Ok::<Mark, Infallible>(if index < turn { Mark::Good } else { Mark::Bad })
        };
        let unknown = first_bad(None, length - 1, &mut probe).unwrap();
        prop_assert_eq!(unknown, known);
        prop_assert!(asked <= 2 * halvings(length - turn) + 1, "{} from {} to {}", asked, length, turn);
    }

    #[test]
    fn what_a_chain_is_said_to_do_it_does(marks in prop::collection::vec(0u8..3, 1..40), has_good in any::<bool>()) {
        let last = marks.len();
        let good = (has_good && last > 0).then_some(0);
        let mark = |index: usize| match (index, marks.get(index)) {
            (0, _) if has_good => Mark::Good,
            (_, None | Some(0)) => Mark::Bad,
            (_, Some(1)) => Mark::Good,
            (_, Some(_)) => Mark::Untestable,
        };
        let found = first_bad(good, last, &mut |index| Ok::<Mark, Infallible>(mark(index))).unwrap();
        prop_assert_eq!(mark(found.bad), Mark::Bad);
        prop_assert!(found.good.is_none_or(|good| good < found.bad && mark(good) == Mark::Good));
        let between = found.good.map_or(0, |good| good + 1)..found.bad;
        prop_assert!(between.clone().all(|index| mark(index) == Mark::Untestable), "{:?} of {:?}", between, marks);
    }

    #[test]
    fn one_bad_fix_of_many_is_found_by_halving((count, culprit) in (1usize..200).prop_flat_map(|count| (Just(count), 0..count))) {
        let (found, asked) = search(count, |set| set.contains(&culprit));
        prop_assert_eq!(found, [culprit]);
        prop_assert!(asked <= halvings(count) + 1, "{} for one of {}", asked, count);
    }

    #[test]
    fn two_fixes_that_are_bad_together_are_found_as_two(
        (count, pair) in (2usize..60).prop_flat_map(|count| (Just(count), prop::sample::subsequence((0..count).collect::<Vec<_>>(), 2))),
    ) {
        let (found, asked) = search(count, |set| pair.iter().all(|fix| set.contains(fix)));
        prop_assert_eq!(&found, &pair);
        prop_assert!(asked <= 2 * halvings(count) + 3, "{} for {:?} of {}", asked, pair, count);
    }

    #[test]
    fn however_fixes_interact_what_is_found_is_bad_and_smallest(count in 1usize..9, seed in any::<u64>()) {
        let is_bad = |set: &BTreeSet<usize>| match set.len() {
            0 => false,
            size if size == count => true,
            _ => scrambled(set, seed).is_multiple_of(3),
        };
        let (found, _) = search(count, is_bad);
        let found: BTreeSet<usize> = found.into_iter().collect();
        prop_assert!(is_bad(&found));
        for fix in &found {
            let mut fewer = found.clone();
            fewer.remove(fix);
            prop_assert!(!is_bad(&fewer), "{:?} is bad without {}", found, fix);
        }
    }
}

/// The chance that a build which fails at `rate` is marked `wrong`, from the distribution of its failures run by run.
fn chance_of(wrong: Mark, rates: Rates, rate: f64, number: u32) -> f64 {
    let (mut open, mut chance) = (vec![1.0], 0.0);
    for runs in 1.. {
        let mut next = vec![0.0; open.len() + 1];
        for (failures, share) in open.iter().enumerate() {
            next[failures] += share * (1.0 - rate);
            next[failures + 1] += share * rate;
        }
        for (failures, share) in next.iter_mut().enumerate() {
            match rates.mark(Tally { failures: failures as u32, runs }, number) {
                None => continue,
                Some(mark) if mark == wrong => chance += *share,
                Some(_) => {}
            }
            *share = 0.0;
        }
        if next.iter().sum::<f64>() < 1e-12 {
            break;
        }
        open = next;
    }
    chance
}

#[test]
fn a_build_is_marked_wrongly_as_seldom_as_is_said() {
    for (failures, runs) in [(20, 20), (30, 40)] {
        let Ground::Rates(rates) = Rates::of(Tally { failures, runs }) else { panic!("{failures} of {runs} tell nothing") };
        let seen = f64::from(failures) / f64::from(runs);
        for number in [1, 4] {
            let allowed = ERROR / 2.0 / f64::from(number * (number + 1));
            let missed = chance_of(Mark::Good, rates, seen, number);
            assert!(missed <= allowed, "{failures} of {runs}, build {number}: {missed} is more than {allowed}");
            let blamed = chance_of(Mark::Bad, rates, seen / 4.0, number);
            assert!(blamed <= allowed, "{failures} of {runs}, build {number}: {blamed} is more than {allowed}");
        }
    }
}
