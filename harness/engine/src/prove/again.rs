//! The fixes of earlier releases that a run proves again, each with the build of the release before it.

use std::collections::BTreeMap;

use fixgate_core::case::Scenario;
use fixgate_core::defect::Defect;
use fixgate_core::event::Event;
use fixgate_core::gate::older_pair;
use fixgate_core::id::ReleaseName;
use fixgate_core::ledger::Ledger;
use fixgate_core::record::{AgainOn, ProvedAgain};
use fixgate_core::release::{Position, Release};

use crate::builds::{Build, release_build};
use crate::fault::Fault;
use crate::pool::StopFlag;
use crate::tree::Tree;

/// What is proved again.
#[derive(Debug, Default)]
pub struct Again<'r> {
    fixes: Vec<(&'r Defect, Result<Older<'r>, String>)>,
    builds: BTreeMap<&'r ReleaseName, Build>,
}

/// A fix of an earlier release that can be proved again.
#[derive(Debug)]
struct Older<'r> {
    base: &'r ReleaseName,
    pair: Vec<&'r Scenario>,
}

impl<'r> Again<'r> {
    /// Obtains the builds on which these fixes are proved again, for a candidate at this place. One that is not available is told in the
    /// record.
    ///
    /// # Errors
    /// When it is interrupted.
    pub fn of(
        (tree, ledger): (&Tree, &'r Ledger),
        fixes: Vec<&'r Defect>,
        place: Position,
        stop: &StopFlag,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Self, Fault> {
        let mut again = Self::default();
        let mut refused: BTreeMap<&ReleaseName, String> = BTreeMap::new();
        for defect in fixes {
            let older = match older_pair(ledger, defect, place) {
                Err(why) => Err(why),
                Ok((base, pair)) => {
                    let build = &mut again.builds;
                    obtain((tree, ledger), base, (build, &mut refused), stop, on_event)?;
                    match refused.get(&base.name) {
                        Some(why) => Err(format!("{} cannot be built: {why}", base.name)),
                        None => Ok(Older { base: &base.name, pair }),
                    }
                }
            };
            again.fixes.push((defect, older));
        }
        Ok(again)
    }

    /// Every build that is run.
    pub(crate) fn builds(&self) -> impl Iterator<Item = (&'r ReleaseName, &Build)> {
        self.builds.iter().map(|(name, build)| (*name, build))
    }

    /// What the record says.
    pub(crate) fn told(&self) -> Vec<ProvedAgain> {
        let on = |older: &Result<Older<'_>, String>| match older {
            Err(why) => AgainOn::Nothing(why.clone()),
            Ok(older) => {
                self.builds.get(older.base).map_or(AgainOn::Nothing(String::new()), |build| AgainOn::Base(build.identity()))
            }
        };
        self.fixes.iter().map(|(defect, older)| ProvedAgain { defect: defect.id.clone(), on: on(older) }).collect()
    }

    /// Each scenario that is run on a base and on the candidate.
    pub(crate) fn proofs(&self) -> impl Iterator<Item = (&Build, &'r Defect, &'r Scenario)> {
        let able = self.fixes.iter().filter_map(|(defect, older)| Some((*defect, older.as_ref().ok()?)));
        able.flat_map(|(defect, older)| {
            let build = self.builds.get(older.base);
            build.into_iter().flat_map(move |build| older.pair.iter().map(move |scenario| (build, defect, *scenario)))
        })
    }
}

fn obtain<'r>(
    (tree, ledger): (&Tree, &Ledger),
    base: &'r Release,
    (builds, refused): (&mut BTreeMap<&'r ReleaseName, Build>, &mut BTreeMap<&'r ReleaseName, String>),
    stop: &StopFlag,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<(), Fault> {
    if builds.contains_key(&base.name) || refused.contains_key(&base.name) {
        return Ok(());
    }
    match release_build(tree, ledger, base, stop, on_event) {
        Ok(build) => drop(builds.insert(&base.name, build)),
        Err(fault) if stop.load(std::sync::atomic::Ordering::Relaxed) => return Err(fault),
        Err(fault) => drop(refused.insert(&base.name, fault.message)),
    }
    Ok(())
}
