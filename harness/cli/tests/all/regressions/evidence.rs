//! Failures that were taken for evidence though nothing had run, and outputs that vary.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::common::{CANARY, CRITERIA, GREETER, GREETING, Product, RUNS, criterion, defect, project};
use serde_json::Value;

/// A release that lacks a fix which RU1 has, and whose program is made by `base`; beside the pair there is a case that both pass.
fn fixed_in_ru1(base: &str) -> Product {
    let product = Product::of(&[("RTM", base), ("RU1", "case \"$1\" in sum) echo 4 ;; *) echo hello ;; esac")]);
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\""));
    let sum = GREETING.replace("greet\"", "sum\"").replace("hello", "4").replace("smoke", "sums");
    product.put("testcases/regression/gr-1.toml", &format!("defects = [\"GR-1\"]\n{sum}"));
    product
}

/// A program of C that greets by a library of its own, and the build without that library.
fn lacks_a_library(product: &Product, release: &str) {
    let directory = product.path("library");
    fs::create_dir_all(&directory).unwrap();
    product.put("library/greet.c", "#include <stdio.h>\nvoid greet(void) { puts(\"hello\"); }\n");
    product.put("library/main.c", "void greet(void);\nint main(void) { greet(); return 0; }\n");
    for arguments in [
        &["-shared", "-fPIC", "-o", "libfoo.so.1", "greet.c"][..],
        &["-o", "greeter", "main.c", "./libfoo.so.1", "-Wl,-rpath,/no/such/place"],
    ] {
        let mut cc = Command::new("cc");
        assert!(cc.args(arguments).current_dir(&directory).status().unwrap().success());
    }
    fs::copy(directory.join("greeter"), product.path(&format!("programs/{release}"))).unwrap();
    fs::remove_file(directory.join("libfoo.so.1")).unwrap();
}

const LOADER: &str = "; the dynamic loader could not start it, ";

#[test]
fn a_base_that_lacks_a_shared_library_was_red() {
    let product = fixed_in_ru1(GREETER);
    lacks_a_library(&product, "RTM");
    let said = product.fixgate(&["prove", "GR-1"]).exits(1);
    said.mentions(&["GR-1 is refused:\n  nothing shows that the base, RTM, runs: ", LOADER, "libfoo.so.1"]);
    assert!(!product.path("defects/GR-1.proof.json").exists());
    let signoff = product.fixgate(&["signoff", "RU1", "--format", "json"]).exits(3).json();
    let void = signoff["void"].as_str().unwrap();
    assert!(void.contains("nothing shows that the base, RTM, runs: ") && void.contains(LOADER), "{void}");
    assert_eq!(criterion(&signoff, "proved")["state"], "unsatisfied");
}

#[test]
fn a_private_fix_was_validated_against_a_base_that_lacks_a_shared_library() {
    let product = fixed_in_ru1(GREETER);
    product.edit("defects/GR-1.toml", "status = \"fixed\"\nfixed-in = \"RU1\"", "status = \"private-fix\"");
    lacks_a_library(&product, "RTM");
    fs::remove_file(product.path("releases/RU1.toml")).unwrap();
    product.program("fixed/bin/greeter", "case \"$1\" in sum) echo 4 ;; *) echo hello ;; esac");
    let said = product.fixgate(&["validate", "GR-1", "--candidate", "fixed"]).exits(3);
    said.mentions(&[
        "VOID, there is no answer: nothing shows that the baseline, RTM, runs: ",
        LOADER,
        "\nNO ANSWER: greeter RTM",
    ]);
}

#[test]
fn a_base_whose_interpreter_is_missing_was_red() {
    let product = fixed_in_ru1(GREETER);
    product.put("programs/RTM", "#!/usr/bin/env no-such-interpreter\n");
    let said = product.fixgate(&["prove", "GR-1"]).exits(1);
    said.mentions(&["; its interpreter, or a program that it runs, could not be started, ", "no-such-interpreter"]);
    product.fixgate(&["signoff", "RU1"]).exits(3);
}

