//! Records bent until they demand nothing: states of defects, third parties' packs, links.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::attacks::train::{against, case, has, held, program, section, shown, signoff, train};
use crate::common::{CANARY, GREETING, defect};

const SECOND: &str = "testcases/suite/second.toml";
const DEFECT: &str = "defects/GR-1.toml";
const FIXED: &str = "status = \"fixed\"\nfixed-in = \"RU1\"";

/// Holds if RU2, which has lost the fix of GR-1, is held although its record says otherwise now.
#[track_caller]
fn escapes_not(record: &str, words: &str) {
    let product = train();
    product.program("broken/bin/greeter", &program("RU2").replace("echo 4", "echo 5"));
    product.edit(DEFECT, FIXED, record);
    let signoff = signoff(product.commit(), &["--candidate", "broken"]).exits(1).json();
    against(&signoff, "cumulative", &format!("GR-1: RU1 was signed off with its fix, and now it is {words}"));
    has(&section(&product), &["| defect `GR-1` | fixed in RU1; 1 scenario (", &format!("| **{words}")]);
}

#[test]
fn a_fix_that_was_lost_becomes_an_open_defect() {
    escapes_not("status = \"open\"", "open");
}

/// The defect accounts for a failure as it was on the release before, and for no other.
#[test]
fn a_failure_hides_behind_an_open_defect() {
    let product = train();
    product.put("defects/GR-3.toml", &defect("status = \"open\""));
    product.put("testcases/regression/gr-3.toml", &case("sing", "{ stdout = \"la\\n\" }", "defects = [\"GR-3\"]"));
    signoff(product.commit(), &[]).exits(0);
    product.program("broken/bin/greeter", &format!("[ $1 = sing ] && kill -SEGV $$\n{}", program("RU2")));
    let signoff = signoff(product.commit(), &["--candidate", "broken"]).exits(1).json();
    against(&signoff, "clean", "crashed failing-differently: regression/gr-3");
    against(&signoff, "explained", "crashed failing-differently: regression/gr-3");
}

/// RU2 breaks what RU1 did, and a new record says that this is known.
#[test]
fn a_regression_gets_an_open_defect() {
    let regressed = |bounds: &str| {
        let product = train();
        product.put("defects/GR-9.toml", &defect("status = \"open\""));
        product.edit(SECOND, "title", &format!("defects = [\"GR-9\"]\n{bounds}\ntitle"));
        product.edit("testcases/suite/greeting.toml", "title", &format!("defects = [\"GR-9\"]\n{bounds}\ntitle"));
        product.program("broken/bin/greeter", &program("RU2").replace("echo hello", "echo hullo"));
        let signoff = signoff(product.commit(), &["--candidate", "broken"]).exits(1).json();
        has(&section(&product), &["| defect `GR-9` | none | **open; 2 scenarios (", "): suite/greeting, suite/second** |\n"]);
        signoff
    };
    let signoff = regressed("");
    against(&signoff, "clean", "failed regressed: suite/greeting");
    against(&signoff, "explained", "failed regressed: suite/greeting");
    // Bounds that leave out the baseline show nothing of it.
    against(&regressed("applies = { from = \"RU2\" }"), "clean", "failed new: suite/greeting");
}

/// What failed on the release before fails again, and is known from now on: by which record, and for which scenarios, is shown.
#[test]
fn an_open_defect_gets_more_scenarios() {
    let product = train();
    product.put("defects/GR-3.toml", &defect("status = \"open\""));
    let sings = case("sing", "{ stdout = \"la\\n\" }", "defects = [\"GR-3\"]");
    product.put("testcases/regression/gr-3.toml", &sings);
    product.commit().fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    product.put("testcases/regression/gr-3-again.toml", &sings.replace("title = \"sing\"", "title = \"sing again\""));
    has(
        &shown(&product),
        &["| defect `GR-3` | open; 1 scenario (", "| **open; 2 scenarios (", "): regression/gr-3, regression/gr-3-again** |\n"],
    );
}

#[test]
fn a_fix_that_was_lost_becomes_a_defect_that_is_not_to_be_fixed() {
    escapes_not("status = \"wont-fix\"", "not to be fixed");
}

#[test]
fn a_fix_that_was_lost_becomes_one_of_a_later_release() {
    escapes_not("status = \"fixed\"", "checked in, not cut");
}

#[test]
fn a_fix_that_was_lost_becomes_a_duplicate() {
    escapes_not(&format!("{FIXED}\nduplicate-of = \"GR-2\""), "fixed in RU1, repeats GR-2");
}

#[test]
fn a_fix_that_was_lost_becomes_an_intended_change() {
    escapes_not(&format!("kind = \"change\"\n{FIXED}"), "a change, fixed in RU1");
}

#[test]
fn a_fix_is_moved_to_the_release_at_hand() {
    let product = train();
    product.edit(DEFECT, "RU1", "RU2");
    let signoff = held(&product);
    against(&signoff, "proved", "GR-1: regression/gr-1 is green without the fix: it cannot tell the defect");
    has(&section(&product), &["| **fixed in RU2; 1 scenario ("]);
}

#[test]
fn a_fix_is_deleted_with_its_case() {
    let product = train();
    for path in [DEFECT, "defects/GR-1.proof.json", "testcases/regression/gr-1.toml"] {
        fs::remove_file(product.path(path)).unwrap();
    }
    let signoff = held(&product);
    against(&signoff, "cumulative", "GR-1: RU1 was signed off with its fix, and now it is without a record");
    against(&signoff, "explained", "missing: regression/gr-1");
    has(&section(&product), &["| **none** |\n", "- `regression/gr-1`: 1 scenario gone"]);
}

