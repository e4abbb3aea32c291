//! One figure, measured once in each round.

use std::fmt::Write as _;

/// What each round gave for one figure.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds what a round gave.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The median; not a number where nothing was measured.
    #[must_use]
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => f64::NAN,
            len if len % 2 == 1 => sorted[len / 2],
            len => f64::midpoint(sorted[len / 2 - 1], sorted[len / 2]),
        }
    }

    /// The median, and behind it the least and the greatest.
    #[must_use]
    pub fn spread(&self, decimals: usize) -> String {
        let median = number(self.median(), decimals);
        if self.0.len() < 2 {
            return median;
        }
        let least = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        format!(
            "{median} ({}–{})",
            number(least, decimals),
            number(greatest, decimals)
        )
    }

    /// The share of this median in another's.
    #[must_use]
    pub fn ratio_to(&self, other: &Self) -> f64 {
        self.median() / other.median()
    }
}

/// A number with a comma between thousands; a dash where there is none.
#[must_use]
pub fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let plain = format!("{value:.decimals$}");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// A Markdown table.
#[must_use]
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        // Writing to a String does not fail.
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Samples, number, table};

    fn samples(values: &[f64]) -> Samples {
        Samples(values.to_vec())
    }

    #[test]
    fn a_spread_is_the_median_with_its_extremes() {
        assert_eq!(samples(&[3.0, 1.0, 2.0]).spread(0), "2 (1–3)");
        assert_eq!(samples(&[4.0, 1.0]).spread(1), "2.5 (1.0–4.0)");
        assert_eq!(samples(&[7.25]).spread(2), "7.25");
        assert_eq!(samples(&[]).spread(2), "–");
    }

    #[test]
    fn a_ratio_is_that_of_the_medians() {
        assert!((samples(&[1.0, 3.0, 8.0]).ratio_to(&samples(&[6.0])) - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!(number(999.0, 0), "999");
        assert_eq!(number(1_234_567.89, 1), "1,234,567.9");
        assert_eq!(number(-123_456.0, 0), "-123,456");
        assert_eq!(number(0.0625, 2), "0.06");
        assert_eq!(number(f64::NAN, 2), "–");
    }

    #[test]
    fn a_table_is_markdown() {
        let rows = [vec!["a".to_owned(), "1".to_owned()]];
        assert_eq!(
            table(&["what", "x"], &rows),
            "| what | x |\n|---|---|\n| a | 1 |\n"
        );
    }
}
