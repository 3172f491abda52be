//! The train from a release manager's side: where it stands, a cut, notes; what is refused is told with the way out.

use crate::common::{CRITERIA, GREETER, GREETING, Product, RUNS, defect, project, release};

/// What the product of a release prints for `greet`.
const HELLO: &str = "echo hello";

/// RTM and RU1, cut on the first of January 2024, with a window of six to eight weeks; GR-1 is fixed in RU1, and GR-2, GR-3 and
/// the change CH-4 are checked in. Nothing of it is paired but GR-2.
fn train() -> Product {
    let product = Product::of(&[("RTM", "echo hullo"), ("RU1", HELLO)]);
    product.put("fixgate.toml", &format!("{}[train]\ncadence = {{ min-weeks = 6, max-weeks = 8 }}\n", project(CRITERIA)));
    // The recipe names the version, so that the next one's is evident.
    product.edit("releases/RU1.toml", "RU1.0", "RU1");
    product.edit("releases/RU1.toml", "[build]", "cut = 2024-01-01\n[build]");
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\""));
    let checked_in = "# why\nstatus = \"fixed\" # in the tree\nfound-in = \"RTM\" # by a customer";
    product.put("defects/GR-2.toml", &defect(checked_in)).put("defects/GR-3.toml", &defect("status = \"fixed\""));
    product.put("defects/CH-4.toml", &defect("kind = \"change\"\nstatus = \"fixed\""));
    product.put("testcases/suite/runs.toml", RUNS);
    product.put("testcases/regression/gr-2.toml", &GREETING.replace("tags", "defects = [\"GR-2\"]\ntags"));
    product.put("testcases/regression/gr-1.toml", &GREETING.replace("tags", "defects = [\"GR-1\"]\ntags"));
    product.fixgate(&["prove", "--quiet"]).exits(0);
    product
}

/// The cut of RU2 on a day within the window.
const CUT: [&str; 7] = ["rollup", "cut", "RU2", "--version", "RU2", "--date", "2024-02-15"];

fn cut<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&CUT[..], more].concat()
}

#[test]
fn a_cut_is_refused_with_every_reason_and_the_name_that_allows_it() {
    let product = train();
    let said = product.fixgate(&["rollup", "cut", "RU2", "--version", "RU2", "--date", "2024-02-11"]).exits(1);
    assert_eq!(
        said.stdout,
        "\
RU2 is not cut: 3 objections
  the window opens on 2024-02-12: it is early
    cut it from 2024-02-12 to 2024-02-26
    or: --allow outside-window
  GR-2 is fixed but not proved
    fixgate prove GR-2 --base RU1 --fixed PATH
    or: --allow unproved:GR-2
  GR-3 is fixed but no case names it
    fixgate new case regression/gr-3 --defect GR-3
    or: --allow unpaired:GR-3
"
    );
    assert!(!product.path("releases/RU2.toml").exists(), "nothing is cut");
    let late = product.fixgate(&["rollup", "cut", "RU2", "--version", "RU2", "--date", "2024-02-27"]).exits(1);
    late.mentions(&["the window closed on 2024-02-26: it is late"]);
}

#[test]
fn a_stale_proof_an_expired_waiver_and_any_other_gap_block_a_cut() {
    let product = train();
    product.program("mended/bin/greeter", HELLO);
    product.fixgate(&["prove", "GR-2", "--base", "RTM", "--fixed", "mended", "--quiet"]).exits(0);
    product.edit("testcases/regression/gr-2.toml", "expect = {", "expect = { stderr = \"\",");
    product.put(
        "waivers/old.toml",
        "criterion = \"proved\"\ndefect = \"GR-1\"\nkind = \"accepted\"\nrelease = \"RU1\"\nowner = \"A. Person\"\nreason = \"later\"\nexpires = 2024-01-31\n",
    );
    product.put("testcases/regression/nothing.toml", GREETING);
    product.fixgate(&cut(&[])).exits(1).mentions(&[
        "  the proof of GR-2 is stale: regression/gr-2 was changed after it was proved\n",
        "    or: --allow stale-proof:GR-2\n",
        "  the waiver old expired on 2024-01-31\n    ask A. Person to renew it with a reason, or delete it\n    or: --allow expired-waiver:old\n",
        "  the records have 1 gap: a regression case names no defect\n    fixgate check shows them\n    or: --allow gaps\n",
    ]);
}

