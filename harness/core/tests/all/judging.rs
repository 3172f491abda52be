//! Judging: what was seen against what was expected, as a verdict with findings and a signature.

use std::time::Duration;

use crate::common::scenario;
use fixgate_core::case::{Bytes, Scenario};
use fixgate_core::id::{DefectId, Digest};
use fixgate_core::judge::{Against, Finding, Judgement, conclude, goes_on, judge_step, shows};
use fixgate_core::observation::{Ending, Left, Observation, StepObservation};
use fixgate_core::verdict::Verdict;

fn seen(ending: Ending, stdout: &[u8], stderr: &[u8]) -> StepObservation {
    StepObservation {
        ending,
        stdout: Bytes::from(stdout.to_vec()),
        stderr: Bytes::from(stderr.to_vec()),
        files: Default::default(),
        elapsed: Duration::from_millis(10),
        peak_memory: 1 << 20,
        limits: Default::default(),
    }
}

fn printed(stdout: &[u8]) -> StepObservation {
    seen(Ending::Exited(0), stdout, b"")
}

fn ended(ending: Ending) -> StepObservation {
    seen(ending, b"", b"")
}

/// A scenario of one step with this expectation.
fn expecting(expect: &str) -> Scenario {
    scenario("suite/a", &format!("[[step]]\nrun = [\"p\"]\nexpect = {expect}\n"))
}

fn findings(expect: &str, seen: &StepObservation, baseline: Option<&StepObservation>) -> Vec<Finding> {
    judge_step(1, &expecting(expect).steps[0], seen, baseline)
}

fn messages(expect: &str, seen: &StepObservation) -> Vec<String> {
    findings(expect, seen, None).into_iter().map(|finding| finding.message).collect()
}

fn holds(expect: &str, seen: &StepObservation) -> bool {
    messages(expect, seen).is_empty()
}

fn judged(scenario: &Scenario, seen: StepObservation, baseline: Option<&StepObservation>) -> Judgement {
    let findings = judge_step(1, &scenario.steps[0], &seen, baseline);
    conclude(scenario, &Observation { steps: vec![seen] }, findings, |_| None)
}

fn verdict(expect: &str, seen: StepObservation) -> Verdict {
    judged(&expecting(expect), seen, None).verdict
}

fn signature(expect: &str, seen: StepObservation) -> Digest {
    judged(&expecting(expect), seen, None).signature.expect("a failure")
}

#[test]
fn how_a_program_ends_is_compared_with_how_it_must_end() {
    use Ending::{Exited, Signalled, TimedOut, TooMuchOutput};
    let table = [
        ("{}", Exited(0), Verdict::Passed),
        ("{}", Exited(1), Verdict::Failed),
        ("{}", Signalled(11), Verdict::Crashed),
        ("{}", TimedOut, Verdict::TimedOut),
        ("{}", TooMuchOutput, Verdict::Failed),
        ("{ exit = 2 }", Exited(2), Verdict::Passed),
        ("{ exit = 2 }", Exited(0), Verdict::Failed),
        ("{ exit = { not = 0 } }", Exited(1), Verdict::Passed),
        ("{ exit = { not = 0 } }", Exited(0), Verdict::Failed),
        ("{ exit = { not = 0 } }", Signalled(6), Verdict::Crashed),
        ("{ exit = \"any\" }", Exited(7), Verdict::Passed),
        ("{ exit = \"any\" }", Signalled(6), Verdict::Crashed),
        ("{ exit = \"any\" }", TimedOut, Verdict::TimedOut),
        ("{ signal = 6 }", Signalled(6), Verdict::Passed),
        ("{ signal = 6 }", Signalled(11), Verdict::Crashed),
        ("{ signal = 6 }", Exited(134), Verdict::Failed),
        ("\"baseline\"", Exited(3), Verdict::Passed),
        ("\"baseline\"", Signalled(6), Verdict::Crashed),
        ("\"baseline\"", TooMuchOutput, Verdict::Failed),
    ];
    for (expect, ending, expected) in table {
        assert_eq!(verdict(expect, ended(ending)), expected, "{expect} and {ending}");
    }
    assert_eq!(messages("{}", &ended(Exited(1))), ["exit 1, expected exit 0"]);
    assert_eq!(messages("{ exit = { not = 1 } }", &ended(Exited(1))), ["exit 1, expected any exit but 1"]);
    assert_eq!(
        messages("{ signal = 6 }", &ended(TimedOut)),
        ["timed out after 0 ms, the limit of `timeout` in fixgate.toml; expected signal 6"]
    );
}

