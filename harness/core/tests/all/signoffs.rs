//! Sign-offs: what is explained and what is not, the same bytes for the same records, and inert reports.

use crate::common::Tree;
use crate::common::runs::Run;
use fixgate_core::accepted::Accepted;
use fixgate_core::claim::Claims;
use fixgate_core::gate::{CriterionState, Decision, FixResult, Signoff};
use fixgate_core::id::{DefectId, Digest};
use fixgate_core::ledger::Ledger;
use fixgate_core::project::Criterion;
use fixgate_core::report::markdown;
use fixgate_core::residual::{Class, Cluster};
use fixgate_core::verdict::Verdict;

const CHANGE: &str = "kind = \"change\"\nstatus = \"fixed\"\n";

fn tree() -> Tree {
    Tree::new().case("canary/fails", "").case("suite/a", "").case("suite/b", "")
}

/// RU2 has a change that claims `suite/a`.
fn claiming() -> Tree {
    tree().defect("CH-1", &format!("{CHANGE}fixed-in = \"RU2\"\nchanges = [\"suite/a\"]"))
}

fn explained(signoff: &Signoff) -> (CriterionState, Vec<String>) {
    let result = signoff.criteria.iter().find(|result| result.id.as_str() == "explained").unwrap();
    (result.state, result.evidence.clone())
}

fn unexplained(evidence: &str) -> (CriterionState, Vec<String>) {
    (CriterionState::Unsatisfied, vec![evidence.to_owned()])
}

/// A run of RU2 in which `suite/a` differs as CH-1 claims.
fn differing(ledger: &Ledger) -> Run<'_> {
    let mut run = Run::new(ledger, "RU2");
    run.entry("suite/a").explained_by = Some("CH-1".parse().unwrap());
    run
}

#[test]
fn a_difference_that_a_fix_claims_is_explained_and_its_claim_is_listed() {
    let ledger = claiming().ledger();
    let signoff = differing(&ledger).signoff();
    assert_eq!(explained(&signoff), (CriterionState::Satisfied, vec![]));
    assert_eq!(signoff.decision, Decision::Ship);
    assert_eq!(signoff.classes.get(Class::Explained), 1);
    let claims: Vec<_> = signoff.claims.iter().map(|claim| (claim.defect.as_str(), claim.explained, claim.pinned)).collect();
    assert_eq!(claims, [("CH-1", 1, false)]);
}

#[test]
fn a_claim_that_counts_and_explains_nothing_is_stale() {
    let ledger = claiming().ledger();
    let signoff = Run::new(&ledger, "RU2").signoff();
    assert_eq!(explained(&signoff), unexplained("the claim `suite/a` of CH-1 explains nothing: it is stale"));
    assert_eq!(signoff.decision, Decision::Hold);
    let older = tree().defect("CH-1", &format!("{CHANGE}fixed-in = \"RU1\"\nchanges = [\"suite/a\"]")).ledger();
    assert_eq!(explained(&Run::new(&older, "RU2").signoff()).0, CriterionState::Satisfied, "its change is in the baseline too");
}

#[test]
fn a_claim_counts_from_after_the_baseline_up_to_the_candidate() {
    let ledger = claiming().ledger();
    let between = |baseline: &str, candidate: &str| {
        let claims = Claims::between(&ledger, crate::common::place(&ledger, baseline), crate::common::place(&ledger, candidate));
        claims.iter().count()
    };
    assert_eq!([between("RTM", "RU1"), between("RU1", "RU2"), between("RTM", "RU2"), between("RU2", "RU2")], [0, 1, 1, 0]);
}

