//! Real disks: a full one, one that may only be read, a limit on the size of files, and a full standard output.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::process::{Command, Output};

use crate::common::{Product, Said, timeless};
use crate::faults::product::product;

/// Runs a script in a mount namespace of its own, with these arguments.
fn mounted<'a>(script: &str, arguments: impl IntoIterator<Item = &'a OsStr>) -> Output {
    let mut inside = Command::new("unshare");
    inside.args(["--user", "--map-root-user", "--mount", "sh", "-ec", script, "sh"]).args(arguments).env("NO_COLOR", "1");
    inside.output().expect("unshare, of Debian's util-linux: apt-get install util-linux")
}

/// Runs the command on a copy of the product, in a file system of 1 MiB with so many bytes left; gives what is there afterwards.
fn on_a_small_disk(product: &Product, free: usize, arguments: &[&str]) -> (Said, Product) {
    let (disk, after) = (Product::nothing(), Product::nothing());
    let script = format!(
        "before=$1 disk=$2 after=$3; shift 3
         mount -t tmpfs -o size=1M tmpfs \"$disk\"; cp -a \"$before/.\" \"$disk\"; cd \"$disk\"
         head -c $(($(df --output=avail -B1 . | tail -1) - {free})) /dev/zero >.fixgate/filler
         code=0; \"$@\" || code=$?
         rm .fixgate/filler; cp -a . \"$after\"; exit $code"
    );
    let directories = [product.path(""), disk.path(""), after.path("")];
    let fixgate = product.command(arguments);
    let words = directories.iter().map(|path| path.as_os_str()).chain([fixgate.get_program()]).chain(fixgate.get_args());
    (disk.said(&mounted(&script, words)), after)
}

#[test]
fn a_sign_off_on_a_full_disk_is_void_and_goes_on_when_there_is_room() {
    let product = product();
    let undisturbed = product.copy();
    undisturbed.fixgate(&["signoff", "RU1", "--jobs", "1"]).exits(1);
    let expected = timeless(undisturbed.journal(&undisturbed.runs().remove(0)));
    let mut resumed = 0;
    for pages in 0..16 {
        let (said, product) = on_a_small_disk(&product, pages * 4096, &["signoff", "RU1", "--jobs", "1"]);
        match said.code {
            Some(3) => drop(said.mentions(&["void: ", "No space left on device", "\nhelp: make room there"])),
            code => assert_eq!(code, Some(1), "{}{}", said.stdout, said.stderr),
        }
        let run = product.runs();
        resumed += run.len();
        for run in run {
            // Its builds went with the disk: these are copies of them. The user who mounted it was root there, and could not lower
            // a niceness that these tests were started with.
            let resume = product.fixgate(&["signoff", "RU1", "--resume", &run]);
            let reasons = ["builds that have been touched since", "another user", "other inherited settings"];
            let is_told = reasons.iter().any(|why| resume.stderr.contains(why));
            assert!(is_told || resume.code == Some(1), "{resume:?}");
            fs::remove_dir_all(product.path("reports/runs").join(run)).unwrap();
        }
        product.fixgate(&["signoff", "RU1"]).exits(1);
        assert_eq!(timeless(product.journal(&product.runs().remove(0))), expected, "{pages} pages were free");
    }
    assert!(resumed > 0, "none of them began");
}

/// What the failure printed fits on the disk in part only.
#[test]
fn a_failure_that_cannot_be_kept_stays_a_failure_and_leaves_nothing() {
    let product = Product::of(&[("RTM", "printf '%300000s' x; echo small >&2; exit 3")]);
    let (disk, after) = (Product::nothing(), Product::nothing());
    let script = "cd \"$1\"; disk=$2 after=$3; shift 3
         mount -t tmpfs -o size=256k tmpfs \"$disk\"
         code=0; TMPDIR=$disk \"$@\" || code=$?
         find \"$disk\" -type f ! -name tree >\"$after/left\"; exit $code";
    let fixgate = product.command(&["run", "suite/**", "--candidate", "RTM", "--keep"]);
    let directories = [product.path(""), disk.path(""), after.path("")];
    let words = directories.iter().map(|path| path.as_os_str()).chain([fixgate.get_program()]).chain(fixgate.get_args());
    let said = product.said(&mounted(script, words)).exits(1);
    said.mentions(&["1 failed", "kept until the next --keep: 0 scenarios", "there was no room for 1 more"]);
    assert_eq!(fs::read_to_string(after.path("left")).unwrap(), "");
}

