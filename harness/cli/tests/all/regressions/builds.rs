//! A build belongs to its recipe and is made in its final place.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use crate::common::{GREETER, Product, criterion, is_alive, wait_until};

/// What the recipe of a release is, as TOML.
fn recipe(product: &Product, release: &str, words: &str) {
    let path = format!("releases/{release}.toml");
    let record = product.read(&path);
    let (head, _) = record.split_once("recipe").unwrap();
    product.put(&path, &format!("{head}recipe = {words}\n"));
}

/// A recipe that runs a shell script after it has made the greeter.
fn script(product: &Product, release: &str, script: &str) {
    let greeter = "mkdir -p ${out}/bin; cp programs/RTM ${out}/bin/greeter; chmod +x ${out}/bin/greeter";
    recipe(product, release, &format!("[\"sh\", \"-ec\", \"{greeter}; {script}\"]"));
}

/// Two releases of one program, the second of which says something else.
fn two() -> Product {
    Product::of(&[("RTM", GREETER), ("RU1", "echo hello\n")])
}

fn digest(product: &Product, release: &str) -> String {
    let said = product.fixgate(&["build", release, "--quiet"]).exits(0).stdout;
    said.split(' ').nth(1).unwrap().to_owned()
}

/// Starts builds at the same time.
fn at_once(product: &Product, count: usize, arguments: &[&str]) -> Vec<Child> {
    let start = |_| product.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    (0..count).map(start).collect()
}

#[test]
fn a_corrected_recipe_was_never_run() {
    let product = two();
    // What `new release` does: the recipe of the release before.
    recipe(&product, "RU1", "[\"install\", \"-D\", \"programs/RTM\", \"${out}/bin/greeter\"]");
    let wrong = digest(&product, "RU1");
    assert_eq!(wrong, digest(&product, "RTM"));
    recipe(&product, "RU1", "[\"install\", \"-D\", \"programs/RU1\", \"${out}/bin/greeter\"]");
    let said = product.fixgate(&["build", "RU1"]).exits(0);
    assert_eq!(said.stderr, "building RU1 again: its recipe has changed …\n");
    assert!(!said.stdout.contains(&wrong), "{}", said.stdout);
    product.fixgate(&["build", "RU1"]).exits(0).complains("");
}

#[test]
fn a_recipe_was_given_the_umask_of_its_caller() {
    let product = two();
    script(&product, "RU1", "umask > ${out}/umask");
    let mut command = Command::new("sh");
    let wrapped = product.command(&["build", "RU1", "--quiet"]);
    command.args(["-c", "umask 077; exec \"$0\" \"$@\""]).arg(wrapped.get_program()).args(wrapped.get_args());
    command.current_dir(product.path("")).envs(wrapped.get_envs().filter_map(|(name, value)| Some((name, value?))));
    product.said(&command.output().unwrap()).exits(0);
    assert_eq!(product.read(".fixgate/builds/RU1/umask"), "0022\n");
}

#[test]
fn a_build_was_kept_for_another_version() {
    let product = two();
    product.fixgate(&["build", "RU1"]).exits(0).complains("building RU1 …\n");
    product.edit("releases/RU1.toml", "RU1.0", "RU1.1");
    product.fixgate(&["build", "RU1"]).exits(0).complains("building RU1 again: its version has changed …\n");
}

