//! What the pages tell readers to copy: commands that the command line knows, and jobs that those who run them can read.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use crate::common::Product;
use crate::verifiers::python_with;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The pages for users, from the root of the repository: the README, the book, and the pages beside records.
fn pages() -> Vec<String> {
    let mut pages =
        ["README.md", "attestations/README.md", "quarantine/README.md", "waivers/README.md"].map(str::to_owned).to_vec();
    let book = WalkDir::new(root().join("docs")).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    let book = book.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.extend(book.map(|path| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()));
    pages
}

/// The fenced blocks of a page that are in `language`, or all where it is empty.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let (mut blocks, mut block) = (Vec::new(), None::<String>);
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut block) {
            (Some(_), Some(_)) => blocks.extend(block.take()),
            (Some(opened), None) if opened.starts_with(language) => block = Some(String::new()),
            (None, Some(block)) => *block += &format!("{line}\n"),
            (Some(_) | None, None) => {}
        }
    }
    blocks
}

/// The command in a line of a block, without what comes before and after it.
fn command(line: &str) -> Option<&str> {
    let begins = |at: usize| line[..at].chars().next_back().is_none_or(|before| [' ', '\''].contains(&before));
    let start = line.match_indices("fixgate ").map(|(at, _)| at).find(|at| begins(*at))?;
    let stops: &[&str] = if line[..start].ends_with('\'') { &[" >", "'"] } else { &[" #", " >", " &&", "  "] };
    let line = &line[start..];
    let end = stops.iter().filter_map(|stop| line.find(stop)).min();
    Some(line[..end.unwrap_or(line.len())].trim_end())
}

#[test]
fn every_command_in_a_page_is_one() {
    let program = Path::new(env!("CARGO_BIN_EXE_fixgate")).parent().unwrap();
    let path = format!("{}:{}", program.display(), env::var("PATH").unwrap());
    let mut count = 0;
    // A walk is carried out by a test of its own, and the commands' page shows patterns.
    const OTHERS: [&str; 2] = [WALK, COMMANDS];
    for name in pages().into_iter().filter(|name| !OTHERS.contains(&name.as_str())) {
        let blocks = blocks(&page(&name), "");
        for line in blocks.iter().flat_map(|block| block.lines()).filter_map(command) {
            // In an empty directory hardly anything can be done, but what a line means is found out before that.
            let nowhere = Product::nothing();
            let shell = Command::new("sh").args(["-c", line]).current_dir(nowhere.path("")).env("PATH", &path).output().unwrap();
            let said = String::from_utf8_lossy(&shell.stderr);
            assert!(!said.contains("try '--help'") && !said.contains("not found"), "{name}: {line}\n{said}");
            count += 1;
        }
    }
    assert!(count > 40, "{count} commands are in the pages");
}

/// The page that builds a first test product.
const WALK: &str = "docs/first-product.md";

#[test]
fn the_first_product_of_the_book_prints_what_the_page_shows() {
    let text = page(WALK);
    let steps = blocks(&text, "sh");
    let place = Product::nothing();
    // Git says on standard error what it thinks of a first commit, so both streams are read as one.
    let script: String = steps.iter().map(|step| format!("echo '[step]'\n{step}")).collect();
    place.put("walk.sh", &format!("set -e\nexec 2>&1\n{script}"));
    let program = Path::new(env!("CARGO_BIN_EXE_fixgate")).parent().unwrap();
    let mut shell = Command::new("sh");
    shell
        .arg("walk.sh")
        .current_dir(place.path(""))
        .env("NO_COLOR", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("HOME", place.home(""));
    shell.env("PATH", format!("{}:{}", program.display(), env::var("PATH").unwrap()));
    for role in ["AUTHOR", "COMMITTER"] {
        shell.env(format!("GIT_{role}_NAME"), "A Reader").env(format!("GIT_{role}_EMAIL"), "reader@example.org");
    }
    let output = shell.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{WALK}: {}\n{printed}", output.status);
    let printed: Vec<&str> = printed.split("[step]\n").skip(1).collect();
    assert_eq!(printed.len(), steps.len());

    // What the page shows follows the commands that print it.
    let (mut step, mut shown) = (0, 0);
    for part in text.split("```").skip(1).step_by(2) {
        match part.split_once('\n') {
            Some(("sh", _)) => step += 1,
            Some(("text", expected)) => {
                assert!(
                    printed[step - 1].contains(expected.trim_end()),
                    "{WALK} shows {expected:?}, and this is printed:\n{}",
                    printed[step - 1]
                );
                shown += 1;
            }
            _ => {}
        }
    }
    assert!(shown >= 4, "{WALK} shows what {shown} of its commands print");
}

/// The page that is made from the command line.
const COMMANDS: &str = "docs/reference/commands.md";

/// The help of a command and, below it, of its subcommands.
fn describe(place: &Product, command: &[&str], into: &mut String) {
    let help = place.fixgate(&[command, &["--help"]].concat()).exits(0).stdout;
    let name = [&["fixgate"], command].concat().join(" ");
    // The options of all commands are shown with the first only.
    let (mut lines, mut is_shown) = (String::new(), true);
    for line in help.lines() {
        if !line.is_empty() && !line.starts_with(' ') {
            is_shown = command.is_empty() || line != "Common options:";
        }
        if is_shown {
            lines += &format!("{}\n", line.trim_end());
        }
    }
    let help = lines;
    *into += &format!("\n## {name}\n\n```text\n{}\n```\n", help.trim_end());
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for line in listed.filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let below = line.split_whitespace().next().unwrap();
        describe(place, &[command, &[below]].concat(), into);
    }
}