#[test]
fn on_a_disk_that_may_only_be_read_what_writes_is_void_and_what_reads_goes_on() {
    let product = product();
    product.fixgate(&["signoff", "RU1"]).exits(1);
    let run = product.runs().remove(0);
    let root = product.path("");
    let read_only = |arguments: &[&str]| {
        let fixgate = product.command(arguments);
        let script =
            "root=$1; shift; mount --bind \"$root\" \"$root\"; mount -o remount,bind,ro \"$root\"; cd \"$root\"; exec \"$@\"";
        let words = [root.as_os_str(), fixgate.get_program()].into_iter().chain(fixgate.get_args());
        product.said(&mounted(script, words))
    };
    for writing in [
        &["signoff", "RU1"][..],
        &["signoff", "RU1", "--resume", &run],
        &["run", "--candidate", "RU1"],
        &["prove", "GR-1"],
        &["accept", "GR-2", "--yes"],
        &["new", "case", "suite/new"],
    ] {
        let said = read_only(writing).exits(3);
        said.mentions(&["void: ", "ROOT/", "Read-only file system (os error 30)", "\nhelp: make it writable"]);
    }
    let same = |arguments: &[&str]| {
        let writable = product.fixgate(arguments);
        let said = read_only(arguments);
        assert_eq!((said.code, said.stdout), (writable.code, writable.stdout), "{arguments:?}: {}", said.stderr);
    };
    same(&["check"]);
    same(&["list"]);
    same(&["gate", &run, "--release", "RU1"]);
    same(&["report", &run, "--format", "junit"]);
    same(&["history"]);
    std::fs::remove_dir_all(product.path(".fixgate")).unwrap();
    let said = read_only(&["history"]).exits(0);
    said.mentions(&["warning: ", "the records are read without it"]);
}

#[test]
fn a_limit_on_the_size_of_files_is_told_like_a_full_disk() {
    let product = product();
    // What programs are to have is stated, so that only the harness has too little.
    product.edit("fixgate.toml", "[run]\n", "[run]\nlimits = { file-size = \"1KiB\" }\n");
    let fixgate = product.command(&["signoff", "RU1", "--jobs", "1"]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\""]).arg(fixgate.get_program()).args(fixgate.get_args());
    let said = product.said(&limited.current_dir(product.path("")).output().unwrap()).exits(3);
    said.mentions(&["File too large (os error 27)", "\nhelp: raise the limit on the size of files"]);
    let run = product.runs();
    let resume: Vec<&str> = run.iter().flat_map(|run| ["--resume", run]).collect();
    product.fixgate(&[&["signoff", "RU1"], &resume[..]].concat()).exits(1);
}

#[test]
fn a_result_that_cannot_be_written_is_no_result() {
    let product = product();
    let run = product.fixgate(&["signoff", "RU1", "--format", "json"]).exits(1).json()["run"].as_str().unwrap().to_owned();
    for arguments in [
        &["report", &run, "--format", "junit"][..],
        &["report", &run, "--format", "markdown"],
        &["gate", &run, "--release", "RU1"],
        &["run", "--candidate", "RU1"],
        &["signoff", "RU1"],
        &["prove", "GR-1"],
        &["accept", "GR-2"],
        &["list"],
        &["check"],
        &["history"],
        &["build", "RU1"],
        &["identify", ".fixgate/builds/RU1"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = product.command(&[arguments, &["--quiet"]].concat()).stdout(full).output().unwrap();
        product.said(&output).exits(3).complains(
            "void: the result cannot be written to standard output: No space left on device (os error 28)\nhelp: make room there\n",
        );
    }
}
