//! `fixgate attest`

use fixgate_core::attestation::{
    Approval, Attested, Deployment, FixWord, Incident, IncidentState, ManualResult, Statement, SuiteResult,
};
use fixgate_core::gate::{CriterionState, Decision, Signoff};
use fixgate_core::id::{Digest, Principal};
use fixgate_core::ledger::Ledger;
use fixgate_core::manual::ManualCase;
use fixgate_core::problem::{Source, suggestion};
use fixgate_core::project::Criterion;
use fixgate_core::proof::BuildIdentity;
use fixgate_core::signer::Role;
use fixgate_engine::fault::Fault;
use fixgate_engine::keys::{Key, check_role};
use fixgate_engine::tree::Tree;
use fixgate_engine::workflow::{decide, made_for, run_of_reports};
use fixgate_engine::{attest, builds, run};
use jiff::{Timestamp, Unit};

use super::gate::{exit, is_of_the_build_at_hand, text};
use super::prove::no_defect;
use super::records::Records;
use crate::arguments::attest::{self as typed, Attest, Signing};
use crate::clock::{day_of, today};
use crate::exit::Exit;
use crate::session::Session;

/// Writes a statement, signed.
pub(super) fn attest(session: &Session, arguments: &Attest) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let now = Timestamp::now().round(Unit::Second).map_err(|reason| Fault::harness(reason.to_string()))?;
    let desk = Desk { session, tree: &tree, ledger: &ledger, now };
    match arguments {
        Attest::Tester(word) => desk.fix(word, Role::Tester),
        Attest::Customer(word) => desk.fix(word, Role::Customer),
        Attest::Manual(word) => desk.manual(word),
        Attest::Deployment(word) => desk.deployment(word),
        Attest::Ci(word) => desk.suite(word),
        Attest::ReleaseManager(word) => desk.release(word),
    }
}

/// Where statements are made out.
struct Desk<'d> {
    session: &'d Session,
    tree: &'d Tree,
    ledger: &'d Ledger,
    now: Timestamp,
}