#[test]
fn a_stream_is_compared_with_what_must_hold_of_it() {
    let table: [(&str, &[u8], bool); 24] = [
        ("\"a\\n\"", b"a\n", true),
        ("\"a\\n\"", b"a", false),
        ("\"\"", b"", true),
        ("{ contains = [\"a\", \"b\"] }", b"b a", true),
        ("{ contains = [\"a\", \"b\"] }", b"a", false),
        ("{ not-contains = \"x\" }", b"a", true),
        ("{ not-contains = [\"x\", \"a\"] }", b"a", false),
        ("{ regex = '^a$' }", b"b\na", false),
        ("{ regex = '(?m)^a$' }", b"b\na", true),
        ("{ regex = ['a', 'c'] }", b"ab", false),
        ("{ lines = [\"a\", \"b\"] }", b"a\nb", true),
        ("{ lines = [\"a\", \"b\"] }", b"a\nb\n", true),
        ("{ lines = [\"a\", \"b\"] }", b"a\nb\n\n", false),
        ("{ lines = [\"a\", \"b\"] }", b"b\na\n", false),
        ("{ lines = [] }", b"", true),
        ("{ lines = [] }", b"\n", false),
        ("{ lines = [\"\", \"\"] }", b"", false),
        ("{ lines = [\"\", \"\"] }", b"\n\n", true),
        ("{ json = { a = [1, \"x\"] } }", b" {\"a\": [1, \"x\"]}\n", true),
        ("{ json = { a = 1 } }", b"{\"a\":1,\"b\":2}", false),
        ("{ json = 1 }", b"1 2", false),
        ("{ json = {} }", b"not json", false),
        ("{ base64 = \"/w==\" }", b"\xff", true),
        ("{ contains = \"a\", not-contains = \"b\" }", b"ab", false),
    ];
    for (expect, stdout, expected) in table {
        assert_eq!(holds(&format!("{{ stdout = {expect} }}"), &printed(stdout)), expected, "{expect} and {stdout:?}");
        let errors = seen(Ending::Exited(0), b"", stdout);
        assert_eq!(holds(&format!("{{ stderr = {expect} }}"), &errors), expected, "{expect} and {stdout:?} as stderr");
    }
}

#[test]
fn every_unmet_expectation_is_a_finding_that_names_what_it_is_of() {
    let expect = "{ exit = 1, stdout = { contains = [\"a\", \"b\"] }, stderr = \"\", max-time = \"5ms\", max-rss = \"1KiB\", files = { f = \"\" } }";
    let mut shown = seen(Ending::Exited(0), b"a", b"oops");
    shown.files.insert("f".into(), Left::Nothing);
    assert_eq!(
        messages(expect, &shown),
        [
            "exit 0, expected exit 1",
            "stdout does not contain 'b'",
            "stderr is not as expected",
            "the file f does not exist",
            "took 10 ms, at most 5 ms expected",
            "used 1 MiB of memory, at most 1 KiB expected",
        ]
    );
    let detail = &findings(expect, &seen(Ending::Exited(1), b"ab", b"oops\n"), None)[0].detail;
    assert!(detail.contains("+oops"), "{detail}");
}

#[test]
fn a_limit_that_is_just_met_is_met() {
    assert!(holds("{ max-time = \"10ms\", max-rss = \"1MiB\" }", &printed(b"")));
}

