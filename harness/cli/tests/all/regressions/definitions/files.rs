//! Files that an expectation is about: each is read whole, or the failure says what is there instead.

use crate::common::{self, Product, Said};

/// A product whose suite holds one case: the program does `action`, and `expect` is what must come of it.
fn leaving(action: &str, expect: &str) -> Product {
    let product = Product::new();
    product.program("build/bin/greeter", &format!("case \"$1\" in leave) {action} ;; *) echo hello ;; esac\n"));
    let case = format!("title = \"it leaves a file\"\n[[step]]\nrun = [\"${{product}}\", \"leave\"]\nexpect = {expect}\n");
    product.put("testcases/suite/leaves.toml", &case);
    product
}

fn run(product: &Product) -> Said {
    product.fixgate(&["run", "suite/leaves", "--candidate", "build"])
}

/// The file is sparse, so that neither the product nor the harness writes as much.
#[test]
fn what_a_file_held_behind_256_mib_was_not_looked_at() {
    let product = leaving("truncate -s 256M out; echo FORBIDDEN >>out", "{ files = { out = { not-contains = \"FORBIDDEN\" } } }");
    run(&product).exits(3).mentions(&["error", "out cannot be read back: it is larger than 256 MiB"]);
}

#[test]
fn a_file_that_is_as_large_as_the_limit_is_read_to_its_end() {
    let product = leaving("truncate -s 255M out; echo FORBIDDEN >>out", "{ files = { out = { not-contains = \"FORBIDDEN\" } } }");
    run(&product).exits(1).mentions(&["the file out contains 'FORBIDDEN'"]);
}

#[test]
fn what_was_no_plain_file_counted_as_absent() {
    for (action, what) in [
        ("mkdir out", "out is a directory"),
        ("mkdir -p out/more", "out is a directory"),
        ("ln -s nowhere out", "out is a link to 'nowhere'"),
        ("echo x >other; ln -s other out", "out is a link to 'other'"),
        ("mkfifo out", "out is a fifo"),
        ("exec python3 -c 'import os, stat; os.mknod(\"out\", stat.S_IFSOCK | 0o600)'", "out is a socket"),
    ] {
        let absent = run(&leaving(action, "{ files = { out = { absent = true } } }")).exits(1);
        absent.mentions(&[&format!("{what}, and nothing is expected there")]);
        let content = run(&leaving(action, "{ files = { out = { not-contains = \"y\" } } }")).exits(1);
        content.mentions(&[&format!("{what}, and a file is expected there")]);
    }
    run(&leaving(":", "{ files = { out = { absent = true }, \"no/out\" = { absent = true } } }")).exits(0);
    run(&leaving(">no", "{ files = { \"no/out\" = { absent = true } } }")).exits(0);
}

#[test]
fn a_file_behind_a_link_out_of_the_work_directory_counted_as_absent() {
    for (action, path) in [("ln -s /etc out", "out/passwd"), ("ln -s ../.. out", "out/held"), ("ln -s /proc/self out", "out/no")]
    {
        let product = leaving(action, &format!("{{ files = {{ \"{path}\" = {{ absent = true }} }} }}"));
        run(&product).exits(1).mentions(&[&format!("{path} leads out of the work directory, and nothing is expected there")]);
    }
    let inside = "mkdir a; echo x >a/out; ln -s a b";
    run(&leaving(inside, "{ files = { \"b/out\" = \"x\\n\", \"b/no\" = { absent = true } } }")).exits(0);
}

/// The superuser may read them; everybody else is told.
#[test]
fn a_file_that_may_not_be_read_counted_as_a_fault_of_the_harness_or_as_absent() {
    let judged = |action: &str, expect: &str| {
        let product = leaving(action, expect);
        product.put("fixgate.toml", &common::project(common::CRITERIA));
        product.said(&product.command_of("65534", &["run", "suite/leaves", "--candidate", "build"]).output().unwrap())
    };
    judged("echo x >out; chmod 000 out", "{ files = { out = \"x\\n\" } }").exits(0);
    judged("mkdir d; echo x >d/out; chmod 000 d", "{ files = { \"d/out\" = { absent = true } } }")
        .exits(1)
        .mentions(&["d/out cannot be looked at (Permission denied (os error 13)), and nothing is expected there"]);
}

#[test]
fn a_symptom_took_every_file_for_absent_that_its_step_did_not_name() {
    let product = Product::that_runs(&[("RTM", "echo lost >out; exit 1"), ("RU1", "exit 0")]);
    product.put("defects/GR-1.toml", &common::defect("status = \"fixed\"\nfixed-in = \"RU1\""));
    let case = "title = \"it keeps\"\ndefects = [\"GR-1\"]\n[[step]]\nrun = [\"${product}\"]\n[symptom]\nexit = 1\n";
    let prove = |files: &str| {
        product.put("testcases/regression/gr-1.toml", &format!("{case}files = {{ out = {files} }}\n"));
        product.fixgate(&["prove", "GR-1"])
    };
    prove("{ absent = true }").exits(1);
    prove("\"lost\\n\"").exits(0);
}

/// The run's own records are read out of its commit, whose programs may be executed there, too.
#[test]
fn a_corrected_title_made_another_definition_of_a_case_that_uses_a_program() {
    let product = Product::new();
    product.program("testcases/suite/judge.sh", "[ \"$(\"$1\" greet)\" = hello ]\n");
    let case = "title = \"judged\"\nuses = [\"judge.sh\"]\n[[step]]\nrun = [\"${case-dir}/judge.sh\", \"${product}\"]\n";
    product.put("testcases/suite/judged.toml", case).commit();
    product.fixgate(&["signoff", "RTM", "--quiet"]).exits(0);
    product.edit("testcases/suite/judged.toml", "judged\"", "judged well\"").commit();
    let run = product.runs().pop().unwrap();
    product.fixgate(&["gate", &run, "--release", "RTM"]).exits(0);
}