impl Desk<'_> {
    fn fix(&self, arguments: &typed::FixWord, role: Role) -> Result<Exit, Fault> {
        let (ledger, defect) = (self.ledger, &arguments.defect);
        if !ledger.defects.contains_key(defect) {
            return Err(no_defect(ledger, defect));
        }
        let by = self.principal(&arguments.signing, role)?;
        let word = FixWord { defect: defect.clone(), note: arguments.note.clone() };
        let attested = if role == Role::Tester { Attested::Tester(word) } else { Attested::Customer(word) };
        self.state(self.build(&arguments.candidate)?, by, attested, (defect.as_str(), &arguments.signing))
    }

    fn manual(&self, arguments: &typed::Manual) -> Result<Exit, Fault> {
        let cases = &self.ledger.manual;
        let case = cases.iter().find(|case| case.id == arguments.case).ok_or_else(|| {
            let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
            let known = if ids.is_empty() { "there is none in testcases/manual/".to_owned() } else { ids.join(", ") };
            let help = suggestion(arguments.case.as_str(), ids).unwrap_or_else(|| format!("the manual cases: {known}"));
            Fault::usage(format!("`{}` is no manual case", arguments.case)).help(help)
        })?;
        let by = self.principal(&arguments.signing, Role::Manual)?;
        let subject = self.build(&arguments.candidate)?;
        self.session.output.note(&checklist(case));
        let result = ManualResult {
            case: case.id.clone(),
            definition: case.digest(),
            outcome: arguments.outcome.into(),
            note: arguments.note.clone(),
        };
        let about = case.id.as_str().trim_start_matches("manual/");
        self.state(subject, by, Attested::Manual(result), (about, &arguments.signing))
    }

    fn deployment(&self, arguments: &typed::Deployment) -> Result<Exit, Fault> {
        let today = day_of(self.now);
        let (start, end) = (arguments.start, arguments.end.unwrap_or(today));
        if end < start || today < end {
            let message = format!("a deployment from {start} to {end} is not one that was, on {today}");
            return Err(Fault::usage(message).help("attest the days that the build was in use, up to today"));
        }
        let by = self.principal(&arguments.signing, Role::Deployment)?;
        let incident = |title: &String, state| Incident { title: title.clone(), state };
        let closed = arguments.closed_incident.iter().map(|title| incident(title, IncidentState::Closed));
        let open = arguments.open_incident.iter().map(|title| incident(title, IncidentState::Open));
        let environment = arguments.environment.clone();
        let deployment = Deployment { environment, start, end, incidents: open.chain(closed).collect() };
        let subject = self.build(&arguments.candidate)?;
        self.state(subject, by, Attested::Deployment(deployment), (&arguments.environment, &arguments.signing))
    }

    /// States how a suite went, be it green or not: what failed counts, too.
    fn suite(&self, arguments: &typed::Ci) -> Result<Exit, Fault> {
        let suites = &self.ledger.project.imports;
        let suite = suites.iter().find(|suite| suite.name == arguments.suite).ok_or_else(|| {
            let names: Vec<&str> = suites.iter().map(|suite| suite.name.as_str()).collect();
            let help = suggestion(arguments.suite.as_str(), names)
                .unwrap_or_else(|| format!("name it in fixgate.toml: [import] {} = {{ producer = \"…\" }}", arguments.suite));
            Fault::usage(format!("`{}` is no suite of [import]", arguments.suite)).help(help)
        })?;
        let record = run::read(self.tree, arguments.run.as_str())?;
        let (header, run) = (&record.header, &arguments.run);
        let imported = header.imported.as_ref().ok_or_else(|| {
            let help = "a sign-off makes the runs of Fixgate itself; results of other programs come by fixgate import junit";
            Fault::usage(format!("the run `{run}` was not imported")).help(help)
        })?;
        if let Some(file) = imported.files.iter().find(|file| file.producer != suite.producer) {
            let message =
                format!("`{}` is a suite of {}, and {} was written by {}", suite.name, suite.producer, file.path, file.producer);
            return Err(Fault::usage(message).help("import its own files, or correct [import] in fixgate.toml"));
        }
        let Some(footer) = &record.footer else {
            return Err(Fault::usage(format!("the run `{run}` did not end")).help("import it again"));
        };
        let by = self.principal(&arguments.signing, Role::Ci)?;
        let result = SuiteResult {
            suite: suite.name.clone(),
            run: run.clone(),
            journal: footer.journal,
            files: imported.files.clone(),
            read: imported.read,
        };
        let subject = self.subject(header.candidate.digest);
        self.state(subject, by, Attested::Ci(result), (suite.name.as_str(), &arguments.signing))
    }

    /// Approves a release, if nothing but the approval keeps it.
    fn release(&self, arguments: &typed::ReleaseManager) -> Result<Exit, Fault> {
        let release = &arguments.release;
        let run = match &arguments.run {
            Some(run) => run.clone(),
            None => run_of_reports(self.tree, release)?,
        };
        let record = run::read(self.tree, run.as_str())?;
        made_for(self.ledger, &record, release)?;
        let by = self.principal(&arguments.signing, Role::ReleaseManager)?;
        let output = self.session.output;
        let found = Records::of_run(output, self.tree, self.ledger, &record)?;
        let signoff = decide(self.tree, found.ledger(self.ledger), &record, release, today())?.signoff;
        is_of_the_build_at_hand(self.session, (self.tree, self.ledger), &record, &signoff)?;
        if !would_ship(&signoff) {
            output.result(&text(&signoff, output.paint()))?;
            output.complaint(&format!("{release} is not ready to be approved: see what does not hold\n"));
            return Ok(if signoff.decision == Decision::Ship { Exit::Failures } else { exit(&signoff) });
        }
        let Some(journal) = signoff.journal else { return Err(Fault::harness(format!("the run `{run}` did not end"))) };
        let approval = Approval { release: release.clone(), run, plan: signoff.plan, journal };
        let subject = self.subject(signoff.candidate.digest);
        self.state(subject, by, Attested::ReleaseManager(approval), (release.as_str(), &arguments.signing))
    }

    /// Who signs: whose key it is, if the role may be held by it.
    fn principal(&self, signing: &Signing, role: Role) -> Result<Principal, Fault> {
        match &signing.unsigned_for {
            Some(principal) => check_role(self.ledger, role, principal).map(|()| principal.clone()),
            None => Key::find(signing.key.as_deref())?.principal(self.ledger, role),
        }
    }

    fn subject(&self, digest: Digest) -> BuildIdentity {
        BuildIdentity { name: self.ledger.project.product.clone(), digest }
    }

    fn build(&self, word: &str) -> Result<BuildIdentity, Fault> {
        if let Ok(digest) = word.parse() {
            return Ok(self.subject(digest));
        }
        let progress = self.session.progress();
        let found = builds::find(&self.session.site(self.tree, self.ledger, &progress), word, None)?;
        Ok(self.subject(found.build.digest()))
    }

    /// Signs and writes the statement.
    fn state(
        &self,
        subject: BuildIdentity,
        by: Principal,
        attested: Attested,
        (about, signing): (&str, &Signing),
    ) -> Result<Exit, Fault> {
        let statement = Statement { subject, by, at: self.now, attested };
        let text = statement.to_json();
        let _lock = self.session.lock(self.tree)?;
        let name = attest::name(self.tree, &statement, about)?;
        // What would be refused when it is read is not signed in the first place.
        Statement::read(&Source::new(format!("attestations/{name}.json"), &*text)).map_err(|problems| {
            let messages: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
            Fault::usage(messages.join("; "))
        })?;
        let signature = match &signing.unsigned_for {
            Some(_) => None,
            None => Some(self.sign(&statement, &text, &Key::find(signing.key.as_deref())?)?),
        };
        let written = attest::write(self.tree, &name, &text, signature.as_deref())?;
        written.iter().try_for_each(|path| self.session.output.result(&format!("{path}\n")))?;
        let Statement { subject, by, attested, .. } = &statement;
        self.session.output.note(&format!("{by}, of {}: {attested}\n", subject.digest));
        if signature.is_none() {
            let file = format!("attestations/{name}.json");
            self.session
                .output
                .note(&format!("it counts once {by} has signed it: ssh-keygen -Y sign -n signoff@fixgate -f KEY {file}\n"));
        }
        Ok(Exit::Success)
    }

    /// A signature that counts as the ledger stands: what was signed is looked at before it is written.
    fn sign(&self, statement: &Statement, text: &str, key: &Key) -> Result<String, Fault> {
        let signature = key.sign(text.as_bytes())?;
        let verified = self.ledger.signers.verify(&statement.by, statement.at, text.as_bytes(), &signature);
        verified.map_err(|why| Fault::harness(format!("what ssh-keygen made does not count: {why}")))?;
        Ok(signature)
    }
}

/// Whether nothing but the approval itself keeps a release from shipping.
fn would_ship(signoff: &Signoff) -> bool {
    let holds = |criterion: &fixgate_core::gate::CriterionResult| {
        criterion.state != CriterionState::Unsatisfied || criterion.id == Criterion::Signed
    };
    signoff.void.is_none() && signoff.criteria.iter().all(holds)
}

/// What a manual case asks for.
fn checklist(case: &ManualCase) -> String {
    let step = |(step, number): (&fixgate_core::manual::ManualStep, usize)| {
        format!("  {number}. {}\n     expect: {}\n", step.action.trim_end(), step.expect.trim_end())
    };
    format!("{}: {}\n{}", case.id, case.title, case.steps.iter().zip(1..).map(step).collect::<String>())
}