#[test]
fn the_page_of_commands_is_what_help_prints() {
    let mut fresh =
        "# Commands\n\nWhat `--help` prints for each command. The common options are shown once, for `fixgate` itself. A test compares this\npage with the program.\n".to_owned();
    describe(&Product::nothing(), &[], &mut fresh);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("commands.md");
    fs::write(&path, &fresh).unwrap();
    let is_same = fs::read_to_string(root().join(COMMANDS)).is_ok_and(|page| page == fresh);
    assert!(is_same, "{COMMANDS} is out of date; bring it up to date with: cp {} {COMMANDS}", path.display());
}

#[test]
fn the_book_lists_every_page_and_every_link_leads_somewhere() {
    let summary = page("docs/SUMMARY.md");
    let mut broken = Vec::new();
    for name in pages().into_iter().chain(["ARCHITECTURE.md", "CONTRIBUTING.md", "THREATS.md", "SECURITY.md"].map(str::to_owned))
    {
        if let Some(in_book) = name.strip_prefix("docs/").filter(|name| *name != "SUMMARY.md") {
            assert!(summary.contains(&format!("]({in_book})")), "docs/SUMMARY.md does not list {in_book}");
        }
        let text = page(&name);
        let prose =
            text.split("```").step_by(2).flat_map(|part| part.split("](").skip(1)).filter_map(|rest| rest.split(')').next());
        for link in prose.filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let target = link.split('#').next().unwrap();
            if !root().join(&name).with_file_name(target).exists() {
                broken.push(format!("{name}: {link}"));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new(), "these links lead nowhere");
}

#[test]
fn the_nightly_jobs_are_yaml() {
    let jobs = blocks(&page("docs/nightly.md"), "yaml");
    assert_eq!(jobs.len(), 2);
    let directory = Product::nothing();
    for job in jobs {
        directory.put("job.yml", &job);
        let read = "import json, sys, yaml; print(json.dumps(yaml.load(open(sys.argv[1]), yaml.BaseLoader)))";
        let output = Command::new(python_with("yaml", &["PyYAML==6.0.3"]))
            .args(["-c", read])
            .arg(directory.path("job.yml"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{job}\n{}", String::from_utf8_lossy(&output.stderr));
        let job: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let steps = job["jobs"]["night"]["steps"].as_array().or_else(|| job["night"]["script"].as_array()).unwrap();
        let commands: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str().or(step.as_str())).collect();
        let position = |start: &str| commands.iter().position(|command| command.starts_with(start));
        let installed = position("cargo install --locked --git \"$FIXGATE_REPOSITORY\" --rev \"$FIXGATE_COMMIT\"");
        assert!(installed.is_some() && installed < position("fixgate nightly "), "{commands:?}");
    }
}

#[test]
fn systemd_reads_the_units() {
    let directory = Product::nothing();
    let units = blocks(&page("docs/nightly.md"), "ini");
    assert_eq!(units.len(), 2);
    let mut paths = Vec::new();
    for unit in units {
        let name = unit.lines().next().and_then(|line| line.rsplit_once('/')).unwrap().1;
        directory.put(name, &unit);
        paths.push(directory.path(name));
    }
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]).args(&paths);
    let output = verify.output().unwrap_or_else(|reason| panic!("systemd-analyze: {reason}; apt-get install systemd"));
    let said = String::from_utf8_lossy(&output.stderr);
    // Of units that are installed on this machine something may be said as well.
    assert!(output.status.success() && !said.contains("fixgate-night"), "{said}");
}
