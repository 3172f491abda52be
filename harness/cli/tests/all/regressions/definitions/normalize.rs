//! What a rule of `normalize` made equal, or left different, and should not have.

use crate::common::Product;

/// A product with two releases whose programs print this, and one case with a rule.
fn printing(old: &str, new: &str, rule: &str) -> Product {
    let product = Product::of(&[("RTM", old), ("RU1", new)]);
    let case =
        format!("title = \"t\"\nnormalize = [\"{rule}\"]\n[[step]]\nrun = [\"${{product}}\", \"-h\"]\nexpect = \"baseline\"\n");
    product.put("testcases/suite/case.toml", &case);
    product
}

fn compared(product: &Product) -> crate::common::Said {
    product.fixgate(&["run", "suite/case", "--candidate", "RU1", "--baseline", "RTM"])
}

#[test]
fn a_usage_line_that_prints_its_own_path_differed_between_any_two_builds() {
    let usage =
        "echo \"usage: $0 [-h]\"; echo \"themes in ${0%/bin/*}/share; not in ${0%/bin/*}0\" | sed \"s,RTM0,X,; s,RU10,X,\" >&2";
    compared(&printing(usage, usage, "workdir")).exits(1).mentions(&["stdout differs from the baseline"]);
    compared(&printing(usage, usage, "build")).exits(0);
    let other = usage.replace("/share", "/lib");
    compared(&printing(usage, &other, "build")).exits(1).mentions(&["-themes in [BUILD]/share", "+themes in [BUILD]/lib"]);
}

#[test]
fn a_last_line_without_a_newline_ran_into_the_one_that_was_sorted_behind_it() {
    compared(&printing("printf 'b\\na'", "printf 'ab\\n'", "sort-lines")).exits(1).mentions(&["stdout differs"]);
    compared(&printing("printf 'b\\na'", "printf 'a\\nb'", "sort-lines")).exits(0);
}