#[test]
fn a_pinned_claim_explains_exactly_what_was_accepted() {
    let accepted = [("suite/a", Digest::of(b"new"))];
    let pin = Accepted::new(accepted.map(|(id, digest)| (crate::common::id(id), digest))).digest(&"suite/*".parse().unwrap());
    let claim = format!("changes = [{{ scenarios = \"suite/*\", accepted = \"{pin}\" }}]");
    let ledger = tree().defect("CH-1", &format!("{CHANGE}fixed-in = \"RU2\"\n{claim}")).accepted("CH-1", &accepted).ledger();
    let claims = Claims::between(&ledger, crate::common::place(&ledger, "RU1"), crate::common::place(&ledger, "RU2"));
    let by: DefectId = "CH-1".parse().unwrap();
    assert_eq!(claims.explain(&crate::common::id("suite/a"), Digest::of(b"new")), Some(&by));
    assert_eq!(claims.explain(&crate::common::id("suite/a"), Digest::of(b"other")), None);
    assert_eq!(claims.explain(&crate::common::id("suite/b"), Digest::of(b"new")), None);
}

#[test]
fn what_regressed_differs_or_passes_unexpectedly_is_unexplained() {
    let ledger = tree().open("RG-1").case("suite/open", "defects = [\"RG-1\"]").ledger();
    let run = || Run::new(&ledger, "RU2").set("suite/open", Verdict::Failed, Some(Verdict::Failed));
    let reason = "suite/a: step 1: exit 1, expected exit 0";
    let regressed = run().set("suite/a", Verdict::Failed, Some(Verdict::Passed)).signoff();
    assert_eq!(explained(&regressed), unexplained(&format!("failed regressed: {reason}")));
    let mut differs = run().set("suite/a", Verdict::Failed, Some(Verdict::Passed));
    differs.entry("suite/a").differs = true;
    assert_eq!(explained(&differs.signoff()), unexplained(&format!("failed unexplained: {reason}")));
    let passes = run().set("suite/open", Verdict::Passed, Some(Verdict::Passed)).signoff();
    assert_eq!(explained(&passes), unexplained("passed unexpected-pass: suite/open: "));
    assert_eq!(passes.decision, Decision::Hold);
}

#[test]
fn a_scenario_of_the_release_before_that_is_gone_is_missing() {
    let before = tree().case("suite/gone", "").ledger();
    let ledger = tree().ledger();
    let signoff = Run::new(&ledger, "RU2").signoff_after(Some(&Run::new(&before, "RU1").last()));
    assert_eq!(explained(&signoff), unexplained("missing: suite/gone"));
    assert_eq!(signoff.classes.get(Class::Missing), 1);
}

#[test]
fn only_the_first_release_needs_no_baseline() {
    let ledger = tree().ledger();
    assert_eq!(explained(&Run::new(&ledger, "RTM").signoff()).0, CriterionState::Satisfied);
    let mut run = Run::new(&ledger, "RU2").header(|header| header.baseline = None);
    run.footer.as_mut().unwrap().baseline = None;
    let signoff = run.signoff();
    assert_eq!(explained(&signoff), unexplained("the run was not compared with a baseline"));
}

#[test]
fn evidence_is_bounded_and_says_how_much_more_there_is() {
    let labels: Vec<String> = (0..150).map(|number| format!("\"{number}\"")).collect();
    let ledger = tree().case("suite/m", &format!("matrix = {{ n = [{}] }}", labels.join(","))).ledger();
    let mut run = Run::new(&ledger, "RU2");
    for number in 0..150 {
        run = run.set(&format!("suite/m@n={number}"), Verdict::Failed, Some(Verdict::Passed));
    }
    let signoff = run.signoff();
    let (_, evidence) = explained(&signoff);
    let of = signoff.criteria.iter().find(|criterion| criterion.id == Criterion::Explained).unwrap();
    assert_eq!((evidence.len(), of.evidence_left_out, of.found()), (100, 50, 150));
    assert_eq!(of.first_evidence(10).last().unwrap(), "… and 140 more");
    assert_eq!(signoff.residuals.len(), 1, "one cause reads as one");
    assert_eq!(signoff.residuals[0].scenarios.len(), 150);
}