#[test]
fn a_cut_dates_its_fixes_and_keeps_what_else_their_records_say() {
    let product = train();
    // In another order than they are told in.
    let said = product.fixgate(&cut(&["--allow", "unproved:GR-2", "unpaired:GR-3", "--commit", "c0ffee"])).exits(0);
    assert_eq!(said.stdout, "RU2 (RU2) is cut with 2 fixes and 1 change\nreleases/RU2.toml is new, 3 records have changed\n");
    assert_eq!(
        said.stderr,
        "fixgate.toml names no repository: nothing but behaviour will show that RU2 has every fix\n\
         next: review and commit them, then: fixgate signoff RU2\n"
    );
    assert_eq!(
        product.read("releases/RU2.toml"),
        "version = \"RU2\"\nfollows = \"RU1\"\ncut = 2024-02-15\ncommit = \"c0ffee\"\nallowed = [\"unpaired:GR-3\", \"unproved:GR-2\"]\n\
         [build]\nrecipe = [\"install\", \"-D\", \"programs/RU2\", \"${out}/bin/greeter\"]\n"
    );
    assert_eq!(
        product.read("defects/GR-2.toml"),
        defect("# why\nstatus = \"fixed\" # in the tree\nfixed-in = \"RU2\"\nfound-in = \"RTM\" # by a customer")
    );
    assert_eq!(product.read("defects/CH-4.toml"), defect("kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU2\""));
    product.fixgate(&["rollup", "status"]).exits(0).mentions(&[
        "RU2 (RU2), cut 2024-02-15, 2 fixes, 1 change; not signed off\n  cut in spite of unpaired:GR-3, unproved:GR-2\n  major    core          GR-2: it does not\n",
        "after RU2: nothing is checked in\nwindow: late, 2024-03-28 to 2024-04-11;",
    ]);
    product.fixgate(&cut(&[])).exits(2).complains("error: RU2 is cut already: releases/RU2.toml is there\n");
}

#[test]
fn a_cut_that_would_leave_bad_records_is_undone() {
    let product = train();
    let before = product.read("defects/GR-2.toml");
    let allowed = ["--allow", "unproved:GR-2", "unpaired:GR-3"];
    let said = product.fixgate(&[&["rollup", "cut", "ru1", "--version", "RU2", "--date", "2024-02-15"], &allowed[..]].concat());
    said.exits(2)
        .mentions(&["the releases `ru1` and `RU1` differ in case alone", "help: nothing was cut: every record is unchanged"]);
    assert_eq!(product.read("defects/GR-2.toml"), before);
    assert!(!product.path("releases/ru1.toml").exists());
    product
        .fixgate(&["rollup", "status"])
        .exits(0)
        .mentions(&["after RU1: 2 fixes, 1 change checked in: 1 ready, 1 unpaired, 1 unproved\n"]);
}

