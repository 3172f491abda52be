//! The parts of the benchmark, each of which adds lines to the table.

mod product;
mod runs;
mod stages;

pub(crate) use self::stages::word;

use crate::arguments::Section;
use crate::context::Context;
use crate::failure::Outcome;
use crate::peers;
use crate::table::Table;

/// Measures one section.
pub(crate) fn measure(section: Section, context: &Context, table: &mut Table) -> Outcome<()> {
    match section {
        Section::Floor => runs::floor(context, table),
        Section::Run => runs::run(context, table),
        Section::Jobs => runs::jobs(context, table),
        Section::Peers => peers::compare(context, table),
        Section::Sizes => runs::sizes(context, table),
        Section::Large => runs::large(context, table),
        Section::Phases => stages::phases(context, table),
        Section::Check => stages::check(context, table),
        Section::Decide => stages::decide(context, table),
        Section::One => product::one(context, table),
        Section::Signoff => product::signoff(context, table),
    }
}
