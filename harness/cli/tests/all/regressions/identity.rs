//! Waivers, known failures and clusters are about what was seen.

use std::fs;

use serde_json::Value;

use crate::common::{CANARY, GREETING, Product, criterion, defect, runs};

/// RTM and RU1 by their programs, and one case that expects `clean`; its record says `more`.
fn product(rtm: &str, ru1: &str, more: &str) -> Product {
    let product = Product::that_runs(&[("RTM", rtm), ("RU1", ru1)]);
    product.put("testcases/suite/greeting.toml", &GREETING.replace("hello", "clean").replace("tags", &format!("{more}\ntags")));
    product
}

/// Signs RU1 off, as a candidate with this program where there is one; gives the sign-off and the exit code.
fn signoff(product: &Product, program: Option<&str>) -> (Value, i32) {
    let candidate = program.map(|program| product.program("build/bin/greeter", &runs(program)));
    let arguments: &[&str] = if candidate.is_some() { &["--candidate", "build"] } else { &[] };
    let said = product.fixgate(&[&["signoff", "RU1", "--quiet", "--format", "json"], arguments].concat());
    (said.json(), said.code.unwrap())
}

/// Waives the failure of the case in the last run.
fn waive(product: &Product) {
    let run = product.runs().pop().unwrap();
    let person = ["--owner", "A. Person", "--reason", "a misspelling", "--expires", "2999-12-31"];
    product.fixgate(&[&["waive", "suite/greeting", "--run", &run][..], &person].concat()).exits(0);
}

fn evidence(signoff: &Value, id: &str) -> String {
    let evidence = criterion(signoff, id)["evidence"].as_array().unwrap();
    evidence.iter().map(|line| format!("{}\n", line.as_str().unwrap())).collect()
}

/// Holds if the waiver of what `waived` does lets it ship, and what `other` does is held.
#[track_caller]
fn covers_only(waived: &str, other: &str) {
    let product = product("echo clean", waived, "");
    assert_eq!(signoff(&product, None).1, 1);
    waive(&product);
    let (ship, code) = signoff(&product, None);
    assert_eq!((code, &ship["decision"]), (0, &Value::from("ship")), "{ship:#}");
    let (held, code) = signoff(&product, Some(other));
    assert_eq!((code, &held["classes"]["failing-differently"]), (1, &Value::from(1)), "{held:#}");
    for id in ["clean", "explained"] {
        assert!(evidence(&held, id).contains("failing-differently: suite/greeting"), "{id}: {}", evidence(&held, id));
    }
    assert!(evidence(&held, "ledger").contains("RU1-suite-greeting"), "{}", evidence(&held, "ledger"));
    assert_eq!(held["waivers"][0]["in-force"], false);
}

#[test]
fn a_waiver_of_a_wrong_number_covered_the_loss_of_all_data() {
    covers_only("echo 'total: 11 records, status: clean'", "echo 'DATA: LOST everything, status: corrupt'");
}

#[test]
fn a_waiver_of_one_error_code_covered_another() {
    covers_only("echo 'E101 at line 20' >&2; exit 1", "echo 'E901 at line 7777' >&2; exit 1");
}

#[test]
fn a_waiver_did_not_see_the_second_line_of_standard_error() {
    covers_only("echo oops >&2; echo 'nothing was written' >&2; exit 1", "echo oops >&2; echo 'the disk is erased' >&2; exit 1");
}

#[test]
fn a_waiver_did_not_see_standard_error_where_only_standard_output_was_expected() {
    covers_only("echo dirty", "echo dirty; echo 'and the backup is gone' >&2");
}

#[test]
fn a_waiver_of_a_lost_newline_covered_a_line_of_a_megabyte() {
    covers_only("printf clean", "head -c 1000000 /dev/zero | tr '\\0' x");
}

#[test]
fn a_waiver_did_not_see_what_came_after_64_kib() {
    let long = "i=0; while [ $i -lt 4000 ]; do echo 'a line of twenty byte'; i=$((i+1)); done";
    covers_only(&format!("{long}; echo fine"), &format!("{long}; echo broken"));
}

#[test]
fn a_waiver_did_not_tell_an_empty_file_from_other_content() {
    let waived = product("echo clean; echo kept >f", "echo clean; : >f", "");
    let case = GREETING.replace("\"hello\\n\"", "\"clean\\n\", files = { f = \"kept\\n\" }");
    waived.put("testcases/suite/greeting.toml", &case);
    assert_eq!(signoff(&waived, None).1, 1);
    waive(&waived);
    assert_eq!(signoff(&waived, None).1, 0);
    for other in ["echo clean; echo lost >f", "echo clean"] {
        let (held, code) = signoff(&waived, Some(other));
        assert_eq!((code, &held["classes"]["failing-differently"]), (1, &Value::from(1)), "{held:#}");
    }
}

