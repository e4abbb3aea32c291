//! The little of CommonMark that our descriptions use: paragraphs, lists of `- `, and `` `code` ``.

use super::html::Html;

/// Writes a description.
pub(super) fn write(html: &mut Html, text: &str) {
    for block in text
        .split("\n\n")
        .map(str::trim)
        .filter(|block| !block.is_empty())
    {
        if block.starts_with("- ") {
            html.element("ul", &[("class", "prose")], |html| {
                for item in block.split("\n- ") {
                    html.element("li", &[], |html| inline(html, item.trim_start_matches("- ")));
                }
            });
        } else {
            html.element("p", &[], |html| inline(html, block));
        }
    }
}

/// Writes a line with its `` `code` ``. A sign without its partner is text.
pub(super) fn inline(html: &mut Html, text: &str) {
    let mut rest = text;
    while let Some((before, code, after)) = next_code(rest) {
        html.text(before);
        html.with_text("code", &[], code);
        rest = after;
    }
    html.text(rest);
}

fn next_code(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (code, after) = rest.split_once('`')?;
    Some((before, code, after))
}
