//! A product that would do otherwise in a test than elsewhere, and builds that are not what they are signed off as.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::attacks::train::{gate, program, run_of_ru2, signoff, train};
use crate::common::{GREETER, GREETING, Product, wait_until};

/// What a product sees of where it is run, as its case sees it.
fn seen(script: &str) -> String {
    let product = Product::of(&[]);
    product.release("RTM", None, script);
    product.put("testcases/suite/greeting.toml", &GREETING.replace("hello\\n", "?"));
    let said = product.fixgate(&["run", "--candidate", "RTM", "--format", "json"]).exits(1).json();
    let run = said["run"].as_str().unwrap().to_owned();
    let entry = product.journal(&run).into_iter().find(|line| line["scenario"]["scenario"] == "suite/greeting").unwrap();
    let detail: &Value = &entry["scenario"]["detail"];
    detail.as_str().unwrap().lines().filter_map(|line| line.strip_prefix('+')).map(|line| line.to_owned() + "\n").collect()
}

#[test]
fn the_environment_says_nothing_of_a_test() {
    let seen = seen("env | sort");
    let mut names: Vec<&str> =
        seen.lines().filter_map(|line| Some(line.split_once('=')?.0)).filter(|name| *name != "++ stdout of this build").collect();
    // The shell that is this product sets these by itself.
    names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    assert_eq!(names, ["HOME", "LC_ALL", "PATH", "TMPDIR", "TZ"]);
    assert!(!seen.to_lowercase().contains("fixgate"), "{seen}");
}

#[test]
fn the_place_it_runs_in_says_nothing_of_a_test() {
    let seen = seen("pwd; ls -a; ls -a ..; cat ../held 2>/dev/null; echo");
    assert!(seen.contains("/work-") && !seen.to_lowercase().contains("fixgate") && !seen.contains("test"), "{seen}");
}

#[test]
fn the_program_that_is_run_is_outside_of_its_build() {
    let product = train();
    product.program("elsewhere", GREETER);
    fs::create_dir_all(product.path("linked/bin")).unwrap();
    symlink(product.path("elsewhere"), product.path("linked/bin/greeter")).unwrap();
    let digest = || product.fixgate(&["identify", "linked"]).stdout;
    let before = digest();
    product.program("elsewhere", "exit 1");
    assert_ne!(digest(), before, "what is run is what is signed off");
}

#[test]
fn a_build_that_was_tested_cannot_be_looked_at() {
    let product = train();
    product.program("mine/bin/greeter", &program("RU2")).commit();
    let (run, said) = run_of_ru2(&product, &["--candidate", "mine"]);
    said.exits(0);
    fs::rename(product.path("mine"), product.path("other")).unwrap();
    symlink("mine", product.path("mine")).unwrap();
    gate(&product, &run).exits(3).mentions(&["the build that was tested, cannot be looked at"]);
}

#[test]
fn a_build_is_exchanged_while_it_is_tested() {
    let product = train();
    product.unconfined();
    let body = program("RU2").replace("greet) echo hello", "greet) echo hello; echo \"# changed\" >>\"$0\"; exit");
    product.program("shifty/bin/greeter", &body).commit();
    let (_, said) = run_of_ru2(&product, &["--candidate", "shifty", "--jobs", "1"]);
    assert!(said.exits(3).json()["void"].as_str().unwrap().contains("the candidate changed during the run"));
}

/// A shell script that has one directory in the place of another while `inner` runs.
fn exchanged(product: &Product, [place, other]: [&str; 2], inner: &str) -> String {
    let root = product.path("").display().to_string();
    format!("cd {root}; mv {place} aside; mv {other} {place}; {inner}; mv {place} {other}; mv aside {place}")
}

#[test]
fn a_build_is_exchanged_for_a_while_and_put_back() {
    let product = train();
    product.unconfined();
    product.program("good/bin/greeter", &program("RU2"));
    let inner = "shifty/bin/greeter \"$@\"; code=$?";
    let script = format!("{}; exit $code\n", exchanged(&product, ["shifty", "good"], inner));
    product.program("shifty/bin/greeter", &script).commit();
    let (_, said) = run_of_ru2(&product, &["--candidate", "shifty", "--jobs", "1"]);
    let void = said.exits(3).json()["void"].as_str().unwrap().to_owned();
    assert!(void.contains("the build `shifty` was touched during the run, and may have been another for a while"), "{void}");
}

