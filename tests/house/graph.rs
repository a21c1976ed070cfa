//! The graph of imports between the files of a package, and its circles.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::modules::Package;
use crate::paths;

/// The names that each file takes from each other file of its package.
pub(crate) type Imports = BTreeMap<PathBuf, BTreeMap<PathBuf, Vec<String>>>;

/// Reads the imports of a package.
pub(crate) fn imports(package: &Package) -> Imports {
    let mut imports = Imports::new();
    for (path, module) in package.modules() {
        let from = imports.entry(module.file.clone()).or_default();
        for named in paths::named(package, path, module) {
            let (holder, length) = package.holder(&named);
            if holder.file == module.file {
                continue;
            }
            let name = match named.get(length) {
                Some(item) => item.clone(),
                None => "the module".to_owned(),
            };
            let names = from.entry(holder.file.clone()).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    imports
}

/// Returns the circles of a graph: for each set of files that reach one another, its arrows.
pub(crate) fn circles(imports: &Imports) -> Vec<Vec<(PathBuf, PathBuf)>> {
    let reach: BTreeMap<&PathBuf, Vec<&PathBuf>> = imports
        .keys()
        .map(|file| (file, reachable(imports, file)))
        .collect();
    let both_ways = |a: &PathBuf, b: &PathBuf| reach[a].contains(&b) && reach[b].contains(&a);
    let mut circles = Vec::new();
    let mut seen: Vec<&PathBuf> = Vec::new();
    for file in imports.keys() {
        if seen.contains(&file) {
            continue;
        }
        let members: Vec<&PathBuf> = imports
            .keys()
            .filter(|other| both_ways(file, other))
            .collect();
        seen.extend(&members);
        let arrows: Vec<_> = members
            .iter()
            .flat_map(|from| imports[*from].keys().map(move |to| (*from, to)))
            .filter(|(_, to)| members.contains(to))
            .map(|(from, to)| (from.clone(), to.clone()))
            .collect();
        if !arrows.is_empty() {
            circles.push(arrows);
        }
    }
    circles
}

fn reachable<'g>(imports: &'g Imports, from: &PathBuf) -> Vec<&'g PathBuf> {
    let mut found: Vec<&PathBuf> = Vec::new();
    let mut next: Vec<&PathBuf> = imports[from].keys().collect();
    while let Some(file) = next.pop() {
        if !found.contains(&file) {
            found.push(file);
            next.extend(imports[file].keys());
        }
    }
    found
}

#[test]
fn a_circle_is_found_with_its_arrows() {
    let graph = |arrows: &[(&str, &str)]| {
        let mut imports = Imports::new();
        for (from, to) in arrows {
            imports.entry(to.into()).or_default();
            let from = imports.entry(from.into()).or_default();
            from.insert(to.into(), vec!["x".to_owned()]);
        }
        imports
    };
    let none = graph(&[("lib", "a"), ("lib", "b"), ("a", "b")]);
    assert_eq!(circles(&none), Vec::<Vec<_>>::new());
    let one = graph(&[("lib", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]);
    let arrow = |from: &str, to: &str| (PathBuf::from(from), PathBuf::from(to));
    assert_eq!(
        circles(&one),
        [[arrow("a", "b"), arrow("b", "c"), arrow("c", "a")]]
    );
}
