//! Records: what is read from good ones, and every message about bad ones.

use crate::common::{PROJECT, assert_problems, list, show, shown};
use fixgate_core::accepted::Accepted;
use fixgate_core::defect::{Defect, DefectKind, Severity, Status};
use fixgate_core::id::Digest;
use fixgate_core::pack::Pack;
use fixgate_core::problem::{Problem, Source};
use fixgate_core::project::{Criterion, Project};
use fixgate_core::proof::Proof;
use fixgate_core::release::Release;
use fixgate_core::waiver::{Waived, Waiver, WaiverKind};

const DEFECT: &str = "title = \"t\"\nseverity = \"major\"\ncomponent = \"core\"\nstatus = \"open\"\n";

fn defect(text: &str) -> Result<Defect, Vec<Problem>> {
    Defect::read("RG-1".parse().unwrap(), &Source::new("defects/RG-1.toml", text))
}

fn release(text: &str) -> Result<Release, Vec<Problem>> {
    Release::read("RU1".parse().unwrap(), &Source::new("releases/RU1.toml", text))
}

fn project(text: &str) -> Result<Project, Vec<Problem>> {
    Project::read(&Source::new("fixgate.toml", text))
}

fn waiver(text: &str) -> Result<Waiver, Vec<Problem>> {
    Waiver::read("w".parse().unwrap(), &Source::new("waivers/w.toml", text))
}

#[test]
fn a_whole_defect_is_read() {
    let digest = Digest::of(b"pin");
    let text = format!(
        "title = \"t\"\nkind = \"change\"\nseverity = \"critical\"\ncomponent = \"core\"\nreported = 2020-12-01\nsource = \"https://x\"\nfound-in = \"RTM\"\nstatus = \"fixed\"\nfixed-in = \"RU1\"\nfix = {{ commit = \"abc1\", author = \"Ada\" }}\nduplicate-of = \"RG-2\"\nchanges = [\"suite/**\", {{ scenarios = \"suite/a\", accepted = \"{digest}\" }}]\n"
    );
    let defect = defect(&text).unwrap_or_else(|problems| panic!("{}", list(&problems)));
    assert_eq!((defect.kind, defect.severity), (DefectKind::Change, Severity::Critical));
    assert_eq!(defect.reported, Some("2020-12-01".parse().unwrap()));
    assert_eq!(defect.status, Status::Fixed(Some("RU1".parse().unwrap())));
    let fix = defect.fix.unwrap();
    assert_eq!((fix.commit.as_str(), fix.author.unwrap().as_str()), ("abc1", "Ada"));
    assert_eq!(defect.claims[0].accepted, None);
    assert_eq!((defect.claims[1].scenarios.as_str(), defect.claims[1].accepted), ("suite/a", Some(digest)));
    assert_eq!(defect.claims[1].place.position(), (12, 24));
}

#[test]
fn only_a_fixed_defect_that_repeats_no_other_owes_a_pair() {
    let owes = |change: &str| defect(&DEFECT.replace("status = \"open\"", change)).unwrap().owes_pair();
    assert!(owes("status = \"fixed\"") && owes("status = \"fixed\"\nfixed-in = \"RU1\""));
    assert!(!owes("status = \"open\"") && !owes("status = \"private-fix\"") && !owes("status = \"wont-fix\""));
    assert!(!owes("status = \"fixed\"\nkind = \"change\"") && !owes("status = \"fixed\"\nduplicate-of = \"RG-2\""));
}

