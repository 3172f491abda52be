//! What the system refuses is told with what to do about it.

use std::fs;

use crate::common::{Product, Said};

/// Holds if nothing that the system said is all that is said.
#[track_caller]
fn advises(said: &Said) {
    // A warning says what happens without the thing, so that there is nothing to do.
    let told = |line: &str| line.contains("(os error ") && !line.starts_with("warning: ");
    let is_bare = said.stderr.lines().any(told) && !said.stderr.contains("help: ");
    assert!(!is_bare && !said.stderr.contains("mend that"), "{}", said.stderr);
}

/// A signed-off product, and the name of its run.
fn signed_off() -> (Product, String) {
    let product = Product::new();
    product.fixgate(&["signoff", "RTM", "--quiet"]).exits(0);
    let run = product.runs().remove(0);
    (product, run)
}

#[test]
fn a_name_that_leads_nowhere_got_the_systems_words_alone() {
    let (product, run) = signed_off();
    product.put("folder/.keep", "");
    for (arguments, told) in [
        (&["-C", "nowhere", "check"][..], "nowhere cannot be entered"),
        (&["run", "--candidate", "./nowhere"], "cannot find the build `./nowhere`"),
        (&["run", "--candidate", "RTM", "--junit", "nowhere/file"], "nowhere/file cannot be written"),
        (&["run", "--candidate", "RTM", "--junit", "folder"], "folder cannot be written"),
        (&["nightly", "--candidate", "RTM", "--junit", "nowhere/file"], "nowhere/file cannot be written"),
        (&["report", &run, "--junit-split", "fixgate.toml"], "fixgate.toml cannot be made or read"),
        (&["sign", "RTM", "--key", "nowhere"], "nowhere cannot be read"),
        (&["sign", "RTM", "--key", "folder"], "folder cannot be read"),
        (&["identify", "./nowhere"], "cannot find the build `./nowhere`"),
    ] {
        let said = product.fixgate(arguments).mentions(&[told, "help: "]);
        advises(&said);
    }
}

#[test]
fn reports_that_are_not_there_were_files_that_could_not_be_read() {
    let (product, _) = signed_off();
    product.release("RU1", Some("RTM"), "exit 0");
    product.fixgate(&["verify", "RU1"]).exits(2).complains(
        "error: RU1 has no reports: there is no reports/RU1/\n\
         help: make them: fixgate signoff RU1, then fixgate sign RU1\n",
    );
    for (typed, told) in [
        ("RU7", "error: there is no release `RU7`, and no directory of that name\n"),
        ("reports/RU7", "error: reports/RU7 does not exist\n"),
        ("fixgate.toml", "error: fixgate.toml is a file\n"),
    ] {
        let help = "help: name a release that is signed, or the directory of its reports: fixgate verify reports/RELEASE\n";
        product.fixgate(&["verify", typed]).exits(2).complains(&format!("{told}{help}"));
    }
}

#[test]
fn a_run_that_is_not_there_led_to_no_other() {
    let (product, run) = signed_off();
    let help = format!("help: the last one is {run}; they are the directories under reports/runs/\n");
    for arguments in [
        &["gate", "nosuch", "--release", "RTM"][..],
        &["report", "nosuch", "--format", "json"],
        &["run", "--resume", "nosuch"],
        &["run", "--candidate", "RTM", "--failed-in", "nosuch"],
        &["list", "--failed-in", "nosuch"],
        &["attribute", "--run", "nosuch"],
    ] {
        product.fixgate(arguments).exits(2).complains(&format!("error: there is no run `nosuch` under reports/runs/\n{help}"));
    }
    let product = Product::new();
    let said = product.fixgate(&["gate", "nosuch", "--release", "RTM"]).exits(2);
    said.mentions(&["help: none is recorded here; make one: fixgate run --candidate B\n"]);
}

#[test]
fn something_in_the_place_of_a_record_got_the_systems_words_alone() {
    let (product, run) = signed_off();
    let damaged = |damage: &dyn Fn(&Product), commands: &[&[&str]]| {
        let copy = product.copy();
        damage(&copy);
        commands.iter().for_each(|arguments| advises(&copy.fixgate(arguments)));
    };
    let all: &[&[&str]] = &[
        &["check"],
        &["status"],
        &["build", "RTM"],
        &["run", "--candidate", "RTM", "--quiet"],
        &["gate", &run, "--release", "RTM"],
        &["report", &run, "--format", "json"],
        &["attribute", "--run", &run],
        &["history"],
        &["rollup", "notes", "RTM"],
        &["signoff", "RTM", "--quiet"],
    ];
    let file = |path: &'static str| {
        move |product: &Product| {
            fs::remove_dir_all(product.path(path)).unwrap();
            product.put(path, "");
        }
    };
    for path in ["reports", "reports/RTM", "reports/runs", ".fixgate", ".fixgate/builds", "releases", "testcases/suite"] {
        damaged(&file(path), all);
    }
    let journal = format!("reports/runs/{run}/journal.jsonl");
    let plan = format!("reports/runs/{run}/plan.jsonl");
    for path in [&*journal, &*plan, "reports/RTM/signoff.json", "programs/RTM", "fixgate.toml"] {
        damaged(&|product| fs::remove_file(product.path(path)).unwrap(), all);
        let directory = |product: &Product| {
            fs::remove_file(product.path(path)).unwrap();
            fs::create_dir(product.path(path)).unwrap();
        };
        damaged(&directory, all);
    }
    damaged(&|product| fs::create_dir_all(product.path("templates/notes.md.jinja")).unwrap(), all);
}

#[test]
fn a_file_that_a_case_lacks_had_no_way_to_it() {
    let product = Product::new();
    product.edit("testcases/suite/greeting.toml", "\"hello\\n\"", "{ file = \"nowhere\" }");
    let said = product.fixgate(&["check"]).exits(2).mentions(&["testcases/suite/nowhere cannot be read: "]);
    said.mentions(&["; the paths in a case begin at the case's own directory\n"]);
    let product = Product::new();
    product.edit("testcases/suite/greeting.toml", "tags", "table = \"nowhere.jsonl\"\ntags");
    let said = product.fixgate(&["check"]).exits(2).mentions(&["testcases/suite/nowhere.jsonl cannot be read: "]);
    said.mentions(&["; the paths in a case begin at the case's own directory\n"]);
}

#[test]
fn a_recipe_whose_program_is_missing_got_the_systems_words_alone() {
    let product = Product::new();
    product.edit("releases/RTM.toml", "\"install\"", "\"no-such-program\"");
    let said = product.fixgate(&["build", "RTM"]).exits(3).mentions(&["cannot start `no-such-program`"]);
    said.mentions(&["help: install that program, or correct `recipe` under [build] in the release's record\n"]);
}

#[test]
fn an_unsigned_sign_off_missed_three_files() {
    let product = Product::new();
    product.fixgate(&["signoff", "RTM", "--quiet"]);
    let said = product.fixgate(&["verify", "RTM"]).exits(1);
    said.complains("error: the sign-off of RTM is not signed; its release manager signs it: fixgate sign RTM\n");
    product.put("reports/RTM/signer.pub", "");
    product.fixgate(&["verify", "RTM"]).exits(1).mentions(&["reports/RTM/signoff.intoto.json is missing"]);
}