/// Many clusters, each with a difference of many lines, and texts that are as long as records allow.
#[test]
fn a_page_is_never_longer_than_a_comment_may_be() {
    let (tree, run) = rich();
    let ledger = tree.ledger();
    let mut signoff = run(&ledger).signoff();
    let cluster = signoff.residuals[0].clone();
    for (index, size) in [(0_u64, 10), (1, 500), (2, 5_000)] {
        let detail = "+a line of what was printed\n```\n".repeat(size);
        let more = (0..500).map(|number| Cluster {
            signature: Some(Digest::of(format!("{index} {number}").as_bytes())),
            detail: detail.clone(),
            reason: "r".repeat(size),
            differences: Vec::new(),
            ..cluster.clone()
        });
        signoff.residuals = more.collect();
        signoff.fixes = vec![FixResult { title: "|`*".repeat(size), ..signoff.fixes[0].clone() }; 400];
        let page = markdown::signoff(&signoff, &ledger.scenarios);
        assert!(page.len() <= markdown::MOST, "{} bytes", page.len());
        assert!(page.len() > markdown::MOST / 20 && page.contains("\nnext: "), "{page}");
        assert_eq!(
            page.lines().filter(|line| line.starts_with("````diff")).count(),
            page.lines().filter(|line| *line == "````").count()
        );
    }
}

/// A tree and a run with something in every part of a report.
fn rich() -> (Tree, fn(&Ledger) -> Run<'_>) {
    let waiver = format!("scenario = \"suite/b\"\nseen = \"{}\"\nrelease = \"RU2\"\nexpires = 2024-02-01", Digest::of(b"failed"));
    let run: fn(&Ledger) -> Run<'_> = |ledger| {
        let run = differing(ledger).set("suite/b", Verdict::Failed, Some(Verdict::Passed));
        run.set("suite/c", Verdict::Failed, Some(Verdict::Failed)).set("regression/rg-1", Verdict::Passed, Some(Verdict::Failed))
    };
    (claiming().paired("RG-1", "RU2").case("suite/c", "").waiver("w", &waiver), run)
}

#[test]
fn the_same_records_give_the_same_bytes_in_any_order_of_reading() {
    let bytes = |reversed: bool| {
        let (mut tree, run) = rich();
        if reversed {
            tree.records.releases.reverse();
            tree.records.defects.reverse();
            tree.records.scenarios.reverse();
            tree.records.waivers.reverse();
        }
        let ledger = tree.ledger();
        let mut run = run(&ledger);
        if reversed {
            run.entries.reverse();
        }
        let signoff = run.signoff();
        (signoff.to_json(), markdown::signoff(&signoff, &[]))
    };
    assert_eq!(bytes(false), bytes(true));
}