#[test]
fn a_bad_defect_is_told_everything_at_once() {
    let text = "titel = \"t\"\nseverity = \"huge\"\ncomponent = \"a b\"\nreported = \"2020-12-01\"\nstatus = \"fixd\"\nfix = {}\nchanges = [\"[\", { accepted = \"x\" }]\n";
    assert_problems(
        defect(text),
        &[
            "1:1: `title` is missing in a defect",
            "1:1: unknown key `titel` in a defect; did you mean `title`?",
            "2:12: unknown severity `huge`; severity is one of critical, major, minor",
            "3:13: \"a b\" is not a component: letters, digits, `.`, `_` and `-`",
            "4:12: expected a date such as 2020-12-01, without quotes, found a string",
            "5:10: unknown status `fixd`; did you mean `fixed`?",
            "6:7: `commit` is missing in a fix: { commit, author }",
            "7:12: \"[\" is not a glob: unclosed character class; missing ']'",
            "7:19: `scenarios` is missing in a claim: a glob, or { scenarios, accepted }",
            "7:30: \"x\" is not a digest: `sha256:` and 64 hexadecimal digits",
        ],
    );
}

#[test]
fn a_release_that_has_the_fix_stands_only_with_a_fix() {
    for status in ["open", "private-fix", "wont-fix"] {
        let text = DEFECT.replace("open", status) + "fixed-in = \"RU1\"\n";
        assert_problems(defect(&text), &["5:12: `fixed-in` is allowed only with status = \"fixed\""]);
    }
}

#[test]
fn a_whole_release_is_read() {
    let digest = Digest::of(b"artefact");
    let text = format!(
        "version = \"14.0.0\"\nfollows = \"RTM\"\ncut = 2023-11-20\nshipped = 2023-11-26\n[build]\nrecipe = [\"make\", \"${{out}}\"]\ndigest = \"{digest}\"\n"
    );
    let release = release(&text).unwrap();
    assert_eq!((release.version.as_str(), release.digest), ("14.0.0", Some(digest)));
    assert_eq!(release.cut, Some("2023-11-20".parse().unwrap()));
    assert_eq!(release.recipe, ["make", "${out}"]);
}

#[test]
fn a_bad_release_is_told_everything_at_once() {
    let text = "verson = \"1\"\nfollows = \"R U\"\ncut = 12\n[build]\nrecipe = [\"make\"]\n";
    assert_problems(
        release(text),
        &[
            "1:1: `version` is missing in a release",
            "1:1: unknown key `verson` in a release; did you mean `version`?",
            "2:11: \"R U\" is not a release name: letters, digits, `.`, `_` and `-`",
            "3:7: expected a date such as 2020-12-01, without quotes, found an integer",
            "4:1: the recipe does not say where the build goes: no argument names `${out}`",
        ],
    );
    assert_problems(release("version = \"1\"\n"), &["1:1: `build` is missing in a release"]);
}

#[test]
fn a_whole_project_is_read_and_what_is_left_out_has_defaults() {
    let text = format!(
        "{PROJECT}max-flaky = 2\n[run]\ntimeout = \"20s\"\nretries = 1\noutput-limit = \"1MiB\"\n[train]\ncadence = {{ min-weeks = 6, max-weeks = 8 }}\n"
    );
    let read = project(&text).unwrap_or_else(|problems| panic!("{}", list(&problems)));
    assert_eq!((read.product.as_str(), read.program.as_str(), read.cadence), ("grep", "bin/grep", Some((6, 8))));
    assert_eq!((read.run.timeout.as_secs(), read.run.retries, read.run.output_limit), (20, 1, 1 << 20));
    assert_eq!((read.gate.criteria.len(), read.gate.criteria[0], read.gate.max_flaky), (10, Criterion::Ledger, 2));
    let default = project(PROJECT).unwrap();
    assert_eq!((default.run.timeout.as_secs(), default.run.retries, default.run.output_limit), (10, 0, 8 << 20));
    assert_eq!((default.gate.max_flaky, default.cadence), (0, None));
}

