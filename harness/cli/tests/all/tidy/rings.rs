//! Modules that import each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::scanner::{Tests, paths, words};
use super::{read, rust_files, shown};

/// Each import of one module by another that leads back to it, where both are declared by the same module.
pub(super) fn rings(src: &Path) -> Vec<String> {
    let modules: BTreeMap<Vec<String>, PathBuf> = rust_files(src)
        .into_iter()
        .map(|path| (module_of(path.strip_prefix(src).unwrap()), path))
        .filter(|(module, _)| module.last().is_none_or(|name| name != "tests"))
        .collect();
    let mut imports: BTreeMap<(Vec<String>, Vec<String>), String> = BTreeMap::new();
    for (module, path) in &modules {
        for named in paths(&words(&read(path), Tests::Dropped)) {
            let Some(target) = resolved(module, &named, &modules) else { continue };
            let shared = module.iter().zip(&target).take_while(|(one, other)| one == other).count();
            if shared < module.len() && shared < target.len() {
                let pair = (module[..=shared].to_vec(), target[..=shared].to_vec());
                imports.entry(pair).or_insert_with(|| format!("{} names `{}`", shown(path), named.join("::")));
            }
        }
    }
    let leads = |from: &Vec<String>, to: &Vec<String>| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(module) = open.pop() {
            open.extend(
                imports.keys().filter(|(one, _)| one == module).map(|(_, other)| other).filter(|other| seen.insert(*other)),
            );
        }
        seen.contains(to)
    };
    imports.iter().filter(|((one, other), _)| leads(other, one)).map(|(_, told)| told.clone()).collect()
}

/// The module of a file below `src`.
fn module_of(path: &Path) -> Vec<String> {
    let module: Vec<String> = path.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if ["lib", "main"].contains(&module[0].as_str()) { Vec::new() } else { module }
}

/// The module that a path names, or that declares what it names.
fn resolved(from: &[String], path: &[String], modules: &BTreeMap<Vec<String>, PathBuf>) -> Option<Vec<String>> {
    let mut target = if path[0] == "crate" { Vec::new() } else { from.to_vec() };
    for name in path {
        match name.as_str() {
            "crate" | "self" => {}
            "super" => drop(target.pop()),
            name => target.push(name.to_owned()),
        }
    }
    while !target.is_empty() && !modules.contains_key(&target) {
        target.pop();
    }
    (!target.is_empty()).then_some(target)
}
