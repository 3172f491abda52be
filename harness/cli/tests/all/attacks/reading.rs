//! Trees and repositories of strangers, which start nothing when they are read, and lead nowhere.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::train::{against, copy, signoff, train};
use crate::common::{Product, defect};

/// What a stranger would have git start: it leaves a file, and its child goes on for minutes.
fn trap(product: &Product) -> String {
    product.program("trap", "touch \"$(dirname \"$0\")/sprung\"\nsleep 300 &\nexit 1\n");
    product.path("trap").to_str().unwrap().to_owned()
}

/// Every setting of a repository that names a program.
fn settings(trap: &str) -> String {
    format!(
        "[core]\n\trepositoryFormatVersion = 1\n\tfsmonitor = {trap}\n\tsshCommand = {trap}\n\tpager = {trap}\n\teditor = {trap}\n\
         \tgitProxy = {trap}\n\talternateRefsCommand = {trap}\n\thooksPath = hooks\n\taskPass = {trap}\n\
         [diff]\n\texternal = {trap}\n[diff \"lie\"]\n\ttextconv = {trap}\n[filter \"lie\"]\n\tclean = {trap}\n\tsmudge = {trap}\n\
         \tprocess = {trap}\n\trequired = true\n[credential]\n\thelper = {trap}\n[gpg]\n\tprogram = {trap}\n[pager]\n\trev-list = {trap}\n\
         [protocol]\n\tallow = always\n[protocol \"ext\"]\n\tallow = always\n[extensions]\n\tpartialClone = origin\n\
         [remote \"origin\"]\n\turl = ext::{trap}\n\tpromisor = true\n\tuploadPack = {trap}\n\tpartialCloneFilter = blob:none\n"
    )
}

/// Arms a repository: its settings, and its hooks.
fn arm(product: &Product, repository: &str) {
    let trap = trap(product);
    product.put(&format!("{repository}/config"), &settings(&trap));
    for hook in ["post-index-change", "reference-transaction", "pre-commit", "post-checkout", "fsmonitor-watchman"] {
        product.program(&format!("{repository}/hooks/{hook}"), &format!("exec {trap}\n"));
    }
}

#[track_caller]
fn is_unsprung(product: &Product, begun: Instant) {
    assert!(!product.path("sprung").exists(), "a stranger's program was started");
    assert!(begun.elapsed() < Duration::from_secs(60), "something of a stranger's was waited for");
}

fn pipe(path: &Path) {
    let _ = fs::remove_file(path);
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o644), 0).unwrap();
}

#[test]
fn a_clone_brings_settings_and_hooks_of_its_repository() {
    let product = train();
    product.put(".gitattributes", "* filter=lie diff=lie\n").commit();
    arm(&product, ".git");
    let begun = Instant::now();
    product.fixgate(&["run", "--candidate", "RU2", "--quiet"]).exits(0);
    signoff(&product, &[]).exits(0);
    is_unsprung(&product, begun);
}

#[test]
fn a_clone_is_itself_a_git_directory() {
    let product = train();
    for part in ["HEAD", "objects", "refs"] {
        fs::rename(product.path(".git").join(part), product.path(part)).unwrap();
    }
    arm(&product, ".");
    let begun = Instant::now();
    // What is left of `.git` is no repository, and the one around it is not taken for the tree's.
    signoff(&product, &[]).exits(3).mentions(&["git cannot be asked about ROOT: its HEAD names neither a branch nor a commit"]);
    fs::remove_dir_all(product.path(".git")).unwrap();
    against(&signoff(&product, &[]).exits(1).json(), "committed", "the records are under no version control");
    // Even where it is named as the repository, it is no more than objects and refs.
    product.put(".git", "gitdir: .\n");
    signoff(&product, &[]).exits(0);
    is_unsprung(&product, begun);
}

#[test]
fn a_repository_lacks_an_object_that_its_remote_promises() {
    let product = train();
    let object = |name: &str| {
        let output = Command::new("git").args(["rev-parse", name]).current_dir(product.path("")).output().unwrap();
        let name = String::from_utf8(output.stdout).unwrap();
        product.path(&format!(".git/objects/{}/{}", &name[..2], name[2..].trim()))
    };
    let lost = object("HEAD:testcases/suite");
    arm(&product, ".git");
    fs::remove_file(lost).unwrap();
    let begun = Instant::now();
    signoff(&product, &[]).exits(3).mentions(&["the repository of ROOT lacks "]);
    is_unsprung(&product, begun);
}

#[test]
fn a_pipe_is_in_a_repository_in_place_of_a_file() {
    for file in ["HEAD", "config", "commondir", "shallow"] {
        let product = train();
        pipe(&product.path(".git").join(file));
        let begun = Instant::now();
        signoff(&product, &[]).exits(3).mentions(&[&format!("ROOT/.git/{file} cannot be read: it is no plain file")]);
        is_unsprung(&product, begun);
    }
}