/// Each of them starts, but no scenario that a working program passes does.
#[test]
fn a_base_that_does_nothing_fails_or_hangs_was_red() {
    for base in ["exit 0", "exit 1", "kill -SEGV $$", "exec sleep 60", "echo 'Traceback: no module' >&2; exit 1"] {
        let product = fixed_in_ru1(base);
        product.edit("fixgate.toml", "timeout = \"10s\"", "timeout = \"300ms\"");
        product.fixgate(&["prove", "GR-1"]).exits(1).mentions(&["GR-1 is refused:\n  nothing shows that the base, RTM, runs: "]);
        product.fixgate(&["signoff", "RU1"]).exits(3).mentions(&["VOID, there is no answer: "]);
    }
}

/// A fix that is an exit code other than 0 is also what a build gives that cannot be started.
#[test]
fn a_fixed_build_that_cannot_run_was_green() {
    let product = fixed_in_ru1(GREETER);
    product.release("RTM", None, "echo hello");
    let refuses = GREETING.replace("greet\"", "nonsense\"").replace("{ stdout = \"hello\\n\" }", "{ exit = { not = 0 } }");
    product.put("testcases/regression/gr-1.toml", &format!("defects = [\"GR-1\"]\n{}", refuses.replace("smoke", "sums")));
    product.put("programs/RU1", "#!/usr/bin/env no-such-interpreter\n");
    product.fixgate(&["prove", "GR-1"]).exits(1).mentions(&["  nothing shows that the candidate, RU1, runs: "]);
    let run = product.fixgate(&["run", "regression/**", "--candidate", "RU1", "--format", "json"]).exits(3).json();
    assert!(run["void"].as_str().unwrap().starts_with("nothing shows that the candidate, RU1, runs: "), "{run}");
}

/// The program of the product runs, and the one that the pair is about does not.
#[test]
fn a_pair_was_red_since_the_tool_that_it_runs_could_not_be_started() {
    let product = fixed_in_ru1(GREETER);
    product.release("RTM", None, "case \"$1\" in sum) exec /no/such/tool ;; *) echo hello ;; esac");
    let refused = "regression/gr-1 fails without the fix as if nothing had been started, which proves nothing: step 1: exit 12";
    product.fixgate(&["prove", "GR-1"]).exits(1).mentions(&[refused, "[symptom] exit = 127"]);
    let signoff = product.fixgate(&["signoff", "RU1", "--format", "json"]).exits(1).json();
    assert!(criterion(&signoff, "proved")["evidence"][0].as_str().unwrap().contains(refused), "{signoff}");
    let case = product.read("testcases/regression/gr-1.toml");
    product.put("testcases/regression/gr-1.toml", &format!("{case}[symptom]\nexit = 127\n"));
    product.fixgate(&["prove", "GR-1"]).exits(0);
}

/// What is kept of a baseline is of a day on which it ran.
#[test]
fn a_baseline_that_no_longer_runs_was_vouched_for_by_what_was_kept_of_it() {
    let product = fixed_in_ru1(GREETER);
    product.unconfined();
    let needed = product.path("needed");
    product.put("needed", "");
    product.release("RTM", None, &format!("[ -e {needed:?} ] || exit 127\n{GREETER}"));
    product.fixgate(&["run", "--candidate", "RU1", "--baseline", "RTM"]).exits(0);
    fs::remove_file(&needed).unwrap();
    let void = product.fixgate(&["run", "--candidate", "RU1", "--baseline", "RTM"]).exits(3);
    void.mentions(&["nothing shows that the baseline, RTM, runs: "]);
}

/// A failure is still an answer, also where it is the only thing that was run.
#[test]
fn a_product_that_fails_by_itself_is_no_void_run() {
    let product = Product::new();
    product.program("broken/bin/greeter", "echo hullo");
    product.fixgate(&["run", "--candidate", "broken"]).exits(1).mentions(&["1 failed"]);
    product.fixgate(&["run", "suite/greeting", "--candidate", "broken", "--baseline", "RTM"]).exits(1).mentions(&["1 regressed"]);
    product.fixgate(&["run", "suite/greeting", "--candidate", "RTM", "--baseline", "broken"]).exits(0).mentions(&["1 fixed"]);
    product.program("broken/bin/greeter", "echo cannot >&2; exit 127");
    product.fixgate(&["run", "suite/greeting", "--candidate", "broken"]).exits(3).mentions(&["exit 127"]);
}

