//! What a campaign showed: a table to read, and a picture of the same.

mod figures;
mod picture;
mod table;

pub(crate) use figures::Figures;
pub(crate) use picture::picture;
pub(crate) use table::{table, violations};
