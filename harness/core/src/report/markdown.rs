//! `signoff.md`: the sign-off for a reader of Markdown, decision first.

mod causes;
mod packs;
mod proofs;
mod rules;
mod validation;

use std::fmt::{self, Write as _};

pub use self::validation::validation;
use super::text::{headline, ways_out};
use super::visible::{visible_line, visible_text};
use crate::cause::Causes;
use crate::gate::{Decision, FixResult, Signoff};
use crate::id::ScenarioId;
use crate::record::{BaselineIdentity, RunRecord, TestProduct};
use crate::residual::{Analysis, Class, Cluster, clusters};
use crate::verdict::Verdict;
use crate::words::counted;

/// The most scenarios that a cluster lists.
const LISTED: usize = 20;
/// The most differences of a cluster that are shown, and scenarios of each.
const DIFFERENCES: usize = 10;
const LISTED_OF_DIFFERENCE: usize = 5;
/// The most clusters that are shown.
const CLUSTERS: usize = 50;

/// The whole page.
pub fn signoff(signoff: &Signoff) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(&mut page, signoff);
    page
}

/// The page of a run that is no sign-off: counts, then what is left over.
pub fn run(record: &RunRecord, analysis: &Analysis<'_>) -> String {
    let header = &record.header;
    let mut page = format!("# Run {}\n\n{} planned: {}.\n\n", header.run, header.planned, record.verdicts());
    if let Some(void) = record.void_reason() {
        page.push_str(&format!("**Void: there is no answer.** {}\n\n", cell(&void)));
    }
    page.push_str(&format!("- candidate {} `{}`\n", cell(&header.candidate.name), header.candidate.digest));
    if let Some(baseline) = &header.baseline {
        page.push_str(&format!("- baseline {} `{}`\n", cell(&baseline.build.name), baseline.build.digest));
    }
    if let Some(baseline) = header.same_build() {
        page.push_str(&format!("- **the candidate is the very build of the baseline {}**\n", cell(&baseline.build.name)));
    }
    page.push('\n');
    // Writing to a string cannot fail.
    let _ = causes::write(&mut page, &Causes::of(&analysis.residuals));
    let _ = write_clusters(&mut page, &clusters(header, &analysis.residuals));
    page
}

fn write_page(page: &mut String, signoff: &Signoff) -> fmt::Result {
    write_head(page, signoff)?;
    causes::write(page, &signoff.causes)?;
    write_criteria(page, signoff)?;
    rules::write(page, &signoff.rules)?;
    write_fixes(page, signoff)?;
    proofs::write(page, signoff)?;
    write_clusters(page, &signoff.residuals)?;
    write_claims(page, signoff)?;
    write_waivers(page, signoff)?;
    write_attestations(page, signoff)?;
    packs::write(page, &signoff.packs)?;
    write_provenance(page, signoff)
}

fn write_head(page: &mut String, signoff: &Signoff) -> fmt::Result {
    let decision = match signoff.decision {
        Decision::Ship => "SHIP",
        Decision::Hold => "HOLD",
    };
    writeln!(page, "# {} {} ({}): {decision}\n", cell(&signoff.product), signoff.release, cell(&signoff.version))?;
    if let Some(void) = &signoff.void {
        writeln!(page, "**Void: there is no answer.** {}\n", cell(void))?;
    }
    let same = |baseline: &&BaselineIdentity| baseline.build.digest == signoff.candidate.digest;
    if let Some(baseline) = signoff.baseline.as_ref().filter(same) {
        writeln!(page, "**The candidate is the very build of the baseline {}.**\n", cell(&baseline.build.name))?;
    }
    let candidate = cell(&signoff.candidate.name);
    let baseline =
        signoff.baseline.as_ref().map_or("no baseline".to_owned(), |known| format!("baseline {}", cell(&known.build.name)));
    let (seconds, planned, judged) = (signoff.seconds, signoff.planned, signoff.verdicts.total());
    writeln!(
        page,
        "{} planned, {judged} with a verdict: {}. Candidate {candidate}, {baseline}, {} s.\n",
        counted(planned, "scenario"),
        signoff.verdicts,
        seconds.round()
    )?;
    let classes: Vec<String> = Class::ALL
        .into_iter()
        .filter(|class| signoff.classes.get(*class) > 0)
        .map(|class| format!("{} {class}", signoff.classes.get(class)))
        .collect();
    if classes.is_empty() { Ok(()) } else { writeln!(page, "Against the baseline: {}.\n", classes.join(", ")) }
}

fn write_criteria(page: &mut String, signoff: &Signoff) -> fmt::Result {
    writeln!(page, "## Criteria\n\n| criterion | state | |\n|---|---|---|")?;
    for criterion in &signoff.criteria {
        let state = match criterion.state {
            crate::gate::State::Unsatisfied => format!("**{}**", criterion.state.as_str()),
            crate::gate::State::Satisfied | crate::gate::State::Waived => criterion.state.as_str().to_owned(),
        };
        writeln!(page, "| {} | {state} | {} |", criterion.id, cell(&criterion.summary))?;
    }
    for criterion in signoff.criteria.iter().filter(|criterion| !criterion.evidence.is_empty()) {
        writeln!(page, "\n<details><summary>{}: {} of evidence</summary>\n", criterion.id, counted(criterion.found(), "line"))?;
        criterion.first_evidence(usize::MAX).try_for_each(|line| writeln!(page, "- {}", code(&line)))?;
        writeln!(page, "\n</details>")?;
    }
    let ways = ways_out(signoff);
    if !ways.is_empty() {
        writeln!(page, "\nWays out, besides a repair:\n")?;
        ways.iter().try_for_each(|way| writeln!(page, "- {way}"))?;
    }
    writeln!(page)
}

