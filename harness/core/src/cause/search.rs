//! The search for sets of features: exact, by branch and bound, and bounded in what it may cost.

/// A set of rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn none(rows: usize) -> Self {
        Self(vec![0; rows.div_ceil(64)])
    }

    fn all(rows: usize) -> Self {
        let mut all = Self::none(rows);
        (0..rows).for_each(|row| all.insert(row));
        all
    }

    pub(super) fn insert(&mut self, row: usize) {
        self.0[row / 64] |= 1 << (row % 64);
    }

    fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| one & other).collect())
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    fn count_with(&self, other: &Self) -> u64 {
        self.0.iter().zip(&other.0).map(|(one, other)| u64::from((one & other).count_ones())).sum()
    }

    fn remove(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(one, other)| *one &= !other);
    }

    fn first(&self) -> Option<usize> {
        let word = self.0.iter().position(|word| *word != 0)?;
        Some(word * 64 + self.0[word].trailing_zeros() as usize)
    }
}

/// Whether one fraction, of a part and the whole, is greater than another.
pub(super) fn exceeds([part, whole]: [u64; 2], [other_part, other_whole]: [u64; 2]) -> bool {
    u128::from(part) * u128::from(other_whole) > u128::from(other_part) * u128::from(whole)
}

/// What a set is worth: the square of its open failures times its precision, in whole numbers, so that it is the same on every
/// machine.
fn score_of([open, failing, all]: [u64; 3]) -> u128 {
    u128::from(open) * u128::from(open) * u128::from(failing) * SCALE / u128::from(all.max(1))
}

/// What a feature alone is worth.
pub(super) fn score([failing, others]: [u64; 2]) -> u128 {
    score_of([failing, failing, failing + others])
}

/// What sets of one, two and three features count: a further feature must tell clearly more.
const WEIGHT: [u128; 3] = [36, 30, 25];

/// Keeps fractions apart in a score; a million scenarios, cubed, leave room for it.
const SCALE: u128 = 1 << 32;

/// Features with the scenarios that have them.
pub(super) struct Candidates<F> {
    features: Vec<F>,
    /// Of each feature, the failing scenarios that have it.
    failing: Vec<Bits>,
    /// Of each feature, the other scenarios that have it.
    others: Vec<Bits>,
}

/// A set of features that failures share.
pub(super) struct Found<F> {
    pub(super) features: Vec<F>,
    pub(super) failing: u64,
    pub(super) of: u64,
    pub(super) more: u64,
    /// The row of the first failing scenario that no earlier set has.
    pub(super) first: usize,
}

/// The best set so far.
struct Best {
    score: u128,
    members: Vec<usize>,
    failing: Bits,
    of: u64,
}

impl<F: Copy> Candidates<F> {
    /// The most features that are combined, so that the search takes a second at most.
    pub(super) fn most(failing: usize, others: usize) -> usize {
        const COST: usize = 600_000_000;
        let words = failing.div_ceil(64).max(others.div_ceil(64) / 16).max(1);
        let all = (16..160).take_while(|most: &usize| most * most * most / 6 * words <= COST);
        all.last().unwrap_or(16)
    }

    /// Features in the order of preference. Of those that the same scenarios have, only the first is kept.
    pub(super) fn new(features: Vec<F>, failing: Vec<Bits>, others: Vec<Bits>) -> Self {
        let mut candidates = Self { features: Vec::new(), failing: Vec::new(), others: Vec::new() };
        for ((feature, failing), others) in features.into_iter().zip(failing).zip(others) {
            if candidates.failing.iter().zip(&candidates.others).any(|known| known == (&failing, &others)) {
                continue;
            }
            candidates.features.push(feature);
            candidates.failing.push(failing);
            candidates.others.push(others);
        }
        candidates
    }

    /// The sets, each the best for the failures that those before it leave.
    pub(super) fn search(&self, most: usize, fewest: u64) -> Vec<Found<F>> {
        let Some(rows) = self.failing.first().map(|bits| bits.0.len() * 64) else { return Vec::new() };
        let mut open = Bits::all(rows);
        let mut found = Vec::new();
        while found.len() < most {
            let Some(best) = self.best(&open, fewest) else { break };
            let new = best.failing.and(&open);
            let Some(first) = new.first() else { break };
            found.push(Found {
                features: best.members.iter().map(|member| self.features[*member]).collect(),
                failing: best.failing.count(),
                of: best.of,
                more: new.count(),
                first,
            });
            open.remove(&best.failing);
        }
        found
    }

