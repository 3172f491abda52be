//! `explain` says all that a run knows of a scenario, and `show` all that belongs to a record; what they cannot find, they say.

use crate::common::{GREETER, GREETING, Product, RUNS, defect};

/// RU1 sings off key: with an escape, a carriage return and a forged line. A change claims another scenario of its case, and accepted other
/// outputs of this one.
fn product() -> Product {
    let sings = |song: &str| format!("case \"$1\" in greet) echo hello ;; sing) printf '{song}' ;; esac\n");
    let product = Product::of(&[("RTM", &sings("la\\nla\\n")), ("RU1", &sings("la\\r\\n\\033[31m'\\''\\n::error::forged\\n"))]);
    let song = GREETING
        .replace("\"greet\"]", "\"sing\", \"${key}\", \"it's\\u001b\"]")
        .replace("{ stdout = \"hello\\n\" }", "\"baseline\"");
    let song = song.replace("tags", "[matrix]\nkey = [\"high\", \"low\"]\n").replace(" = [\"smoke\"]", "");
    product.put("testcases/suite/song.toml", &song.replace("the product greets", "the product sings"));
    product.put("testcases/suite/sung.toml", &song.replace("the product greets", "the product sings again"));
    let change = "kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU1\"\nchanges = [\"suite/song@key=high\"]";
    product.put("defects/GR-9.toml", &defect(change));
    product
}

fn run_of(product: &Product) -> String {
    product.fixgate(&["run", "--candidate", "RU1", "--baseline", "RTM", "--quiet"]).exits(1);
    product.runs().pop().unwrap()
}