#[test]
fn files_are_compared_after_the_step() {
    let with = |content: Option<&str>| {
        let mut seen = printed(b"");
        seen.files.insert("f".into(), content.map_or(Left::Nothing, |content| Left::File(content.into())));
        seen
    };
    let table = [
        ("\"new\"", Some("new"), true),
        ("\"new\"", Some("old"), false),
        ("\"new\"", None, false),
        ("{ absent = true }", None, true),
        ("{ absent = true }", Some(""), false),
        ("{ contains = \"e\" }", Some("new"), true),
        ("\"baseline\"", Some("anything"), false),
        ("\"baseline\"", Some("baseline"), true),
    ];
    for (expect, content, expected) in table {
        assert_eq!(holds(&format!("{{ files = {{ f = {expect} }} }}"), &with(content)), expected, "{expect} and {content:?}");
    }
}

#[test]
fn what_is_no_plain_file_meets_no_expectation() {
    let left = [
        (Some(Left::Link("x".to_owned())), "f is a link to 'x'"),
        (Some(Left::Special("a directory")), "f is a directory"),
        (Some(Left::Outside), "f leads out of the work directory"),
        (Some(Left::Unreadable("why".to_owned())), "f cannot be looked at (why)"),
        (None, "f was not looked at"),
    ];
    for (left, what) in left {
        let mut seen = printed(b"");
        seen.files.extend(left.map(|left| ("f".into(), left)));
        for (expect, wanted) in [("{ absent = true }", "nothing"), ("{ not-contains = \"a\" }", "a file"), ("\"\"", "a file")] {
            let found = messages(&format!("{{ files = {{ f = {expect} }} }}"), &seen);
            assert_eq!(found, [format!("{what}, and {wanted} is expected there")]);
        }
    }
}

#[test]
fn a_difference_from_the_baseline_is_told_from_what_the_case_states() {
    let old = seen(Ending::Exited(1), b"old\n", b"");
    let found = findings("\"baseline\"", &printed(b"new\n"), Some(&old));
    let told: Vec<(Against, &str)> = found.iter().map(|finding| (finding.against, finding.message.as_str())).collect();
    assert_eq!(
        told,
        [(Against::Baseline, "exit 0, the baseline gives exit 1"), (Against::Baseline, "stdout differs from the baseline")]
    );
    assert!(goes_on(&found), "a difference does not end a scenario");
    assert!(!goes_on(&findings("{}", &ended(Ending::Exited(1)), None)), "an unmet statement does");
    assert!(findings("\"baseline\"", &old, Some(&old)).is_empty());
    assert!(findings("\"baseline\"", &old, None).is_empty(), "without a baseline there is nothing to differ from");
}

#[test]
fn bytes_that_are_no_text_do_not_change_a_verdict() {
    let binary = b"\xff\xfe\x00ok\xc3";
    for (expect, expected) in [
        ("{ stdout = { contains = \"ok\" } }", true),
        ("{ stdout = { regex = 'ok' } }", true),
        ("{ stdout = { not-contains = \"ok\" } }", false),
        ("{ stdout = { base64 = \"//4Ab2vD\" } }", true),
        ("{ stdout = { lines = [\"ok\"] } }", false),
        ("{ stdout = { json = 1 } }", false),
        ("{ stdout = \"\u{fffd}\u{fffd}\u{0}ok\u{fffd}\" }", false),
    ] {
        let expect = expect.replace('\0', "\\u0000");
        assert_eq!(holds(&expect, &printed(binary)), expected, "{expect}");
    }
    assert_eq!(findings("{ stdout = \"baseline\" }", &printed(b"\xff"), Some(&printed(b"\xfe"))).len(), 1);
}

#[test]
fn what_a_product_prints_steers_no_terminal_and_stays_short_in_a_finding() {
    let noise = [b"\x1b[2J\x07evil ".as_slice(), &vec![b'x'; 1 << 20], b"\n"].concat();
    for found in [
        findings("{}", &seen(Ending::Exited(1), b"", &noise), None),
        findings("{ stdout = \"\" }", &printed(&noise), None),
        findings("{ stdout = { contains = \"y\" } }", &printed(&noise), None),
        findings("{ stdout = \"baseline\" }", &printed(&noise), Some(&printed(b""))),
    ] {
        let detail = &found[0].detail;
        assert!(detail.contains("evil"), "{} bytes", detail.len());
        assert!(detail.len() < 4096, "{} bytes", detail.len());
        assert!(!detail.contains(|letter: char| letter.is_control() && letter != '\n'), "{detail:?}");
    }
}