    fn best(&self, open: &Bits, fewest: u64) -> Option<Best> {
        let mut order: Vec<(u64, usize)> =
            self.failing.iter().map(|bits| bits.count_with(open)).zip(0..).filter(|(count, _)| *count >= fewest).collect();
        // Those with the most open failures first: the bound cuts off most of what comes later.
        order.sort_by_key(|(count, feature)| (std::cmp::Reverse(*count), *feature));
        let order: Vec<usize> = order.into_iter().map(|(_, feature)| feature).collect();
        let mut best = None;
        self.grow(&order, open, fewest, &mut Set::default(), &mut best);
        best
    }

    /// Tries every set that has these members and up to three, those that cannot be better than the best left out.
    fn grow(&self, order: &[usize], open: &Bits, fewest: u64, set: &mut Set, best: &mut Option<Best>) {
        for (place, feature) in order.iter().enumerate() {
            let failing = set.failing_with(&self.failing[*feature]);
            let more = failing.count_with(open);
            let bound = score_of([more, 1, 1]);
            if more < fewest || best.as_ref().is_some_and(|best| bound <= best.score) {
                continue;
            }
            set.push(*feature, failing, set.others_with(&self.others[*feature]));
            self.judge(set, more, best);
            if set.members.len() < 3 {
                self.grow(&order[place + 1..], open, fewest, set, best);
            }
            set.pop();
        }
    }

    fn judge(&self, set: &Set, more: u64, best: &mut Option<Best>) {
        let Some((failing, others)) = set.levels.last() else { return };
        let (with, without) = (failing.count(), others.count());
        let of = with + without;
        let score = score_of([more, with, of]) / WEIGHT[0] * WEIGHT[set.members.len() - 1];
        if best.as_ref().is_none_or(|best| score > best.score) {
            *best = Some(Best { score, members: set.members.clone(), failing: failing.clone(), of });
        }
    }
}

/// A set of features that is being put together, with the scenarios that have all of them.
#[derive(Default)]
struct Set {
    members: Vec<usize>,
    levels: Vec<(Bits, Bits)>,
}

impl Set {
    fn failing_with(&self, other: &Bits) -> Bits {
        self.levels.last().map_or_else(|| other.clone(), |(failing, _)| failing.and(other))
    }

    fn others_with(&self, other: &Bits) -> Bits {
        self.levels.last().map_or_else(|| other.clone(), |(_, others)| others.and(other))
    }

    fn push(&mut self, feature: usize, failing: Bits, others: Bits) {
        self.members.push(feature);
        self.levels.push((failing, others));
    }

    fn pop(&mut self) {
        self.members.pop();
        self.levels.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(rows: usize, members: impl IntoIterator<Item = usize>) -> Bits {
        let mut bits = Bits::none(rows);
        members.into_iter().for_each(|row| bits.insert(row));
        bits
    }

    /// Of a hundred failing scenarios and as many others.
    fn candidates(features: &[(&'static str, Bits, Bits)]) -> Candidates<&'static str> {
        let each = features.iter().cloned();
        let names = each.clone().map(|(name, ..)| name).collect();
        Candidates::new(names, each.clone().map(|(_, failing, _)| failing).collect(), each.map(|(.., others)| others).collect())
    }

    #[test]
    fn two_faults_are_two_sets_and_the_exact_one_comes_first() {
        let [a, b] = [("a", set(100, 0..60), set(100, 0..60)), ("b", set(100, 0..60), set(100, 60..100))];
        let c = ("c", set(100, 60..100), set(100, 0..10));
        let found = candidates(&[a, b, c]).search(10, 2);
        let told: Vec<_> =
            found.iter().map(|found| (&*found.features, found.failing, found.of, found.more, found.first)).collect();
        assert_eq!(told, [(&["a", "b"][..], 60, 60, 60, 0), (&["c"][..], 40, 50, 40, 60)]);
    }

    #[test]
    fn what_the_same_scenarios_have_is_told_once_by_the_preferred_feature() {
        let [one, same] = ["word", "tag"].map(|name| (name, set(100, 0..10), set(100, 0..3)));
        let found = candidates(&[one, same]).search(10, 2);
        assert_eq!(found.iter().map(|found| &*found.features).collect::<Vec<_>>(), [["word"]]);
    }

    #[test]
    fn a_failure_alone_is_no_set() {
        assert!(candidates(&[("a", set(100, [7]), set(100, []))]).search(10, 2).is_empty());
        assert!(candidates(&[]).search(10, 2).is_empty());
    }

    #[test]
    fn more_scenarios_are_combined_by_fewer_features() {
        let most = Candidates::<&str>::most;
        assert!(most(100, 10_000) > most(1_000_000, 1_000_000));
        assert!(most(1_000_000, 1_000_000) >= 16);
    }
}