/// A file's content names the work directory, which is another in each run.
#[test]
fn a_waiver_could_not_cover_a_file_that_names_its_directory() {
    let product = product("echo clean; echo kept >f", "echo clean; pwd >f", "normalize = [\"workdir\"]");
    let case = product.read("testcases/suite/greeting.toml").replace("\"clean\\n\"", "\"clean\\n\", files = { f = \"kept\\n\" }");
    product.put("testcases/suite/greeting.toml", &case);
    assert_eq!(signoff(&product, None).1, 1);
    waive(&product);
    assert_eq!(signoff(&product, None).1, 0);
}

#[test]
fn a_waiver_of_the_old_form_covered_everything_of_that_shape() {
    let product = product("echo clean", "echo dirty", "");
    let waiver = format!(
        "scenario = \"suite/greeting\"\nsignature = \"sha256:{}\"\nkind = \"accepted\"\nrelease = \"RU1\"\n\
         owner = \"A. Person\"\nreason = \"it's misspelled\"\nexpires = 2999-12-31\n",
        "0".repeat(64)
    );
    product.put("waivers/greeting.toml", &waiver);
    let renew = "fixgate waive suite/greeting --release RU1 --owner 'A. Person' --reason 'it'\\''s misspelled' \
                 --expires 2999-12-31 --name greeting";
    product.fixgate(&["check"]).exits(2).mentions(&["waivers/greeting.toml:2:1", renew]);
    // What it says to do works.
    fs::remove_file(product.path("waivers/greeting.toml")).unwrap();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let words = ["waive", "suite/greeting", "--release", "RU1", "--owner", "A. Person", "--reason", "it's misspelled"];
    product.fixgate(&[&words[..], &["--expires", "2999-12-31", "--name", "greeting"]].concat()).exits(0);
    assert!(product.read("waivers/greeting.toml").contains("\nseen = \"sha256:"));
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
}

/// RTM says `was`, RU1 does `now`, and GR-1 is open.
fn open(was: &str, now: &str) -> Product {
    let product = product(was, now, "defects = [\"GR-1\"]");
    product.put("defects/GR-1.toml", &defect("status = \"open\"\nfound-in = \"RTM\""));
    product
}

#[test]
fn an_open_defect_that_became_a_crash_stayed_known() {
    let (held, code) = signoff(&open("echo dirty", "kill -SEGV $$"), None);
    assert_eq!((code, &held["classes"]["known"]), (1, &Value::from(0)), "{held:#}");
    assert!(evidence(&held, "clean").contains("crashed failing-differently: suite/greeting"), "{held:#}");
    let (ship, code) = signoff(&open("echo dirty", "echo dirty # as before"), None);
    assert_eq!((code, &ship["classes"]["known"]), (0, &Value::from(1)), "{ship:#}");
    let (held, code) = signoff(&open("echo clean", "echo dirty"), None);
    assert_eq!((code, &held["classes"]["known"]), (1, &Value::from(0)), "it was not there before: {held:#}");
}

#[test]
fn a_known_failure_that_a_fix_claims_to_change_is_explained_by_it() {
    let product = open("echo dirty", "echo 'dirty, see the manual'");
    let change = "kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU1\"\nchanges = [\"suite/**\"]";
    product.put("defects/GR-2.toml", &defect(change));
    let (ship, code) = signoff(&product, None);
    assert_eq!((code, &ship["classes"]["known"], &ship["claims"][0]["explained"]), (0, &1.into(), &1.into()), "{ship:#}");
    product.fixgate(&["accept", "GR-2", "--yes", "--quiet"]).exits(0);
    let (ship, code) = signoff(&product, None);
    assert_eq!((code, &ship["claims"][0]["pinned"]), (0, &Value::from(true)), "{ship:#}");
    let (held, code) = signoff(&product, Some("echo 'dirty, see nothing'"));
    assert_eq!((code, &held["classes"]["failing-differently"]), (1, &Value::from(1)), "{held:#}");
}

#[test]
fn another_output_was_still_failing_in_the_same_way() {
    let same = product("echo dirty", "echo dirty", "");
    let (held, _) = signoff(&same, None);
    assert_eq!((&held["classes"]["still-failing"], &held["residuals"][0]["as-on-baseline"]), (&1.into(), &true.into()));
    let (held, _) = signoff(&same, Some("echo worse"));
    assert_eq!((&held["classes"]["still-failing"], &held["classes"]["failing-differently"]), (&0.into(), &1.into()));
    assert_eq!(held["residuals"][0]["as-on-baseline"], false);
    assert!(evidence(&held, "explained").contains("failed failing-differently: suite/greeting"));
}

