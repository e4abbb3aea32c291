//! What the layers below say of their own faults, in the other languages.
//!
//! Their errors are English, and often arrive as text alone: from the operating system, from a library, or from a server
//! over its socket. So a text is found by its letters: the table has each as it is written there, with names in braces
//! for what differs. What is not in the table, such as the words of a database server, is repeated as it came.

mod texts;

use std::fmt::Display;

#[cfg(test)]
pub(crate) use texts::ALL;
use texts::TABLE;

use super::{Sayable, Value, next_name};
use crate::config::tree::Locale;

/// A text of a layer below as a value that can be said in each language.
pub(crate) fn said(text: &(impl Display + ?Sized)) -> Value {
    value_of(&text.to_string())
}

/// A text of a layer below in a language.
pub(crate) fn say(text: &(impl Display + ?Sized), locale: Locale) -> String {
    said(text).say(locale)
}

fn value_of(text: &str) -> Value {
    headed(text)
        .or_else(|| known(text))
        .or_else(|| compound(text))
        .unwrap_or_else(|| Value::Plain(text.to_owned()))
}

/// `open the store: …`: a row that is a head with its reason, where the reason is of a row of its own. It comes before the
/// others: a row that begins with a name would take the head for a part of that name.
fn headed(text: &str) -> Option<Value> {
    TABLE.iter().find_map(|row| {
        let (head, name, _) = next_name(row.get(Locale::En)).filter(|(_, _, after)| after.is_empty())?;
        let why = text.strip_prefix(head).filter(|_| head.ends_with(": "))?;
        let why = headed(why).or_else(|| known(why))?;
        Some(Value::Said(row.with(&[(name, &why)])))
    })
}

/// The row of the table that a text is of, with the values taken out of the text: of several, the one with the most
/// letters of its own.
fn known(text: &str) -> Option<Value> {
    let rows = TABLE
        .iter()
        .filter_map(|row| Some((row, values_of(row.get(Locale::En), text)?)));
    let (row, values) = rows.max_by_key(|(row, _)| own_letters(row.get(Locale::En)))?;
    let values: Vec<(&'static str, Value)> = values
        .into_iter()
        .map(|(name, value)| (name, value_of(value)))
        .collect();
    let values: Vec<(&'static str, &dyn Sayable)> = values
        .iter()
        .map(|(name, value)| (*name, value as &dyn Sayable))
        .collect();
    Some(Value::Said(row.with(&values)))
}

fn own_letters(mut row: &str) -> usize {
    let mut letters = 0;
    while let Some((before, _, after)) = next_name(row) {
        letters += before.len();
        row = after;
    }
    letters + row.len()
}

/// `new: the password is …`: a name or a place, and a text of the table.
fn compound(text: &str) -> Option<Value> {
    text.match_indices(": ").find_map(|(at, mark)| {
        let why = known(&text[at + mark.len()..])?;
        let field = &text[..at];
        Some(Value::Said(
            texts::OF_FIELD.with(&[("field", &field), ("why", &why)]),
        ))
    })
}

/// The values of the names of a row in a text, if it is of that row. Where what stands between the last two values occurs
/// several times, the last value is taken as the table knows it, else as long as it can be.
fn values_of<'t>(row: &'static str, text: &'t str) -> Option<Vec<(&'static str, &'t str)>> {
    let Some((before, name, after)) = next_name(row) else {
        return (row == text).then(Vec::new);
    };
    let rest = text.strip_prefix(before)?;
    let Some((between, _, tail)) = next_name(after) else {
        let value = rest.strip_suffix(after)?;
        return Some(vec![(name, value)]);
    };
    let is_last = next_name(tail).is_none();
    let mut splits = rest.match_indices(between).filter_map(|(at, _)| {
        let mut values = vec![(name, &rest[..at])];
        values.extend(values_of(after, &rest[at..])?);
        Some(values)
    });
    let first = splits.next()?;
    let is_known = |values: &Vec<(_, &str)>| values.last().is_some_and(|(_, value)| known(value).is_some());
    if !is_last || is_known(&first) {
        return Some(first);
    }
    Some(splits.find(is_known).unwrap_or(first))
}

#[cfg(test)]
mod tests;
