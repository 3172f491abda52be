//! What runs and sign-offs leave: journals, plans, rules. They are read back, analysed, decided on and reported.

use std::sync::LazyLock;

use fixgate_core::gate::Signoff;
use fixgate_core::gate::{Evidence, decide};
use fixgate_core::history::{FlakeRate, PastRun, PastVerdict, RunOutcome, median_time};
use fixgate_core::id::{Digest, ReleaseName};
use fixgate_core::ledger::Ledger;
use fixgate_core::record::{Header, JournalLine, PlannedScenario, RunRecord};
use fixgate_core::report::paint::Paint;
use fixgate_core::report::scenarios::{Accounting, document};
use fixgate_core::report::summary::{self, Summary};
use fixgate_core::report::{junit, markdown};
use fixgate_core::residual::analyse;
use fixgate_core::rules::{LastSignoff, Rules, plan_text};
use fixgate_core::verdict::Verdict;
use proptest::prelude::*;

use super::mutate::texts;
use crate::common::Tree;
use crate::common::runs::Run;

static LEDGER: LazyLock<Ledger> = LazyLock::new(|| {
    let tree = Tree::new().paired("GR-1", "RU1").paired("GR-2", "RU2").open("GR-3");
    tree.case("regression/gr-3", "defects = [\"GR-3\"]")
        .case("suite/a", "[matrix]\nm = [\"x\", \"y\"]")
        .case("canary/c", "")
        .ledger()
});

fn release() -> ReleaseName {
    "RU2".parse().unwrap()
}

fn recorded() -> RunRecord {
    let mut run = Run::new(&LEDGER, "RU2").set("suite/a@m=x", Verdict::Failed, Some(Verdict::Passed));
    let entry = run.entry("suite/a@m=x");
    (entry.differs, entry.explained_by, entry.detail) = (true, Some("GR-2".parse().unwrap()), "-a\n+b\n".into());
    run.record()
}

fn leak(text: String) -> &'static str {
    text.leak()
}

/// A whole record as one text: the header, the plan's scenarios, then the lines. Mutation of it moves lines between the three.
static RECORDS: LazyLock<[&str; 1]> = LazyLock::new(|| {
    let record = recorded();
    let json = |value: serde_json::Result<String>| value.unwrap() + "\n";
    let mut text = json(serde_json::to_string(&record.header));
    text.extend(record.plan.iter().map(|planned| json(serde_json::to_string(planned))));
    text.extend(record.entries.into_iter().map(|entry| json(serde_json::to_string(&JournalLine::Scenario(entry)))));
    text.extend(record.pairs.into_iter().map(|pair| json(serde_json::to_string(&JournalLine::Pair(pair)))));
    text.extend(record.footer.into_iter().map(|footer| json(serde_json::to_string(&JournalLine::Footer(footer)))));
    [leak(text)]
});

/// The record in such a text, if it has a header; what is no line of any kind is left out, as an error of the reader would be.
fn record(text: &str) -> Option<RunRecord> {
    let header: Header = text.lines().find_map(|line| serde_json::from_str(line).ok())?;
    let plan: Vec<PlannedScenario> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let lines = text.lines().map(serde_json::from_str::<JournalLine>).filter(Result::is_ok);
    RunRecord::read(header, plan, lines, |_| Digest::of(b"journal")).ok()
}

/// All that is ever done with a record.
fn use_record(record: &RunRecord) {
    let ledger = &*LEDGER;
    let analysis = analyse(ledger, record, None);
    let _ = (
        summary::text(record, &analysis, Paint::Plain, summary::Extent::SHORT),
        Summary::new(record, &analysis).to_json(),
        markdown::run(record, &analysis),
    );
    let gaps = ledger.gaps(Some(record.header.date));
    let release = ledger.train.release(&release()).unwrap();
    let today = record.header.date;
    let signoff = decide(&Evidence {
        ledger,
        gaps: &gaps,
        attestations: &[],
        release,
        record,
        last: None,
        signoffs: None,
        earlier: &[],
        today,
    });
    let _ = (signoff.to_json(), markdown::signoff(&signoff, &[]));
    for accounting in [Accounting::Shown, Accounting::Raw] {
        // What no report can say is an error, and no report.
        let _ = junit::render(&document(ledger, record, &analysis, Some(&signoff), accounting));
    }
    if let Some(run) = PastRun::of(record) {
        let verdicts: Vec<_> = RunOutcome::all(record).map(|(_, outcome)| PastVerdict { run: &run, outcome }).collect();
        let _ = (FlakeRate::of(&verdicts).surest_first(&FlakeRate::of(&verdicts)), median_time(&verdicts));
    }
}

/// The three texts of a sign-off as one, a line of dashes between them.
static SIGNOFFS: LazyLock<[&str; 1]> = LazyLock::new(|| {
    let record = recorded();
    let rules = Rules::of(&LEDGER, LEDGER.train.release(&release()).unwrap(), &record).to_json();
    let signoff = Run::new(&LEDGER, "RU2").signoff().to_json();
    [leak([&*signoff, &*rules, &*plan_text(&record)].join("\n----\n"))]
});

/// Reads such a text, its digests made to fit, so that more than the digests is looked at.
fn last_signoff(text: &str) -> Option<LastSignoff> {
    let mut parts = text.splitn(3, "\n----\n");
    let (signoff, rules, plan) = (parts.next()?, parts.next()?, parts.next()?);
    let fitting = |text: &str, at: &str, digest: Digest| {
        let start = text.find(at).and_then(|start| text[start..].find("sha256:").map(|more| start + more));
        let Some(start) = start.filter(|start| text.is_char_boundary(start + 71)) else { return text.to_owned() };
        format!("{}{digest}{}", &text[..start], &text[start + 71..])
    };
    let rules = fitting(rules, "\"plan\"", Digest::of(plan.as_bytes()));
    let signoff = fitting(signoff, "\"rules\"", Digest::of(rules.as_bytes()));
    let signoff = Signoff::read(&signoff).map_err(|reason| assert!(!reason.is_empty())).ok()?;
    let last = LastSignoff::read(&signoff.release, signoff.rules.digest, &rules, plan);
    last.map_err(|reason| assert!(!reason.is_empty())).ok()
}

#[test]
fn what_is_mutated_is_valid() {
    let record = record(RECORDS[0]).unwrap();
    assert_eq!(record.void_reason(), None);
    assert_eq!(record.entries.len(), LEDGER.scenarios.len());
    use_record(&record);
    assert!(last_signoff(SIGNOFFS[0]).is_some());
}

proptest! {
    #[test]
    fn a_journal(text in texts(&*RECORDS)) {
        record(&text).iter().for_each(use_record);
    }

    #[test]
    fn a_sign_off(text in texts(&*SIGNOFFS)) {
        if let Some(last) = last_signoff(&text) {
            let _ = Run::new(&LEDGER, "RU2").signoff_after(Some(&last)).to_json();
        }
    }
}