#[test]
fn a_canary_passes_by_failing_and_is_an_error_if_it_passes() {
    let canary = scenario("canary/a", "[[step]]\nrun = [\"p\"]\n");
    for ending in [Ending::Exited(1), Ending::Signalled(6), Ending::TimedOut] {
        let judgement = judged(&canary, ended(ending), None);
        assert_eq!(judgement.verdict, Verdict::Passed);
        assert_eq!((judgement.findings.len(), judgement.signature), (1, None), "what it showed stays visible");
    }
    assert_eq!(judged(&canary, ended(Ending::Exited(0)), None).verdict, Verdict::Error);
}

#[test]
fn a_difference_that_a_fix_explains_passes_with_its_findings() {
    let scenario = expecting("\"baseline\"");
    let fix: DefectId = "RG-1".parse().unwrap();
    let conclude = |seen: StepObservation, explained: Option<DefectId>| {
        let findings = judge_step(1, &scenario.steps[0], &seen, Some(&printed(b"old")));
        conclude(&scenario, &Observation { steps: vec![seen] }, findings, |_| explained)
    };
    let explained = conclude(printed(b"new"), Some(fix.clone()));
    assert_eq!((explained.verdict, explained.explained_by, explained.signature), (Verdict::Passed, Some(fix.clone()), None));
    assert_eq!(explained.findings.len(), 1);
    assert_eq!(conclude(printed(b"new"), None).verdict, Verdict::Failed);
    let same = conclude(printed(b"old"), Some(fix.clone()));
    assert_eq!((same.verdict, same.explained_by), (Verdict::Passed, None), "nothing differs, so nothing is explained");
    let crashed = conclude(ended(Ending::Signalled(11)), Some(fix));
    assert_eq!((crashed.verdict, crashed.explained_by), (Verdict::Crashed, None), "no claim explains a crash");
}

#[test]
fn a_claim_never_explains_away_what_a_case_states() {
    let scenario = expecting("{ exit = 0, stdout = \"baseline\" }");
    let seen = seen(Ending::Exited(1), b"new", b"");
    let findings = judge_step(1, &scenario.steps[0], &seen, Some(&printed(b"old")));
    let asked = std::cell::Cell::new(false);
    let judgement = conclude(&scenario, &Observation { steps: vec![seen] }, findings, |_| {
        asked.set(true);
        Some("RG-1".parse().unwrap())
    });
    assert_eq!((judgement.verdict, judgement.explained_by, asked.get()), (Verdict::Failed, None, false));
}

#[test]
fn failures_with_one_cause_have_one_signature() {
    let lacks = |stderr: &str| signature("{}", seen(Ending::Exited(2), b"", stderr.as_bytes()));
    assert_eq!(lacks("rg: a/b.txt: No such file\n"), lacks("rg: other.txt: No such file\nrg: third.txt: No such file\n"));
    assert_eq!(lacks("panicked at 'x', src/a.rs:12"), lacks("panicked at 'y', src/b.rs:99"));
    let differs = |expected: &str, stdout: &str| signature(&format!("{{ stdout = {expected:?} }}"), printed(stdout.as_bytes()));
    assert_eq!(differs("a.txt:1:fox\n", "a.txt-1-fox\n"), differs("b.txt:22:dog\n", "b.txt-22-dog\n"));
}

