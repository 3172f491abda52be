//! What the pages tell readers to copy: commands that the command line knows, and jobs that those who run them can read.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::Product;

/// The pages for users, from the root of the repository.
const PAGES: [&str; 6] = [
    "README.md",
    "docs/tester.md",
    "docs/nightly.md",
    "docs/release-manager.md",
    "attestations/README.md",
    "quarantine/README.md",
];

fn page(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
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
    for name in PAGES {
        let blocks = blocks(&page(name), "");
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

#[test]
fn the_nightly_jobs_are_yaml() {
    let jobs = blocks(&page("docs/nightly.md"), "yaml");
    assert_eq!(jobs.len(), 2);
    let directory = Product::nothing();
    for job in jobs {
        directory.put("job.yml", &job);
        let read = "import json, sys, yaml; print(json.dumps(yaml.load(open(sys.argv[1]), yaml.BaseLoader)))";
        let output = Command::new(python_with_yaml()).args(["-c", read]).arg(directory.path("job.yml")).output().unwrap();
        assert!(output.status.success(), "{job}\n{}", String::from_utf8_lossy(&output.stderr));
        let job: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let steps = job["jobs"]["night"]["steps"].as_array().or_else(|| job["night"]["script"].as_array()).unwrap();
        let commands: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str().or(step.as_str())).collect();
        let position = |start: &str| commands.iter().position(|command| command.starts_with(start));
        let installed = position("cargo install --locked --git \"$FIXGATE_REPOSITORY\" --rev \"$FIXGATE_COMMIT\"");
        assert!(installed.is_some() && installed < position("fixgate nightly "), "{commands:?}");
    }
}

/// Python with PyYAML, installed below the target directory.
fn python_with_yaml() -> PathBuf {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("yaml");
    let python = environment.join("bin/python");
    let run = |command: &mut Command| {
        let output = command.output().unwrap_or_else(|reason| panic!("{command:?} cannot start: {reason}"));
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    if !environment.join("installed").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "PyYAML==6.0.3"]));
        fs::write(environment.join("installed"), "").unwrap();
    }
    python
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
