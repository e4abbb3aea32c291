//! Median, ninetieth percentile and greatest of a list of sizes.

/// How sizes are spread. All zero for an empty list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spread {
    pub(crate) median: usize,
    pub(crate) p90: usize,
    pub(crate) max: usize,
}

impl Spread {
    /// By nearest rank: every figure is a size that occurs.
    pub(crate) fn of(sizes: impl IntoIterator<Item = usize>) -> Self {
        let mut sizes: Vec<usize> = sizes.into_iter().collect();
        sizes.sort_unstable();
        let rank = |percent: usize| {
            let rank = (sizes.len() * percent).div_ceil(100);
            sizes.get(rank.saturating_sub(1)).copied().unwrap_or(0)
        };
        Self {
            median: rank(50),
            p90: rank(90),
            max: rank(100),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn every_figure_is_a_size_that_occurs() {
        assert_eq!(
            Spread::of([5, 1, 3]),
            Spread {
                median: 3,
                p90: 5,
                max: 5
            }
        );
        assert_eq!(
            Spread::of(1..=10),
            Spread {
                median: 5,
                p90: 9,
                max: 10
            }
        );
        assert_eq!(
            Spread::of(1..=11),
            Spread {
                median: 6,
                p90: 10,
                max: 11
            }
        );
        assert_eq!(
            Spread::of([7]),
            Spread {
                median: 7,
                p90: 7,
                max: 7
            }
        );
    }

    #[test]
    fn nothing_is_spread_over_nothing() {
        assert_eq!(
            Spread::of([]),
            Spread {
                median: 0,
                p90: 0,
                max: 0
            }
        );
    }
}
