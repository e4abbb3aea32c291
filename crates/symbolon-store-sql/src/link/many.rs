//! The INSERT of one row, said for many.

use super::Statement;

/// How many rows one INSERT adds: few lengths, so that each text is prepared once, and of the longest some thousand
/// parameters, which every server takes.
const BATCHES: [usize; 4] = [64, 16, 4, 1];

/// In which of its forms a statement is prepared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Form {
    /// As many rows as this, one for all that are no INSERT.
    Rows(usize),
    /// As the columns that rows are copied into.
    Copy,
}

impl Form {
    /// As it is written.
    pub(crate) const ONE: Self = Self::Rows(1);
}

impl Statement {
    /// The text in a form, with its marks. What is no INSERT of one row has only the form that it is written in.
    pub(crate) fn text_in(&self, form: Form) -> String {
        let Some((into, row, rest)) = self.parts() else {
            return self.text().to_owned();
        };
        match form {
            Form::Rows(count) => format!("{into} VALUES {}{rest}", vec![row; count].join(", ")),
            Form::Copy => {
                let columns = into.trim_start_matches("INSERT INTO ");
                format!("COPY {columns} FROM STDIN (FORMAT binary)")
            }
        }
    }

    /// What stands before VALUES, the row in its parentheses, and what follows it.
    fn parts(&self) -> Option<(&'static str, &'static str, &'static str)> {
        let (into, values) = self.text().split_once(" VALUES ")?;
        let end = values.find(')')? + 1;
        let (row, rest) = values.split_at_checked(end)?;
        Some((into, row, rest))
    }
}

/// So many rows as lengths of batches, the longest first.
pub(crate) fn batches(rows: usize) -> impl Iterator<Item = usize> {
    let mut left = rows;
    std::iter::from_fn(move || {
        let batch = BATCHES.into_iter().find(|batch| *batch <= left)?;
        left -= batch;
        Some(batch)
    })
}

#[cfg(test)]
mod tests {
    use super::{Form, Statement, batches};

    #[test]
    fn the_insert_of_a_row_is_said_for_many_and_as_a_copy() {
        let plain = Statement::new("INSERT INTO t (a, b) VALUES (?, 0)");
        assert_eq!(
            plain.text_in(Form::Rows(2)),
            "INSERT INTO t (a, b) VALUES (?, 0), (?, 0)"
        );
        assert_eq!(plain.text_in(Form::ONE), plain.text());
        assert_eq!(
            plain.text_in(Form::Copy),
            "COPY t (a, b) FROM STDIN (FORMAT binary)"
        );
        let careful = Statement::new("INSERT {ignore} INTO t (a) VALUES (?) {or_ignore}");
        assert_eq!(
            careful.text_in(Form::Rows(3)),
            "INSERT {ignore} INTO t (a) VALUES (?), (?), (?) {or_ignore}"
        );
        let other = Statement::new("UPDATE t SET a = ?");
        assert_eq!(other.text_in(Form::ONE), other.text());
    }

    #[test]
    fn every_count_is_made_of_few_batches() {
        for rows in 0..600 {
            let some: Vec<usize> = batches(rows).collect();
            assert_eq!(some.iter().sum::<usize>(), rows);
            assert!(some.is_sorted_by(|one, next| one >= next), "{some:?}");
            assert!(some.len() <= 9 + rows / 64, "{some:?}");
        }
    }
}
