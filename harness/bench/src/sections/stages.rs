//! Parts of the work: each phase alone, checking, and deciding from a record.

use std::env;
use std::process::Command;

use clap::ValueEnum;

use crate::arguments::Phase;
use crate::context::{Context, Record};
use crate::failure::{Failure, Outcome, While};
use crate::phases::Reading;
use crate::programs::Product;
use crate::statistics::Spread;
use crate::table::{Table, Unit};
use crate::workload::Kind;

/// Each phase alone.
pub(super) fn phases(context: &Context, table: &mut Table) -> Outcome<()> {
    let record = context.record()?;
    for phase in Phase::value_variants() {
        let readings = read(context, record, *phase)?;
        let of = |part: fn(&Reading) -> f64| Spread::of(&readings.iter().map(part).collect::<Vec<_>>());
        let (scenarios, name) = (context.options.scenarios, word(*phase));
        let before = of(|reading| reading.before as f64).median / f64::from(1 << 20);
        table.add(&format!("phases/{name}/time"), scenarios, Unit::Seconds, of(|reading| reading.seconds), "");
        let note = format!("peak; {before:.1} MiB were held when it began");
        table.add(&format!("phases/{name}/memory"), scenarios, Unit::Bytes, of(|reading| reading.peak as f64), note);
    }
    Ok(())
}

/// Gate and reports from a record, with all that has to be read for them.
pub(super) fn decide(context: &Context, table: &mut Table) -> Outcome<()> {
    let readings = read(context, context.record()?, Phase::Decide)?;
    let seconds: Vec<f64> = readings.iter().map(|reading| reading.seconds).collect();
    let note = "load, read the record, gate, JUnit, Markdown";
    table.add("decide", context.options.scenarios, Unit::Seconds, Spread::of(&seconds), note);
    Ok(())
}

/// `fixgate check`, with its files in memory.
pub(super) fn check(context: &Context, table: &mut Table) -> Outcome<()> {
    for (name, kind) in [("check/case-files", Kind::CaseFiles), ("check/rows", Kind::Table)] {
        let workload = context.workload(kind, context.options.scenarios, Product::Tiny)?;
        let check = || context.programs.measure(&mut context.fixgate(&workload.root, &["check"]), &[0]);
        check()?;
        let measured = (0..context.options.pairs).map(|_| check()).collect::<Outcome<Vec<_>>>()?;
        let seconds: Vec<f64> = measured.iter().map(|measured| measured.seconds).collect();
        table.add(name, context.options.scenarios, Unit::Seconds, Spread::of(&seconds), "the whole command");
        context.discard(workload)?;
    }
    Ok(())
}

/// A phase in processes of its own.
fn read(context: &Context, record: &Record, phase: Phase) -> Outcome<Vec<Reading>> {
    let own = env::current_exe().so("cannot find this program")?;
    let once = || {
        let mut command = Command::new(&own);
        command.args(["phase", &word(phase), "--run", &record.run, "--jobs", &context.jobs.to_string()]);
        let output = command.arg("--tree").arg(&record.workload.root).output().so("cannot run this program")?;
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr);
            return Err(Failure::new(format!("the phase {} failed: {reason}", word(phase))));
        }
        serde_json::from_slice(&output.stdout).so("a phase told no reading")
    };
    (0..context.options.pairs).map(|_| once()).collect()
}

/// A phase as it is typed.
pub(crate) fn word(phase: Phase) -> String {
    phase.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
