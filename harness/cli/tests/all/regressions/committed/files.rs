//! Every file that was read, against the commit's.

use std::fs;

use super::{committed, differing, signoff};
use crate::common::{GREETING, Product};

const CASE: &str = "testcases/suite/greeting.toml";
const CHANGED: &str = "testcases/suite/greeting.toml differs from the commit's";

fn loosen(product: &Product) {
    product.edit(CASE, "\"hello\\n\"", "{ regex = \".\" }");
}

#[test]
fn what_differs_had_no_name() {
    let product = committed();
    signoff(&product).exits(0);
    loosen(&product);
    product.put("testcases/suite/new.toml", GREETING);
    fs::rename(product.path("testcases/canary/blind.toml"), product.path("testcases/canary/seen.toml")).unwrap();
    differing(
        &product,
        &[
            "testcases/canary/blind.toml is in the commit, and not here",
            "testcases/canary/seen.toml is not in the commit",
            CHANGED,
            "testcases/suite/new.toml is not in the commit",
        ],
    );
    let page = product.read("reports/RTM/signoff.md");
    assert!(page.contains("differs from the commit's"), "{page}");
    // However many there are, a few are named and the others counted.
    for number in 10..50 {
        product.put(&format!("testcases/suite/new-{number}.toml"), GREETING);
    }
    let signoff = signoff(&product).exits(1).json();
    let told = &signoff["test-product"]["differing"];
    assert_eq!((&told["count"], told["first"].as_array().unwrap().len()), (&44.into(), 20));
    let evidence = &crate::common::criterion(&signoff, "committed")["evidence"];
    assert_eq!(evidence[21], "… and 24 other files");
}

#[test]
fn a_clean_filter_hid_an_edit() {
    let product = committed();
    product.put(".gitattributes", "*.toml filter=lie\n").commit();
    product.git(&["config", "filter.lie.clean", "sed 's/{ regex = \".\" }/\"hello\\\\n\"/'"]);
    product.git(&["config", "filter.lie.smudge", "cat"]);
    loosen(&product);
    product.git(&["add", "--all"]).git(&["diff", "--exit-code", "HEAD", "--", "testcases"]);
    differing(&product, &[CHANGED]);
}

#[test]
fn an_attribute_that_ignores_white_space_hid_an_edit() {
    let product = committed();
    product.put(".gitattributes", "*.txt ident\n").put("testcases/suite/fixtures/id.txt", "$Id$\n").commit();
    product.put("testcases/suite/fixtures/id.txt", "$Id: exactly this $\n");
    product.git(&["diff", "--exit-code", "HEAD", "--", "testcases"]);
    differing(&product, &["testcases/suite/fixtures/id.txt differs from the commit's"]);
}

#[test]
fn a_replaced_object_stood_for_the_commits() {
    let product = committed();
    let before = name_of(&product, &format!("HEAD:{CASE}"));
    loosen(&product);
    product.git(&["hash-object", "-w", CASE]);
    let after = name_of(&product, "hash-object");
    product.git(&["replace", &before, &after]);
    differing(&product, &[CHANGED]);
    // The same with a whole commit in the place of the one that is checked out.
    let product = committed();
    let head = name_of(&product, "HEAD");
    loosen(&product);
    product.git(&["commit", "--quiet", "--all", "--message", "another"]);
    let other = name_of(&product, "HEAD");
    product.git(&["reset", "--quiet", "--soft", &head]).git(&["replace", &head, &other]);
    differing(&product, &[CHANGED]);
}

/// The name of an object; of the case as it is here, for `hash-object`.
fn name_of(product: &Product, what: &str) -> String {
    let arguments = if what == "hash-object" { ["hash-object", CASE] } else { ["rev-parse", what] };
    let output = std::process::Command::new("git").args(arguments).current_dir(product.path("")).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_missing() {
    let product = committed();
    product.put("testcases/suite/far/away.toml", GREETING).commit();
    product.git(&["sparse-checkout", "set", "--no-cone", "/*", "!/testcases/suite/far/"]);
    assert!(!product.path("testcases/suite/far").exists());
    differing(&product, &["testcases/suite/far/away.toml is in the commit, and not here"]);
}

#[test]
fn an_ignored_fixture_is_in_no_commit() {
    let product = committed();
    product.put(".git/info/exclude", "*.bin\n").put("testcases/suite/fixtures/data.bin", "data");
    differing(&product, &["testcases/suite/fixtures/data.bin is not in the commit"]);
}

#[test]
fn a_repository_of_another_format_is_read_as_well() {
    for format in ["sha1", "sha256"] {
        let product = super::uncommitted();
        product.git(&["init", "--quiet", "--object-format", format]).commit();
        let shipped = signoff(&product).exits(0).json();
        let digits = if format == "sha1" { 40 } else { 64 };
        assert_eq!(shipped["test-product"]["commit"].as_str().unwrap().len(), digits);
        loosen(&product);
        differing(&product, &[CHANGED]);
    }
}

#[test]
fn records_below_the_top_of_a_repository_are_those_of_that_directory() {
    let product = committed();
    let outer = Product::nothing();
    let copied = std::process::Command::new("cp").arg("-a").arg(product.path("")).arg(outer.path("tests")).status().unwrap();
    assert!(copied.success());
    fs::remove_dir_all(outer.path("tests/.git")).unwrap();
    outer.commit();
    let signoff = || outer.fixgate(&["-C", "tests", "signoff", "RTM", "--quiet"]);
    signoff().exits(0);
    outer.edit("tests/testcases/suite/greeting.toml", "hello", "hell");
    signoff().exits(1).mentions(&[CHANGED]);
}

/// What Git LFS leaves in a commit names the content by its SHA-256.
#[test]
fn a_pointer_of_lfs_means_the_content_that_it_names_and_no_other() {
    let product = committed();
    let fixture = "testcases/suite/fixtures/large";
    let digest = fixgate_core::id::Digest::of(b"large\n");
    product.put(fixture, &format!("version https://git-lfs.github.com/spec/v1\noid {digest}\nsize 6\n")).commit();
    product.put(fixture, "large\n");
    signoff(&product).exits(0);
    product.put(fixture, "small\n");
    differing(&product, &["testcases/suite/fixtures/large differs from the commit's"]);
}
