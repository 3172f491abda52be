//! The C programs: the floor, the products, and the one that measures all others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome, While};

/// Their sources, built where they are needed.
const FLOOR: &str = include_str!("../programs/floor.c");
const ECHO: &str = include_str!("../programs/echo.c");
const MEASURE: &str = include_str!("../programs/measure.c");

/// A program that can be told right from wrong, and does nearly nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    /// Built as any program is.
    Line,
    /// Static, without a C library.
    Tiny,
}

impl Product {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Line => "echo-line",
            Self::Tiny => "echo-tiny",
        }
    }
}

/// The built programs, and room for what they write.
#[derive(Debug)]
pub(crate) struct Programs {
    directory: PathBuf,
}

/// What one program took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    /// Wall time in seconds, from before its start until its end was seen.
    pub(crate) seconds: f64,
    /// Processor time in seconds, user and system, with all that it waited for.
    pub(crate) processor: f64,
    /// The most memory that it had resident, in bytes.
    pub(crate) peak_memory: u64,
}

impl Programs {
    /// Builds them with `cc` in a directory of their own.
    pub(crate) fn build(directory: &Path) -> Outcome<Self> {
        fs::create_dir_all(directory).so(format!("cannot make {}", directory.display()))?;
        let tiny = ["-DTINY", "-nostdlib", "-static", "-fno-stack-protector", "-fno-builtin"];
        for (name, source, flags) in
            [("floor", FLOOR, &["-pthread"][..]), ("echo-line", ECHO, &[]), ("echo-tiny", ECHO, &tiny), ("measure", MEASURE, &[])]
        {
            let path = directory.join(format!("{name}.c"));
            fs::write(&path, source).so(format!("cannot write {}", path.display()))?;
            let built = Command::new("cc").arg("-O2").args(flags).arg("-o").arg(directory.join(name)).arg(&path).output();
            let built = built.so("cannot run cc, which builds the floor and the products")?;
            if !built.status.success() {
                return Err(Failure::new(format!("cc does not build {name}: {}", String::from_utf8_lossy(&built.stderr))));
            }
        }
        Ok(Self { directory: directory.to_owned() })
    }

    pub(crate) fn product(&self, product: Product) -> PathBuf {
        self.directory.join(product.name())
    }

    pub(crate) fn floor(&self) -> PathBuf {
        self.directory.join("floor")
    }

    /// A program to be started by [`Self::measure`].
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(self.directory.join("measure"));
        command.arg(self.directory.join("measured")).arg(program.as_ref());
        command
    }

    /// Runs what [`Self::command`] began. Its output goes to a file, so that reading it takes no time from the run.
    ///
    /// # Errors
    /// When it cannot be run, or ends with none of the `accepted` codes.
    pub(crate) fn measure(&self, command: &mut Command, accepted: &[i32]) -> Outcome<Measured> {
        let output = fs::File::create(self.output()).so("cannot write a program's output")?;
        let errors = output.try_clone().so("cannot write a program's output")?;
        let ended = command.stdin(Stdio::null()).stdout(output).stderr(errors).status();
        let shown = || command.get_args().skip(1).map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        if !ended.so("cannot run the program that measures")?.success() {
            return Err(Failure::new(format!("`{}` cannot be run: {}", shown(), self.last_output())));
        }
        let text = fs::read_to_string(self.directory.join("measured")).so("cannot read what was measured")?;
        let fields: Vec<&str> = text.split_whitespace().collect();
        let parsed = match fields.as_slice() {
            [seconds, processor, kibibytes, code] => parsed(seconds, processor, kibibytes).zip(code.parse::<i32>().ok()),
            _ => None,
        };
        match parsed {
            Some((measured, code)) if accepted.contains(&code) => Ok(measured),
            Some((_, code)) => Err(Failure::new(format!("`{}` ended with {code}: {}", shown(), self.last_output()))),
            None => Err(Failure::new(format!("`{}` was measured as {text:?}", shown()))),
        }
    }

    /// The end of what the last measured program printed.
    pub(crate) fn last_output(&self) -> String {
        const SHOWN: usize = 3_000;
        let text = fs::read(self.output()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        text[text.ceil_char_boundary(text.len().saturating_sub(SHOWN))..].to_owned()
    }

    fn output(&self) -> PathBuf {
        self.directory.join("output")
    }
}

fn parsed(seconds: &str, processor: &str, kibibytes: &str) -> Option<Measured> {
    let peak_memory = kibibytes.parse::<u64>().ok()? * 1024;
    Some(Measured { seconds: seconds.parse().ok()?, processor: processor.parse().ok()?, peak_memory })
}
