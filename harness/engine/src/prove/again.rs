//! The fixes of earlier releases that a run proves again, each with the build of the release before it.

use std::collections::BTreeMap;

use fixgate_core::case::Scenario;
use fixgate_core::defect::Defect;
use fixgate_core::gate::older_pair;
use fixgate_core::id::ReleaseName;
use fixgate_core::record::{AgainOn, ProvedAgain};
use fixgate_core::release::{Position, Release};

use crate::builds::{Build, release_build};
use crate::fault::Fault;
use crate::site::Site;

/// What is proved again.
#[derive(Debug, Default)]
pub struct OlderProofs<'r> {
    fixes: Vec<(&'r Defect, Result<Older<'r>, String>)>,
    builds: BTreeMap<&'r ReleaseName, Build>,
}

/// A fix of an earlier release that can be proved again.
#[derive(Debug)]
struct Older<'r> {
    base: &'r ReleaseName,
    pair: Vec<&'r Scenario>,
}

impl<'r> OlderProofs<'r> {
    /// Obtains the builds on which these fixes are proved again, for a candidate at this place. One that is not available is told in the
    /// record.
    ///
    /// # Errors
    /// When it is interrupted.
    pub fn of(site: &Site<'r>, fixes: Vec<&'r Defect>, place: Position) -> Result<Self, Fault> {
        let mut again = Self::default();
        let mut refused: BTreeMap<&ReleaseName, String> = BTreeMap::new();
        for defect in fixes {
            let older = match older_pair(site.ledger, defect, place) {
                Err(why) => Err(why),
                Ok((base, pair)) => {
                    obtain(site, base, &mut again.builds, &mut refused)?;
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
    site: &Site<'_>,
    base: &'r Release,
    builds: &mut BTreeMap<&'r ReleaseName, Build>,
    refused: &mut BTreeMap<&'r ReleaseName, String>,
) -> Result<(), Fault> {
    if builds.contains_key(&base.name) || refused.contains_key(&base.name) {
        return Ok(());
    }
    match release_build(site, base) {
        Ok(build) => drop(builds.insert(&base.name, build)),
        Err(fault) if site.shall_stop() => return Err(fault),
        Err(fault) => drop(refused.insert(&base.name, fault.message)),
    }
    Ok(())
}
