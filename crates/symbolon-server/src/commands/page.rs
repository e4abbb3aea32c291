use serde_json::{Value as Json, json};

use super::Desk;
use crate::exit::Failure;
use crate::messages::terminal as text;
use crate::transport::{Call, encoded};

/// The most items of one page of the API.
const PAGE_MAX: u32 = 200;

/// A list that was read page by page.
pub(super) struct Listed {
    pub(super) items: Vec<Json>,
    /// Whether there are more than were asked for.
    pub(super) more: bool,
}

impl Desk<'_> {
    /// Reads a list, at the most `limit` items of it. `path` may have a query.
    pub(super) async fn list(&self, path: &str, limit: Option<u32>) -> Result<Listed, Failure> {
        let progress = self
            .terminal
            .progress(text::WAIT_LIST.get(self.terminal.locale), limit.map(u64::from));
        let mut items: Vec<Json> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let left = limit.map_or(PAGE_MAX, |limit| limit - saturated(items.len()));
            let page = self
                .ask(Call::get(page_path(path, left.min(PAGE_MAX), cursor.as_deref())))
                .await?;
            items.extend(
                page.get("items")
                    .and_then(Json::as_array)
                    .into_iter()
                    .flatten()
                    .cloned(),
            );
            progress.at(items.len() as u64);
            cursor = page.get("next").and_then(Json::as_str).map(str::to_owned);
            let full = limit.is_some_and(|limit| saturated(items.len()) >= limit);
            if cursor.is_none() || full {
                return Ok(Listed {
                    items,
                    more: cursor.is_some(),
                });
            }
        }
    }

    /// Shows a list: as one object for programs, as a table for people.
    pub(super) fn show<const N: usize>(
        &self,
        listed: &Listed,
        header: [&str; N],
        row: impl Fn(&Json) -> [String; N],
    ) -> Result<(), Failure> {
        let terminal = self.terminal;
        if terminal.json {
            return terminal.print_json(&json!({ "items": listed.items }));
        }
        if listed.items.is_empty() {
            terminal.tell(text::NONE.get(terminal.locale));
            return Ok(());
        }
        terminal.print_table(header, listed.items.iter().map(row))?;
        if listed.more {
            terminal.tell(text::MORE.get(terminal.locale));
        }
        Ok(())
    }
}

fn page_path(path: &str, limit: u32, cursor: Option<&str>) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    let cursor = cursor.map_or(String::new(), |cursor| format!("&cursor={}", encoded(cursor)));
    format!("{path}{joint}limit={limit}{cursor}")
}

fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::page_path;

    #[test]
    fn a_page_is_asked_for_behind_the_query_that_is_there() {
        assert_eq!(page_path("/v1/a", 200, None), "/v1/a?limit=200");
        assert_eq!(
            page_path("/v1/a?state=any", 5, Some("x=")),
            "/v1/a?state=any&limit=5&cursor=x%3D"
        );
    }
}
