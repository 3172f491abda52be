//! What the decision rests on: digests, isolation, signers, and the line that verifies all of it.

use serde::Serialize;

use super::super::basis;
use super::Source;
use crate::record::LessConfined;

/// The last section.
#[derive(Debug, Serialize)]
pub(super) struct Rests {
    /// What, and its digest or name.
    facts: Vec<(&'static str, String)>,
    /// The line that checks the files offline, for a sign-off.
    verify: Option<String>,
    /// The line that decides again, for a sign-off.
    again: Option<String>,
    run: String,
    /// Who may approve, by the records.
    managers: Vec<String>,
}

impl Rests {
    pub(super) fn of(source: &Source<'_>) -> Self {
        let header = &source.record.header;
        let named = |name: &str, digest: String| format!("{name} {digest}");
        let mut facts = vec![
            ("run", format!("{} of {}", header.run, header.date)),
            ("candidate", named(&header.candidate.name, header.candidate.digest.to_string())),
        ];
        if let Some(baseline) = &header.baseline {
            facts.push(("baseline", named(&baseline.build.name, baseline.build.digest.to_string())));
        }
        facts.extend(header.packs.iter().map(|pack| ("build of a pack", named(&pack.name, pack.digest.to_string()))));
        facts.push(("plan", format!("{} of {}", header.plan, super::shown::counted(header.planned, "scenario"))));
        if let Some(footer) = &source.record.footer {
            facts.push(("journal", footer.journal.to_string()));
        }
        facts.extend(header.shards.iter().map(|shard| ("shard", basis::shard(shard))));
        let less_confined = header.found.iter().filter_map(LessConfined::of);
        facts.extend(less_confined.map(|build| ("recipe", basis::less_confined(&build))));
        let product = &header.test_product;
        facts.push(("records and cases", format!("{}, {}", basis::commit(product), product.digest)));
        if let Some(signoff) = source.signoff() {
            facts.push(("rules", format!("{}, whole in rules.json", signoff.rules.digest)));
        }
        facts.push(("harness", header.harness.map_or(header.tool.clone(), |digest| format!("{} {digest}", header.tool))));
        facts.push(("isolation", format!("{}: {}", header.isolation.as_str(), header.isolation.meaning())));
        if let Some(circumstances) = &header.circumstances {
            facts.push(("machine", circumstances.machine.to_string()));
        }
        let release = source.signoff().map(|signoff| &signoff.release);
        let managers = source.ledger.project.roles.get(&crate::signer::Role::ReleaseManager).into_iter().flatten();
        Self {
            facts,
            verify: release.map(|release| format!("fixgate verify reports/{release}")),
            again: release.map(|release| format!("fixgate gate {} --release {release}", header.run)),
            run: header.run.to_string(),
            managers: managers.map(ToString::to_string).collect(),
        }
    }
}
