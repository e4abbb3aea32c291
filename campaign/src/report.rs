//! What a campaign showed: a table to read, and a picture of the same.

mod excerpt;
mod figures;
mod picture;
mod said;
mod table;

pub(crate) use excerpt::excerpt;
pub(crate) use figures::Figures;
pub(crate) use picture::picture;
pub(crate) use said::said;
pub(crate) use table::{lost, table, violations};