#[test]
fn a_build_that_cannot_run_was_said_to_have_no_fix() {
    let product = fixed_in_ru1(GREETER);
    product.put("dead/bin/greeter", "#!/usr/bin/env no-such-interpreter\n");
    fs::set_permissions(product.path("dead/bin/greeter"), fs::Permissions::from_mode(0o755)).unwrap();
    product
        .fixgate(&["identify", "dead", "--probe"])
        .exits(3)
        .mentions(&["void: nothing shows that the candidate, dead, runs: "]);
    let said = product.fixgate(&["attribute", "suite/greeting", "--candidate", "dead"]).exits(3);
    said.mentions(&["void: nothing shows that the candidate, dead, runs: "]);
}

/// A product with a case that compares with the baseline what `program` prints.
fn compared(program: &str) -> Product {
    let product = Product::of(&[("RTM", &format!("case \"$1\" in greet) echo hello ;; *) {program} ;; esac"))]);
    let case = "title = \"as before\"\n[[step]]\nrun = [\"${product}\", \"vary\"]\nexpect = \"baseline\"\n";
    product.put("testcases/suite/vary.toml", case);
    product
}

const RANDOM: &str = "tr -dc 0-9 </dev/urandom | head -c 12; echo";

#[test]
fn a_program_that_varies_was_unexplained_against_itself() {
    let product = compared(RANDOM);
    let run = &["run", "--candidate", "RTM", "--baseline", "RTM"];
    let json = product.fixgate(&[&run[..], &["--format", "json"]].concat()).exits(1).json();
    assert_eq!((&json["residuals"]["varying"], &json["residuals"]["unexplained"]), (&1.into(), &0.into()));
    let rule = "{ regex = '(?m)^[0-9]+$', with = '[VARIES]' }";
    let said = product.fixgate(&[&run[..], &["--junit", "junit.xml"]].concat()).exits(1);
    said.mentions(&["1 varying", "the baseline differs from itself, too", rule, "then this build is as the baseline"]);
    assert!(product.read("junit.xml").contains("fixgate.Varying"));

    let case = product.read("testcases/suite/vary.toml");
    product.put("testcases/suite/vary.toml", &case.replace("[[step]]", &format!("normalize = [\n  {rule},\n]\n[[step]]")));
    product.fixgate(run).exits(0).mentions(&["3 same"]);
}

#[test]
fn what_varies_holds_a_sign_off_in_a_class_of_its_own_with_the_way_out() {
    let product = compared(RANDOM);
    product.release("RU1", Some("RTM"), &format!("case \"$1\" in greet) echo hello ;; *) {RANDOM} ;; esac # RU1"));
    let signoff = product.fixgate(&["signoff", "RU1", "--format", "json"]).exits(1).json();
    assert_eq!(signoff["classes"]["varying"], 1);
    let evidence = criterion(&signoff, "explained")["evidence"][0].as_str().unwrap();
    assert!(evidence.starts_with("failed varying: suite/vary: "), "{evidence}");
    product.fixgate(&["signoff", "RU1"]).exits(1).mentions(&["way out: a build that differs from itself: "]);
    assert!(product.read("reports/RU1/signoff.md").contains("| varying | 1 |"));
}

#[test]
fn what_varies_and_cannot_be_settled_says_so_and_a_change_is_no_variation() {
    let product = compared("head -c 3 /dev/urandom");
    let said = product.fixgate(&["run", "--candidate", "RTM", "--baseline", "RTM"]).exits(1);
    said.mentions(&["1 varying", "no `normalize` was found that takes out what varies"]);
    let product = compared("echo old");
    product.program("new/bin/greeter", "case \"$1\" in greet) echo hello ;; *) echo new ;; esac");
    let said = product.fixgate(&["run", "--candidate", "new", "--baseline", "RTM"]).exits(1);
    said.mentions(&["1 unexplained"]).says_nothing_of(&["varying"]);
}

