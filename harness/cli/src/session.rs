//! What commands share: where they work, what they write to, and the signals that stop them.

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::ledger::Ledger;
use fixgate_core::plan::Selection;
use fixgate_core::record::{RunRecord, TestProduct};
use fixgate_engine::commit::Asked;
use fixgate_engine::fault::Fault;
use fixgate_engine::history::{self, Notice};
use fixgate_engine::load;
use fixgate_engine::lock::DirectoryLock;
use fixgate_engine::output_file::OutputFile;
use fixgate_engine::place::remove_asides;
use fixgate_engine::site::{Reporter, Site};
use fixgate_engine::tree::Tree;
use fixgate_engine::worker::require_consent;
use jiff::civil::Date;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::arguments::Common;
use crate::output::Output;
use crate::progress::Progress;

/// One command at work.
pub(crate) struct Session {
    directory: Utf8PathBuf,
    jobs: Option<u16>,
    progress: bool,
    /// Where results and diagnostics go.
    pub(crate) output: Output,
    /// Set by the first signal.
    pub(crate) stop: Arc<AtomicBool>,
}

/// Where reports go that were asked for.
pub(crate) struct Places<const N: usize> {
    /// Each, if it was asked for.
    pub(crate) files: [Option<OutputFile>; N],
    /// Whether one of them has standard output for itself.
    is_taken: bool,
}

impl Session {
    pub(crate) fn new(common: Common, output: Output) -> Result<Self, Fault> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The first signal stops the run in good order; a second one ends the process at once. The order matters.
            flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))
                .and_then(|_| flag::register(signal, Arc::clone(&stop)))
                .map_err(|reason| Fault::harness(format!("signals cannot be handled: {reason}")))?;
        }
        let directory = common.directory.unwrap_or_else(|| Utf8PathBuf::from("."));
        Ok(Self { directory, jobs: common.jobs, progress: !common.quiet && !common.no_progress, output, stop })
    }

    /// The directory that was given.
    pub(crate) fn directory(&self) -> &Utf8Path {
        &self.directory
    }

    /// The tree, and its records. They are kept to the end of the process, which frees them at once.
    pub(crate) fn load(&self) -> Result<(Tree, ManuallyDrop<Ledger>), Fault> {
        let tree = self.tree()?;
        let ledger = load::load(&tree)?;
        Ok((tree, ManuallyDrop::new(ledger)))
    }

    /// As [`Session::load`], with everything that is wrong in one pass; and the files of `testcases/` that no case names.
    pub(crate) fn load_to_check(&self, today: Date) -> Result<(ManuallyDrop<Ledger>, Vec<Utf8PathBuf>), Fault> {
        load::load_to_check(&self.tree()?, today).map(|(ledger, unnamed)| (ManuallyDrop::new(ledger), unnamed))
    }

    /// As [`Session::load`], of these records; cases that the selection cannot mean may be left out.
    pub(crate) fn load_meant(&self, tree: &Tree, selection: &Selection) -> Result<ManuallyDrop<Ledger>, Fault> {
        load::load_meant(tree, selection).map(ManuallyDrop::new)
    }

    /// The tree that the directory lies in.
    pub(crate) fn tree(&self) -> Result<Tree, Fault> {
        Tree::find(&self.directory)
    }

    /// The right to be the only one at work in the tree. What a killed one left aside among the records is removed.
    pub(crate) fn lock(&self, tree: &Tree) -> Result<DirectoryLock, Fault> {
        let mut wait = |process| {
            self.output
                .note(&format!("process {process} has ended, and a child of it still holds {}: waiting …\n", tree.state()));
        };
        let lock = DirectoryLock::acquire_after(&tree.state(), &self.stop, &mut wait)?;
        let places = [tree.defects(), tree.attestations(), tree.private_fixes(), tree.state()];
        places.iter().for_each(remove_asides);
        Ok(lock)
    }

    /// The commit of the records, for a run that nothing is decided by: it need not be known, and the record says where it is not.
    pub(crate) fn commit(&self, asked: Asked) -> TestProduct {
        asked.answer_or_unknown(|fault| self.output.warning(&format!("{fault}; the record will say that its commit is unknown")))
    }

    /// Adds a run to the history.
    pub(crate) fn keep(&self, tree: &Tree, record: &RunRecord) {
        history::record(tree, record, &mut |notice| self.notice(&notice));
    }

    /// Tells what there is to know of the history's file.
    pub(crate) fn notice(&self, notice: &Notice) {
        let word = if notice.is_warning() { "warning: " } else { "" };
        self.output.note(&format!("{word}{notice}\n"));
    }

    /// Prepares the places of reports, each by the option that names it; nothing of an earlier report is left there.
    ///
    /// # Errors
    /// When one cannot be written there, or standard output is to hold more than one document.
    pub(crate) fn places<const N: usize>(
        &self,
        reports: [(&str, &Option<Utf8PathBuf>); N],
        is_document: bool,
    ) -> Result<Places<N>, Fault> {
        // Reports are often asked for in `reports/`, which the first run makes. That there is no tree is told later.
        if let (true, Ok(tree)) = (reports.iter().any(|(_, path)| path.is_some()), self.tree()) {
            tree.make(&tree.runs())?;
        }
        let mut files = [const { None }; N];
        for (file, (_, path)) in files.iter_mut().zip(&reports) {
            *file = path.as_deref().map(OutputFile::prepare).transpose()?;
        }
        let has_stdout = |file: &Option<OutputFile>| file.as_ref().is_some_and(OutputFile::is_standard_output);
        let mut options: Vec<&str> =
            files.iter().zip(reports).filter(|(file, _)| has_stdout(file)).map(|(_, (option, _))| option).collect();
        let is_taken = !options.is_empty();
        if is_taken && is_document {
            options.push("--format");
        }
        if options.len() > 1 {
            let message = format!("{} would all be written to standard output", options.join(" and "));
            return Err(Fault::usage(message).help("name a file for all but one"));
        }
        Ok(Places { files, is_taken })
    }

    /// The result; on standard error, where a report has standard output for itself.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn result_beside<const N: usize>(&self, places: &Places<N>, text: &str) -> Result<(), Fault> {
        if places.is_taken {
            self.output.note(text);
            return Ok(());
        }
        self.output.result(text)
    }

    /// How many scenarios run at a time.
    fn jobs(&self) -> usize {
        self.jobs.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from)
    }

    /// The place of this command's work.
    pub(crate) fn site<'s>(&'s self, tree: &'s Tree, ledger: &'s Ledger, reporter: &'s dyn Reporter) -> Site<'s> {
        Site { tree, ledger, stop: &self.stop, jobs: self.jobs(), reporter }
    }

    /// As [`site`](Self::site), for a command that runs cases.
    ///
    /// # Errors
    /// When a person must consent before they run: that is said before the recipe of any build runs.
    pub(crate) fn site_of_cases<'s>(
        &'s self,
        tree: &'s Tree,
        ledger: &'s Ledger,
        reporter: &'s dyn Reporter,
    ) -> Result<Site<'s>, Fault> {
        require_consent(tree, ledger, &self.stop)?;
        Ok(self.site(tree, ledger, reporter))
    }

    /// Shows what happens.
    pub(crate) fn progress(&self) -> Progress {
        Progress::new(self.output, self.progress)
    }
}
