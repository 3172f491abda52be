//! Attribution: builds made and tried until it is known which of them a scenario fails since.

mod chain;
mod prober;
mod within;

use std::fmt;

use fixgate_core::attribute::{Attribution, Cause, Conclusion, Cost, Probe, Tally};
use fixgate_core::case::Scenario;
use fixgate_core::id::Commit;
use fixgate_core::words::counted;

use self::chain::Chain;
use self::prober::Prober;
use crate::builds::Placed;
use crate::fault::Fault;
use crate::site::Site;

/// What is asked of every scenario.
pub struct Question<'r> {
    /// Where it is asked.
    pub site: Site<'r>,
    /// The build that scenarios fail on.
    pub candidate: &'r Placed,
    /// A build that they do not fail on, if one is known.
    pub baseline: Option<&'r Placed>,
    /// The commit that the candidate was built from, where it is no release.
    pub commit: Option<&'r Commit>,
}

/// What there is to tell while it goes on.
#[derive(Debug)]
pub enum Notice<'n> {
    /// A part of the search begins, and what it may take while the scenario's verdicts are stable.
    Begins {
        /// What is searched, as in "3 releases".
        what: String,
        /// At most this.
        cost: Cost,
        /// What the cost rests on.
        provided: &'n str,
    },
    /// A build was tried.
    Tried(&'n Probe),
}

impl fmt::Display for Notice<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begins { what, cost: Cost { probes, builds, runs }, provided } => {
                let made = match builds {
                    0 => "all at hand".to_owned(),
                    builds => format!("{builds} of them to be made"),
                };
                let probes = counted(*probes as usize, "build");
                write!(formatter, "searching {what}: at most {probes}, {made}, and {}{provided}", counted(*runs, "run"))
            }
            Self::Tried(Probe { content, tally, mark, reason, .. }) => {
                let Tally { failures, runs } = tally;
                let why = match (reason, runs) {
                    (Some(reason), _) => format!(", {reason}"),
                    (None, 0) => ", the same bits as before".to_owned(),
                    (None, runs) => format!(", {failures} of {} failed", counted(*runs as usize, "run")),
                };
                write!(formatter, "{content}: {}{why}", mark.as_str())
            }
        }
    }
}

/// Finds out since when, and by what, a scenario fails. `alike` others are known to fail in the same way.
///
/// # Errors
/// When the candidate cannot be obtained or judged, a scenario that expects what the baseline gives has nothing to be compared
/// with, or it is interrupted.
pub fn attribute(
    question: &Question<'_>,
    (scenario, alike): (&Scenario, usize),
    tell: &mut dyn FnMut(Notice<'_>),
) -> Result<Attribution, Fault> {
    let chain = Chain::new(question, scenario);
    let mut prober = Prober::new(question, scenario, tell);
    let reference = scenario.needs_baseline().then(|| chain.oldest(scenario)).transpose()?;
    if let Some(oldest) = reference {
        prober.compare_with(&oldest.build(question)?)?;
    }
    let answer = search(question, &chain, &mut prober)?;
    let reference = reference.map(chain::Link::name);
    Ok(Attribution { scenario: scenario.id.clone(), alike, reference, answer, probes: prober.into_probes() })
}

fn search(question: &Question<'_>, chain: &Chain<'_>, prober: &mut Prober<'_, '_>) -> Result<Conclusion, Fault> {
    prober.begin_with(chain.words(), chain.cost(question));
    if let Some(nothing) = prober.ground(question.candidate)? {
        return Ok(nothing);
    }
    let found = chain.search(prober)?;
    let bad = &chain.links[found.bad];
    let Some(good) = found.good else { return Ok(Conclusion::Always(bad.name())) };
    let good = &chain.links[good];
    let untestable: Vec<String> =
        chain.links.iter().filter(|link| link.place > good.place && link.place < bad.place).map(chain::Link::name).collect();
    let cause = if untestable.is_empty() {
        within::search(question, (good, bad), prober)?
    } else {
        Cause::NotNarrowed(format!("{} cannot be told", untestable.join(", ")))
    };
    let scenario = prober.scenario();
    let fixes = question.site.ledger.new_in(bad.release.map(|release| &release.name));
    let claims = fixes.filter(|defect| defect.claims.iter().any(|claim| claim.scenarios.matches(&scenario.id)));
    let claimed_by = claims.map(|defect| defect.id.clone()).collect();
    Ok(Conclusion::Since { good: good.name(), bad: bad.name(), untestable, cause, claimed_by })
}

/// How often a number of builds has to be halved until one is left.
fn halvings(count: usize) -> u32 {
    count.max(1).next_power_of_two().ilog2()
}