/// A claim that pins no outputs accounts for any, and what varies by itself is no single output.
#[test]
fn a_claim_that_is_not_pinned_explained_what_varies() {
    for (rtm, ru1, build) in [(RANDOM, RANDOM, "the baseline"), ("echo old", RANDOM, "the candidate")] {
        let product = compared(rtm);
        let program = format!("case \"$1\" in greet) echo hello ;; sum) echo 4 ;; *) {ru1} ;; esac # RU1");
        product.release("RU1", Some("RTM"), &program);
        let change = defect("status = \"fixed\"\nfixed-in = \"RU1\"\nkind = \"change\"\nchanges = [\"suite/vary\"]");
        product.put("defects/GR-2.toml", &change);
        product.put("testcases/regression/gr-2.toml", &format!("defects = [\"GR-2\"]\n{GREETING}").replace("smoke", "sums"));
        let said = product.fixgate(&["run", "suite/**", "--candidate", "RU1", "--baseline", "RTM"]).exits(1);
        said.mentions(&["1 varying", &format!("{build} differs from itself, too")]).says_nothing_of(&["1 explained"]);
    }
}

#[test]
fn a_candidate_that_varies_was_unexplained_without_a_word_of_it() {
    let product = compared("echo old");
    product.program("new/bin/greeter", &format!("case \"$1\" in greet) echo hello ;; *) {RANDOM} ;; esac"));
    let said = product.fixgate(&["run", "--candidate", "new", "--baseline", "RTM"]).exits(1);
    said.mentions(&["1 varying", "the candidate differs from itself, too", "then this build still differs"]);
}

#[test]
fn a_failure_that_varies_on_both_sides_was_failing_differently() {
    let product = compared(RANDOM);
    let case = product.read("testcases/suite/vary.toml");
    product.put("testcases/suite/vary.toml", &case.replace("\"baseline\"", "{ stdout = \"stated\\n\" }"));
    let said = product.fixgate(&["run", "--candidate", "RTM", "--baseline", "RTM"]).exits(1);
    let rule = "{ regex = '(?m)^[0-9]+$', with = '[VARIES]' }";
    said.mentions(&["1 varying", "the baseline differs from itself, too", rule]).says_nothing_of(&["failing-differently"]);
    product.put(
        "testcases/suite/vary.toml",
        &product.read("testcases/suite/vary.toml").replace("[[step]]", &format!("normalize = [{rule}]\n[[step]]")),
    );
    product.fixgate(&["run", "--candidate", "RTM", "--baseline", "RTM"]).mentions(&["1 still-failing"]);
}

/// A claim on what the case prints that varies.
fn claimed(program: &str) -> Product {
    let product = compared("echo old");
    product.release("RU1", Some("RTM"), &format!("case \"$1\" in greet) echo hello ;; *) {program} ;; esac"));
    let change = defect("status = \"fixed\"\nfixed-in = \"RU1\"\nkind = \"change\"\nchanges = [\"suite/vary\"]");
    product.put("defects/GR-3.toml", &change);
    product
}

#[test]
fn what_varies_was_pinned() {
    let product = claimed(RANDOM);
    let said = product.fixgate(&["accept", "GR-3", "--yes"]).exits(1);
    said.mentions(&["suite/vary varies from one run to the next and cannot be pinned", "with = '[VARIES]'", "not pinned: "]);
    assert!(!product.path("defects/GR-3.accepted.jsonl").exists());
}

#[test]
fn nothing_to_accept_was_to_be_accepted_with_yes() {
    let product = claimed("echo old");
    let said = product.fixgate(&["accept", "GR-3"]).exits(1);
    said.mentions(&[
        "GR-3 `suite/vary`: 0 scenarios differ\n  none of 1 scenario that it is about gives something else on RU1 than",
    ])
    .mentions(&["not pinned: a claim that explains nothing; correct `changes`, then: fixgate accept GR-3\n"])
    .says_nothing_of(&["--yes"]);
    product.edit("defects/GR-3.toml", "\"suite/vary\"", "\"suite/greeting\"");
    product.fixgate(&["accept", "GR-3", "--yes"]).exits(1).mentions(&["none expects what the baseline gives", "take it out"]);
    product.edit("defects/GR-3.toml", "changes = [\"suite/greeting\"]", "");
    product.fixgate(&["accept", "GR-3"]).exits(2).mentions(&["help: if its fix changes what scenarios give", "changes = ["]);
}