#[test]
fn a_defect_becomes_one_that_is_not_to_be_fixed() {
    let product = train();
    product.put("defects/GR-5.toml", &crate::common::defect("status = \"open\"")).commit();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    product.edit("defects/GR-5.toml", "open", "wont-fix");
    has(&shown(&product), &["| defect `GR-5` | open | **not to be fixed** |\n"]);
}

const PACK: &str = "owner = \"A\"\ncontact = \"a@example.org\"\nproduct = \"P\"\nrequired = false\n";

#[test]
fn a_pack_brings_a_case_of_the_same_name() {
    let product = train();
    product.put("testcases/packs/acme/pack.toml", PACK);
    // The pack's case is one of its own, under any name; the core's still runs and fails.
    product.put("testcases/packs/acme/suite/greeting.toml", &GREETING.replace("hello", "hullo"));
    product.program("broken/bin/greeter", &program("RU2").replace("echo hello", "echo hullo"));
    let signoff = signoff(product.commit(), &["--candidate", "broken"]).exits(1).json();
    against(&signoff, "clean", "failed regressed: suite/greeting");
}

#[test]
fn a_pack_reads_what_lies_outside_of_the_cases() {
    let product = train();
    product.put("testcases/packs/acme/pack.toml", PACK);
    let case = GREETING.replace("[[step]]", "[files]\nin = { copy = \"../../../fixgate.toml\" }\n[[step]]");
    product.put("testcases/packs/acme/one.toml", &case);
    signoff(&product, &[]).exits(2).mentions(&["testcases/packs/acme/one.toml:4:", "nothing was run"]);
}

#[test]
fn a_case_of_a_pack_takes_the_place_of_a_pair() {
    let product = train();
    product.put("testcases/packs/acme/pack.toml", PACK);
    fs::rename(product.path("testcases/regression/gr-1.toml"), product.path("testcases/packs/acme/gr-1.toml")).unwrap();
    product.fixgate(&["prove", "GR-1", "--quiet"]).exits(0);
    let signoff = held(&product);
    against(&signoff, "ledger", "a pack's case is paired with a defect");
    against(&signoff, "explained", "missing: regression/gr-1");
}

#[test]
fn a_case_that_fails_becomes_a_canary() {
    let product = train();
    product.put("testcases/canary/greeting.toml", &CANARY.replace("never", "hello"));
    let void = signoff(product.commit(), &[]).exits(3).json();
    has(void["void"].as_str().unwrap(), &["canary/greeting: this canary must fail and did not"]);
    // Where the product is broken so that it fails, the case is gone from where it was.
    fs::rename(product.path("testcases/suite/greeting.toml"), product.path("testcases/canary/greeting.toml")).unwrap();
    product.program("broken/bin/greeter", &program("RU2").replace("echo hello", "echo hullo"));
    let signoff = signoff(product.commit(), &["--candidate", "broken"]);
    against(&signoff.json(), "explained", "missing: suite/greeting");
}

#[test]
fn a_record_or_a_fixture_is_a_link() {
    for path in ["defects/GR-9.toml", "testcases/suite/linked.toml", "testcases/suite/fixtures/data", "waivers/w.toml"] {
        let product = train();
        product.put("elsewhere", "title = \"outside\"\n");
        fs::create_dir_all(product.path(path).parent().unwrap()).unwrap();
        symlink(product.path("elsewhere"), product.path(path)).unwrap();
        let message = format!("error: {path} is a link or a special file; records and cases are plain files");
        signoff(&product, &[]).exits(2).mentions(&[&message, "nothing was run"]);
    }
}

#[test]
fn a_fix_is_recorded_as_made_by_another_person() {
    let product = train();
    let source = product.home("source");
    fs::create_dir(&source).unwrap();
    let at = source.to_str().unwrap();
    product.git(&["-C", at, "init", "--quiet"]).git(&["-C", at, "commit", "--quiet", "--allow-empty", "--message", "the fix"]);
    let output = Command::new("git").args(["-C", at, "rev-parse", "HEAD"]).output().unwrap();
    let commit = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    product.edit("fixgate.toml", "[product]\n", &format!("[product]\nrepository = {at:?}\n"));
    product.edit("releases/RU2.toml", "version", &format!("commit = \"{commit}\"\nversion"));
    let record = product.read("defects/GR-2.toml");
    let told = "**The author of GR-2 is `B. Other` by its record, and `A Tester <tester@example.org>` by its commit.**";
    for (author, is_told) in [("B. Other", true), ("tester@example.org", false), ("Tester, A", false)] {
        product.put("defects/GR-2.toml", &format!("{record}fix = {{ commit = \"{commit}\", author = {author:?} }}\n"));
        let section = shown(&product);
        assert_eq!(section.contains(told), is_told, "{section}");
    }
}

#[test]
fn a_fix_names_an_author_that_no_commit_confirms() {
    let product = train();
    product.edit("fixgate.toml", "[product]\n", "[product]\nrepository = \".\"\n");
    let record = product.read("defects/GR-2.toml");
    product.put("defects/GR-2.toml", &format!("{record}fix = {{ commit = \"c0ffee\", author = \"B. Other\" }}\n"));
    // The release names no commit, so that the run knows nothing of any, as one of an earlier version does.
    let section = shown(&product);
    assert!(section.contains("not compared with that of their commit, which the run does not know"), "{section}");
    assert!(section.contains("so that it could be another: GR-2.\n"), "{section}");
}