/// An earlier version kept the shape of a baseline's failure, and nothing of what was seen.
#[test]
fn a_kept_failure_of_an_earlier_version_counts_for_nothing() {
    use std::io::{Read, Write};
    let product = product("echo dirty", "echo dirty", "");
    signoff(&product, None);
    let kept = fs::read_dir(product.path(".fixgate/baselines")).unwrap().next().unwrap().unwrap().path();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&*fs::read(&kept).unwrap()).read_to_string(&mut text).unwrap();
    let start = text.find(",\"seen\":\"").unwrap();
    let end = start + ",\"seen\":\"sha256:".len() + 64 + 1;
    text.replace_range(start..end, "");
    let mut packed = flate2::write::GzEncoder::new(fs::File::create(&kept).unwrap(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap();
    assert_eq!(signoff(&product, None).0["classes"]["still-failing"], 1, "it is run again");
}

/// What Python says where semaphores, shared memory or sockets may not be used: the first line is always the same.
#[test]
fn three_causes_with_the_same_first_line_were_one_cluster() {
    let trace = |call: &str, error: &str| {
        format!(
            "printf 'Traceback (most recent call last):\\n  File \"/w/p.py\", line 3, in <module>\\n    {call}\\n{error}\\n' >&2; exit 1"
        )
    };
    let program = format!(
        "case $1 in greet) echo clean;; sem) {};; shm) {};; *) {};; esac",
        trace("lock = multiprocessing.Semaphore()", "PermissionError: [Errno 13] Permission denied"),
        trace("memory = shared_memory.SharedMemory(create=True)", "PermissionError: [Errno 13] Permission denied"),
        trace("socket.socket()", "PermissionError: [Errno 13] Permission denied"),
    );
    let product = product("echo clean", &program, "");
    for argument in ["sem", "shm", "net"] {
        let case = CANARY.replace("greet", argument).replace("never", "clean");
        product.put(&format!("testcases/suite/{argument}.toml"), &case);
    }
    let (held, _) = signoff(&product, None);
    assert_eq!(held["residuals"].as_array().unwrap().len(), 3, "{:#}", held["residuals"]);
}

#[test]
fn only_the_first_difference_of_a_cluster_could_be_read() {
    let product = product("echo clean", "case $1 in greet) echo clean;; *) echo \"lost $1\";; esac", "");
    for argument in ["one", "two", "three"] {
        let case = CANARY.replace("greet", argument).replace("never", "kept it");
        product.put(&format!("testcases/suite/{argument}.toml"), &case);
    }
    let (held, _) = signoff(&product, None);
    let cluster = &held["residuals"][0];
    assert_eq!(cluster["scenarios"].as_array().unwrap().len(), 3, "{held:#}");
    let differences = cluster["differences"].as_array().unwrap();
    let page = product.read("reports/RU1/signoff.md");
    for argument in ["one", "two", "three"] {
        let of = |difference: &&Value| difference["scenarios"][0]["scenario"] == format!("suite/{argument}");
        let difference = differences.iter().find(of).unwrap();
        assert!(difference["detail"].as_str().unwrap().contains(&format!("+lost {argument}\n")), "{difference:#}");
        assert!(difference["scenarios"][0]["seen"].as_str().unwrap().starts_with("sha256:"));
        assert!(page.contains(&format!("+lost {argument}\n")), "{page}");
    }
}

#[test]
fn known_residuals_did_not_name_their_defects() {
    let product = open("echo dirty", "echo dirty");
    let (ship, _) = signoff(&product, None);
    assert_eq!(ship["residuals"][0]["defects"], serde_json::json!(["GR-1"]), "{ship:#}");
    assert!(product.read("reports/RU1/signoff.md").contains("1 scenario known (GR-1)"));
}

#[test]
fn a_night_called_another_failure_an_old_one() {
    let product = Product::that_runs(&[("RTM", "echo hello"), ("RU1", "echo hullo")]);
    let night = |program: &str| {
        product.program("build/bin/greeter", &runs(program));
        product.fixgate(&["nightly", "--candidate", "build", "--quiet", "--format", "json"]).json()
    };
    let failing = |night: &Value, list: &str| night[list].as_array().unwrap().len();
    night("echo hullo");
    let same = night("echo hullo");
    assert_eq!((failing(&same, "newly-failing"), failing(&same, "still-failing")), (0, 1), "{same:#}");
    let other = night("echo everything is lost");
    assert_eq!((failing(&other, "newly-failing"), failing(&other, "still-failing")), (1, 0), "{other:#}");
    assert_eq!(other["newly-failing"][0]["before"]["verdict"], "failed");
}