#[test]
fn a_failure_is_known_again_by_all_that_was_seen_and_by_no_measured_number() {
    let identity = |expect: &str, seen: StepObservation| judged(&expecting(expect), seen, None).seen.expect("a failure");
    let slow = |time: u64| StepObservation { elapsed: Duration::from_millis(time), ..printed(b"a\n") };
    let identities = [
        identity("{ max-time = \"1ms\" }", slow(10)),
        identity("{ max-rss = \"1KiB\" }", printed(b"a\n")),
        identity("{ stdout = \"b\\n\" }", printed(b"a\n")),
        identity("{ stdout = \"b\\n\" }", printed(b"a")),
        identity("{ stdout = \"b\\n\" }", printed(b"c\n")),
        identity("{ stdout = \"b\\n\" }", seen(Ending::Exited(0), b"a\n", b"c")),
        identity("{ stdout = \"b\\n\" }", seen(Ending::Exited(1), b"a\n", b"")),
        identity("{ stdout = \"b\\n\" }", seen(Ending::Signalled(11), b"a\n", b"")),
    ];
    for (index, one) in identities.iter().enumerate() {
        assert_eq!(identities[..index].iter().position(|other| other == one), None, "{index}");
    }
    assert_eq!(identities[0], identity("{ max-time = \"1ms\" }", slow(999)));
    assert_eq!(judged(&expecting("{}"), printed(b"a"), None).seen, None, "nothing failed");
}

#[test]
fn failures_with_other_causes_have_other_signatures() {
    let ended = |ending, stderr: &str| signature("{}", seen(ending, b"", stderr.as_bytes()));
    let signatures = [
        ended(Ending::Exited(1), ""),
        ended(Ending::Exited(2), ""),
        ended(Ending::Signalled(6), ""),
        ended(Ending::TimedOut, ""),
        ended(Ending::Exited(1), "unknown flag"),
        ended(Ending::Exited(1), "out of memory"),
        signature("{ stdout = \"a:1\\n\" }", printed(b"")),
        signature("{ stdout = \"\" }", printed(b"a:1\n")),
        signature("{ stderr = \"a:1\\n\" }", printed(b"")),
        signature("{ stdout = { contains = \"a\" } }", printed(b"")),
        signature("{ stdout = { not-contains = \"a\" } }", printed(b"a")),
        signature("{ stdout = { json = {} } }", printed(b"")),
        signature("{ files = { f = \"\" } }", printed(b"")),
        signature("{ max-time = \"1ms\" }", printed(b"")),
    ];
    for (index, one) in signatures.iter().enumerate() {
        let twin = signatures[..index].iter().position(|other| other == one);
        assert_eq!(twin, None, "{index} has the signature of another cause");
    }
}

#[test]
fn outputs_are_the_same_however_long_they_took() {
    let mut slow = printed(b"a");
    (slow.elapsed, slow.peak_memory) = (Duration::from_secs(9), 9);
    let outputs = |step: StepObservation| Observation { steps: vec![step] }.outputs();
    assert_eq!(outputs(slow), outputs(printed(b"a")));
    assert_ne!(outputs(printed(b"a")), outputs(seen(Ending::Exited(0), b"", b"a")));
    assert_ne!(outputs(printed(b"a")), outputs(seen(Ending::Exited(1), b"a", b"")));
}

#[test]
fn a_symptom_is_looked_for_in_the_step_that_failed() {
    let symptom = |text: &str| {
        let scenario = scenario("regression/a", &format!("[[step]]\nrun = [\"p\"]\n[symptom]\n{text}\n"));
        move |steps: Vec<StepObservation>| shows(scenario.symptom.as_ref().unwrap(), &Observation { steps })
    };
    let panics = symptom("stderr = { contains = \"panicked\" }");
    let panicked = |ending| seen(ending, b"", b"panicked");
    for ending in [Ending::Exited(101), Ending::Signalled(6), Ending::TimedOut] {
        assert!(panics(vec![panicked(ending)]), "{ending}: it says nothing of the end");
    }
    assert!(panics(vec![printed(b""), panicked(Ending::Exited(101))]));
    assert!(!panics(vec![panicked(Ending::Exited(101)), printed(b"")]));
    assert!(!panics(vec![]), "nothing was seen");
    let exits = symptom("exit = 101");
    assert!(exits(vec![panicked(Ending::Exited(101))]));
    assert!(!exits(vec![panicked(Ending::Signalled(6))]) && !exits(vec![ended(Ending::TimedOut)]));
}