fn write_fixes(page: &mut String, signoff: &Signoff) -> fmt::Result {
    writeln!(page, "## Fixes new in {}\n", signoff.release)?;
    if signoff.fixes.is_empty() {
        return writeln!(page, "None is recorded.\n");
    }
    writeln!(page, "| defect | title | red before, green here |\n|---|---|---|")?;
    for fix in &signoff.fixes {
        let name = name(fix);
        let proof = if fix.proof.proved {
            format!("{}, {} each", counted(fix.proof.scenarios, "scenario"), counted(fix.proof.runs, "run"))
        } else {
            format!("**not proved**: {}", cell(&fix.proof.refusals.join("; ")))
        };
        writeln!(page, "| {name} | {} | {proof} |", cell(&fix.title))?;
    }
    writeln!(page)
}

/// The defect's id, as a link to where it was reported if that is an address.
fn name(fix: &FixResult) -> String {
    match &fix.source {
        Some(source) if source.starts_with("https://") && source.chars().all(is_plain_in_link) => {
            format!("[{}]({source})", fix.defect)
        }
        Some(_) | None => fix.defect.to_string(),
    }
}

fn write_clusters(page: &mut String, clusters: &[Cluster]) -> fmt::Result {
    writeln!(page, "## Residuals\n")?;
    if clusters.is_empty() {
        return writeln!(page, "None: every scenario is as it should be.\n");
    }
    clusters.iter().take(CLUSTERS).try_for_each(|cluster| write_cluster(page, cluster))?;
    match clusters.len().saturating_sub(CLUSTERS) {
        0 => Ok(()),
        more => writeln!(
            page,
            "… and {}; the JSON report has {}.\n",
            counted(more, "more cluster"),
            if more == 1 { "it" } else { "them all" }
        ),
    }
}

fn write_cluster(page: &mut String, cluster: &Cluster) -> fmt::Result {
    writeln!(page, "### {}\n", cell(&headline(cluster)))?;
    if let Some(signature) = cluster.signature {
        writeln!(page, "signature `{signature}`\n")?;
    }
    match &*cluster.differences {
        [_] | [] => {
            write_scenarios(page, cluster.scenarios.iter(), LISTED)?;
            write_detail(page, &cluster.detail)?;
        }
        [..] => write_differences(page, cluster)?,
    }
    writeln!(page, "again: {}\n", code(&cluster.rerun))
}

/// Each difference under the scenarios that showed it.
fn write_differences(page: &mut String, cluster: &Cluster) -> fmt::Result {
    for difference in cluster.differences.iter().take(DIFFERENCES) {
        if difference.reason != cluster.reason {
            writeln!(page, "{}:\n", cell(&difference.reason))?;
        }
        write_scenarios(page, difference.scenarios.iter().map(|seen| &seen.scenario), LISTED_OF_DIFFERENCE)?;
        write_detail(page, &difference.detail)?;
    }
    let left_out = cluster.differences.iter().skip(DIFFERENCES).map(|difference| difference.scenarios.len());
    match left_out.sum::<usize>() + cluster.differences_left_out as usize {
        0 => Ok(()),
        more => writeln!(
            page,
            "… and {} with other differences; the JSON report and the JUnit report have them.\n",
            counted(more, "scenario")
        ),
    }
}

fn write_scenarios<'s>(page: &mut String, scenarios: impl ExactSizeIterator<Item = &'s ScenarioId>, most: usize) -> fmt::Result {
    let more = scenarios.len().saturating_sub(most);
    scenarios.take(most).try_for_each(|scenario| writeln!(page, "- {}", code(scenario.as_str())))?;
    if more > 0 {
        writeln!(page, "- … and {more} more")?;
    }
    writeln!(page)
}

fn write_detail(page: &mut String, detail: &str) -> fmt::Result {
    if detail.is_empty() { Ok(()) } else { write_block(page, detail) }
}

fn write_claims(page: &mut String, signoff: &Signoff) -> fmt::Result {
    if signoff.claims.is_empty() {
        return Ok(());
    }
    writeln!(
        page,
        "## Changes of behaviour that fixes claim\n\n| record | scenarios | planned | explained | pinned |\n|---|---|---|---|---|"
    )?;
    for claim in &signoff.claims {
        let pinned = if claim.pinned { "yes" } else { "**no**" };
        let (claimed, explained) = (claim.planned, claim.explained);
        writeln!(page, "| {} | {} | {claimed} | {explained} | {pinned} |", claim.defect, code(&claim.scenarios))?;
    }
    writeln!(page)
}

