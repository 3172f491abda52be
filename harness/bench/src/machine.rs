//! What the figures are of: the machine, the tools and the state of the sources.

use std::fs;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use serde::Serialize;

/// The machine's description, as far as it tells.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Machine {
    pub(crate) date: String,
    /// Of this repository; `changed` where files differ from it.
    pub(crate) commit: String,
    pub(crate) kernel: String,
    pub(crate) processor: String,
    /// Processors that this process may use.
    pub(crate) processors: usize,
    /// In bytes.
    pub(crate) memory: u64,
    /// Runnable processes over the last minute, when it began: what else the machine was doing.
    pub(crate) load: String,
    pub(crate) rustc: String,
    pub(crate) cc: String,
    pub(crate) fixgate: String,
}

impl Machine {
    pub(crate) fn describe(repository: &Path, fixgate: &Path) -> Self {
        let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let of = |text: &str, key: &str| {
            let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
            line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let memory: u64 = of(&file("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or_default();
        let git = |arguments: &[&str]| first_line(Command::new("git").arg("-C").arg(repository).args(arguments));
        let changed = if git(&["status", "--porcelain"]).is_empty() { "" } else { " changed" };
        Self {
            date: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            commit: format!("{}{changed}", git(&["rev-parse", "HEAD"])),
            kernel: file("/proc/sys/kernel/osrelease").trim().to_owned(),
            processor: of(&file("/proc/cpuinfo"), "model name"),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            memory: memory * 1024,
            load: file("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
            rustc: first_line(Command::new("rustc").arg("--version")),
            cc: first_line(Command::new("cc").arg("--version")),
            fixgate: first_line(Command::new(fixgate).arg("--version")),
        }
    }

    pub(crate) fn text(&self) -> String {
        let gib = self.memory as f64 / f64::from(1 << 30);
        format!(
            "{} · commit {}\n{} · Linux {} · {} processors · {gib:.1} GiB · load {}\n{} · {} · {}\n",
            self.date, self.commit, self.processor, self.kernel, self.processors, self.load, self.rustc, self.cc, self.fixgate
        )
    }
}

/// The first line that a command prints; empty if it cannot be run.
pub(crate) fn first_line(command: &mut Command) -> String {
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or_default().trim().to_owned()
}
