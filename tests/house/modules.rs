//! The files of a package, found by following `mod` from its root file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, Meta};

/// The modules of a package, without those that only tests have.
pub(crate) struct Package {
    root: PathBuf,
    /// Each module's file and parsed items, by the module's path.
    modules: BTreeMap<Vec<String>, Module>,
    /// Files of modules that only tests have, and their folders.
    test_files: Vec<PathBuf>,
}

/// A module in a file of its own.
pub(crate) struct Module {
    pub(crate) file: PathBuf,
    pub(crate) syntax: syn::File,
}

impl Package {
    /// Reads a package from its root file on.
    pub(crate) fn read(root: &Path) -> Self {
        let mut package = Package {
            root: root.to_owned(),
            modules: BTreeMap::new(),
            test_files: Vec::new(),
        };
        let folder = root
            .parent()
            .expect("the source tree is readable")
            .to_owned();
        package.read_file(Vec::new(), root.to_owned(), folder);
        package
    }

    fn read_file(&mut self, path: Vec<String>, file: PathBuf, folder: PathBuf) {
        let text =
            fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let syntax =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.read_items(&syntax.items, &path, &folder);
        self.modules.insert(path, Module { file, syntax });
    }

    fn read_items(&mut self, items: &[Item], path: &[String], folder: &Path) {
        for item in items {
            let Item::Mod(module) = item else { continue };
            let name = module.ident.to_string();
            let inner = folder.join(&name);
            let file = folder.join(format!("{name}.rs"));
            if is_test_only(&module.attrs) {
                self.test_files.extend([file, inner]);
                continue;
            }
            let path = [path, &[name]].concat();
            match &module.content {
                Some((_, items)) => self.read_items(items, &path, &inner),
                None => self.read_file(path, file, inner),
            }
        }
    }

    /// Returns each module's path with its file.
    pub(crate) fn modules(&self) -> impl Iterator<Item = (&[String], &Module)> {
        self.modules.iter().map(|(path, module)| (&**path, module))
    }

    /// Returns the module that holds what a path from the crate's root names, with the length
    /// of the module's own path.
    pub(crate) fn holder(&self, path: &[String]) -> (&Module, usize) {
        (0..=path.len())
            .rev()
            .find_map(|length| Some((self.modules.get(&path[..length])?, length)))
            .expect("a package has a root")
    }

    /// Returns whether a module has a file of its own.
    pub(crate) fn has(&self, path: &[String]) -> bool {
        self.modules.contains_key(path)
    }

    /// Returns the files of all modules.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.modules.values().map(|module| &*module.file)
    }

    /// Returns the Rust files beside the root file that no module leads to. The root file's own
    /// folder is left out where it holds programs.
    pub(crate) fn orphans(&self) -> impl Iterator<Item = PathBuf> {
        let mut orphans = Vec::new();
        let mut folders: Vec<PathBuf> = self
            .modules
            .keys()
            .filter_map(|path| path.first())
            .map(|name| self.root.with_file_name(name))
            .filter(|folder| folder.is_dir())
            .collect();
        folders.dedup();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("the source tree is readable") {
                let path = entry.expect("the source tree is readable").path();
                if self.test_files.iter().any(|test| path.starts_with(test)) {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs")
                    && !self.files().any(|file| file == path)
                {
                    orphans.push(path);
                }
            }
        }
        orphans.into_iter()
    }
}

/// Returns whether the attributes keep an item to tests.
pub(crate) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition == "test"
                || condition.starts_with("all (test ,")
                || condition.starts_with("all(test,")
        }
        Meta::Path(path) => path.is_ident("test"),
        _ => false,
    })
}
