//! `signoff.md`: the sign-off for a reader of Markdown, decision first.

mod causes;
mod claims;
mod criteria;
mod differences;
mod packs;
mod proofs;
mod room;
mod rules;
mod validation;

use std::fmt::{self, Write as _};

pub use self::room::MOST;
use self::room::limited;
pub use self::validation::validation;
use super::basis;
use super::page::outcome::decided;
use super::page::overview::{ORDER, meaning};
use super::page::ways::ways;
use super::text::next_step;
use crate::case::Scenario;
use crate::cause::Causes;
use crate::gate::{FixResult, Signoff};
use crate::record::{BaselineIdentity, RunRecord, TestProduct};
use crate::residual::{Analysis, Class, clusters};
use crate::verdict::Verdict;
use crate::visible::{inert_text, visible_line, visible_text};
use crate::words::{counted, thousands};

/// The most scenarios that a pack lists.
const LISTED: usize = 20;

/// The whole page, of at most [`MOST`] bytes; `scenarios` are those that ran, in any order.
pub fn signoff(signoff: &Signoff, scenarios: &[Scenario]) -> String {
    // What a section may take: together they leave a sixth of the page to the residuals at least.
    let before: [(Write, usize); 4] =
        [(write_head, 6_000), (write_classes, 2_000), (write_causes, 5_000), (criteria::write, 6_000)];
    let after: [(Write, usize); 8] = [
        (|page, signoff| rules::write(page, &signoff.rules), 6_000),
        (write_fixes, 6_000),
        (proofs::write, 2_500),
        (claims::write, 4_000),
        (write_waivers, 3_000),
        (write_attestations, 3_000),
        (|page, signoff| packs::write(page, &signoff.packs), 3_000),
        (write_provenance, 3_000),
    ];
    let written = |sections: &[(Write, usize)]| -> String {
        let section = |(write, most): &(Write, usize)| {
            let mut section = String::new();
            // Writing to a string cannot fail.
            let _ = write(&mut section, signoff);
            limited(&section, *most)
        };
        sections.iter().map(section).collect()
    };
    let (before, after) = (written(&before), written(&after));
    let next = format!("\nnext: {}\n", code(&next_step(signoff)));
    let next = if next.len() > 1_000 { String::new() } else { next };
    let room = MOST.saturating_sub(before.len() + after.len() + next.len());
    let residuals = differences::section(&signoff.residuals, &signoff.causes, scenarios.iter(), room);
    before + &residuals + &after + &next
}

/// Writes one section.
type Write = fn(&mut String, &Signoff) -> fmt::Result;

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
    let causes = Causes::of(&analysis.residuals);
    let _ = causes::write(&mut page, &causes);
    let scenarios = analysis.residuals.iter().filter_map(|residual| residual.scenario);
    let mut page = limited(&page, 10_000);
    page.push_str(&differences::section(&clusters(header, &analysis.residuals), &causes, scenarios, MOST - page.len()));
    page
}

fn write_head(page: &mut String, signoff: &Signoff) -> fmt::Result {
    let (word, _, why) = decided(signoff);
    writeln!(page, "# {} {} ({}): {word}\n", cell(&signoff.product), signoff.release, cell(&signoff.version))?;
    if signoff.void.is_some() {
        write!(page, "**Void: there is no answer.** ")?;
    }
    writeln!(page, "{}\n", cell(&why))?;
    let same = |baseline: &&BaselineIdentity| baseline.build.digest == signoff.candidate.digest;
    if let Some(baseline) = signoff.baseline.as_ref().filter(same) {
        writeln!(page, "**The candidate is the very build of the baseline {}.**\n", cell(&baseline.build.name))?;
    }
    let to_do = ways(signoff);
    if !to_do.is_empty() {
        writeln!(page, "What would make it ship:\n")?;
        for way in &to_do {
            let command = way.command.as_ref().map(|command| format!(": {}", code(command))).unwrap_or_default();
            writeln!(page, "- {}: {}{command}", cell(&way.count), way.advice)?;
        }
        writeln!(page)?;
    }
    let candidate = cell(&signoff.candidate.name);
    let baseline =
        signoff.baseline.as_ref().map_or("no baseline".to_owned(), |known| format!("baseline {}", cell(&known.build.name)));
    let (seconds, planned, judged) = (signoff.seconds, signoff.planned, signoff.verdicts.total());
    writeln!(
        page,
        "{} planned, {} with a verdict: {}. Candidate {candidate}, {baseline}, {} s.\n",
        counted(planned, "scenario"),
        thousands(judged),
        signoff.verdicts,
        thousands(seconds.round() as u64)
    )
}

/// How many scenarios are in each class, what that means, and whether the release can ship with them.
fn write_classes(page: &mut String, signoff: &Signoff) -> fmt::Result {
    let all = || ORDER.into_iter().chain([Class::Missing]).map(|class| (class, signoff.classes.get(class)));
    if all().all(|(_, count)| count == 0) {
        return Ok(());
    }
    writeln!(page, "| class | scenarios | what it means | |\n|---|---|---|---|")?;
    for (class, count) in all().filter(|(_, count)| *count > 0) {
        let (meaning, tone) = meaning(class);
        let holds = match class {
            Class::New | Class::StillFailing => "holds the release where one fails and no waiver accepts it",
            Class::Known => "accounted for",
            _ if tone == "bad" => "**holds the release**",
            _ => "well",
        };
        writeln!(page, "| {class} | {} | {meaning} | {holds} |", thousands(count))?;
    }
    writeln!(page)
}

fn write_causes(page: &mut String, signoff: &Signoff) -> fmt::Result {
    causes::write(page, &signoff.causes)
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
    for shard in &signoff.shards {
        writeln!(page, "- shard {}", basis::shard(shard))?;
    }
    writeln!(page, "- isolation {}: {}", signoff.isolation.as_str(), signoff.isolation.meaning())?;
    for build in &signoff.less_confined {
        writeln!(page, "- build {}", cell(&basis::less_confined(build)))?;
    }
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
    format!("{}, records `{}`", cell(&basis::commit(product)), product.digest)
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
    let text = inert_text(visible_line(text)).replace('|', "\\|");
    let fence = "`".repeat(longest_run(&text) + 1);
    if fence.len() == 1 { format!("`{text}`") } else { format!("{fence} {text} {fence}") }
}

/// Letters of an address that cannot end a link, a table's cell or a line.
pub(super) fn is_plain_in_link(letter: char) -> bool {
    letter.is_ascii_graphic() && !"()[]<>|`\\".contains(letter)
}

/// Text in a fence that nothing in it ends. As jobs print this page into their logs, no line of it commands the log.
fn block(text: &str) -> String {
    let text = &*inert_text(visible_text(text).into_owned());
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}diff\n{text}{end}{fence}\n\n")
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
        assert!(block("```\n# forged\n").starts_with("````diff\n```\n# forged\n````\n"));
    }
}
