//! The floors of a package: which of its top modules may import from which.

use std::collections::{BTreeMap, BTreeSet};

use crate::modules::Package;
use crate::{graph, shown};

/// The top modules of each floor, the lowest floor first.
pub(crate) type Floors = Vec<Vec<String>>;

/// Reads a package's floors: in the lines of the code block after "floors", its own begins
/// with the package's name and a colon, and `<` stands between floors. A line that begins with
/// a blank goes on.
pub(crate) fn of(architecture: &str, package: &str) -> Option<Floors> {
    let block = architecture
        .split("```floors\n")
        .nth(1)?
        .split("```")
        .next()?;
    let joined = block.replace("\n ", " ");
    let line = joined
        .lines()
        .find_map(|line| line.strip_prefix(package)?.strip_prefix(':'))?;
    let floor = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    Some(line.split('<').map(floor).collect())
}

/// Returns the line that puts each top module as low as its imports allow.
pub(crate) fn suggested(package: &Package, name: &str) -> String {
    let mut tops = BTreeMap::new();
    for (path, module) in package.modules() {
        if let Some(top) = path.first() {
            tops.insert(module.file.clone(), top.clone());
        }
    }
    let mut below: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let imports = graph::imports(package);
    for (file, imported) in &imports {
        let Some(top) = tops.get(file) else { continue };
        let found = below.entry(top).or_default();
        found.extend(
            imported
                .keys()
                .filter_map(|other| tops.get(other))
                .map(|other| &**other),
        );
        found.remove(&**top);
    }
    let mut floors: Vec<Vec<&str>> = Vec::new();
    while !below.is_empty() {
        let lowest: Vec<&str> = below
            .iter()
            .filter(|(_, others)| others.iter().all(|other| !below.contains_key(other)))
            .map(|(top, _)| *top)
            .collect();
        if lowest.is_empty() {
            return format!("{name}: its top modules make a circle");
        }
        below.retain(|top, _| !lowest.contains(top));
        floors.push(lowest);
    }
    let floors: Vec<String> = floors.iter().map(|floor| floor.join(" ")).collect();
    format!("{name}: {}", floors.join(" < "))
}

/// Returns the imports that do not lead down, and the modules that are on no floor or gone.
pub(crate) fn broken(package: &Package, floors: &Floors, name: &str) -> Vec<String> {
    let mut broken = Vec::new();
    let mut floor_of = BTreeMap::new();
    for (floor, modules) in floors.iter().enumerate() {
        for module in modules {
            if floor_of.insert(module.as_str(), floor).is_some() {
                broken.push(format!("{name}: {module} is on two floors"));
            }
        }
    }
    let mut top_of = BTreeMap::new();
    for (path, module) in package.modules() {
        if let Some(top) = path.first() {
            top_of.insert(module.file.clone(), top.as_str());
        }
    }
    for module in floor_of.keys() {
        if !top_of.values().any(|top| top == module) {
            broken.push(format!("{name}: there is no module {module}"));
        }
    }
    for (file, imported) in graph::imports(package) {
        let Some(top) = top_of.get(&file) else {
            continue;
        };
        let Some(floor) = floor_of.get(top) else {
            broken.push(format!("{}: {top} is on no floor", shown(&file)));
            continue;
        };
        for (other, names) in imported {
            let names = names.join(", ");
            match top_of.get(&other) {
                None => broken.push(format!(
                    "{} takes {names} from the crate's root",
                    shown(&file)
                )),
                Some(below) if below == top => {}
                Some(below) if floor_of.get(below).is_some_and(|below| below < floor) => {}
                Some(_) => broken.push(format!(
                    "{} takes {names} from {}",
                    shown(&file),
                    shown(&other)
                )),
            }
        }
    }
    broken
}

#[test]
fn floors_are_read_from_their_line() {
    let text =
        "# Floors\n\n```floors\nwire: error\n  limits < value < decode encode\nclient: a\n```\n";
    let wire = [
        vec!["error", "limits"],
        vec!["value"],
        vec!["decode", "encode"],
    ];
    assert_eq!(of(text, "wire").unwrap(), wire);
    assert_eq!(of(text, "client").unwrap(), [["a"]]);
    assert_eq!(of(text, "server"), None);
}