#[test]
fn a_script_that_the_recipe_names_was_corrected_in_vain() {
    let product = two();
    product.put("make.sh", "cp programs/RTM \"$1\"/greeter\n");
    recipe(&product, "RU1", "[\"sh\", \"make.sh\", \"${out}\"]");
    product.edit("fixgate.toml", "bin/greeter", "greeter").put("programs/RTM", "#!/bin/sh\necho hello\n");
    fs::set_permissions(product.path("programs/RTM"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    product.fixgate(&["build", "RU1"]).exits(0);
    product.edit("make.sh", "cp", "cp -v");
    let again = "building RU1 again: make.sh, which its recipe names, has changed …\n";
    product.fixgate(&["build", "RU1"]).exits(0).complains(again);
}

#[test]
fn a_build_was_taken_along_into_another_directory() {
    let product = two();
    script(&product, "RU1", "echo ${out} >${out}/prefix");
    product.fixgate(&["build", "RU1"]).exits(0);
    let copy = product.copy();
    let said = copy.fixgate(&["build", "RU1"]).exits(0);
    said.complains("building RU1 again: the build there was made in another directory …\n");
    assert_eq!(copy.read(".fixgate/builds/RU1/prefix").trim_end(), copy.path(".fixgate/builds/RU1").to_str().unwrap());
}

#[test]
fn a_build_without_a_record_of_its_recipe_was_believed() {
    let product = two();
    product.program(".fixgate/builds/RU1/bin/greeter", "echo another\n");
    let again = "building RU1 again: no record says that the build there was finished …\n";
    product.fixgate(&["build", "RU1"]).exits(0).complains(again);
    // One of another format counts as none, and so does what cannot be read.
    for text in ["{\"schema\": 2}", "", "null"] {
        product.put(".fixgate/builds/RU1.json", text);
        product.fixgate(&["build", "RU1"]).exits(0).complains(again);
    }
}

#[test]
fn an_edited_build_was_signed_off() {
    let product = two();
    product.fixgate(&["build", "RU1"]).exits(0);
    product.program(".fixgate/builds/RU1/bin/greeter", "echo hello, hello\n");
    let said = product.fixgate(&["run", "--candidate", "RU1"]).exits(3);
    said.mentions(&[
        "void: the build `RU1` was changed after it was made: `ROOT/.fixgate/builds/RU1` is sha256:",
        "make it again: fixgate build --force RU1\n",
    ]);
    product.fixgate(&["build", "--force", "RU1"]).exits(0).complains("building RU1 again: as asked …\n");
    product.fixgate(&["run", "--candidate", "RU1"]).exits(0);
}

#[test]
fn a_build_had_another_prefix_than_its_place() {
    let product = two();
    script(&product, "RU1", "echo ${out} >${out}/prefix");
    product.fixgate(&["build", "RU1"]).exits(0);
    let prefix = product.read(".fixgate/builds/RU1/prefix");
    assert_eq!(prefix.trim_end(), product.path(".fixgate/builds/RU1").to_str().unwrap());
}

#[test]
fn a_virtual_environment_had_its_interpreter_nowhere() {
    let product = two();
    recipe(&product, "RU1", "[\"python3\", \"-m\", \"venv\", \"--without-pip\", \"${out}\"]");
    product.edit("fixgate.toml", "bin/greeter", "bin/python3");
    product.fixgate(&["build", "RU1"]).exits(0);
    let settings = product.read(".fixgate/builds/RU1/bin/activate");
    assert!(!settings.contains("partial") && settings.contains(product.path(".fixgate/builds/RU1").to_str().unwrap()));
}

#[test]
fn six_builds_at_once_had_several_results() {
    for _ in 0..5 {
        let product = two();
        script(&product, "RU1", "echo run >>.fixgate/target/runs; od -An -N16 -tx1 /dev/urandom >${out}/unique");
        let said: Vec<_> = at_once(&product, 6, &["build", "RU1", "--quiet"])
            .into_iter()
            .map(|child| child.wait_with_output().unwrap())
            .collect();
        let said: Vec<_> = said.iter().map(|output| product.said(output).exits(0).stdout).collect();
        assert!(said.iter().all(|text| *text == said[0]), "{said:?}");
        assert_eq!(product.read(".fixgate/target/runs"), "run\n");
    }
}

#[test]
fn six_builds_made_again_at_once_mixed_their_files() {
    let product = two();
    script(
        &product,
        "RU1",
        "echo run >>.fixgate/target/runs; mkdir ${out}/only-once; od -An -N16 -tx1 /dev/urandom >${out}/unique",
    );
    for child in at_once(&product, 6, &["build", "--force", "RU1", "--quiet"]) {
        product.said(&child.wait_with_output().unwrap()).exits(0);
    }
    assert_eq!(product.read(".fixgate/target/runs"), "run\n".repeat(6));
    product.fixgate(&["build", "RU1"]).exits(0).complains("");
}

#[test]
fn a_daemon_of_a_recipe_wrote_to_the_finished_build() {
    let product = two();
    let daemon = "setsid sh -c 'trap \\\"\\\" TERM HUP; exec <&- >&- 2>&-; echo $$ >.fixgate/target/daemon.tmp; mv .fixgate/target/daemon.tmp .fixgate/target/daemon; \
                  while sleep 0.01; do echo more >>${out}/bin/greeter; done' & while ! test -e .fixgate/target/daemon; do sleep 0.01; done";
    script(&product, "RU1", daemon);
    product.fixgate(&["build", "RU1"]).exits(0);
    assert!(!is_alive(&product.read(".fixgate/target/daemon")), "the daemon is still there");
    product.fixgate(&["build", "RU1"]).exits(0).complains("");
    assert!(product.read(".fixgate/builds/RU1.log").contains("that the recipe left running"));
}

/// A recipe that says who it is and waits for a file.
fn waiting(product: &Product, before: &str) {
    let wait = format!(
        "{before} echo $$ >>.fixgate/target/ids; while ! test -e goes-on; do sleep 0.01; done; echo done >>.fixgate/target/ends"
    );
    script(product, "RU1", &wait);
}

#[test]
fn a_recipe_went_on_after_its_harness_was_killed() {
    let product = two();
    waiting(&product, "exec 0</dev/null;");
    let mut harness = product.command(&["build", "RU1"]).process_group(0).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the recipe runs", || {
        product.path(".fixgate/target/ids").exists() && product.read(".fixgate/target/ids").ends_with('\n')
    });
    harness.kill().unwrap();
    harness.wait().unwrap();
    let recipe = product.read(".fixgate/target/ids");
    wait_until("the recipe is ended", || !is_alive(&recipe));
    // What it made is no build, however it is named.
    let unfinished = product.fixgate(&["run", "--candidate", ".fixgate/builds/RU1/bin/greeter"]).exits(2);
    unfinished.mentions(&[
        "RU1` is unfinished: its recipe is still running, or was killed\nhelp: wait for it, or make it: fixgate build",
    ]);
    product.put("goes-on", "");
    product.fixgate(&["build", "RU1"]).exits(0);
    assert_eq!(product.read(".fixgate/target/ends"), "done\n", "the recipe of the killed harness came to its end");
}

