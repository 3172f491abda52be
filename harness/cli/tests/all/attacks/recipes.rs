//! Recipes that would do more than make a build, and a third party's that has not been reviewed.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use crate::common::{GREETER, Product, wait_until};

/// A product whose build is made by this shell script, after the greeter.
fn made_by(script: &str) -> Product {
    let product = Product::new();
    put(&product, script, "");
    product
}

fn put(product: &Product, script: &str, more: &str) {
    let greeter = "mkdir -p ${out}/bin; install programs/RTM ${out}/bin/greeter";
    let quoted = serde_json::to_string(&format!("{greeter}; {script}")).unwrap();
    product.put("releases/RTM.toml", &format!("version = \"1\"\n[build]\nrecipe = [\"sh\", \"-c\", {quoted}]\n{more}"));
}

/// What the recipe left in its build.
fn left(product: &Product, name: &str) -> String {
    product.fixgate(&["build", "RTM"]).exits(0);
    fs::read_to_string(product.path(".fixgate/builds/RTM").join(name)).unwrap_or_default()
}

#[test]
fn a_recipe_writes_outside_of_its_build() {
    let product = made_by("");
    let places = [
        product.home("written"),
        product.path("written"),
        product.path("testcases/suite/greeting.toml"),
        product.path("releases/RTM.toml"),
        product.path(".git/hooks/post-commit"),
        product.path(".fixgate/builds/RTM.json"),
        std::env::temp_dir().join(format!("written-{}", std::process::id())),
    ];
    product.commit();
    let before: Vec<_> = places.iter().map(|place| fs::read(place).ok()).collect();
    let places_text: String = places.iter().map(|place| format!(" {}", place.display())).collect();
    let tries =
        format!("for place in{places_text}; do echo x 2>/dev/null >>$place && echo $place >>${{out}}/written; done; true");
    put(&product, &tries, "");
    assert_eq!(left(&product, "written"), "");
    for (place, before) in
        places.iter().zip(before).filter(|(place, _)| !place.ends_with("RTM.json") && !place.ends_with("RTM.toml"))
    {
        assert_eq!(fs::read(place).ok(), before, "{}", place.display());
    }
    assert!(product.read(".fixgate/builds/RTM.json").contains("\"confinement\""));
}

#[test]
fn a_recipe_reads_the_home_of_its_user() {
    let product = Product::new();
    fs::write(product.home("key"), "private").unwrap();
    put(&product, &format!("cat {} >${{out}}/key; echo $HOME >${{out}}/home", product.home("key").display()), "");
    assert_eq!(left(&product, "key"), "");
    let home = left(&product, "home");
    assert!(home.trim_end().ends_with(".fixgate/builds/.RTM.home/home") && !product.path(home.trim_end()).exists(), "{home}");
}

#[test]
fn a_recipe_reads_a_token_of_its_callers() {
    let product = made_by("env >${out}/env");
    let mut command = product.command(&["build", "RTM"]);
    command.env("GITHUB_TOKEN", "s3cret").env("CARGO_REGISTRY_TOKEN", "s3cret").env("https_proxy", "proxy:3128");
    product.said(&command.output().unwrap()).exits(0);
    let seen = left(&product, "env");
    assert!(!seen.contains("s3cret") && seen.contains("https_proxy=proxy:3128\n"), "{seen}");
}

/// A recipe that tries to connect, and says whether it could.
fn connects(to: &str) -> String {
    format!("python3 -c 'import socket; {to}' 2>/dev/null && echo connected >${{out}}/connected; true")
}

#[test]
fn a_recipe_asks_another_program_of_its_user_by_a_socket() {
    let product = Product::new();
    let agent = product.home("agent");
    let _agent = UnixListener::bind(&agent).unwrap();
    let connect = format!("socket.socket(socket.AF_UNIX).connect(\"{}\")", agent.display());
    for network in ["", "network = true\n"] {
        put(&product, &connects(&connect), network);
        assert_eq!(left(&product, "connected"), "", "{network}");
    }
}

#[test]
fn a_recipe_uses_the_network_and_does_not_say_so() {
    let product = Product::new();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let connect = format!("socket.create_connection((\"127.0.0.1\", {}))", server.local_addr().unwrap().port());
    put(&product, &connects(&connect), "");
    assert_eq!(left(&product, "connected"), "");
    put(&product, &connects(&connect), "network = true\n");
    assert_eq!(left(&product, "connected"), "connected\n", "where it is stated");
}

