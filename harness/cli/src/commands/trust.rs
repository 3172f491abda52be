//! `fixgate trust`

use fixgate_core::release::{Needs, Release};
use fixgate_engine::build::Permission;
use fixgate_engine::fault::Fault;
use fixgate_engine::{builds, packs, trust};

use crate::arguments::Trust;
use crate::exit::Exit;
use crate::session::Session;

/// Something that does not run before a person says so.
struct Asked<'l> {
    name: String,
    recipe: &'l [String],
    needs: Needs,
    permission: Permission,
}

/// Shows what recipes run and why that needs a person's word, and keeps it once there is one.
pub(super) fn trust(session: &Session, arguments: &Trust) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let release = |release: &'_ Release| builds::permission_of(&tree, &ledger, release);
    let mut asked = Vec::new();
    for release_record in ledger.train.releases() {
        let needs = ledger.project.recipes.and(&release_record.needs);
        let (name, recipe) = (release_record.name.to_string(), &*release_record.recipe);
        asked.push(Asked { name, recipe, needs, permission: release(release_record)? });
    }
    for pack in &ledger.packs {
        let Some(build) = &pack.build else { continue };
        let permission = packs::permission_of(&tree, &pack.name, build)?;
        asked.push(Asked { name: pack.name.to_string(), recipe: &build.recipe, needs: build.needs.clone(), permission });
    }
    if let Some(unknown) = arguments.names.iter().find(|name| !asked.iter().any(|asked| asked.name == **name)) {
        return Err(Fault::usage(format!("`{unknown}` is neither a release nor a pack with a build")));
    }
    let is_meant = |asked: &&Asked<'_>| arguments.names.is_empty() || arguments.names.contains(&asked.name);
    let mut open = 0;
    for asked in asked.iter().filter(is_meant) {
        let Some(why) = asked.permission.why else { continue };
        let is_known = trust::is_trusted(asked.permission.digest);
        let state = match (is_known, arguments.yes) {
            (true, _) => "trusted already",
            (false, true) => "trusted from now on",
            (false, false) => "not trusted",
        };
        let needs = Some(asked.needs.to_string()).filter(|needs| !needs.is_empty());
        let text = format!(
            "{}: {state}\n  runs: {}\n  asked since {why}\n  may reach: {}\n  confined: {}\n",
            asked.name,
            asked.recipe.join(" "),
            needs.unwrap_or_else(|| "nothing but the system, this test product and its own output".to_owned()),
            asked.permission.confinement.meaning(),
        );
        session.output.result(&text)?;
        if !is_known && arguments.yes {
            trust::add(asked.permission.digest, &format!("{} of {}", asked.name, tree.root()))?;
        }
        open += usize::from(!is_known && !arguments.yes);
    }
    if open > 0 {
        let names: String = arguments.names.iter().map(|name| format!(" {name}")).collect();
        session.output.note(&format!("nothing was changed; if this may run: fixgate trust{names} --yes\n"));
    } else if !asked.iter().filter(is_meant).any(|asked| asked.permission.why.is_some()) {
        session.output.result("no recipe needs your word: each is kept from everything of yours\n")?;
    }
    Ok(Exit::found(open > 0))
}