#[test]
fn a_build_was_made_again_while_it_was_in_use() {
    let product = two();
    product.unconfined();
    let program = "echo hello; touch ../../started; while ! test -e ../../goes-on; do sleep 0.01; done\n";
    let root = product.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    product.put("programs/RU1", &format!("#!/bin/sh\n{}", program.replace("../..", &root)));
    product.fixgate(&["build", "RU1"]).exits(0);
    let run = product.command(&["run", "--candidate", "RU1"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the run uses the build", || product.path("started").exists());
    let mut build =
        product.command(&["build", "--force", "RU1"]).stderr(fs::File::create(product.path("said")).unwrap()).spawn().unwrap();
    let waits = "waiting for RU1, which another process works with …\n";
    wait_until("the other waits", || product.read("said") == waits);
    assert!(product.path(".fixgate/builds/RU1/bin/greeter").exists());
    product.put("goes-on", "");
    product.said(&run.wait_with_output().unwrap()).exits(0);
    assert!(build.wait().unwrap().success());
    assert!(product.read("said").ends_with("building RU1 again: as asked …\n"));
}

/// A product under version control whose second release was scaffolded with the recipe of the first.
fn unchanged() -> Product {
    let product = two();
    recipe(&product, "RU1", "[\"install\", \"-D\", \"programs/RTM\", \"${out}/bin/greeter\"]");
    product
}

fn explained(product: &Product, exit: i32) -> serde_json::Value {
    let signoff = product.fixgate(&["signoff", "RU1", "--format", "json", "--quiet"]).exits(exit).json();
    criterion(&signoff, "explained").clone()
}

#[test]
fn a_candidate_that_is_its_baseline_was_signed_off_in_silence() {
    let product = unchanged();
    let said = product.fixgate(&["run", "--candidate", "RU1", "--baseline", "RTM", "--quiet"]).exits(0);
    assert!(said.stdout.starts_with("RU1 is the very build of the baseline RTM: sha256:"), "{}", said.stdout);
    let said = product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    assert!(said.stdout.starts_with("RU1 is the very build of the baseline RTM: sha256:"), "{}", said.stdout);
    assert!(product.read("reports/RU1/signoff.md").contains("**The candidate is the very build of the baseline RTM.**"));
    let held = explained(&product, 1);
    assert_eq!(held["state"], "unsatisfied");
    assert_eq!(held["findings"], serde_json::json!([{"kind": "same-build", "baseline": "RTM"}]));
}

#[test]
fn a_release_that_is_meant_to_change_nothing_says_so() {
    let product = unchanged();
    product.edit("releases/RU1.toml", "[build]", "unchanged = \"only the installer changed\"\n[build]");
    let satisfied = explained(&product, 0);
    assert!(satisfied["summary"].as_str().unwrap().ends_with("; unchanged since RTM: only the installer changed"), "{satisfied}");
    // It holds of no other build.
    product.edit("releases/RU1.toml", "programs/RTM", "programs/RU1");
    let held = explained(&product, 1);
    assert_eq!(held["findings"], serde_json::json!([{"kind": "not-unchanged", "baseline": "RTM"}]));
}

#[test]
fn a_first_release_that_is_unchanged_is_a_contradiction() {
    let product = two();
    product.edit("releases/RTM.toml", "[build]", "unchanged = \"nothing changed\"\n[build]");
    product.fixgate(&["check"]).exits(2).mentions(&["error: the first release follows none, so that it cannot be `unchanged`"]);
    product.edit("releases/RTM.toml", "unchanged = \"nothing changed\"\n", "");
    product.edit("releases/RU1.toml", "[build]", "unchanged = \" \"\n[build]");
    product.fixgate(&["check"]).exits(2).mentions(&["a title is one line of text"]);
}

#[test]
fn a_cut_of_the_same_version_blamed_the_recipe() {
    let product = two();
    product.edit("releases/RU1.toml", "\"install\"", "\"env\", \"VERSION=RU1.0\", \"install\"");
    product.fixgate(&["rollup", "cut", "RU2", "--version", "RU1.0"]).exits(2).complains(
        "error: RU1.0 is the version of RU1 already, whose recipe makes its build again\n\
         help: give the next version, or for another build of this one its recipe: fixgate rollup cut … -- PROGRAM ARGUMENT…\n",
    );
}

#[test]
fn a_release_was_no_build_to_identify() {
    let product = two();
    product
        .fixgate(&["identify", "RU1"])
        .exits(2)
        .complains("error: the build of RU1 is not at hand, as its record makes it\nhelp: obtain it: fixgate build RU1\n");
    product.fixgate(&["build", "RU1"]).exits(0);
    assert_eq!(product.fixgate(&["identify", "RU1"]).exits(0).stdout, "RTM+RU1 (RU1.0)\n");
    product.fixgate(&["identify", "RU7"]).exits(2).mentions(&["error: `RU7` is neither a release nor a path to a build\n"]);
}
