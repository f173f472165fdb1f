//! Modules that a file imports.

use oxc_ast::ast::{
    CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression, ImportDeclaration,
    ImportDeclarationSpecifier, ImportExpression, ImportOrExportKind, StringLiteral,
    TSImportEqualsDeclaration, TSModuleReference,
};

use super::scope::Bound;
use super::value::{self, bare, span};
use super::walk::Reader;
use crate::facts::{Import, Need};
use crate::source::Span;

/// `import … from "module"`.
pub(super) fn declaration<'a>(reader: &mut Reader<'a>, import: &'a ImportDeclaration<'a>) {
    let module = import.source.value.as_str();
    let mut types = import.import_kind == ImportOrExportKind::Type;
    if let Some(specifiers) = &import.specifiers {
        for specifier in specifiers {
            let (inner, local) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(it) => (it.imported.name().as_str(), &it.local),
                ImportDeclarationSpecifier::ImportDefaultSpecifier(it) => ("default", &it.local),
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(it) => ("*", &it.local),
            };
            reader.scope.declare(local.name.as_str(), Bound::Module(module, inner));
        }
        types |= !specifiers.is_empty()
            && specifiers.iter().all(|specifier| match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(it) => it.import_kind == ImportOrExportKind::Type,
                _ => false,
            });
    }
    push(reader, span(import), &import.source, types.then_some(Need::Types));
}

/// `export { … } from "module"`.
pub(super) fn export_from(reader: &mut Reader<'_>, export: &ExportFromDeclaration<'_>) {
    if let Some(trials) = &mut reader.trials {
        for specifier in &export.specifiers {
            let (inner, name) = (specifier.local.name(), specifier.exported.name());
            trials.hands_on(name.as_str(), inner.as_str(), export.source.value.as_str());
        }
    }
    push(reader, span(export), &export.source, types(export.export_kind));
}

/// `export * from "module"`.
pub(super) fn export_all(reader: &mut Reader<'_>, export: &ExportAllDeclaration<'_>) {
    if let Some(trials) = &mut reader.trials
        && export.exported.is_none()
    {
        trials.hands_on("*", "*", export.source.value.as_str());
    }
    push(reader, span(export), &export.source, types(export.export_kind));
}

/// `import name = require("module")`.
pub(super) fn equals<'a>(reader: &mut Reader<'a>, import: &'a TSImportEqualsDeclaration<'a>) {
    if let TSModuleReference::ExternalModuleReference(reference) = &import.module_reference {
        let module = reference.expression.value.as_str();
        reader.scope.declare(import.id.name.as_str(), Bound::Module(module, "*"));
        push(reader, span(import), &reference.expression, types(import.import_kind));
    }
}

/// `import("module")`.
pub(super) fn expression(reader: &mut Reader<'_>, import: &ImportExpression<'_>) {
    if let Expression::StringLiteral(module) = bare(&import.source) {
        push(reader, span(import), module, None);
    }
}

/// `require("module")`, `require.resolve("module")`.
pub(super) fn call<'a>(reader: &mut Reader<'a>, call: &'a CallExpression<'a>) {
    let required = match bare(&call.callee) {
        Expression::Identifier(callee) => callee.name.as_str() == "require" && reader.scope.find("require").is_none(),
        callee => value::member(callee).is_some_and(|member| {
            value::property(member) == Some("resolve")
                && matches!(bare(member.object()), Expression::Identifier(object) if object.name.as_str() == "require")
        }),
    };
    if !required {
        return;
    }
    if let Some(Expression::StringLiteral(module)) = value::argument(&call.arguments, 0).map(bare) {
        push(reader, span(call), module, None);
    }
}

fn types(kind: ImportOrExportKind) -> Option<Need> {
    (kind == ImportOrExportKind::Type).then_some(Need::Types)
}

/// `need` is what the form of the import says; where it says nothing, what stands around it does.
fn push(reader: &mut Reader<'_>, span: Span, module: &StringLiteral<'_>, need: Option<Need>) {
    if module.value.as_str().is_empty() {
        return;
    }
    let need = need.unwrap_or_else(|| {
        if reader.tries > 0 {
            Need::Tried
        } else if reader.late > 0 || reader.is_waived(span) {
            Need::Late
        } else {
            Need::Firm
        }
    });
    reader.facts.imports.push(Import { span, module: module.value.to_string(), need });
}