#[test]
fn a_difference_that_is_meant_had_no_way_out_of_a_hold() {
    let product = claimed("echo new");
    fs::remove_file(product.path("defects/GR-3.toml")).unwrap();
    let way = "way out: a difference that is meant: name its scenarios in the `changes` of the record that makes it";
    product.fixgate(&["signoff", "RU1"]).exits(1).mentions(&[way, "then: fixgate accept ID"]);
    assert!(product.read("reports/RU1/signoff.md").contains("record the change that is meant"));
}

#[test]
fn the_first_release_was_held_by_what_it_cannot_be_compared_with() {
    let product = compared("echo old");
    let signoff = product.fixgate(&["signoff", "RTM", "--format", "json"]).exits(0).json();
    let summary = "2 of 3 planned scenarios were judged; 1 scenario expects what a baseline gives, which the first release does not \
                   have, and did not run";
    assert_eq!(criterion(&signoff, "complete")["summary"], summary);
    assert_eq!((&signoff["verdicts"]["skipped"], &signoff["verdicts"]["passed"]), (&1.into(), &2.into()));
    product.edit("fixgate.toml", "min-scenarios = 1", "min-scenarios = 3");
    product.fixgate(&["signoff", "RTM"]).exits(1).mentions(&["2 scenarios were judged, at least 3 are required"]);
}

#[test]
fn a_proof_did_not_show_what_was_taken_for_the_defect() {
    let product = fixed_in_ru1("case \"$1\" in sum) echo 5 ;; *) echo hello ;; esac");
    let said = product.fixgate(&["prove", "GR-1"]).exits(0);
    said.mentions(&[
        "  regression/gr-1 is failed on RTM, it states no symptom, so any failure counts:\n",
        "    RTM: -4\n    RTM: +5\n",
    ]);
    let proof: Value = serde_json::from_str(&product.read("defects/GR-1.proof.json")).unwrap();
    assert_eq!(proof["shown-by"]["base"], "suite/greeting");
    product.release("RTM", None, "case \"$1\" in sum) echo some words; echo why >&2; exit 3 ;; *) echo hello ;; esac");
    fs::remove_dir_all(product.path(".fixgate/builds/RTM")).unwrap();
    product.fixgate(&["prove", "GR-1"]).exits(0).mentions(&["RTM: step 1: exit 3, expected exit 0\n", "why\n", "some words"]);
}

#[test]
fn a_validation_with_nothing_near_the_fix_said_nothing_of_it() {
    let product = Product::nothing();
    product.put("fixgate.toml", &project(CRITERIA)).release("RTM", None, "case \"$1\" in sum) echo 5 ;; *) echo hello ;; esac");
    product.put("testcases/canary/blind.toml", CANARY).put("testcases/suite/greeting.toml", GREETING);
    product.put("testcases/suite/runs.toml", RUNS);
    product.put("defects/GR-1.toml", &defect("status = \"private-fix\"\nfound-in = \"RTM\""));
    let sum = GREETING.replace("greet\"", "sum\"").replace("hello", "4").replace("smoke", "sums");
    product.put("testcases/regression/gr-1.toml", &format!("defects = [\"GR-1\"]\n{sum}"));
    product.program("fixed/bin/greeter", "case \"$1\" in sum) echo 4 ;; *) echo hello ;; esac");
    let outputs = ["--junit", "junit.xml", "--markdown", "page.md"];
    let said = product.fixgate(&[&["validate", "GR-1", "--candidate", "fixed"][..], &outputs].concat()).exits(0);
    let warning = "no scenario is near the fix: none is of the component core, has a tag of its pair or is named by its `changes`; this \
                   validation is silent about 1 of 3 scenarios";
    said.mentions(&[&format!("warning: {warning}\n"), "VALIDATED"]);
    assert!(product.read("page.md").contains("**Warning:** no scenario is near the fix"));
    assert!(product.read("junit.xml").contains(&format!("WARNING: {warning}")));
}
