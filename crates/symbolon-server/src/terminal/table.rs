use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

use super::Terminal;
use crate::exit::Failure;
use crate::messages::heads::head;

impl Terminal {
    /// Prints rows under a header: with lines and fitted to the width on a terminal, in plain columns elsewhere. The
    /// header is in the terminal's language there, and as it stands for programs.
    ///
    /// # Errors
    /// As [`Terminal::print`].
    pub(crate) fn print_table<const N: usize>(
        self,
        header: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Result<(), Failure> {
        let mut table = Table::new();
        let locale = self.locale;
        table.set_header(header.map(|word| match self.shows_output {
            true => head(locale, word),
            false => word,
        }));
        table.add_rows(rows.into_iter().map(|row| row.map(|cell| printable(&cell))));
        match self.shows_output {
            true => for_people(&mut table),
            false => for_pipes(&mut table),
        }
        self.print(&table.trim_fmt())
    }
}

/// A terminal that is narrower, or does not know its width, breaks the lines by itself.
const WIDTH_MIN: u16 = 60;

fn for_people(table: &mut Table) {
    table.load_style(presets::UTF8_BORDERS_ONLY);
    if table.width().is_some_and(|width| width >= WIDTH_MIN) {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    // Names and ids come first, and are there to be copied: they are not broken.
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
}

fn for_pipes(table: &mut Table) {
    table.load_style(presets::NOTHING);
    table.force_no_tty();
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
}

/// The text without control characters: what a client called its device must not drive the terminal.
fn printable(text: &str) -> String {
    match text.chars().any(char::is_control) {
        true => text
            .chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn a_cell_cannot_drive_the_terminal() {
        assert_eq!(
            printable("Ann's \u{1b}[2Jphone\r\n"),
            "Ann's \u{fffd}[2Jphone\u{fffd}\u{fffd}"
        );
        assert_eq!(printable("小安的手机"), "小安的手机");
    }
}
