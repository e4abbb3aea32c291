//! Pages of lists: how many items, and where the page before ended.
//!
//! A cursor is a position with a sum of ours over it and over the list's name, so that nobody makes one up, and none
//! is taken for one of another list.

use data_encoding::BASE64URL_NOPAD;

use crate::app::App;
use crate::problem::Problem;

/// The most items of one page. Memory and time of an answer stay small, however long the list is.
pub(crate) const PAGE_MAX: u32 = 200;

/// Items of a page when nobody says how many: a screenful.
const PAGE_DEFAULT: u32 = 50;

/// The longest cursor, in characters: the name of an account (128 bytes) with its sum, in base64url.
const CURSOR_MAX: usize = 256;

/// A page that is asked for.
pub(super) struct Page {
    /// How many items at the most.
    pub(super) limit: u32,
    /// The position of the last item of the page before; `None`: the list from its beginning.
    pub(super) after: Option<Vec<u8>>,
}

impl Page {
    /// Reads `limit` and `cursor` for the list of that name.
    ///
    /// # Errors
    /// 400 when the limit is not from 1 to [`PAGE_MAX`], or the cursor was not given for this list.
    pub(super) fn read(
        app: &App,
        list: &str,
        limit: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<Self, Problem> {
        let limit = limit.map_or(Ok(PAGE_DEFAULT), parse_limit)?;
        let after = cursor
            .map(|cursor| open(app, list, cursor).ok_or_else(not_ours))
            .transpose()?;
        Ok(Self { limit, after })
    }

    /// The position as what it is in this list.
    ///
    /// # Errors
    /// 400 when it is none: a cursor of ours always is one.
    pub(super) fn position<P>(&self, read: impl FnOnce(&[u8]) -> Option<P>) -> Result<Option<P>, Problem> {
        self.after
            .as_deref()
            .map(|after| read(after).ok_or_else(not_ours))
            .transpose()
    }

    /// Cuts what was found for a page of one item more than asked for; what is left is the page, and whether there
    /// is another one.
    pub(super) fn cut<T>(&self, found: &mut Vec<T>) -> bool {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        more
    }
}

/// The cursor behind an item at that position of the list.
pub(super) fn cursor(app: &App, list: &str, position: &[u8]) -> String {
    BASE64URL_NOPAD.encode(&app.symbolon().seal_cursor(list, position))
}

fn open(app: &App, list: &str, cursor: &str) -> Option<Vec<u8>> {
    if cursor.len() > CURSOR_MAX {
        return None;
    }
    let sealed = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
    app.symbolon().open_cursor(list, &sealed).map(<[u8]>::to_vec)
}

fn parse_limit(text: &str) -> Result<u32, Problem> {
    let limit = text.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
    limit.ok_or_else(|| Problem::invalid_request(format!("limit must be a number from 1 to {PAGE_MAX}")))
}

fn not_ours() -> Problem {
    Problem::invalid_request("cursor must be the next of a page of this list")
}