#[test]
fn a_cut_is_asked_for_what_cannot_be_told() {
    let product = train();
    let idle = "error: `empty` is not a reason against this cut: allow one that is\n";
    product.fixgate(&cut(&["--allow", "empty"])).exits(2).complains(idle);
    let early = ["rollup", "cut", "RU2", "--version", "RU2", "--date", "2023-12-31"];
    product.fixgate(&early).exits(2).complains("error: 2023-12-31 lies before the cut of RU1 on 2024-01-01\n");
    product.edit("releases/RU1.toml", "version = \"RU1\"", "version = \"1.0.1\"");
    product.fixgate(&cut(&[])).exits(2).complains(
        "\
error: the recipe of RU1 does not name its version, 1.0.1, so that of RU2 is not evident
help: give it: fixgate rollup cut … -- PROGRAM ARGUMENT…, with ${out} where the build goes
",
    );
    let given = cut(&["--allow", "unproved:GR-2", "unpaired:GR-3", "--", "make"]);
    product.fixgate(&given).exits(2).mentions(&["the recipe does not say where the build goes: no argument names `${out}`"]);
    let given = cut(&["--allow", "unproved:GR-2", "unpaired:GR-3", "--", "cp", "programs/RU1", "${out}"]);
    product.fixgate(&given).exits(0);
    assert!(product.read("releases/RU2.toml").ends_with("\n[build]\nrecipe = [\"cp\", \"programs/RU1\", \"${out}\"]\n"));
    product.fixgate(&["rollup", "cut", "RU3"]).exits(2).mentions(&["--version <VERSION>"]);
    product
        .fixgate(&cut(&["--allow", "everything"]))
        .exits(2)
        .mentions(&["is no exception: write one as `fixgate rollup cut` names it"]);
    product.fixgate(&cut(&["--commit", "HEAD"])).exits(2).mentions(&["is not a commit: 4 to 64 hexadecimal digits"]);
    product
        .fixgate(&["rollup", "cut", "RU3", "--version", "3", "--date", "soon"])
        .exits(2)
        .mentions(&["invalid value 'soon' for '--date <DATE>'"]);
}

#[test]
fn nothing_checked_in_is_no_rollup_unless_that_is_meant() {
    let product = Product::new();
    let cut = [
        "rollup",
        "cut",
        "RU1",
        "--version",
        "2",
        "--date",
        "2024-01-01",
        "--",
        "install",
        "-D",
        "programs/RTM",
        "${out}/bin/greeter",
    ];
    product.fixgate(&cut).exits(1).mentions(&["no fix and no change is checked in", "or: --allow empty"]);
    let allowed = [&cut[..7], &["--allow", "empty"], &cut[7..]].concat();
    product.fixgate(&allowed).exits(0).mentions(&["RU1 (2) is cut with 0 fixes and 0 changes"]);
}

#[test]
fn what_a_cut_was_allowed_is_a_rule_that_changed() {
    let product = Product::of(&[("RTM", GREETER)]);
    product.fixgate(&["signoff", "RTM", "--quiet"]).exits(0);
    product.put("programs/RU1", &format!("#!/bin/sh\n{GREETER}")).put("releases/RU1.toml", &release("RU1", Some("RTM")));
    product.edit("releases/RU1.toml", "[build]", "allowed = [\"empty\"]\nunchanged = \"it is packed again\"\n[build]");
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    let page = product.read("reports/RU1/signoff.md");
    assert!(page.contains("| exception `RU1 empty` | none | **allowed** |\n"), "{page}");
}

/// Four releases: RU1 mends greeting, RU2 keeps it, RU3 and RU4 have lost it.
fn loser() -> Product {
    let product =
        Product::of(&[("RTM", "echo hullo"), ("RU1", HELLO), ("RU2", HELLO), ("RU3", "echo hullo"), ("RU4", "echo hullo")]);
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\""));
    product.put("testcases/regression/gr-1.toml", &GREETING.replace("tags", "defects = [\"GR-1\"]\ntags"));
    product.edit("releases/RU2.toml", "[build]", "unchanged = \"it is packed again\"\n[build]");
    product.put("testcases/suite/runs.toml", RUNS);
    product.fixgate(&["prove", "--quiet"]).exits(0);
    product
}

/// What the sign-off of RU4 holds against `cumulative`.
fn lost(product: &Product) -> String {
    let signoff = product.fixgate(&["signoff", "RU4", "--quiet", "--format", "json"]).exits(1).json();
    crate::common::criterion(&signoff, "cumulative")["evidence"][0].as_str().unwrap().to_owned()
}