#[test]
fn a_scenario_is_explained_with_all_that_the_run_knows() {
    let product = product();
    let said = product.fixgate(&["run", "--candidate", "RU1", "--baseline", "RTM"]).exits(1);
    let run = product.runs().pop().unwrap();
    // The run names the command that goes on.
    let next = format!("next: fixgate explain {run} suite/song@key=low");
    assert_eq!(said.stdout.lines().last(), Some(&*next), "{}", said.stdout);

    let said = product.fixgate(&["explain", &run, "suite/song@key=low"]).exits(0).complains("");
    let header = product.journal(&run).swap_remove(0);
    let digest = &header["candidate"]["digest"].as_str().unwrap()[7..19];
    let seconds = said.stdout.split("failed in ").nth(1).unwrap().split(" s").next().unwrap();
    let expected = format!(
        r"suite/song@key=low
in the run {run} of RU1 ({digest}) against RTM

case       the product sings
           testcases/suite/song.toml:1
command    greeter sing low $'it\'s\033'
verdict    failed in {seconds} s
           unexplained: differs, and nothing accounts for it
baseline   RTM: passed
why        step 1: stdout differs from the baseline

expected and got
    --- stdout of the baseline
    +++ stdout of this build
    @@ -1,2 +1,3 @@
    -la
    -la
    +la\r
    +\u{{1b}}[31m'
    +::error::forged

standard output
    la\r
    \u{{1b}}[31m'
    \u{{3a}}:error::forged

alike      2 scenarios like it, 2 with the same difference
           suite/sung@key=high
           suite/sung@key=low
claims     GR-9 `suite/song@key=high` names other scenarios of this case
again      fixgate run suite/song@key=low --candidate RU1 --baseline RTM
next       which release, commit or fix brought it: fixgate attribute suite/song@key=low
           it is meant: name it in the `changes` of the record that makes it, then: fixgate accept ID
"
    );
    assert_eq!(said.stdout, expected);
    let near = "GR-9 `suite/song@key=high` names other scenarios of this folder";
    product.fixgate(&["explain", &run, "suite/sung@key=low"]).exits(0).mentions(&[near]);
    let explained = product.fixgate(&["explain", &run, "suite/song@key=high"]).exits(0);
    explained.mentions(&["explained: differs as a fix claims", "by the claim of GR-9"]).says_nothing_of(&["next "]);
}

#[test]
fn what_passes_was_changed_or_did_not_run_is_explained_too() {
    let product = product();
    let run = run_of(&product);
    let greeting = ["explain", &run, "suite/greeting"];
    product
        .fixgate(&greeting)
        .exits(0)
        .mentions(&["command    greeter greet\n", "verdict    passed in "])
        .says_nothing_of(&["again, in"]);
    product.edit("testcases/suite/greeting.toml", "hello", "hullo");
    product.fixgate(&greeting).exits(0).mentions(&["changed since the run: what follows of it is as it is today"]);
    product.put("testcases/suite/runs.toml", RUNS);
    let again = run_of(&product);
    product
        .fixgate(&["explain", &again, "suite/greeting"])
        .exits(0)
        .mentions(&["history    2 runs, newest first: failed, passed"]);
    std::fs::remove_file(product.path("testcases/suite/greeting.toml")).unwrap();
    product.fixgate(&greeting).exits(0).mentions(&["it is gone: the records of today have no such scenario"]);

    let journal = format!("reports/runs/{run}/journal.jsonl");
    let header = product.read(&journal).lines().next().unwrap().to_owned();
    product.put(&journal, &format!("{header}\n"));
    product.fixgate(&["explain", &run, "suite/song@key=low"]).exits(0).mentions(&["not run: the run ended before", "VOID"]);
}

#[test]
fn what_cannot_be_explained_is_told() {
    let product = product();
    let run = run_of(&product);
    let refused = |arguments: &[&str], help: &str| {
        let scenario = arguments[1];
        let expected = format!("error: the run `{run}` did not plan `{scenario}`\nhelp: {help}\n");
        product.fixgate(&[&["explain"], arguments].concat()).exits(2).complains(&expected);
    };
    refused(&[&run, "suite/sonk@key=low"], "did you mean `suite/song@key=low`?");
    refused(&[&run, "suite/song"], "it is a case of 2 scenarios; name one, such as suite/song@key=high");
    refused(&[&run, "nothing/at/all"], "explain names one scenario of the run, by its exact id");
    product
        .fixgate(&["explain", "nothing", "suite/greeting"])
        .exits(2)
        .mentions(&["there is no run `nothing` under reports/runs/"]);
    product.fixgate(&["explain", &run, "suite/**"]).exits(2).mentions(&["is not a scenario id"]);
    product.fixgate(&["explain", "../..", "suite/greeting"]).exits(2).says_nothing_of(&["void"]);
    product.fixgate(&["explain", &run]).exits(2);
}

#[test]
fn a_record_is_shown_with_what_belongs_to_it() {
    let product = Product::of(&[("RTM", "echo hullo"), ("RU1", GREETER)]);
    product.put(
        "defects/GR-1.toml",
        &defect("status = \"fixed\"\nfixed-in = \"RU1\"\nfound-in = \"RTM\"\nchanges = [\"suite/**\"]"),
    );
    product.put("testcases/regression/gr-1.toml", &GREETING.replace("tags", "defects = [\"GR-1\"]\ntags"));
    let said = product.fixgate(&["show", "GR-1"]).exits(0).complains("");
    let expected = "\
GR-1: it does not
defects/GR-1.toml:1

kind       major defect, component core
status     fixed in RU1, found in RTM
pair       1 scenario
             regression/gr-1
claims     `suite/**`: 1 scenario, not pinned
gaps       GR-1 is fixed but not proved
next       run: fixgate prove GR-1
           fixgate run --defect GR-1 --candidate B
";
    assert_eq!(said.stdout, expected);
    let said = product.fixgate(&["show", "suite/greeting"]).exits(0).complains("");
    let expected = "\
suite/greeting: the product greets
testcases/suite/greeting.toml:1

kind       case of the suite
tags       smoke
command    1 step
             greeter greet
run        fixgate run suite/greeting --candidate B
history    fixgate history suite/greeting
";
    assert_eq!(said.stdout, expected);
    let said = product.fixgate(&["show", "RU1"]).exits(0).complains("");
    let expected = "\
RU1: greeter RU1.0
releases/RU1.toml:1

follows    RTM
recipe     install -D programs/RU1 '${out}/bin/greeter'
fixes      1 fix, 0 proved
             GR-1: it does not
sign-off   none in reports/
next       fixgate signoff RU1
";
    assert_eq!(said.stdout, expected);
    product.put("testcases/suite/runs.toml", RUNS);
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    product.fixgate(&["show", "RU1"]).exits(0).mentions(&["sign-off   HOLD on ", "next       fixgate verify RU1\n"]);
}

#[test]
fn a_name_of_several_records_shows_each_and_one_of_none_the_nearest() {
    let product = Product::new();
    product.put("defects/RTM.toml", &defect("status = \"open\""));
    product.fixgate(&["show", "RTM"]).exits(0).mentions(&["RTM: greeter RTM.0\n", "RTM: it does not\n"]);
    for (name, complaint) in [
        ("RTN", "error: there is no defect, case, scenario or release `RTN`\nhelp: did you mean `RTM`?\n"),
        (
            "suite/greetings",
            "error: there is no defect, case, scenario or release `suite/greetings`\nhelp: did you mean `suite/greeting`?\n",
        ),
        (
            "no\u{1b}[31m",
            "error: there is no defect, case, scenario or release `no\\u{1b}[31m`\n\
             help: fixgate list shows the scenarios, and fixgate rollup status the releases with their defects\n",
        ),
    ] {
        product.fixgate(&["show", name]).exits(2).complains(complaint);
    }
    product.fixgate(&["show"]).exits(2);
    product.put("reports/RTM/signoff.json", "{}");
    product.fixgate(&["show", "RTM"]).exits(2).mentions(&["reports/RTM/ is not as it was written"]);
}
