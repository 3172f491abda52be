//! What holds of any input: readers never panic and never fail without a word, names read back, the train is a chain.

use std::sync::Arc;

use crate::common::{Memory, list, release};
use fixgate_core::accepted::Accepted;
use fixgate_core::attestation::Attestation;
use fixgate_core::case::read_case;
use fixgate_core::defect::Defect;
use fixgate_core::document::{ByteSize, Limit, parse_json, parse_toml};
use fixgate_core::id::{CaseId, DefectId, Digest, Glob, ScenarioId};
use fixgate_core::manual::ManualCase;
use fixgate_core::pack::Pack;
use fixgate_core::problem::{Problem, Source};
use fixgate_core::project::Project;
use fixgate_core::proof::Proof;
use fixgate_core::release::{Release, Train};
use fixgate_core::seal::Envelope;
use fixgate_core::signer::AllowedSigners;
use fixgate_core::waiver::Waiver;
use proptest::prelude::*;

/// Keys of records and cases, and some that are none.
const KEYS: &str = "title defects tags timeout applies superseded-by normalize files matrix table symptom run stdin env expect exit \
    signal stdout stderr contains not-contains regex lines json file base64 copy text link directory repeat times \
    executable absent not from until exclude kind severity component status fixed-in found-in changes scenarios \
    accepted version build recipe product gate criteria scenario seen signature criterion expires m \"\" \"a:b\" with";
/// Values, one a line: right in one place and wrong in the others.
const WORDS: &str = r#"""
"baseline"
"any"
"5s"
"a/b"
"../a"
"RG-1"
"RU1"
"t.jsonl"
"${m}"
"$${x"
"ansi"
"("
'\w+'
true
false
0
-1
99999999999999999999
1.5
nan
2020-12-01
2020-12-01T10:00:00
10:00:00
[]
{}
"fixed"
"64MiB"
"\u0000"
"ü""#;

/// A reader that fails says why, and where inside its source.
fn says_why<T>(read: Result<T, Vec<Problem>>) {
    if let Err(problems) = read {
        assert!(!problems.is_empty(), "it failed without a word");
        for problem in &problems {
            let Some(place) = &problem.place else { panic!("{} has no place", problem.message) };
            let (line, column) = place.position();
            assert!(line >= 1 && column >= 1);
            assert!(place.span.end <= place.source.text.len(), "{} points outside of its source", problem.message);
            assert!(!problem.message.is_empty());
        }
        let _ = list(&problems);
    }
}

/// Reads the text as every kind of record and case.
fn read_all(text: &str) {
    let source = || Source::new("testcases/suite/case.toml", text);
    let files = Memory::with(&[("testcases/suite/t.jsonl", "{\"id\":\"a\"}\n")]);
    says_why(read_case("suite/case".parse().unwrap(), &source(), &files));
    says_why(Defect::read("RG-1".parse().unwrap(), &source()));
    says_why(Release::read("RU1".parse().unwrap(), &source()));
    says_why(Project::read(&source()));
    says_why(Waiver::read("w".parse().unwrap(), &source()));
    says_why(Pack::read("p".parse().unwrap(), &source()));
    says_why(Proof::read(&source()));
    says_why(Accepted::read(&source()));
    says_why(ManualCase::read("manual/case".parse().unwrap(), &source()));
    says_why(AllowedSigners::read(&source()));
    says_why(Attestation::read("a".parse().unwrap(), &source()));
    assert!(Envelope::read(text).is_err());
}

/// A TOML value of any shape that a record could hold at a key, well formed as TOML.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(WORDS.lines().collect::<Vec<_>>()).prop_map(str::to_owned),
        "[ -~]{0,8}".prop_map(|text| format!("{text:?}")),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::btree_map(key(), inner, 0..3).prop_map(|entries| {
                let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                format!("{{ {} }}", entries.join(", "))
            }),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(KEYS.split_whitespace().collect::<Vec<_>>()).prop_map(str::to_owned)
}