fn write_waivers(page: &mut String, signoff: &Signoff) -> fmt::Result {
    if signoff.waivers.is_empty() {
        return Ok(());
    }
    writeln!(page, "## Waivers\n\n| waiver | accepts | owner | reason | until | in force |\n|---|---|---|---|---|---|")?;
    for waiver in &signoff.waivers {
        let in_force = if waiver.in_force { "yes" } else { "**no**" };
        let (owner, reason) = (cell(&waiver.owner), cell(&waiver.reason));
        writeln!(
            page,
            "| {} | {} | {owner} | {reason} | {} | {in_force} |",
            cell(&waiver.name),
            code(&waiver.waives),
            waiver.expires
        )?;
    }
    writeln!(page)
}

fn write_attestations(page: &mut String, signoff: &Signoff) -> fmt::Result {
    if signoff.attestations.is_empty() {
        return Ok(());
    }
    writeln!(
        page,
        "## Attestations\n\n| attestation | role | by | at | states | build | counts |\n|---|---|---|---|---|---|---|"
    )?;
    for attested in &signoff.attestations {
        let counts = match (&attested.refused, attested.key_expired) {
            (Some(why), _) => format!("**no**: {}", cell(why)),
            (None, _) if attested.gone => "**it was deleted**, and still counts against the build".to_owned(),
            (None, Some(expired)) => format!("yes, **by a key that expired at {expired}, before the run**"),
            (None, None) => "yes".to_owned(),
        };
        let (name, by, states) = (cell(attested.name.as_str()), cell(attested.by.as_str()), cell(&attested.states));
        let build =
            if attested.build == signoff.candidate.digest { "this".to_owned() } else { format!("`{}`", attested.build.short()) };
        writeln!(page, "| {name} | {} | {by} | {} | {states} | {build} | {counts} |", attested.role, attested.at)?;
    }
    writeln!(page)
}

fn write_provenance(page: &mut String, signoff: &Signoff) -> fmt::Result {
    writeln!(page, "## What this rests on\n")?;
    writeln!(page, "- run {} of {}", signoff.run, signoff.date)?;
    writeln!(page, "- candidate {} `{}`", cell(&signoff.candidate.name), signoff.candidate.digest)?;
    if let Some(baseline) = &signoff.baseline {
        writeln!(page, "- baseline {} `{}`", cell(&baseline.build.name), baseline.build.digest)?;
    }
    writeln!(page, "- plan `{}`", signoff.plan)?;
    if let Some(journal) = signoff.journal {
        writeln!(page, "- journal `{journal}`")?;
    }
    writeln!(page, "- isolation {}: {}", signoff.isolation.as_str(), signoff.isolation.meaning())?;
    if let Some(circumstances) = &signoff.circumstances {
        writeln!(page, "- machine: {}", cell(&circumstances.machine.to_string()))?;
    }
    writeln!(page, "- test product: {}", test_product(&signoff.test_product))?;
    let rules = &signoff.rules.gate;
    writeln!(
        page,
        "- rules: at least {}, at most {} {}",
        counted(rules.min_scenarios, "scenario"),
        rules.max_flaky,
        Verdict::Flaky
    )
}

/// Which records a run was made with.
fn test_product(product: &TestProduct) -> String {
    let version = match (&product.commit, &product.unknown) {
        (_, Some(why)) => format!("its commit is unknown ({})", cell(why)),
        (None, None) => "under no version control".to_owned(),
        (Some(commit), None) if product.changed => format!("commit {commit}, changed since"),
        (Some(commit), None) => format!("commit {commit}"),
    };
    format!("{version}, records `{}`", product.digest)
}

/// Text in a table's cell or a heading: on one line, without markup.
pub(super) fn cell(text: &str) -> String {
    visible_line(text).chars().fold(String::new(), |mut cell, letter| {
        match letter {
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '&' => cell.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '~' | '!' => cell.extend(['\\', letter]),
            _ => cell.push(letter),
        }
        cell
    })
}

/// Text as code on one line, in as many backticks as it takes.
pub(super) fn code(text: &str) -> String {
    let text = visible_line(text).replace('|', "\\|");
    let fence = "`".repeat(longest_run(&text) + 1);
    if fence.len() == 1 { format!("`{text}`") } else { format!("{fence} {text} {fence}") }
}

/// Letters of an address that cannot end a link, a table's cell or a line.
pub(super) fn is_plain_in_link(letter: char) -> bool {
    letter.is_ascii_graphic() && !"()[]<>|`\\".contains(letter)
}

fn write_block(page: &mut String, text: &str) -> fmt::Result {
    let text = &visible_text(text.as_bytes());
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    writeln!(page, "{fence}diff\n{text}{end}{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_product_prints_is_never_markup() {
        assert_eq!(cell("<script>|*a*\n"), "&lt;script&gt;\\|\\*a\\*\\\\n");
        assert_eq!(code("a`b"), "`` a`b ``");
        let mut page = String::new();
        write_block(&mut page, "```\n# forged\n").unwrap();
        assert!(page.starts_with("````diff\n```\n# forged\n````\n"));
    }
}