#[test]
fn the_json_has_every_count_and_the_words_of_the_design() {
    let (tree, run) = rich();
    let ledger = tree.ledger();
    let json: serde_json::Value = serde_json::from_str(&run(&ledger).signoff().to_json()).unwrap();
    assert_eq!((json["schema"].as_str(), json["decision"].as_str()), (Some("fixgate-signoff-1"), Some("hold")));
    assert_eq!(json["verdicts"].as_object().unwrap().len(), 7);
    let counted: u64 = json["verdicts"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(Some(counted), json["planned"].as_u64());
    let states: Vec<&str> = json["criteria"].as_array().unwrap().iter().map(|result| result["state"].as_str().unwrap()).collect();
    assert!(states.contains(&"satisfied") && states.contains(&"unsatisfied") && states.contains(&"waived"), "{states:?}");
    assert_eq!(json["criteria"][0]["id"], "ledger");
    assert_eq!(json["fixes"][0]["defect"], "RG-1");
    assert_eq!(json["waivers"][0]["name"], "w");
    assert_eq!(json["test-product"]["commit"], "abc123");
    assert_eq!(json["void"], serde_json::Value::Null);
}

#[test]
fn the_markdown_says_the_decision_first_and_every_part_after_it() {
    let (tree, run) = rich();
    let ledger = tree.ledger();
    let page = markdown::signoff(&run(&ledger).signoff(), &[]);
    assert!(page.starts_with("# grep RU2 (1.0): HOLD\n"), "{page}");
    for part in [
        "## Criteria",
        "| clean | **unsatisfied** |",
        "## Fixes new in RU2",
        "| RG-1 |",
        "## Residuals",
        "## Waivers",
        "| Ada |",
        "CH-1",
        "suite/c",
    ] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
}

#[test]
fn what_a_product_prints_stays_inert_in_markdown() {
    let evil = "<script>alert(1)</script> ![x](http://e/) [y](javascript:1) `a` | b\n# HOLD\n</details>\u{1b}[2J";
    let (tree, run) = rich();
    let ledger = tree.ledger();
    let mut run = run(&ledger);
    for id in ["suite/b", "suite/c"] {
        run.entry(id).reason = Some(evil.into());
        run.entry(id).detail = format!("```\n{evil}\n````\n~~~\n").into();
    }
    run.header.candidate.name = evil.to_owned();
    run.pairs[0].base =
        fixgate_core::record::PairSide { verdict: Verdict::Error, signature: None, shown: evil.to_owned(), stopped: None };
    let page = markdown::signoff(&run.signoff(), &[]);
    let mut outside = String::new();
    let mut fence: Option<usize> = None;
    for line in page.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(open) if ticks >= open && line.len() == ticks => fence = None,
            Some(_) => {}
            None if ticks >= 3 => fence = Some(ticks),
            None => outside.push_str(&format!("{line}\n")),
        }
    }
    assert_eq!(fence, None, "every block ends");
    assert!(!page.contains('\u{1b}'), "no terminal is steered");
    // What is left outside of blocks, with code taken out, has no markup of the product's.
    let outside: String = outside.lines().map(without_code).collect::<Vec<_>>().join("\n");
    for markup in ["<script", "![x]", "[y](", "\n# HOLD"] {
        assert!(!outside.contains(markup), "{markup} in\n{outside}");
    }
    assert_eq!(outside.matches("</details>").count(), outside.matches("<details>").count());
}

/// A line without its code spans, as CommonMark finds them: a run of backticks closed by a run of the same length.
fn without_code(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let escaped = rest[..at].ends_with('\\') && !rest[..at].ends_with("\\\\");
        if escaped {
            kept.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        }
        kept.push_str(&rest[..at]);
        let after = rest[at..].trim_start_matches('`');
        let ticks = rest[at..].len() - after.len();
        let runs = after.match_indices('`').filter(|(index, _)| *index == 0 || after.as_bytes()[index - 1] != b'`');
        let closing = runs.map(|(index, _)| index).find(|index| {
            let tail = &after[*index..];
            tail.len() - tail.trim_start_matches('`').len() == ticks
        });
        match closing {
            Some(end) => rest = &after[end + ticks..],
            None => {
                kept.push_str(&rest[at..at + ticks]);
                rest = after;
            }
        }
    }
    kept + rest
}

#[test]
fn an_address_in_a_record_cannot_leave_its_link() {
    for source in
        ["https://e/\\n#forged", "https://e/)[x](javascript:1", "javascript:alert(1)", "https://e/\\u0007", "https://e/`a"]
    {
        let fixed = format!("status = \"fixed\"\nfixed-in = \"RU2\"\nsource = \"{source}\"");
        let ledger = tree().defect("RG-1", &fixed).ledger();
        let page = markdown::signoff(&Run::new(&ledger, "RU2").signoff(), &[]);
        assert!(page.contains("| RG-1 |"), "{source} in\n{page}");
        assert!(!page.contains("\n#forged") && !page.contains("javascript:"), "{page}");
    }
}
