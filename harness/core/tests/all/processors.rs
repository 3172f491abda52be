//! What all processors do together comes to the same, however many there are.

use std::fmt::Debug;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::common::{Memory, shown};
use fixgate_core::case::read_case;
use fixgate_core::problem::Source;
use fixgate_core::report::junit::{Case, CaseResult, Document, Reason, ReasonKind, Suite, render};

/// What comes of it with one processor, if others come to the same.
#[track_caller]
fn on_any<T: PartialEq + Debug + Send>(act: impl Fn() -> T + Sync) -> T {
    let [one, others @ ..] = [1, 2, 7].map(|processors| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(processors).build().expect("threads");
        pool.install(&act)
    });
    others.iter().for_each(|other| assert_eq!(*other, one));
    one
}

#[test]
fn a_table_has_the_same_scenarios_and_the_same_problems() {
    let read = |spoilt: usize| {
        let row = |number: usize| match number % spoilt {
            7 => format!("{{\"id\":\"{number}\",\"arg\":[]}}\n"),
            8 => format!("{{\"id\":\"{number}\"\n"),
            _ => format!("{{\"id\":\"{number}\",\"args\":[\"{number}\"]}}\n"),
        };
        let rows: String = (0..1200).map(row).collect();
        let text = "title = \"t\"\ntable = \"t.jsonl\"\n[matrix]\na = [\"x\", \"y\"]\n[[step]]\nrun = [\"p\", \"${a}\"]\n";
        let source = Source::new("testcases/suite/case.toml", text.to_owned());
        let read = read_case("suite/case".parse().unwrap(), &source, &Memory::with(&[("testcases/suite/t.jsonl", &rows)]));
        let told = |scenarios: Vec<fixgate_core::case::Scenario>| {
            scenarios.iter().map(|scenario| format!("{} {}", scenario.id, scenario.digest())).collect::<Vec<_>>()
        };
        read.map(told).map_err(|problems| shown(&problems))
    };
    assert_eq!(on_any(|| read(5)).expect("no row is spoilt").len(), 2400);
    assert_eq!(on_any(|| read(1000)).unwrap_err().len(), 4);
}

#[test]
fn a_junit_report_has_the_same_bytes_and_names_the_same_twin() {
    let case = |number: usize| Case {
        name: number.to_string(),
        classname: "c".to_owned(),
        file: "testcases/suite/c.toml".to_owned(),
        line: NonZeroU32::MIN,
        time: Duration::from_micros(number as u64),
        result: match number % 3 {
            0 => CaseResult::Passed,
            1 => CaseResult::Failed(Reason { kind: ReasonKind::new("New"), message: number.to_string(), text: "t".to_owned() }),
            _ => CaseResult::Flaky(Reason { kind: ReasonKind::new("Flaky"), message: number.to_string(), text: "t".to_owned() }),
        },
        properties: Vec::new(),
        stdout: Vec::new(),
        stderr: Vec::new(),
        attachment: None,
    };
    let mut document = Document {
        name: "n".to_owned(),
        timestamp: "2026-02-03T04:05:06Z".parse().unwrap(),
        hostname: "h".to_owned(),
        properties: Vec::new(),
        suites: vec![Suite { name: "s".to_owned(), cases: (0..2501).map(case).collect::<Vec<_>>() }],
    };
    let xml = String::from_utf8(on_any(|| render(&document)).unwrap()).unwrap();
    let places: Vec<_> = (0..2501).map(|number| xml.find(&format!("<testcase name=\"{number}\" "))).collect();
    assert!(places[0].is_some() && places.is_sorted());
    document.suites[0].cases.extend([2400, 12].map(case));
    let twin = on_any(|| render(&document)).unwrap_err().to_string();
    assert!(twin.contains("two cases are \"c\" \"2400\""), "{twin}");
}