#[test]
fn a_directory_above_a_build_is_exchanged_while_it_is_tested() {
    let product = train();
    product.unconfined();
    product.program("other/build/bin/greeter", &program("RU2"));
    let root = product.path("").display().to_string();
    let exchange = format!("cd {root}; mv place aside; mv other place");
    let script = format!("case \"$1\" in greet) echo hello; {exchange}; exit ;; esac\n{}", program("RU2"));
    product.program("place/build/bin/greeter", &script).commit();
    let (_, said) = run_of_ru2(&product, &["--candidate", "place/build", "--jobs", "1"]);
    let void = said.exits(3).json()["void"].as_str().unwrap().to_owned();
    assert!(void.contains("its build was replaced"), "{void}");
}

#[test]
fn a_build_is_exchanged_until_its_run_is_interrupted() {
    let product = train();
    product.unconfined();
    let root = product.path("").display().to_string();
    let waits = format!("touch {root}/started; while ! test -e {root}/goes-on; do sleep 0.01; done\n{}", program("RU2"));
    product.program("shifty/bin/greeter", &waits).program("good/bin/greeter", &program("RU2")).commit();
    let run = ["run", "--candidate", "shifty", "--as", "RU2", "--jobs", "1", "--quiet"];
    let mut killed = product.command(&run).spawn().unwrap();
    wait_until("the run uses the build", || product.path("started").exists());
    let rename = |from: &str, to: &str| fs::rename(product.path(from), product.path(to)).unwrap();
    rename("shifty", "aside");
    rename("good", "shifty");
    killed.kill().unwrap();
    killed.wait().unwrap();
    rename("shifty", "good");
    rename("aside", "shifty");
    product.put("goes-on", "");
    let name = product.runs().pop().unwrap();
    let resumed = product.fixgate(&[&run[..], &["--resume", &name]].concat()).exits(2);
    resumed.mentions(&["had builds that have been touched since: it cannot be resumed"]);
}

#[test]
fn a_baseline_is_exchanged_while_what_it_does_is_kept() {
    let product = train();
    product.unconfined();
    let inner = "base/bin/greeter \"$@\"; code=$?";
    let exchange = exchanged(&product, ["base", "new"], inner);
    let root = product.path("").display().to_string();
    let script =
        format!("if test -e {root}/exchange; then {exchange}; exit $code; fi; {}", program("RU2").replace("hello", "hullo"));
    product.program("new/bin/greeter", &program("RU2")).program("base/bin/greeter", &script).put("exchange", "").commit();
    product.edit("testcases/suite/greeting.toml", "{ stdout = \"hello\\n\" }", "\"baseline\"");
    let run = ["run", "suite/greeting", "--candidate", "RU2", "--baseline", "base", "--jobs", "1", "--quiet"];
    product.fixgate(&run).exits(3).mentions(&["the build `base` was touched during the run"]);
    fs::remove_file(product.path("exchange")).unwrap();
    product.fixgate(&run).exits(1).mentions(&["hullo"]);
}

#[test]
fn a_release_builds_nothing() {
    let product = train();
    fs::remove_dir_all(product.path(".fixgate/builds/RU2")).unwrap();
    product.edit("releases/RU2.toml", "\"install\", \"-D\", \"programs/RU2\"", "\"true\"");
    signoff(product.commit(), &[]).exits(3).mentions(&["the recipe of build `RU2` ended well but left `${out}` empty"]);
}

#[test]
fn a_recipe_is_changed_after_it_made_the_build() {
    let product = train();
    product.fixgate(&["build", "RU2"]).exits(0);
    product.program("programs/BROKEN", &program("RU2").replace("echo hello", "echo hullo"));
    product.edit("releases/RU2.toml", "programs/RU2", "programs/BROKEN");
    crate::attacks::train::against(&signoff(product.commit(), &[]).exits(1).json(), "clean", "failed regressed: suite/greeting");
}

