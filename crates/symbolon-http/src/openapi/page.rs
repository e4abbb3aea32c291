//! The contract as a page: everything is written here, so that it can be read without the script, which adds the
//! filter and the forms.

mod answers;
mod example;
mod form;
mod html;
mod kind;
mod limits;
mod operation;
mod prose;
mod schema;

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::SecurityScheme;
use utoipa::openapi::tag::Tag;
use utoipa::openapi::{Components, OpenApi, RefOr};

use super::assets::{SCRIPT, STYLE};
use super::complete::operations;
use html::Html;
use operation::Entry;

/// Writes the page of a completed document.
pub(super) fn write(document: &OpenApi) -> String {
    let none = Components::default();
    let components = document.components.as_ref().unwrap_or(&none);
    let entries: Vec<Entry<'_>> = entries(document, components);
    let mut html = Html::default();
    head(&mut html, document);
    html.element("div", &[("class", "page")], |html| {
        html.element("nav", &[("aria-label", "Operations")], |html| {
            contents(html, document, &entries);
        });
        html.element("main", &[("id", "main")], |html| {
            about(html, document, components);
            for tag in document.tags.iter().flatten() {
                group(html, tag, &entries);
            }
        });
    });
    html.markup("</body></html>\n");
    html.finish()
}

fn entries<'d>(document: &'d OpenApi, components: &'d Components) -> Vec<Entry<'d>> {
    let mut entries: Vec<Entry<'d>> = Vec::new();
    for (path, item) in &document.paths.paths {
        for (method, operation) in operations(item) {
            match entries.last_mut() {
                Some(last) if last.path == path && same(last.operation, operation) => {
                    last.methods.push(method);
                }
                _ => entries.push(Entry {
                    path,
                    methods: vec![method],
                    operation,
                    components,
                }),
            }
        }
    }
    entries
}

/// Whether two operations are of one handler.
fn same(one: &Operation, other: &Operation) -> bool {
    one.summary == other.summary && one.description == other.description && one.responses == other.responses
}

fn head(html: &mut Html, document: &OpenApi) {
    html.markup("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    html.markup("<meta name=\"color-scheme\" content=\"light dark\">");
    html.with_text("title", &[], &format!("{} API", document.info.title));
    html.open("link", &[("rel", "icon"), ("href", "data:,")]);
    html.open("link", &[("rel", "stylesheet"), ("href", &STYLE.path())]);
    html.element("script", &[("src", &SCRIPT.path()), ("defer", "")], |_| {});
    html.markup("</head><body><a class=\"skip\" href=\"#main\">Skip to the operations</a><header>");
    html.element("a", &[("class", "title"), ("href", "#")], |html| {
        html.text(&document.info.title);
        html.with_text("span", &[], &format!("API {}", document.info.version));
    });
    html.markup(
        "<input type=\"search\" id=\"filter\" placeholder=\"Filter\" aria-label=\"Filter the operations\" hidden>\
         <input type=\"password\" id=\"token\" placeholder=\"Token\" aria-label=\"Token\" \
         autocomplete=\"off\" spellcheck=\"false\" hidden>\
         <a href=\"/openapi.json\">openapi.json</a></header>",
    );
}

/// Writes the list of operations by group.
fn contents(html: &mut Html, document: &OpenApi, entries: &[Entry<'_>]) {
    html.element("details", &[("open", "")], |html| {
        html.markup("<summary>Operations</summary>");
        for tag in document.tags.iter().flatten() {
            html.element("section", &[], |html| {
                html.with_text("h2", &[], &tag.name);
                html.element("ul", &[], |html| links(html, of_group(entries, tag)));
            });
        }
    });
}

fn links<'e>(html: &mut Html, entries: impl Iterator<Item = &'e Entry<'e>>) {
    for entry in entries {
        html.element("li", &[], |html| link(html, entry));
    }
}

fn link(html: &mut Html, entry: &Entry<'_>) {
    html.element("a", &[("href", &format!("#{}", entry.anchor()))], |html| {
        operation::method(html, entry.sign());
        html.element("span", &[("class", "path")], |html| {
            operation::path(html, entry.path);
        });
    });
}

/// Writes what is true of all operations.
fn about(html: &mut Html, document: &OpenApi, components: &Components) {
    html.element("section", &[("class", "intro")], |html| {
        html.with_text("h1", &[], &format!("{} API", document.info.title));
        if let Some(text) = &document.info.description {
            prose::write(html, text);
        }
        html.markup("<h2>Proof</h2><dl>");
        for (name, scheme) in &components.security_schemes {
            html.with_text(
                "dt",
                &[("id", &format!("proof-{name}"))],
                operation::proof_name(name),
            );
            html.element("dd", &[], |html| prose::write(html, about_scheme(scheme)));
        }
        html.markup("</dl>");
    });
}

fn about_scheme(scheme: &RefOr<SecurityScheme>) -> &str {
    let RefOr::T(scheme) = scheme else { return "" };
    let text = match scheme {
        SecurityScheme::Http(http) => http.description.as_deref(),
        _ => None,
    };
    text.unwrap_or_default()
}

fn group(html: &mut Html, tag: &Tag, entries: &[Entry<'_>]) {
    html.element("section", &[("class", "group")], |html| {
        html.with_text("h2", &[], &tag.name);
        if let Some(text) = &tag.description {
            prose::write(html, text);
        }
        for entry in of_group(entries, tag) {
            entry.write(html);
        }
    });
}

fn of_group<'e, 'd>(entries: &'e [Entry<'d>], tag: &Tag) -> impl Iterator<Item = &'e Entry<'d>> {
    entries.iter().filter(move |entry| {
        entry
            .operation
            .tags
            .iter()
            .flatten()
            .any(|name| *name == tag.name)
    })
}
