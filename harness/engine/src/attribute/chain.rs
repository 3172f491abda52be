//! The chain of builds, from the oldest that the scenario says something of to the one that it fails on.

use fixgate_core::attribute::{BuildContent, Cost, FirstBad, Mark, first_bad};
use fixgate_core::case::Scenario;
use fixgate_core::release::{Position, Release};
use fixgate_core::words::counted;

use super::prober::{Prober, runs_for};
use super::{Question, halvings};
use crate::builds::{Build, Placed, is_at_hand, release_build};
use crate::fault::Fault;
use crate::site::Site;

/// One build of the chain.
#[derive(Debug)]
pub(super) struct Link<'r> {
    /// Its place in the train.
    pub(super) place: Position,
    /// The release that it is, or stands as; none for what comes after the newest.
    pub(super) release: Option<&'r Release>,
    origin: Origin<'r>,
}

/// Where a build comes from.
#[derive(Debug)]
enum Origin<'r> {
    Given(&'r Placed),
    Recipe(&'r Release),
}

impl<'r> Link<'r> {
    fn given(question: &Question<'r>, placed: &'r Placed) -> Self {
        let train = &question.site.ledger.train;
        let release = train.releases().iter().find(|release| train.position(&release.name) == Some(placed.place));
        Self { place: placed.place, release, origin: Origin::Given(placed) }
    }

    /// How reports name it.
    pub(super) fn name(&self) -> String {
        match self.origin {
            Origin::Given(placed) => placed.build.identity().name,
            Origin::Recipe(release) => release.name.to_string(),
        }
    }

    /// The build, made if need be.
    pub(super) fn build(&self, question: &Question<'_>) -> Result<Build, Fault> {
        match self.origin {
            Origin::Given(placed) => Ok(placed.build.clone()),
            Origin::Recipe(release) => release_build(&question.site, release),
        }
    }

    fn is_at_hand(&self, question: &Question<'_>) -> bool {
        match self.origin {
            Origin::Given(_) => true,
            Origin::Recipe(release) => is_at_hand(question.site.tree, question.site.ledger, release),
        }
    }
}

/// The builds, oldest first; the last is the one that the scenario fails on.
#[derive(Debug)]
pub(super) struct Chain<'r> {
    pub(super) links: Vec<Link<'r>>,
    /// Whether the first was said to be good.
    has_baseline: bool,
}

impl<'r> Chain<'r> {
    /// The releases that the scenario applies to, between the baseline and the candidate, and these two.
    pub(super) fn new(question: &Question<'r>, scenario: &Scenario) -> Self {
        let Question { site: Site { ledger, .. }, candidate, .. } = question;
        let baseline = question.baseline.filter(|baseline| ledger.applies(&scenario.case, baseline.place));
        let between = ledger.train.releases().iter().filter_map(|release| {
            let place = ledger.train.position(&release.name)?;
            let inside = place < candidate.place && baseline.is_none_or(|baseline| baseline.place < place);
            let link = Link { place, release: Some(release), origin: Origin::Recipe(release) };
            (inside && ledger.applies(&scenario.case, place)).then_some(link)
        });
        let first = baseline.into_iter().map(|baseline| Link::given(question, baseline));
        let links = first.chain(between).chain([Link::given(question, candidate)]).collect();
        Self { links, has_baseline: baseline.is_some() }
    }

    /// In words, for people.
    pub(super) fn words(&self) -> String {
        let name = |link: Option<&Link<'_>>| link.map(Link::name).unwrap_or_default();
        let (first, last) = (name(self.links.first()), name(self.links.last()));
        match self.links.len() {
            1 => last,
            count => format!("{} from {first} to {last}", counted(count, "build")),
        }
    }

    /// What the search along it takes at most.
    pub(super) fn cost(&self, question: &Question<'_>) -> Cost {
        let older = self.links.len() - 1;
        let probes = match (self.has_baseline, older) {
            (_, 0) => 1,
            (true, older) => 2 + halvings(older),
            (false, older) => (2 * halvings(older) + 2).min(older as u32 + 1),
        };
        let missing = self.links.iter().filter(|link| !link.is_at_hand(question)).count() as u32;
        Cost { probes, builds: missing.min(probes), runs: runs_for(0, probes) }
    }

    /// The build that a scenario is compared with that expects what the baseline gives.
    pub(super) fn oldest(&self, scenario: &Scenario) -> Result<&Link<'r>, Fault> {
        match self.links.as_slice() {
            [oldest, _, ..] => Ok(oldest),
            [] | [_] => {
                let message = format!("{} expects what the baseline gives, and no earlier release has it", scenario.id);
                Err(Fault::usage(message).help("name the build to compare with: --baseline B"))
            }
        }
    }

    /// Searches it; the last link is known to be bad.
    pub(super) fn search(&self, prober: &mut Prober<'_, '_>) -> Result<FirstBad, Fault> {
        let last = self.links.len() - 1;
        let mut probe = |index: usize| self.probe(index, prober);
        let oldest = if self.has_baseline { probe(0)? } else { Mark::Untestable };
        let good = match oldest {
            Mark::Good => Some(0),
            Mark::Bad => return Ok(FirstBad { good: None, bad: 0 }),
            Mark::Untestable => None,
        };
        first_bad(good, last, &mut probe)
    }

    fn probe(&self, index: usize, prober: &mut Prober<'_, '_>) -> Result<Mark, Fault> {
        let link = &self.links[index];
        prober.probe(BuildContent::Build(link.name()), |question| link.build(question))
    }
}
