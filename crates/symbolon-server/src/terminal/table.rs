use comfy_table::{ContentArrangement, Table, presets};

use super::Terminal;
use crate::exit::Failure;

impl Terminal {
    /// Prints rows under a header: with lines and fitted to the width on a terminal, in plain columns elsewhere.
    ///
    /// # Errors
    /// As [`Terminal::print`].
    pub(crate) fn print_table<const N: usize>(
        self,
        header: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Result<(), Failure> {
        let mut table = Table::new();
        if self.shows_output {
            table.load_style(presets::UTF8_HORIZONTAL_ONLY);
            table.set_content_arrangement(ContentArrangement::Dynamic);
        } else {
            table.load_style(presets::NOTHING);
            table.force_no_tty();
        }
        table.set_header(header);
        table.add_rows(rows.into_iter().map(|row| row.map(|cell| printable(&cell))));
        if !self.shows_output {
            table.column_iter_mut().for_each(|column| {
                column.set_padding((0, 2));
            });
        }
        self.print(&table.trim_fmt())
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
