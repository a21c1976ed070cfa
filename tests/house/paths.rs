//! The paths that a module's code names, from the crate's root.

use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, UseTree};

use crate::modules::{Module, Package, is_test_only};

/// Returns the paths within its own crate that a module names, tests apart.
pub(crate) fn named(package: &Package, path: &[String], module: &Module) -> Vec<Vec<String>> {
    let mut names = Names {
        package,
        scope: path.to_vec(),
        found: Vec::new(),
    };
    names.visit_file(&module.syntax);
    names.found
}

struct Names<'p> {
    package: &'p Package,
    /// The module that is being read: an inline one has no file of its own.
    scope: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Names<'_> {
    /// Takes a path as written, if it leads into this crate.
    fn take(&mut self, written: &[String]) {
        let Some(first) = written.first() else { return };
        let mut base = self.scope.clone();
        let rest = match &**first {
            "crate" => {
                base.clear();
                &written[1..]
            }
            "self" => &written[1..],
            "super" => {
                let ups = written.iter().take_while(|part| *part == "super").count();
                base.truncate(base.len().saturating_sub(ups));
                &written[ups..]
            }
            // A child is named without `self`.
            name => {
                let child = [&*base, &[name.to_owned()]].concat();
                if !self.package.has(&child) {
                    return;
                }
                written
            }
        };
        base.extend_from_slice(rest);
        self.found.push(base);
    }

    fn take_tree(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: String| [before, &[name]].concat();
        match tree {
            UseTree::Path(path) => self.take_tree(&path.tree, &with(path.ident.to_string())),
            UseTree::Name(name) if name.ident == "self" => self.take(before),
            UseTree::Name(name) => self.take(&with(name.ident.to_string())),
            UseTree::Rename(name) if name.ident == "self" => self.take(before),
            UseTree::Rename(name) => self.take(&with(name.ident.to_string())),
            UseTree::Glob(_) => self.take(&with("*".to_owned())),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.take_tree(tree, before);
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test_only(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Fn(function) => &*function.attrs,
            _ => &[],
        };
        if !is_test_only(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if module.content.is_some() {
            self.scope.push(module.ident.to_string());
            visit::visit_item_mod(self, module);
            self.scope.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.take_tree(&item.tree, &[]);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let written: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        // A single name was imported, and `Self` is no path.
        if written.len() > 1 {
            self.take(&written);
        }
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {
        // `pub(in crate::a)` takes nothing from there.
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

fn attributes(item: &syn::Item) -> &[Attribute] {
    use syn::Item::*;
    match item {
        Const(item) => &item.attrs,
        Enum(item) => &item.attrs,
        Fn(item) => &item.attrs,
        Impl(item) => &item.attrs,
        Macro(item) => &item.attrs,
        Mod(item) => &item.attrs,
        Static(item) => &item.attrs,
        Struct(item) => &item.attrs,
        Trait(item) => &item.attrs,
        Type(item) => &item.attrs,
        Use(item) => &item.attrs,
        _ => &[],
    }
}