#[test]
fn a_pipe_is_among_the_objects_and_refs_of_a_repository() {
    for file in ["objects/pack/pack-1.idx", "packed-refs", "refs/heads/pipe", "elsewhere/00/pipe"] {
        let product = train();
        fs::create_dir_all(product.path(".git/elsewhere/00")).unwrap();
        product.put(".git/objects/info/alternates", "../elsewhere\n");
        pipe(&product.path(".git").join(file));
        let begun = Instant::now();
        let named = Path::new(file).file_name().unwrap().to_str().unwrap();
        signoff(&product, &[]).exits(3).mentions(&[&format!("{named} cannot be read: it is no plain file")]);
        is_unsprung(&product, begun);
    }
}

/// The train, whose product has a repository beside the records: RU2 is made of a commit that does not have the fix of GR-2.
fn coded(repository: &str) -> Product {
    let product = train();
    product.put("source/file", "");
    let git = |arguments: &[&str]| {
        let person = ["-c", "user.name=A Coder", "-c", "user.email=coder@example.org"];
        let output = Command::new("git").args(person).args(arguments).current_dir(product.path("source")).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet", "--initial-branch", "main"]);
    let commit = |message: &str| {
        git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        git(&["rev-parse", "HEAD"])
    };
    let rtm = commit("RTM");
    let ru2 = commit("RU2");
    git(&["checkout", "--quiet", "-b", "side", &rtm]);
    let fix = commit("the fix");
    if repository == "bare.git" {
        git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
        fs::remove_dir_all(product.path("source")).unwrap();
    }
    product.put(".gitignore", "/.fixgate\n/reports/runs\n/source\n/bare.git\n/trap\n/sprung\n");
    product.edit("fixgate.toml", "bin/greeter\"", &format!("bin/greeter\"\nrepository = \"{repository}\""));
    product.put("defects/GR-2.toml", &defect(&format!("status = \"fixed\"\nfixed-in = \"RU2\"\nfix = {{ commit = \"{fix}\" }}")));
    let record = product.read("releases/RU2.toml");
    product.put("releases/RU2.toml", &format!("commit = \"{ru2}\"\n{record}"));
    product.git(&["add", "--all"]).git(&["commit", "--quiet", "--message", "coded"]);
    // What another tool says of the history, and the commits do not: that the release has the fix.
    let git_directory = if repository == "bare.git" { "bare.git" } else { "source/.git" };
    product.put(&format!("{git_directory}/info/grafts"), &format!("{ru2} {fix}\n"));
    product
}

#[test]
fn a_repository_of_the_product_brings_settings_and_a_history_of_its_own() {
    for repository in ["source", "bare.git"] {
        let product = coded(repository);
        arm(&product, if repository == "source" { "source/.git" } else { repository });
        let begun = Instant::now();
        against(&signoff(&product, &[]).exits(1).json(), "cumulative", "GR-2: its commit is not in ");
        is_unsprung(&product, begun);
    }
}

#[test]
fn a_program_of_the_tree_takes_the_place_of_git() {
    let product = train();
    product.program("git", "touch sprung\n").commit();
    let begun = Instant::now();
    for path in [".", ""] {
        let mut command = product.command(&["signoff", "RU2", "--quiet"]);
        let path = format!("{path}:{}", std::env::var("PATH").unwrap());
        product.said(&command.env("PATH", path).output().unwrap()).exits(0);
    }
    is_unsprung(&product, begun);
}

/// Every file below a directory, with its inode and its bytes.
fn held_by(directory: &Path) -> BTreeMap<PathBuf, (u64, Vec<u8>)> {
    let files = walkdir::WalkDir::new(directory).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    let file = |entry: walkdir::DirEntry| {
        let inode = entry.metadata().unwrap().ino();
        (entry.path().to_owned(), (inode, fs::read(entry.path()).unwrap()))
    };
    files.map(file).collect()
}

/// Every command that writes into a tree.
const COMMANDS: [&[&str]; 12] = [
    &["signoff", "RU2", "--quiet"],
    &["run", "--candidate", "RU2", "--baseline", "RU1", "--quiet"],
    &["nightly", "--candidate", "RU2", "--quiet"],
    &["validate", "GR-2", "--candidate", "RU2", "--quiet"],
    &["build", "--force", "RU2", "--quiet"],
    &["prove", "GR-2", "--quiet"],
    &["rollup", "notes", "RU2"],
    &["history"],
    &["history", "--rebuild"],
    &["new", "defect", "GR-9"],
    &["new", "case", "suite/new"],
    &["new", "release", "RU9"],
];

/// What a tree has where the harness writes.
const PLACES: [&str; 12] = [
    ".fixgate",
    ".fixgate/builds",
    ".fixgate/builds/RU2",
    ".fixgate/baselines",
    "reports",
    "reports/runs",
    "reports/RU2",
    "reports/runs/.beginning",
    "defects",
    "releases",
    "testcases",
    "testcases/suite",
];

#[test]
fn a_directory_that_is_written_into_is_a_link() {
    let honest = train();
    signoff(&honest, &[]).exits(0);
    for place in PLACES {
        let (product, theirs) = (honest.copy(), Product::nothing());
        let at = product.path(place);
        if at.exists() {
            copy(&at.join("."), &theirs.path("place"));
            fs::remove_dir_all(&at).unwrap();
        }
        theirs.put("place/precious", "theirs").put("place/journal.jsonl", "theirs").put("place/greeter.log", "theirs");
        symlink(theirs.path("place"), &at).unwrap();
        let before = held_by(&theirs.path("place"));
        for command in COMMANDS {
            let said = product.fixgate(command);
            assert_ne!(said.code, None, "{place}: {command:?}");
            assert!(held_by(&theirs.path("place")) == before, "{place}: {command:?} changed what a link leads to\n{said:?}");
        }
        let said = product.fixgate(&["signoff", "RU2", "--quiet"]);
        if place != ".fixgate/builds/RU2" && !place.ends_with(".beginning") {
            assert!(matches!(said.code, Some(2 | 3)), "{place}: {said:?}");
            said.mentions(&["link"]);
        }
    }
}

#[test]
fn a_file_that_is_written_is_a_link_or_has_another_name() {
    let honest = train();
    signoff(&honest, &[]).exits(0);
    let kept = fs::read_dir(honest.path(".fixgate/baselines")).unwrap().next().unwrap().unwrap();
    let kept = format!(".fixgate/baselines/{}", kept.file_name().to_str().unwrap());
    let places = [
        ".fixgate/.lock",
        ".fixgate/history.sqlite",
        ".fixgate/history.sqlite-journal",
        ".fixgate/contents.json",
        ".fixgate/builds/RU2.lock",
        ".fixgate/builds/RU2.json",
        ".fixgate/builds/RU2.log",
        ".fixgate/builds/.RU2.json",
        &kept,
        "reports/RU2/signoff.json",
        "reports/RU2/junit.xml",
        "reports/RU2/plan.txt.gz",
        "defects/GR-2.proof.json",
    ];
    for place in places {
        for is_hard in [false, true] {
            let (product, theirs) = (honest.copy(), Product::nothing());
            theirs.put("precious", "theirs");
            let at = product.path(place);
            let _ = fs::remove_file(&at);
            match is_hard {
                false => symlink(theirs.path("precious"), &at).unwrap(),
                true => fs::hard_link(theirs.path("precious"), &at).unwrap(),
            }
            for command in [COMMANDS[0], COMMANDS[4], COMMANDS[5], COMMANDS[8], &["run", "suite/list", "--candidate", "RU2"]] {
                let said = product.fixgate(command);
                assert_ne!(said.code, None, "{place}: {command:?}");
                assert_eq!(theirs.read("precious"), "theirs", "{place}: {command:?} wrote where a link leads\n{said:?}");
            }
        }
    }
}

#[test]
fn a_pipe_is_in_a_tree_in_place_of_a_file() {
    let honest = train();
    signoff(&honest, &[]).exits(0);
    let run = honest.runs().pop().unwrap();
    let journal = format!("reports/runs/{run}/journal.jsonl");
    honest.put("testcases/suite/fixtures/text", "text");
    honest.edit("testcases/suite/list.toml", "[[step]]", "[files]\na = { copy = \"fixtures/text\" }\n[[step]]");
    let places = [
        ".fixgate/.lock",
        ".fixgate/history.sqlite",
        ".fixgate/contents.json",
        ".fixgate/builds/RU2.lock",
        ".fixgate/builds/RU2.json",
        "fixgate.toml",
        "releases/RU2.toml",
        "defects/GR-2.proof.json",
        "testcases/suite/list.toml",
        "testcases/suite/fixtures/text",
        "reports/RU1/signoff.json",
        "reports/RU1/plan.txt.gz",
        &journal,
    ];
    for place in places {
        let product = honest.copy();
        pipe(&product.path(place));
        let begun = Instant::now();
        for command in [&["signoff", "RU2", "--quiet"][..], &["gate", &run, "--release", "RU2"], &["history"], &["check"]] {
            assert_ne!(product.fixgate(command).code, None, "{place}: {command:?}");
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{place} was waited for");
    }
}
