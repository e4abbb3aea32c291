//! What an operation answers.

use utoipa::openapi::{RefOr, Response};

use super::html::Html;
use super::operation::{Entry, first};
use super::{prose, schema};
use crate::problem::PROBLEM_JSON;

impl<'d> Entry<'d> {
    /// Writes the good answers with their bodies, then the refusals in a line each.
    pub(super) fn answers(&self, html: &mut Html) {
        let all = self.operation.responses.responses.iter();
        let all = all.filter_map(|(status, response)| Some((status.as_str(), self.resolve(response)?)));
        let (refusals, good): (Vec<_>, Vec<_>) = all.partition(|(_, response)| is_problem(response));
        html.markup("<h4>Answers</h4>");
        for (status, response) in good {
            html.element("div", &[("class", "answer")], |html| {
                status_line(html, status, response);
                if let Some((media, content)) = first(&response.content) {
                    html.with_text("span", &[("class", "media")], media);
                    self.content(html, content, schema::Side::Answered);
                }
                headers(html, response);
            });
        }
        html.element("details", &[("class", "refusals")], |html| {
            html.with_text("summary", &[], &format!("Refusals: {}", statuses(&refusals)));
            for (status, response) in refusals {
                html.element("div", &[("class", "answer")], |html| {
                    status_line(html, status, response);
                    code_of(html, response);
                });
            }
        });
    }

    fn resolve(&self, response: &'d RefOr<Response>) -> Option<&'d Response> {
        match response {
            RefOr::T(response) => Some(response),
            RefOr::Ref(reference) => {
                let name = reference.ref_location.rsplit('/').next()?;
                match self.components.responses.get(name)? {
                    RefOr::T(response) => Some(response),
                    RefOr::Ref(_) => None,
                }
            }
        }
    }
}

/// Writes the headers of an answer that are its own.
fn headers(html: &mut Html, response: &Response) {
    if response.headers.is_empty() {
        return;
    }
    html.element("ul", &[("class", "fields")], |html| {
        for (name, header) in &response.headers {
            let RefOr::T(header) = header else { continue };
            html.element("li", &[], |html| {
                html.with_text("code", &[("class", "name")], name);
                html.with_text("span", &[("class", "place")], "header");
                prose::write(html, header.description.as_deref().unwrap_or_default());
            });
        }
    });
}

fn is_problem(response: &Response) -> bool {
    response.content.contains_key(PROBLEM_JSON)
}

fn status_line(html: &mut Html, status: &str, response: &Response) {
    let class = status.get(..1).unwrap_or_default();
    html.with_text("span", &[("class", "status"), ("data-class", class)], status);
    html.element("span", &[("class", "meaning")], |html| {
        prose::inline(html, &response.description);
    });
}

/// Writes the code of a problem, unless its description names it.
fn code_of(html: &mut Html, response: &Response) {
    let content = response.content.get(PROBLEM_JSON);
    let Some(RefOr::T(content)) = content else { return };
    let code = content
        .example
        .as_ref()
        .and_then(|example| example.get("code")?.as_str());
    if let Some(code) = code.filter(|code| !response.description.contains(&format!("`{code}`"))) {
        html.with_text("code", &[], code);
    }
}

fn statuses(refusals: &[(&str, &Response)]) -> String {
    refusals
        .iter()
        .map(|(status, _)| *status)
        .collect::<Vec<_>>()
        .join(" ")
}
