//! Files that a case runs or reads where they stand: they decide its outcome, so they are part of its definition.

use std::fs;

use crate::attacks::train::{against, fixed, has, held, shown, signoff, train};
use crate::common::Product;

/// What `list` prints is judged by a script beside the case, which a weaker one can replace.
const JUDGE: &str = "[ \"$(\"$1\" list)\" = \"$(printf 'b\\na')\" ]\n";
const SCRIPT: &str = "testcases/suite/judge.sh";

fn judged(defects: &str) -> String {
    format!(
        "title = \"the list is as it must be\"\n{defects}uses = [\"judge.sh\"]\n[[step]]\n\
         run = [\"sh\", \"${{case-dir}}/judge.sh\", \"${{product}}\"]\n"
    )
}

/// The train, signed off with a case of the suite that a script judges.
fn with_script() -> Product {
    let product = train();
    product.put(SCRIPT, JUDGE).put("testcases/suite/judged.toml", &judged(""));
    product.commit().fixgate(&["signoff", "RU1"]).exits(0);
    product
}

#[test]
fn a_script_that_judges_is_weakened() {
    let product = with_script();
    product.put(SCRIPT, "exit 0\n");
    has(&shown(&product), &["1 scenario defined otherwise: `suite/judged`"]);
}

#[test]
fn a_script_that_judges_loses_its_executable_bit() {
    let product = with_script();
    product.program(SCRIPT, JUDGE);
    has(&shown(&product), &["1 scenario defined otherwise: `suite/judged`"]);
}

#[test]
fn a_script_that_judges_a_fix_is_weakened() {
    let product = train();
    product.edit("programs/RU1", "echo b; echo a", "echo a").edit("programs/RTM", "echo b; echo a", "echo a");
    fs::remove_dir_all(product.path(".fixgate")).unwrap();
    product.put("defects/GR-7.toml", &fixed("RU2")).put("testcases/regression/judge.sh", JUDGE);
    let symptom = "[symptom]\nexit = 1\n";
    product.put("testcases/regression/gr-7.toml", &(judged("defects = [\"GR-7\"]\n") + symptom));
    product.fixgate(&["prove", "GR-7"]).exits(0);
    product.put("testcases/regression/judge.sh", "exit 0\n");
    let signoff = held(&product);
    against(&signoff, "ledger", "the proof of GR-7 is stale: regression/gr-7 was changed after it was proved");
    against(&signoff, "proved", "GR-7: regression/gr-7 is green without the fix");
}

#[test]
fn a_script_is_exchanged_while_it_judges() {
    let product = with_script();
    let script = product.path(SCRIPT);
    let script = script.to_str().unwrap();
    // What was exchanged is back at the end of the run.
    let exchange = format!("cp {script} {script}.real; echo exit 0 >{script}; cp {script}.real {script}; rm {script}.real\ncase");
    product.unconfined().edit("programs/RU2", "case", &exchange);
    fs::remove_dir_all(product.path(".fixgate/builds")).unwrap();
    let void = signoff(product.commit(), &[]).exits(3).json();
    let reason = void["void"].as_str().unwrap();
    assert!(reason.contains("records or cases changed during the run: testcases/suite/judge.sh"), "{reason}");
}

#[test]
fn a_case_is_weakened_while_the_run_is_made() {
    let product = train();
    let case = product.path("testcases/suite/second.toml");
    let weaken = format!("echo >>{}\ncase", case.to_str().unwrap());
    product.unconfined().edit("programs/RU2", "case", &weaken);
    fs::remove_dir_all(product.path(".fixgate/builds")).unwrap();
    let void = signoff(product.commit(), &[]).exits(3).json();
    let reason = void["void"].as_str().unwrap();
    assert!(reason.contains("records or cases changed during the run: testcases/suite/second.toml"), "{reason}");
}

#[test]
fn a_command_names_a_file_that_its_case_does_not_state() {
    let product = train();
    product.put(SCRIPT, JUDGE).put("testcases/suite/data/a", "a").put("testcases/suite/fixtures/other.toml", "");
    let refused = |uses: &str, named: &str, said: &[&str]| {
        product.put("testcases/suite/judged.toml", &judged("").replace("\"judge.sh\"]", uses).replace("/judge.sh\"", named));
        product.fixgate(&["check"]).exits(2).mentions(said);
        signoff(&product, &[]).exits(2).mentions(&["nothing was run"]);
    };
    refused(
        "]",
        "/judge.sh\"",
        &["judged.toml:4", "does not state `${case-dir}/judge.sh`", "state it in the case: uses = [\"judge.sh\"]"],
    );
    refused("\"judge.sh\"]", "/data/a\"", &["does not state `${case-dir}/data/a`"]);
    refused("\"data/\"]", "/data/../judge.sh\"", &["`${case-dir}/data/../judge.sh` climbs"]);
    refused("\"judge.sh\"]", "\"", &["`${case-dir}` names a whole directory"]);
    refused("\"judge.sh\"]", "/judge.shx\"", &["does not state `${case-dir}/judge.shx`"]);
    refused("\"none.sh\"]", "/none.sh\"", &["judged.toml:2", "none.sh cannot be read"]);
    refused("\"data\"]", "/data/a\"", &["testcases/suite/data is no file; a directory is stated as `NAME/`"]);
    refused("\"judge.sh/\"]", "/judge.sh\"", &["there is no directory testcases/suite/judge.sh"]);
    refused("\"greeting.toml\"]", "/greeting.toml\"", &["greeting.toml is read as a case or a table"]);
    refused("\"../second.toml\"]", "/../second.toml\"", &["leaves the tree or is not plain"]);
    refused("\"${root}/programs/RU2\"]", "/judge.sh\"", &["programs/RU2 is not below testcases/"]);
    refused("\"${root}/testcases/\"]", "/judge.sh\"", &["testcases is not below testcases/"]);
    product.put("testcases/suite/judged.toml", &judged("").replace("${case-dir}/judge.sh", "${root}/programs/RU2"));
    product.fixgate(&["check"]).exits(2).mentions(&["`${root}/programs/RU2` is not below testcases/"]);
    product.put(
        "testcases/suite/judged.toml",
        &judged("").replace("[[step]]\n", "[[step]]\nenv = { A = \"x:${case-dir}/data/a:y\" }\n"),
    );
    product.fixgate(&["check"]).exits(2).mentions(&["does not state `${case-dir}/data/a`"]);
    let stated = judged("").replace("\"judge.sh\"]", "\"${root}/testcases/suite/judge.sh\", \"data/\", \"fixtures/other.toml\"]");
    product.put(
        "testcases/suite/judged.toml",
        &stated.replace("[[step]]\n", "[[step]]\nenv = { A = \"x:${case-dir}/data/a:y\" }\n"),
    );
    product.fixgate(&["check"]).exits(0);
}

#[test]
fn a_file_that_a_case_uses_is_a_link() {
    let product = train();
    product.put(SCRIPT, JUDGE).put("testcases/suite/judged.toml", &judged(""));
    fs::rename(product.path(SCRIPT), product.path("judge.sh")).unwrap();
    std::os::unix::fs::symlink("../../judge.sh", product.path(SCRIPT)).unwrap();
    signoff(&product, &[]).exits(2).mentions(&["testcases/suite/judge.sh is a link"]);
}