#[test]
fn a_recipe_ends_its_keeper_and_goes_on() {
    let product = made_by("kill -9 $PPID; echo $? >${out}/refused");
    assert_eq!(left(&product, "refused"), "1\n");
}

#[test]
fn a_link_in_the_tree_leads_what_a_recipe_writes_to_elsewhere() {
    let product = made_by("echo x >.fixgate/target/written");
    fs::create_dir_all(product.path(".fixgate")).unwrap();
    symlink(product.home("."), product.path(".fixgate/target")).unwrap();
    product.fixgate(&["build", "RTM"]).exits(3).mentions(&["is a symbolic link"]);
    assert!(!product.home("written").exists());
}

#[test]
fn a_recipe_grants_itself_the_home_of_its_user() {
    let product = Product::new();
    let steal = format!("echo x >{}", product.home("written").display());
    put(&product, &steal, "grants = { write = [\"~/.\"] }\n");
    product.fixgate(&["build", "RTM"]).exits(2).mentions(&["is no path to grant"]);
    fs::create_dir(product.home("tools")).unwrap();
    put(&product, &steal.replace("/written", "/tools/written"), "grants = { write = [\"~/tools\", \"~/none?\"] }\n");
    for command in [&["build", "RTM"][..], &["run", "--candidate", "RTM"], &["signoff", "RTM"], &["prove"]] {
        if command[0] != "prove" {
            let refused = product.fixgate(command).exits(2);
            refused.mentions(&["the recipe of build `RTM` needs your consent before it runs", "fixgate trust RTM --yes"]);
        }
        assert!(!product.home("tools/written").exists());
    }
    product.fixgate(&["trust"]).exits(1).mentions(&["RTM: not trusted", "may reach: writing ~/tools, writing ~/none?"]);
    product.trusted();
    product.fixgate(&["build", "RTM"]).exits(0);
    wait_until("it was written", || product.home("tools/written").exists());
}

/// What a third party brings.
fn with_pack(script: &str) -> Product {
    let product = Product::of(&[("RTM", GREETER)]);
    let pack = "owner = \"B. Partner\"\ncontact = \"partner@example.org\"\nproduct = \"Acme\"\nrequired = true\n";
    let recipe = "[build]\nrecipe = [\"sh\", \"testcases/packs/acme/make.sh\", \"${out}\"]\n";
    product.put("testcases/packs/acme/pack.toml", &format!("{pack}{recipe}")).put("testcases/packs/acme/make.sh", script);
    let case = "title = \"acme\"\n[[step]]\nrun = [\"${pack}/acme\"]\nexpect = { stdout = \"acme\\n\" }\n";
    product.put("testcases/packs/acme/acme.toml", case);
    product
}

const MAKES: &str = "printf '#!/bin/sh\\necho acme\\n' >$1/acme; chmod +x $1/acme\n";

#[test]
fn a_pack_runs_its_recipe_before_a_person_has_looked_at_it() {
    let product = with_pack(MAKES);
    for command in [&["run", "--candidate", "RTM"][..], &["signoff", "RTM"]] {
        let refused = product.fixgate(command).exits(2);
        refused.mentions(&["the recipe of build `acme` needs your consent before it runs: a third party wrote it"]);
    }
    assert!(!product.path(".fixgate/packs/acme").exists());
    product
        .fixgate(&["trust", "acme"])
        .exits(1)
        .mentions(&["acme: not trusted\n  runs: sh testcases/packs/acme/make.sh ${out}\n"]);
    product.trusted();
    product.fixgate(&["run", "--candidate", "RTM"]).exits(0);
}

#[test]
fn a_pack_changes_its_recipe_once_it_is_trusted() {
    let product = with_pack(MAKES);
    product.trusted();
    product.fixgate(&["run", "--candidate", "RTM"]).exits(0);
    product.put("testcases/packs/acme/make.sh", &format!("{MAKES}# another\n"));
    product.fixgate(&["run", "--candidate", "RTM"]).exits(2).mentions(&["needs your consent"]);
}

#[test]
fn a_build_is_made_by_a_recipe_that_nothing_confined() {
    let product = Product::new();
    product.fixgate(&["build", "RTM"]).exits(0);
    product.edit(".fixgate/builds/RTM.json", "\"confinement\": \"full\"", "\"confinement\": \"none\"");
    product.fixgate(&["signoff", "RTM"]).exits(0);
    let page = product.read("reports/RTM/signoff.md");
    assert!(page.contains("\n- build RTM: its recipe could do everything that its user can\n"), "{page}");
    assert!(product.read("reports/RTM/signoff.html").contains("RTM: its recipe could do everything that its user can"));
}
