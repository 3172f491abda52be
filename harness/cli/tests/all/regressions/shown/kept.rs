//! `--keep`.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;

use crate::common::{GREETING, Product, Said};

/// Leaves a pipe, a link that leads outside, a directory that can't be entered and a file, prints bytes that are no text, and fails.
const LEAVES: &str = "mkfifo pipe; ln -s /etc/passwd link; mkdir shut; chmod 0 shut; echo data >file; chmod 500 .\n\
    printf '\\033[31mred\\377\\n'; printf 'no newline' >&2; exit 3";

fn product() -> Product {
    let product = Product::of(&[("RTM", LEAVES)]);
    product.put("testcases/suite/greeting.toml", &GREETING.replace("tags", "normalize = [\"ansi\"]\ntags"));
    product.put("tmp/.keep", "");
    product
}

fn keep(product: &Product, arguments: &[&str]) -> Said {
    let arguments = [&["run", "suite/**", "--candidate", "RTM", "--keep"], arguments].concat();
    product.said(&product.command(&arguments).env("TMPDIR", product.path("tmp")).output().unwrap())
}

/// Where the failure says that it is kept.
fn place(product: &Product, said: &Said) -> PathBuf {
    let place =
        said.stdout.lines().find_map(|line| line.trim().strip_prefix("kept in ROOT/")).unwrap_or_else(|| panic!("{said:?}"));
    product.path(place)
}

#[test]
fn nothing_was_left_of_a_failure_to_look_at() {
    let product = product();
    let said = keep(&product, &[]).exits(1).mentions(&["kept until the next --keep: 1 scenario, in ROOT/tmp/kept-"]);
    let place = place(&product, &said);
    assert_eq!(fs::read(place.join("step-1.stdout")).unwrap(), b"\x1b[31mred\xff\n", "not a byte more or less");
    assert_eq!(fs::read(place.join("step-1.stderr")).unwrap(), b"no newline");
    let work = place.join("work");
    assert_eq!(fs::read_to_string(work.join("file")).unwrap(), "data\n");
    assert!(fs::symlink_metadata(work.join("pipe")).unwrap().file_type().is_fifo());
    assert_eq!(fs::read_link(work.join("link")).unwrap(), PathBuf::from("/etc/passwd"));
    assert!(work.join("shut").is_dir());
    assert!(!place.parent().unwrap().join("canary%2Fblind").exists(), "a canary is to fail");
}

#[test]
fn what_was_kept_stays_until_the_next_one_and_no_longer() {
    let product = product();
    let first = place(&product, &keep(&product, &[]).exits(1));
    product
        .said(&product.command(&["run", "--candidate", "RTM", "--quiet"]).env("TMPDIR", product.path("tmp")).output().unwrap());
    assert!(first.exists(), "a run without --keep takes nothing away");
    let second = place(&product, &keep(&product, &[]).exits(1));
    assert!(second.exists() && !first.exists());
}

#[test]
fn there_is_an_end_to_what_is_kept() {
    let product = product();
    let rows: String = (0..103).map(|number| format!("{{\"id\": \"r{number}\"}}\n")).collect();
    product.put("testcases/suite/rows.jsonl", &rows);
    product.put("testcases/suite/rows.toml", &GREETING.replace("tags", "table = \"rows.jsonl\"\ntags"));
    let said = keep(&product, &[]).exits(1);
    said.mentions(&["kept until the next --keep: 100 scenarios, in ", "; there was no room for 4 more\n"]);
}

/// A kill, or a full disk, can leave the place before it says whose it is.
#[test]
fn what_a_killed_run_kept_stayed_for_ever() {
    let product = product();
    let first = place(&product, &keep(&product, &[]).exits(1));
    fs::remove_file(first.parent().unwrap().join("tree")).unwrap();
    let second = place(&product, &keep(&product, &[]).exits(1));
    fs::write(second.parent().unwrap().join("tree"), "").unwrap();
    let third = place(&product, &keep(&product, &[]).exits(1));
    assert!(!first.exists() && !second.exists() && third.exists());
}

#[test]
fn what_another_tree_keeps_stays() {
    let (one, other) = (product(), product());
    let kept = |product: &Product| {
        let words = ["run", "suite/**", "--candidate", "RTM", "--keep"];
        product.said(&product.command(&words).env("TMPDIR", one.path("tmp")).output().unwrap()).exits(1)
    };
    let first = place(&one, &kept(&one));
    kept(&other);
    assert!(first.exists());
}
