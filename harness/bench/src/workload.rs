//! Test products to measure with: a tree of records and so many scenarios of one small program.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Outcome, While};

/// How the scenarios are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Rows of one table.
    Table,
    /// The same, and one row in a hundred expects something else.
    TableWithFailures,
    /// A file for each.
    CaseFiles,
    /// Rows of one table whose case has two files, one in a subdirectory.
    WorkFiles,
}

/// The release of the train, and the directory below the tree that holds its build.
pub(crate) const RELEASE: &str = "RTM";
pub(crate) const BUILD: &str = "build";
/// One row in so many fails in [`Kind::TableWithFailures`].
const FAILS: u64 = 100;

/// A tree on disk.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) root: PathBuf,
    pub(crate) scenarios: u64,
}

const PROJECT: &str = r#"[product]
name = "echo"
program = "bin/echo"

[run]
timeout = "10s"

[train]
cadence = { min-weeks = 6, max-weeks = 8 }

[gate]
criteria = ["ledger", "proved", "cumulative", "complete", "clean", "explained", "canary", "flaky", "packs"]
min-scenarios = 1
max-flaky = 0
"#;

const RECORD: &str = r#"version = "1.0.0"

[build]
recipe = ["cp", "-r", "${root}/build/bin", "${out}"]
"#;

const CANARY: &str = r#"title = "The product ends as it never does"

[[step]]
run = ["${product}"]
expect = { exit = 7 }
"#;

impl Workload {
    /// Writes the tree, with `program` as its product, in a directory that is made if need be.
    pub(crate) fn make(root: PathBuf, kind: Kind, scenarios: u64, program: &Path) -> Outcome<Self> {
        let workload = Self { root, scenarios };
        workload.make_directory("defects")?;
        workload.put("fixgate.toml", PROJECT)?;
        workload.put(&format!("releases/{RELEASE}.toml"), RECORD)?;
        workload.put("testcases/canary/blind.toml", CANARY)?;
        workload.make_directory(&format!("{BUILD}/bin"))?;
        let place = workload.build().join("bin/echo");
        fs::copy(program, &place).so(format!("cannot copy {}", program.display()))?;
        match kind {
            Kind::CaseFiles => workload.case_files()?,
            Kind::Table | Kind::TableWithFailures => workload.table("", kind)?,
            Kind::WorkFiles => workload.table("[files]\n\"a.txt\" = \"one\\n\"\n\"sub/b.txt\" = \"two\\n\"\n\n", kind)?,
        }
        Ok(workload)
    }

    /// The build that is run.
    pub(crate) fn build(&self) -> PathBuf {
        self.root.join(BUILD)
    }

    /// Removes what runs left: their records, and what is kept between them.
    pub(crate) fn forget_runs(&self) -> Outcome<()> {
        for directory in ["reports", ".fixgate"] {
            let path = self.root.join(directory);
            if path.exists() {
                fs::remove_dir_all(&path).so(format!("cannot remove {}", path.display()))?;
            }
        }
        Ok(())
    }

    fn table(&self, files: &str, kind: Kind) -> Outcome<()> {
        let case = format!("title = \"Rows\"\ntable = \"rows.jsonl\"\n\n{files}[[step]]\nrun = [\"${{product}}\"]\n");
        self.put("testcases/suite/rows.toml", &case)?;
        let mut rows = String::new();
        for number in 0..self.scenarios {
            let fails = kind == Kind::TableWithFailures && number % FAILS == FAILS - 1;
            let said = if fails { "goodbye" } else { "hello" };
            let _ = writeln!(
                rows,
                r#"{{"id":"row-{number}","args":["hello","row","{number}"],"expect":{{"stdout":"{said} row {number}\n","stderr":""}}}}"#
            );
        }
        self.put("testcases/suite/rows.jsonl", &rows)
    }

    fn case_files(&self) -> Outcome<()> {
        const IN_A_FOLDER: u64 = 1_000;
        for number in 0..self.scenarios {
            let folder = format!("testcases/suite/{:03}", number / IN_A_FOLDER);
            let path = format!("{folder}/case-{number}.toml");
            let case = format!(
                "title = \"Case {number}\"\n\n[[step]]\nrun = [\"${{product}}\", \"hello\", \"row\", \"{number}\"]\n\
                 expect = {{ stdout = \"hello row {number}\\n\", stderr = \"\" }}\n"
            );
            self.put(&path, &case)?;
        }
        Ok(())
    }

    fn make_directory(&self, path: &str) -> Outcome<()> {
        let path = self.root.join(path);
        fs::create_dir_all(&path).so(format!("cannot make {}", path.display()))
    }

    fn put(&self, path: &str, text: &str) -> Outcome<()> {
        if let Some((folder, _)) = path.rsplit_once('/') {
            self.make_directory(folder)?;
        }
        fs::write(self.root.join(path), text).so(format!("cannot write {path}"))
    }
}
