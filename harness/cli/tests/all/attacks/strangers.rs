//! Test products of strangers, whose cases would run with the rights of the person who cloned them.

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::{GREETER, GREETING, Product, defect};

/// What is refused without consent.
const ASKS: &str = "the cases of this test product need your consent before they run";

/// A tree with this setting, whose case leaves a file in its user's home.
fn stranger(setting: &str) -> Product {
    let product = Product::new().of_a_stranger();
    product.edit("fixgate.toml", "[run]\n", &format!("[run]\n{setting}\n"));
    product.put("testcases/suite/greeting.toml", &writes(&product, "written"));
    product
}

fn writes(product: &Product, name: &str) -> String {
    let script = format!("echo x >{}; echo hello", product.home(name).display());
    GREETING.replace("[\"${product}\", \"greet\"]", &format!("[\"sh\", \"-c\", {script:?}]"))
}

#[test]
fn a_cloned_tree_gives_up_isolation() {
    let product = stranger("isolation = \"process\"");
    for command in [
        &["run", "--candidate", "RTM"][..],
        &["run", "suite/**", "--candidate", "RTM"],
        &["signoff", "RTM"],
        &["nightly", "--candidate", "RTM"],
    ] {
        product.fixgate(command).exits(2).mentions(&[ASKS, "fixgate trust cases --yes", "fixgate trust --own"]);
        assert!(!product.home("written").exists(), "{command:?}");
    }
    product.fixgate(&["trust"]).exits(1).mentions(&["cases: not trusted", "may reach: everything that you can"]);
    product.trusted();
    product.fixgate(&["run", "--candidate", "RTM"]).exits(0);
    assert!(product.home("written").exists());
}

#[test]
fn a_cloned_tree_makes_its_builds_before_its_user_has_consented_to_its_cases() {
    let product = Product::of(&[("RTM", "echo hallo"), ("RU1", GREETER)]).of_a_stranger();
    product.edit("fixgate.toml", "[run]\n", "[run]\nisolation = \"process\"\n");
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\"\nchanges = [\"suite/**\"]"));
    product.edit("testcases/suite/greeting.toml", "tags", "defects = [\"GR-1\"]\ntags");
    product.put("testcases/suite/other.toml", &GREETING.replace("says", "says too").replace("hello\\n\"", "baseline\""));
    for command in [
        &["run", "--candidate", "RU1", "--baseline", "RTM"][..],
        &["run", "suite/greeting", "--candidate", "RU1"],
        &["nightly", "--candidate", "RU1"],
        &["signoff", "RU1"],
        &["prove", "GR-1"],
        &["validate", "GR-1", "--candidate", "RU1", "--base", "RTM"],
        &["attribute", "suite/greeting", "--candidate", "RTM"],
        &["accept", "GR-1"],
    ] {
        product.fixgate(command).exits(2).mentions(&[ASKS]);
        assert!(!product.path(".fixgate/builds").exists(), "{command:?}");
    }
    product.fixgate(&["build", "RTM"]).exits(0);
}

#[test]
fn a_cloned_tree_grants_itself_the_home_of_its_user() {
    let home = Product::new();
    let product = stranger(&format!("grants = {{ write = [{:?}] }}", home.home(".")));
    product.fixgate(&["run", "--candidate", "RTM"]).exits(2).mentions(&[ASKS]);
    // A path of its own becomes a link to another place later.
    let inside = product.path("scratch");
    fs::create_dir(&inside).unwrap();
    for setting in [format!("read = [{inside:?}]"), "unix-sockets = true".to_owned()] {
        let product = stranger(&format!("grants = {{ {setting} }}"));
        product.fixgate(&["run", "--candidate", "RTM"]).exits(2).mentions(&[ASKS]);
    }
}

#[test]
fn a_tree_changes_what_its_cases_run_once_they_are_trusted() {
    let product = stranger("isolation = \"process\"");
    product.put("testcases/suite/data/tool", "true").put("testcases/suite/other.toml", &GREETING.replace("says", "says too"));
    product.trusted();
    let run = || product.fixgate(&["run", "suite/greeting*", "--candidate", "RTM"]);
    run().exits(0);
    let greeting = product.read("testcases/suite/greeting.toml");
    for (path, text) in [
        ("testcases/suite/greeting.toml", greeting.replace("echo hello", "echo  hello")),
        ("testcases/suite/data/tool", "false".to_owned()),
        ("testcases/suite/other.toml", GREETING.replace("greet", "greets")),
        ("programs/RTM", product.read("programs/RTM") + "# another\n"),
        ("fixgate.toml", product.read("fixgate.toml").replace("[run]\n", "[run]\ngrants = { read = [\"/\"] }\n")),
    ] {
        let before = product.read(path);
        product.put(path, &text);
        run().exits(2).mentions(&[ASKS]);
        product.put(path, &before);
        run().exits(0);
    }
    // What no program sees asks no person.
    product.put("waivers/README.md", "none\n").edit("fixgate.toml", "min-scenarios = 1", "min-scenarios = 2");
    run().exits(0);
}

#[test]
fn another_tree_takes_the_place_of_the_users_own() {
    let product = stranger("isolation = \"process\"");
    let run = || product.fixgate(&["run", "--candidate", "RTM"]);
    product.own();
    run().exits(0);
    product.edit("testcases/suite/greeting.toml", "echo hello", "echo  hello");
    run().exits(0);
    let secret = fs::read(product.path(".fixgate/own")).unwrap();
    // A clone brings no secret, another one, or none of a plain file; and a copy elsewhere is another tree.
    for text in [None, Some(""), Some("0123456789abcdef0123456789abcdef"), Some("0123456789abcdef0123456789abcdef0")] {
        fs::remove_file(product.path(".fixgate/own")).ok();
        if let Some(text) = text {
            product.put(".fixgate/own", text);
        }
        run().exits(2).mentions(&[ASKS]);
    }
    fs::write(product.home("secret"), &secret).unwrap();
    fs::remove_file(product.path(".fixgate/own")).unwrap();
    symlink(product.home("secret"), product.path(".fixgate/own")).unwrap();
    run().exits(2).mentions(&[ASKS]);
    product.own();
    assert!(product.path(".fixgate/own").is_file() && fs::read(product.home("secret")).unwrap() == secret);
    let copy = product.copy();
    fs::remove_file(copy.path(".fixgate/own")).unwrap();
    fs::write(copy.path(".fixgate/own"), fs::read(product.path(".fixgate/own")).unwrap()).unwrap();
    // The copy's path has a consent of its own by now, for another secret.
    copy.fixgate(&["run", "--candidate", "RTM"]).exits(2).mentions(&[ASKS]);
}

#[test]
fn a_test_product_is_started_among_files_of_a_stranger() {
    let state = |product: &Product| {
        product.fixgate(&["init", "--program", "bin/greeter"]).exits(0);
        product.edit("fixgate.toml", "[run]\n", "[run]\nisolation = \"process\"\n");
        product.fixgate(&["trust", "cases"])
    };
    state(&Product::nothing().of_a_stranger()).exits(0).mentions(&["cases: trusted already"]);
    let product = Product::nothing().of_a_stranger();
    product.put("testcases/suite/greeting.toml", &writes(&product, "written"));
    state(&product).exits(1).mentions(&["cases: not trusted"]);
}