fn document() -> impl Strategy<Value = String> {
    let entries = || prop::collection::btree_map(key(), value(), 0..6);
    let lines = |entries: std::collections::BTreeMap<String, String>| {
        entries.iter().map(|(key, value)| format!("{key} = {value}\n")).collect::<String>()
    };
    (entries(), entries(), any::<bool>()).prop_map(move |(case, step, whole)| {
        let (head, program) = if whole { ("title = \"t\"\n", "run = [\"p\"]\n") } else { ("", "") };
        let strip = |text: String, key: &str| {
            text.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect::<String>()
        };
        let (case, step) = (lines(case), lines(step));
        let (case, step) = if whole { (strip(case, "title "), strip(step, "run ")) } else { (case, step) };
        format!("{head}{case}[[step]]\n{program}{step}")
    })
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic_or_fail_without_a_word(text in "\\PC{0,200}") {
        read_all(&text);
    }

    #[test]
    fn no_lines_of_toml_make_a_reader_panic_or_fail_without_a_word(text in "([a-z\\[\\]{}\"'=.,$0-9\\-#]{0,12}\n){0,12}") {
        read_all(&text);
    }

    #[test]
    fn no_well_formed_document_makes_a_reader_panic_or_fail_without_a_word(text in document()) {
        read_all(&text);
    }

    #[test]
    fn no_row_makes_a_reader_panic_and_each_bad_row_is_reported(rows in prop::collection::vec("\\PC{0,40}|[{}\\[\\]\":,a-z0-9\\\\]{0,40}", 1..4)) {
        let text = rows.join("\n");
        let source = Source::new("testcases/suite/t.jsonl", text.clone());
        let _ = parse_json(&source, 0..rows[0].len());
        let files = Memory::with(&[("testcases/suite/t.jsonl", &text)]);
        let case = Source::new("testcases/suite/case.toml", "title = \"t\"\ntable = \"t.jsonl\"\n[[step]]\nrun = [\"p\"]\n");
        says_why(read_case("suite/case".parse().unwrap(), &case, &files));
    }

    #[test]
    fn a_node_points_at_what_it_was_read_from(text in document()) {
        let source = Source::new("a.toml", text);
        if let Ok(node) = parse_toml(&source) {
            prop_assert!(node.span.end <= source.text.len());
        }
    }

    #[test]
    fn any_digest_reads_back_as_written(bytes in any::<Vec<u8>>()) {
        let digest = Digest::of(&bytes);
        prop_assert_eq!(digest.to_string().parse(), Ok(digest));
        let json = serde_json::to_string(&digest).unwrap();
        prop_assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
    }

    #[test]
    fn a_name_is_refused_or_reads_back_as_written(text in "\\PC{0,30}|[A-Za-z0-9._/@#=,%+-]{0,30}") {
        if let Ok(id) = text.parse::<ScenarioId>() {
            prop_assert_eq!(id.as_str(), text.as_str());
            prop_assert!(id.case().parse::<CaseId>().is_ok(), "{} is no case", id.case());
            prop_assert_eq!(serde_json::from_str::<ScenarioId>(&serde_json::to_string(&id).unwrap()).unwrap(), id.clone());
            prop_assert!(!text.contains(|letter: char| letter.is_control() || letter.is_whitespace() || "<>&|`\"'".contains(letter)));
        }
        if let Ok(id) = text.parse::<DefectId>() {
            prop_assert_eq!(id.to_string(), text.clone());
            prop_assert!(!text.contains('/') && text != "..");
        }
        let _ = (text.parse::<Glob>(), text.parse::<Limit>(), text.parse::<ByteSize>());
    }

    #[test]
    fn every_value_of_an_axis_makes_a_scenario_id_of_its_own(values in prop::collection::btree_set("\\PC{1,12}", 1..6)) {
        let quoted: Vec<String> = values.iter().map(|value| toml_text(value)).collect();
        let text = format!("title = \"t\"\n[matrix]\nm = [{}]\n[[step]]\nrun = [\"p\", \"${{m}}\"]\n", quoted.join(","));
        let scenarios = crate::common::read(&text).unwrap_or_else(|problems| panic!("{}", list(&problems)));
        let ids: std::collections::BTreeSet<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
        prop_assert_eq!(ids.len(), values.len());
    }

    #[test]
    fn the_train_takes_exactly_the_chains(follows in prop::collection::vec(prop::option::of(0_usize..6), 1..6)) {
        let name = |index: usize| format!("R{index}");
        let releases = follows.iter().enumerate().map(|(index, before)| release(&name(index), before.map(name).as_deref(), "")).collect();
        // A chain: one first, everything else reached from it, nothing followed twice.
        let mut order: Vec<usize> = follows.iter().enumerate().filter(|(_, before)| before.is_none()).map(|(index, _)| index).collect();
        let one_first = order.len() == 1;
        let mut last = order.first().copied();
        while let Some(current) = last {
            let next: Vec<usize> = (0..follows.len()).filter(|index| follows[*index] == Some(current)).collect();
            last = if let [next] = next[..] { Some(next) } else { None };
            order.extend(last);
        }
        let is_chain = one_first && order.len() == follows.len();
        match Train::new(releases) {
            Ok(train) => {
                prop_assert!(is_chain, "{:?} is no chain", follows);
                let names: Vec<String> = train.releases().iter().map(|release| release.name.to_string()).collect();
                prop_assert_eq!(names, order.into_iter().map(name).collect::<Vec<_>>());
            }
            Err(problems) => {
                prop_assert!(!is_chain, "{:?} is a chain: {}", follows, list(&problems));
                prop_assert!(!problems.is_empty());
            }
        }
    }
}

/// Any text as a TOML string.
fn toml_text(text: &str) -> String {
    let escaped: String = text.chars().map(|letter| format!("\\U{:08x}", u32::from(letter))).collect();
    format!("\"{escaped}\"")
}

#[test]
fn depth_and_length_do_not_overflow_a_reader() {
    for text in [
        "a = ".to_owned() + &"[".repeat(100_000),
        "a = ".to_owned() + &"{a=".repeat(100_000),
        format!("a = {}{}", "[".repeat(50_000), "]".repeat(50_000)),
        "a.".repeat(100_000) + "a = 1",
        format!("title = \"{}\"", "x".repeat(1 << 20)),
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
    ] {
        read_all(&text);
        let files = Memory::with(&[("testcases/suite/t.jsonl", &text)]);
        let case: Arc<Source> =
            Source::new("testcases/suite/case.toml", "title = \"t\"\ntable = \"t.jsonl\"\n[[step]]\nrun = [\"p\"]\n");
        says_why(read_case("suite/case".parse().unwrap(), &case, &files));
    }
}