#[test]
fn a_bad_project_is_told_everything_at_once() {
    let text = "[product]\nname = 1\nprogram = \"/bin/rg\"\n[run]\ntimeout = \"0s\"\noutput-limit = \"8\"\nretry = 1\n[train]\ncadence = { min-weeks = 6 }\n[gate]\ncriteria = [\"cleen\", \"all\"]\n";
    assert_problems(
        project(text),
        &[
            "2:8: expected a string, found an integer",
            "3:11: the path \"/bin/rg\" leaves the tree or is not plain; write it relative, without `..`",
            "5:11: \"0s\" is not within 1ms to 24h",
            "6:16: \"8\" is not a size; write a whole number and B, KiB, MiB or GiB",
            "7:1: unknown key `retry` in [run]; the keys of [run] are grants, isolation, limits, output-limit, retries, timeout",
            "9:13: `max-weeks` is missing in a cadence: { min-weeks, max-weeks }",
            "11:1: `min-scenarios` is missing in [gate]",
            "11:13: unknown criterion `cleen`; did you mean `clean`?",
            "11:22: unknown criterion `all`; criterion is one of ledger, committed, proved, cumulative, complete, clean, explained, canary, flaky, packs, cadence, manual, imported, validated, deployed, signed",
        ],
    );
    assert_problems(project(""), &["1:1: `gate` is missing in fixgate.toml", "1:1: `product` is missing in fixgate.toml"]);
    let nothing = "[product]\nname = \"g\"\nprogram = \"g\"\n[gate]\ncriteria = []\nmin-scenarios = 0\n";
    assert_problems(project(nothing), &["4:1: a gate without criteria would let anything ship"]);
}

#[test]
fn a_waiver_names_one_scenario_or_what_a_criterion_holds_against_a_defect() {
    let rest = "kind = \"test-is-bad\"\nrelease = \"RU1\"\nowner = \"Ada\"\nreason = \"r\"\nexpires = 2024-02-01\n";
    let seen = Digest::of(b"s");
    let read = waiver(&format!("scenario = \"suite/a@m=1\"\nseen = \"{seen}\"\n{rest}")).unwrap();
    assert_eq!(read.waived, Waived::Scenario { scenario: crate::common::id("suite/a@m=1"), seen, masking: None });
    assert_eq!((read.kind, read.expires.to_string()), (WaiverKind::TestIsBad, "2024-02-01".to_owned()));
    let read = waiver(&format!("criterion = \"proved\"\ndefect = \"RG-1\"\n{rest}")).unwrap();
    assert_eq!(read.waived, Waived::Criterion { criterion: Criterion::Proved, defect: "RG-1".parse().unwrap() });
    let masked = waiver(&format!("scenario = \"suite/a\"\nseen = \"{seen}\"\nnormalize = [\"sort-lines\"]\n{rest}")).unwrap();
    assert_eq!(masked.waived.to_string(), "suite/a, normalized by \"sort-lines\"");
    let one = "1:1: a waiver names exactly one residual; give `scenario` with `seen`, and `normalize` if something varies, or `criterion` with `defect`";
    for bad in [
        "criterion = \"proved\"\ndefect = \"RG-1\"\nnormalize = [\"ansi\"]\n".to_owned(),
        "scenario = \"suite/a\"\n".to_owned(),
        "criterion = \"clean\"\n".to_owned(),
        format!("scenario = \"suite/a\"\nseen = \"{seen}\"\ndefect = \"RG-1\"\n"),
        String::new(),
    ] {
        assert_problems(waiver(&format!("{bad}{rest}")), &[one]);
    }
}

#[test]
fn a_bad_waiver_is_told_everything_at_once() {
    let text = "scenario = \"suite/**\"\nseen = \"1\"\nkind = \"accept\"\nreason = \"\"\nrelease = \"RU1\"\nexpires = \"soon\"\n";
    assert_problems(
        waiver(text),
        &[
            "1:1: `owner` is missing in a waiver",
            "1:1: a waiver names exactly one residual; give `scenario` with `seen`, and `normalize` if something varies, or `criterion` with `defect`",
            "1:12: \"suite/**\" is not a scenario id",
            "2:8: \"1\" is not a digest: `sha256:` and 64 hexadecimal digits",
            "3:8: unknown kind of waiver `accept`; did you mean `accepted`?",
            "4:10: a title is one line of text",
            "6:11: expected a date such as 2020-12-01, without quotes, found a string",
        ],
    );
}

