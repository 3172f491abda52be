//! Shards that are not those of the plan, of the build or of the records that are signed off.

use serde_json::json;

use crate::attacks::train::{GREETING, copy, program, reseal, rewrite, signoff, train};
use crate::common::Product;
use crate::shards::shards;

/// Neither joins these runs nor signs off with them, for this reason.
#[track_caller]
fn refused(product: &Product, runs: &[&str], why: &str) {
    let line = format!("error: these runs cannot be joined: {why}");
    product.fixgate(&[&["merge"], runs].concat()).exits(2).mentions(&[&line]);
    signoff(product, &[&["--with"], runs].concat()).exits(2).mentions(&[&line]);
}

#[test]
fn a_shard_that_failed_is_left_out_or_replaced_by_another() {
    let product = train();
    let runs = shards(&product, 3);
    let [one, two, three] = [&*runs[0], &runs[1], &runs[2]];
    refused(&product, &[one, three], "shard 2/3 is missing: ");
    refused(&product, &[one, three, three], &format!("the runs `{three}` and `{three}` are both shard 3/3"));
    let others = shards(&product, 2);
    refused(&product, &[one, &others[1], three], &format!("the run `{one}` is shard 1/3, and `{}` is shard 2/2", others[1]));
    product.fixgate(&["run", "suite/**", "--candidate", "RU2", "--baseline", "RU1", "--shard", "2/3", "--quiet"]).exits(0);
    let narrowed = product.runs().into_iter().find(|run| !runs.contains(run) && !others.contains(run)).unwrap();
    refused(&product, &[one, &narrowed, three], &format!("the runs `{one}` and `{narrowed}` have different filters"));
    product.fixgate(&["run", "--candidate", "RU2", "--baseline", "RU1", "--quiet"]).exits(0);
    let whole = product.runs().into_iter().find(|run| run.ends_with("-run")).unwrap();
    refused(&product, &[one, two, &whole], &format!("the run `{whole}` is no shard"));
}

#[test]
fn a_shard_ran_on_another_build() {
    let product = train();
    let runs = shards(&product, 2);
    product.program("better/bin/greeter", &program("RU2").replace("echo a", "echo  a"));
    let arguments = ["run", "--candidate", "better", "--as", "RU2", "--baseline", "RU1", "--shard", "2/2", "--quiet"];
    product.fixgate(&arguments).exits(0);
    let other = product.runs().into_iter().find(|run| !runs.contains(run)).unwrap();
    refused(&product, &[&runs[0], &other], &format!("the run `{other}` had another candidate"));
    let arguments = ["run", "--candidate", "RU2", "--baseline", "RTM", "--shard", "2/2", "--quiet"];
    product.fixgate(&arguments);
    let last = product.runs().into_iter().find(|run| !runs.contains(run) && *run != other).unwrap();
    refused(&product, &[&runs[0], &last], &format!("the run `{last}` had another baseline"));
}

#[test]
fn a_shard_ran_a_weaker_case() {
    let product = train();
    let weaker = product.read(GREETING).replace("stdout = \"hello\\n\"", "stdout = { contains = \"h\" }");
    let kept = product.read(GREETING);
    assert_ne!(weaker, kept);
    let runs = shards(&product, 2);
    product.put(GREETING, &weaker);
    let weak = shards(&product, 2);
    product.put(GREETING, &kept);
    refused(&product, &[&runs[0], &weak[1]], &format!("the run `{}` had other records", weak[1]));
    // With a header that says otherwise, the plan tells.
    let digest = product.journal(&runs[0])[0]["test-product"]["digest"].clone();
    for run in &weak {
        rewrite(&product, run, |mut line| {
            if line.get("test-product").is_some() {
                line["test-product"]["digest"] = digest.clone();
            }
            vec![line]
        });
        reseal(&product, run);
    }
    let said = product.fixgate(&["merge", &weak[0], &weak[1]]).exits(2);
    said.mentions(&["judged suite/greeting, which this plan does not have like that"]);
}

#[test]
fn a_shard_is_edited_or_did_not_end() {
    let product = train();
    let runs = shards(&product, 2);
    let edited = product.copy();
    rewrite(&edited, &runs[1], |mut line| {
        if line["scenario"]["seconds"].is_number() {
            line["scenario"]["seconds"] = json!(0.5);
        }
        vec![line]
    });
    let why = format!("the run `{}` is void: the journal is not as it was written", runs[1]);
    refused(&edited, &[&runs[0], &runs[1]], &why);
    let cut = product.copy();
    rewrite(&cut, &runs[1], |line| if line.get("footer").is_some() { Vec::new() } else { vec![line] });
    refused(&cut, &[&runs[0], &runs[1]], &format!("the run `{}` is void: the run did not end: resume it", runs[1]));
    // Under the name of another run.
    let (from, to) =
        (product.path(&format!("reports/runs/{}", runs[0])), product.path("reports/runs/20260101T000000Z-run-2-of-2"));
    copy(&from, &to);
    let said = product.fixgate(&["merge", &runs[0], "20260101T000000Z-run-2-of-2"]).exits(2);
    said.mentions(&["holds the record of another run"]);
}

#[test]
fn a_shard_ran_under_less_isolation() {
    let product = train();
    let runs = shards(&product, 2);
    rewrite(&product, &runs[1], |mut line| {
        if line.get("isolation").is_some() {
            line["isolation"] = json!("process");
        }
        vec![line]
    });
    reseal(&product, &runs[1]);
    refused(&product, &[&runs[0], &runs[1]], &format!("the run `{}` had another isolation", runs[1]));
}
