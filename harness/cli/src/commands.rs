//! The commands, one room each.

mod accept;
mod attest;
mod attribute;
mod builds;
mod check;
mod explain;
mod gate;
mod history;
mod identify;
mod import;
mod list;
mod merge;
mod nightly;
mod private_fix;
mod prove;
mod records;
mod report;
mod rollup;
mod run;
mod scaffold;
mod seal;
mod signoff;
mod shell;
mod show;
mod site;
mod trust;
mod validate;
mod verify;
mod waive;

use fixgate_engine::fault::Fault;

use crate::arguments::Command;
use crate::exit::Exit;
use crate::session::Session;

/// Carries a command out.
pub(crate) fn run(session: &Session, command: Command) -> Result<Exit, Fault> {
    match command {
        Command::Status(arguments) => rollup::dashboard(session, &arguments),
        Command::Init(arguments) => scaffold::init(session, &arguments),
        Command::New(what) => scaffold::new(session, &what),
        Command::Check => check::check(session),
        Command::List(arguments) => list::list(session, arguments),
        Command::Build { names, force } => builds::build(session, &names, force),
        Command::Trust(arguments) => trust::trust(session, &arguments),
        Command::Run(arguments) => run::run(session, arguments),
        Command::Merge(arguments) => merge::merge(session, arguments),
        Command::Prove(arguments) => prove::prove(session, &arguments),
        Command::Accept(arguments) => accept::accept(session, &arguments),
        Command::Nightly(arguments) => nightly::nightly(session, &arguments),
        Command::Signoff(arguments) => signoff::signoff(session, &arguments),
        Command::Attest(arguments) => attest::attest(session, &arguments),
        Command::Gate(arguments) => gate::gate(session, &arguments),
        Command::Sign(arguments) => seal::sign(session, &arguments),
        Command::Verify(arguments) => verify::verify(session, &arguments),
        Command::Rollup(rollup) => rollup::rollup(session, &rollup),
        Command::Waive(arguments) => waive::waive(session, &arguments),
        Command::Report(arguments) => report::report(session, &arguments),
        Command::Explain(arguments) => explain::explain(session, &arguments),
        Command::Show(arguments) => show::show(session, &arguments),
        Command::Site { site } => site::site(session, &site),
        Command::Import(what) => import::import(session, &what),
        Command::History(arguments) => history::history(session, &arguments),
        Command::Attribute(arguments) => attribute::attribute(session, &arguments),
        Command::Validate(arguments) => validate::validate(session, &arguments),
        Command::PrivateFix(arguments) => private_fix::private_fix(session, &arguments),
        Command::Identify(arguments) => identify::identify(session, &arguments),
        Command::Completions { shell } => shell::completions(session, shell),
        Command::Man { directory } => shell::man(&directory),
    }
}