#[test]
fn a_file_that_is_not_to_be_there_is_put_behind_a_link() {
    let product = Product::of(&[("RTM", "ln -s /etc out; echo hello\n")]);
    let expect = "expect = { files = { \"out/passwd\" = { absent = true } } }";
    product.put("testcases/suite/greeting.toml", &GREETING.replace("expect = { stdout = \"hello\\n\" }", expect));
    product.fixgate(&["signoff", "RTM"]).exits(1).mentions(&["out/passwd leads out of the work directory"]);
}

#[test]
fn a_build_is_edited_where_it_is_kept() {
    let product = train();
    product.fixgate(&["build", "RU2"]).exits(0);
    product.program(".fixgate/builds/RU2/bin/greeter", &program("RU1"));
    signoff(&product, &[]).exits(3).mentions(&["was changed after it was made", "fixgate build --force RU2"]);
}

#[test]
fn no_variable_of_the_caller_reaches_a_product_or_loosens_a_rule() {
    let product = train();
    product.program("broken/bin/greeter", &program("RU2").replace("echo hello", "echo ${GREETING:-hullo}")).commit();
    let mut command = product.command(&["signoff", "RU2", "--quiet", "--format", "json", "--candidate", "broken"]);
    for name in
        ["GREETING", "FIXGATE_SKIP", "FIXGATE_CRITERIA", "FIXGATE_RETRIES", "FIXGATE_UPDATE", "SNAPSHOTS", "CI", "UPDATE_EXPECT"]
    {
        command.env(name, "hello");
    }
    let said = product.said(&command.output().unwrap()).exits(1);
    crate::attacks::train::against(&said.json(), "clean", "failed regressed: suite/greeting");
}

/// One worker runs all of it, in the order of the rows: what would see the note comes right after what leaves it.
#[test]
fn a_candidate_leaves_a_note_in_its_work_directory() {
    const LEAVES: &str = "touch -d 2001-01-01 .; chmod 711 .; python3 -c 'import os; os.setxattr(\".\", \"user.note\", b\"1\")'";
    const LOOKS: &str = "[ \"$(stat -c %Y .)\" -lt 1000000000 ] || [ \"$(stat -c %a .)\" = 711 ] || [ -n \"$(ls -A)\" ] \
                         || python3 -c 'import os, sys; sys.exit(not os.listxattr(\".\"))' && echo a note";
    let product = Product::of(&[]);
    let script = format!(
        "case \"$1\" in\nmarks) {LEAVES} ;;\nfills) touch file; mkdir -p a/b ;;\nfills-and-clears) touch file; {LEAVES}; rm file ;;\n\
         looks) {LOOKS} ;;\nesac\necho hello\n"
    );
    product.release("RTM", None, &script);
    let words = ["looks", "marks", "looks", "fills", "looks", "fills-and-clears", "looks", "looks"];
    let row = |(number, word)| format!("{{\"id\":\"{number}\",\"args\":[\"{word}\"]}}\n");
    product.put("testcases/suite/notes.jsonl", &words.iter().enumerate().map(row).collect::<String>());
    let case = "title = \"nothing is found\"\ntable = \"notes.jsonl\"\n[[step]]\nrun = [\"${product}\"]\n\
                expect = { stdout = \"hello\\n\" }\n";
    product.put("testcases/suite/notes.toml", case);
    product.fixgate(&["run", "suite/notes*", "--candidate", "RTM", "--jobs", "1"]).exits(0).mentions(&["9 passed"]);
}

#[test]
fn a_build_is_exchanged_after_it_was_tested() {
    let product = train();
    let (run, said) = run_of_ru2(&product, &[]);
    said.exits(0);
    gate(&product, &run).exits(0);
    let program = ".fixgate/builds/RU2/bin/greeter";
    let honest = product.read(program);
    product.program(program, "echo anything\n");
    gate(&product, &run).exits(3).mentions(&["ROOT/.fixgate/builds/RU2 is another build than the run `", "put the build back"]);
    product.put(program, &honest);
    gate(&product, &run).exits(0);
    // Where it is not at hand, that is said.
    fs::remove_dir_all(product.path(".fixgate/builds/RU2")).unwrap();
    gate(&product, &run)
        .exits(0)
        .mentions(&["ROOT/.fixgate/builds/RU2 is not here, so the build that was tested is not digested"]);
}