#[test]
fn a_lost_fix_names_the_release_that_lost_it_by_the_sign_offs_or_else_by_the_chain() {
    let product = loser();
    let chain = "GR-1: no paired scenario is green; green in RU1 (it was fixed there; no sign-off tells more), \
                 not green in RU3 (the baseline of this run): one of RU2 to RU3 lost it";
    assert_eq!(lost(&product), chain);
    product.fixgate(&["signoff", "RU2", "--quiet"]).exits(0);
    let signed = "GR-1: no paired scenario is green; green in RU2 (its sign-off), not green in RU3 (the baseline of this run): RU3 lost it";
    assert_eq!(lost(&product), signed);
    product.fixgate(&["signoff", "RU3", "--quiet"]).exits(1);
    let both = "GR-1: no paired scenario is green; green in RU2 (its sign-off), not green in RU3 (its sign-off): RU3 lost it";
    assert_eq!(lost(&product), both);
    // Notes beside a sign-off, or without one, are none.
    product.fixgate(&["rollup", "notes", "RU1"]).exits(0);
    assert_eq!(lost(&product), both);
}

#[test]
fn the_dashboard_says_what_to_do_next() {
    let product = train();
    product.fixgate(&["signoff", "RTM", "--quiet"]).exits(1);
    let mut said = product.fixgate(&[]).exits(0);
    let (day, rest) = said.stdout.split_once("\n\n").unwrap();
    assert!(day.starts_with("greeter on 20"), "{day}");
    let (days, rest) = rest.split_once(" days since").map(|(before, after)| (before.to_owned(), after.to_owned())).unwrap();
    assert!(days.ends_with(|digit: char| digit.is_ascii_digit()));
    assert_eq!(
        rest,
        " RU1 was cut

to do
  RU1 is not signed off
    fixgate signoff RU1
  the window closed on 2024-02-26: it is late
    cut it in spite of that, by name
  GR-2 is fixed but not proved
    fixgate prove GR-2 --base RU1 --fixed PATH
  GR-3 is fixed but no case names it
    fixgate new case regression/gr-3 --defect GR-3
  the rollup after RU1 can be cut, once nothing blocks it
    fixgate rollup cut NAME --version VERSION
"
    );
    assert_eq!(said.stdout, product.fixgate(&["status"]).stdout);
    said = product.fixgate(&["status", "--format", "json"]).exits(0);
    let status = said.json();
    assert_eq!(status["next"]["fixes"][1]["readiness"], "unproved");
    assert_eq!(status["next"]["objections"][0]["exception"], "outside-window");
    assert_eq!(
        (&status["releases"][0]["signoff"]["decision"], &status["releases"][1]["signoff"]),
        (&"hold".into(), &serde_json::Value::Null)
    );
}

#[test]
fn an_expired_quarantine_is_to_be_mended() {
    let product = train();
    product.put(
        "quarantine/shaky.toml",
        "scenario = \"suite/greeting\"\nowner = \"A. Person\"\nreason = \"it is slow\"\nexpires = 2024-01-31\n",
    );
    product.fixgate(&[]).exits(0).mentions(&["  the quarantine shaky of A. Person expired on 2024-01-31\n    mend the scenario, or renew or delete quarantine/shaky.toml\n"]);
}

#[test]
fn a_customer_is_told_what_a_later_release_brings() {
    let product = train();
    let said = product.fixgate(&["rollup", "status", "--from", "RTM"]).exits(0);
    let gets = "\
from RTM to RU1 (RU1): 1 fix

RU1 (RU1), cut 2024-01-01, 1 fix; not signed off
  major    core          GR-1: it does not
";
    assert_eq!(said.stdout, gets);
    let newest = product.fixgate(&["rollup", "status", "--from", "RU1"]).exits(0);
    assert_eq!(newest.stdout, "RU1 is the newest release: there is nothing to get\n");
    let json = product.fixgate(&["rollup", "status", "--from", "RTM", "--format", "json"]).exits(0).json();
    assert_eq!((json.as_array().unwrap().len(), &json[0]["fixes"][0]["id"]), (1, &"GR-1".into()));
    let unknown = "error: there is no release `RU2`\nhelp: did you mean `RU1`?\n";
    product.fixgate(&["rollup", "status", "--from", "RU2"]).exits(2).complains(unknown);
    product.fixgate(&["rollup", "notes", "RU2"]).exits(2).complains(unknown);
}