#[test]
fn a_pack_has_an_owner_a_contact_and_a_product() {
    let read = |text: &str| Pack::read("p".parse().unwrap(), &Source::new("testcases/packs/p/pack.toml", text));
    let pack = read("owner = \"Bo\"\ncontact = \"bo@example.com\"\nproduct = \"x\"\nrequired = true\n").unwrap();
    assert_eq!((pack.name.as_str(), pack.required), ("p", true));
    assert_problems(
        read("owner = \"Bo\"\nproduct = \"\"\nrequired = \"yes\"\n"),
        &[
            "1:1: `contact` is missing in a pack",
            "2:11: a title is one line of text",
            "3:12: expected true or false, found a string",
        ],
    );
}

#[test]
fn a_proof_reads_back_as_it_is_checked_in() {
    let scenarios = crate::common::case("regression/rg-1", "title = \"t\"\ndefects = [\"RG-1\"]\n[[step]]\nrun = [\"p\"]\n");
    let proof = crate::common::proof(scenarios.iter());
    let source = Source::new("defects/RG-1.proof.json", proof.to_text());
    assert_eq!(Proof::read(&source).unwrap(), proof);
    assert!(proof.to_text().ends_with("}\n"));
}

#[test]
fn a_bad_proof_is_told_at_its_place() {
    let read = |text: &str| Proof::read(&Source::new("defects/RG-1.proof.json", text)).unwrap_err();
    let problems = read("{\n  \"base\": 1\n}");
    assert_eq!(problems[0].place.as_ref().unwrap().position().0, 2);
    assert!(show(&problems[0]).contains("not a proof: "), "{}", show(&problems[0]));
    assert!(show(&problems[0]).ends_with("; proofs are written by `fixgate prove`"));
    let scenarios = crate::common::case("regression/rg-1", "title = \"t\"\n[[step]]\nrun = [\"p\"]\n");
    let text = crate::common::proof(scenarios.iter()).to_text();
    assert!(show(&read(&text.replace("\"runs\"", "\"rums\""))[0]).contains("unknown field `rums`"));
    assert!(!read(&text.replace("\"failed\"", "\"broken\"")).is_empty());
    assert!(!read("").is_empty());
}

#[test]
fn accepted_outputs_read_back_and_their_digest_covers_exactly_what_a_claim_matches() {
    let outputs = [("suite/a", "1"), ("suite/b@m=1", "2"), ("suite/d/c", "3")];
    let accepted = Accepted::new(outputs.map(|(id, text)| (crate::common::id(id), Digest::of(text.as_bytes()))));
    let read = |text: &str| Accepted::read(&Source::new("defects/RG-1.accepted.jsonl", text));
    assert_eq!(read(&accepted.to_text()).unwrap(), accepted);
    assert_eq!(accepted.outputs(&crate::common::id("suite/a")), Some(Digest::of(b"1")));
    let other = read(&accepted.to_text().replace(&Digest::of(b"3").to_string(), &Digest::of(b"4").to_string())).unwrap();
    let digest = |accepted: &Accepted, glob: &str| accepted.digest(&glob.parse().unwrap());
    assert_eq!(digest(&accepted, "suite/*"), digest(&other, "suite/*"));
    assert_ne!(digest(&accepted, "suite/**"), digest(&other, "suite/**"));
}

#[test]
fn every_bad_line_of_accepted_outputs_is_reported() {
    let good = Accepted::new([(crate::common::id("suite/a"), Digest::of(b"1"))]).to_text();
    let text = format!("{good}{{}}\n\nx\n{good}");
    let problems = Accepted::read(&Source::new("defects/RG-1.accepted.jsonl", text)).unwrap_err();
    let lines: Vec<usize> = problems.iter().map(|problem| problem.place.as_ref().unwrap().position().0).collect();
    assert_eq!(lines, [2, 4, 5]);
    assert!(shown(&problems)[2].contains("suite/a appears twice"), "{}", list(&problems));
    assert!(problems.iter().all(|problem| problem.help.as_deref() == Some("the file is written by `fixgate accept`")));
}
