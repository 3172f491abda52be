//! Whole runs: over the floor, with more or fewer at a time, and by size.

use crate::context::Context;
use crate::failure::Outcome;
use crate::programs::{Measured, Product};
use crate::statistics::Spread;
use crate::table::{Table, Unit};
use crate::workload::Kind;

/// What this machine needs.
pub(super) fn floor(context: &Context, table: &mut Table) -> Outcome<()> {
    let lines = [
        ("floor/echo-line", Kind::Table, Product::Line),
        ("floor/echo-tiny", Kind::Table, Product::Tiny),
        ("floor/work-files", Kind::WorkFiles, Product::Line),
    ];
    let scenarios = context.options.scenarios;
    for (name, kind, product) in lines {
        let mut rates = Vec::new();
        for _ in 0..context.options.pairs {
            rates.push((scenarios + 1) as f64 / context.floor(kind, scenarios, product, context.jobs)?.seconds);
        }
        table.add(name, scenarios, Unit::PerSecond, Spread::of(&rates), "processes, without Fixgate");
    }
    Ok(())
}

/// Whole runs over the floor.
pub(super) fn run(context: &Context, table: &mut Table) -> Outcome<()> {
    let lines = [
        ("run/table/echo-line", Kind::Table, Product::Line),
        ("run/table/echo-tiny", Kind::Table, Product::Tiny),
        ("run/case-files/echo-line", Kind::CaseFiles, Product::Line),
        ("run/work-files/echo-line", Kind::WorkFiles, Product::Line),
    ];
    lines.into_iter().try_for_each(|(name, kind, product)| paired(context, table, name, kind, product, context.jobs))
}

/// The same with a given number at a time.
pub(super) fn jobs(context: &Context, table: &mut Table) -> Outcome<()> {
    let lines = [1, 2, 64].map(|jobs| (format!("jobs/{jobs}/echo-line"), jobs));
    lines.iter().try_for_each(|(name, jobs)| paired(context, table, name, Kind::Table, Product::Line, *jobs))
}

/// Floor, Fixgate, floor, Fixgate, …: what the machine does otherwise then weighs on both.
fn paired(context: &Context, table: &mut Table, name: &str, kind: Kind, product: Product, jobs: usize) -> Outcome<()> {
    let scenarios = context.options.scenarios;
    let workload = context.workload(kind, scenarios, product)?;
    // What is slow only the first time is slow here.
    context.programs.measure(&mut context.fixgate(&workload.root, &["check"]), &[0])?;
    let pair = |_| Ok((context.floor(kind, scenarios, product, jobs)?, context.run(&workload, jobs)?));
    let (floors, runs): (Vec<_>, Vec<_>) = (0..context.options.pairs).map(pair).collect::<Outcome<Vec<_>>>()?.into_iter().unzip();
    let ratios: Vec<f64> = runs.iter().zip(&floors).map(|(run, floor)| run.seconds / floor.seconds).collect();
    let median = |of: &[Measured], part: fn(&Measured) -> f64| Spread::of(&of.iter().map(part).collect::<Vec<_>>()).median;
    let wall = |of| median(of, |measured| measured.seconds);
    let processor = |of| median(of, |measured| measured.processor);
    let note = format!(
        "{:.2} s over a floor of {:.2} s; {:.2} s of processors over {:.2} s",
        wall(&runs),
        wall(&floors),
        processor(&runs),
        processor(&floors)
    );
    table.add(name, scenarios, Unit::Ratio, Spread::of(&ratios), note);
    context.discard(workload)
}

/// By size, as far as `--scenarios` goes.
pub(super) fn sizes(context: &Context, table: &mut Table) -> Outcome<()> {
    let most = context.options.scenarios;
    for size in [1_000, 10_000].into_iter().filter(|size| *size < most).chain([most]) {
        add_size(table, size, &[run_of(context, size)?]);
    }
    Ok(())
}

/// By size, to a million. A hundred thousand are run before and after it, to be compared with it.
pub(super) fn large(context: &Context, table: &mut Table) -> Outcome<()> {
    const COMPARED: u64 = 100_000;
    const MOST: u64 = 1_000_000;
    let before = run_of(context, COMPARED)?;
    add_size(table, 200_000, &[run_of(context, 200_000)?]);
    let million = run_of(context, MOST)?;
    let compared = [before, run_of(context, COMPARED)?];
    add_size(table, COMPARED, &compared);
    add_size(table, MOST, &[million]);
    let for_each = compared.map(|run| run.seconds / COMPARED as f64);
    let ratios = for_each.map(|for_each| million.seconds / MOST as f64 / for_each);
    let note = "time for each scenario; 100,000 before it and after it";
    table.add("sizes/1000000-over-100000", MOST, Unit::Ratio, Spread::of(&ratios), note);
    Ok(())
}

fn run_of(context: &Context, size: u64) -> Outcome<Measured> {
    let workload = context.workload(Kind::Table, size, Product::Tiny)?;
    let run = context.run(&workload, context.jobs)?;
    context.discard(workload)?;
    Ok(run)
}

fn add_size(table: &mut Table, size: u64, runs: &[Measured]) {
    let of = |part: fn(&Measured) -> f64| runs.iter().map(part).collect::<Vec<_>>();
    let seconds = of(|run| run.seconds);
    let for_each: Vec<f64> = seconds.iter().map(|seconds| seconds / size as f64).collect();
    table.add(&format!("sizes/{size}/wall"), size, Unit::Seconds, Spread::of(&seconds), "echo-tiny, one table");
    table.add(&format!("sizes/{size}/for-each"), size, Unit::Seconds, Spread::of(&for_each), "wall for each scenario");
    let memory = Spread::of(&of(|run| run.peak_memory as f64));
    table.add(&format!("sizes/{size}/memory"), size, Unit::Bytes, memory, "peak of the fixgate process");
}