#[test]
fn a_sign_off_that_was_edited_is_no_state_of_the_train() {
    let product = Product::new();
    product.fixgate(&["signoff", "RTM", "--quiet"]).exits(0);
    product.edit("reports/RTM/rules.json", "required", "not required");
    product.fixgate(&["status"]).exits(2).complains(
        "\
error: reports/RTM/ is not as it was written: rules.json is not the one that signoff.json names
help: restore it from version control, or sign RTM off again
",
    );
}

#[test]
fn private_fixes_show_with_their_deadlines_their_next_step_and_advice_for_their_customers() {
    let product = train();
    let private = |id: &str, defect: &str, rest: &str| {
        let text = format!(
            "defects = [\"{defect}\"]\ncustomer = \"Acme {id}\"\nbase = \"RTM\"\ndigest = \"sha256:{}\"\n{rest}",
            id.replace("PF-", "").repeat(64)
        );
        product.put(&format!("private-fixes/{id}.toml"), &text);
    };
    private("PF-1", "GR-2", "deadline = 2020-01-01\nstate = \"coded\"\n[dates]\ncoded = 2019-12-01\n");
    private("PF-2", "GR-1", "deadline = 2999-01-01\nstate = \"coded\"\n[dates]\ncoded = 2019-12-01\n");
    let said = product.fixgate(&["status"]).exits(0);
    let rows: Vec<&str> = said.stdout.lines().filter(|line| line.starts_with("private ")).collect();
    assert!(rows[0].starts_with("private PF-1 (GR-2 on RTM) for Acme PF-1: coded, missed by "), "{rows:?}");
    assert_eq!(rows[1], "private PF-2 (GR-1 on RTM) for Acme PF-2: coded, by 2999-01-01; RU1 has it");
    let first = said.stdout.split("to do\n").nth(1).unwrap();
    assert!(first.starts_with("  the private fix PF-1 for Acme PF-1: missed by "), "{first}");
    assert!(first.contains("    fixgate validate GR-2 --candidate PATH --base RTM\n"), "{first}");
    product
        .fixgate(&["rollup", "status"])
        .exits(0)
        .mentions(&["private fix PF-2 (GR-1 on RTM) for Acme PF-2: coded, by 2999-01-01; RU1 has it\n"]);

    product.fixgate(&["rollup", "notes", "RU1"]).exits(0);
    let notes = product.read("reports/RU1/notes.md");
    let advice = "\
## If you have a private fix

- PF-1 (GR-2 on RTM): RU1 does not have GR-2. Keep the private fix, or ask for one on RU1.
- PF-2 (GR-1 on RTM): RU1 supersedes it. Install RU1 over it.

## What it has from earlier releases
";
    assert!(notes.contains(advice) && !notes.contains("Acme"), "{notes}");
}

#[test]
fn notes_follow_the_templates_of_the_team() {
    let product = train();
    let written = product.fixgate(&["new", "templates"]).exits(0);
    assert_eq!(written.stdout, "templates/notes.md.jinja\ntemplates/notes.html.jinja\n");
    product.fixgate(&["rollup", "notes", "RU1"]).exits(0);
    let ours = product.read("reports/RU1/notes.md");
    product.put("templates/notes.md.jinja", "{{ release }}: {{ components[0].fixes[0].title }}\n");
    product.fixgate(&["rollup", "notes", "RU1"]).exits(0);
    assert!(ours.starts_with("# greeter RU1 (RU1)\n"), "{ours}");
    assert_eq!(product.read("reports/RU1/notes.md"), "RU1: it does not\n");
    product.put("templates/notes.md.jinja", "{{ release }}\n{{ realease }}\n");
    product.fixgate(&["rollup", "notes", "RU1"]).exits(2).complains(
        "\
error: templates/notes.md.jinja:2: it names something that notes do not have
help: docs/release-manager.md has the names that a template may use
",
    );
    product.fixgate(&["new", "templates"]).exits(2).complains("error: templates/notes.md.jinja is there already\n");
}
