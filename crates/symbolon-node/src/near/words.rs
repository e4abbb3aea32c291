//! Zeroed words for a large table, in large pages where the kernel gives them.
//!
//! Each look-up of a table of hundreds of megabytes goes to another page, and with pages of 4 KiB the
//! processor must first find out where that page is, which costs as much as the access itself. A region of
//! its own can be asked into pages of 2 MiB; the process' other memory stays as it is.

use std::ops::Deref;
use std::sync::atomic::AtomicU64;

use bytemuck::allocation::zeroed_slice_box;
use memmap2::MmapMut;
use self_cell::{MutBorrow, self_cell};
use zerocopy::FromBytes as _;

/// Words that begin as zero and take memory as they are written.
pub(super) struct Words(Held);

type Slice<'m> = &'m [AtomicU64];

self_cell!(
    struct Held {
        owner: Memory,
        #[covariant]
        dependent: Slice,
    }
);

/// Where the words are.
enum Memory {
    /// In a region of their own.
    Mapped(MutBorrow<MmapMut>),
    /// In the allocator's memory, where no region was to be had.
    Allocated(Box<[AtomicU64]>),
}

impl Words {
    /// That many words.
    pub(super) fn zeroed(len: usize) -> Self {
        Self(Held::new(Memory::of(len), Memory::words))
    }
}

impl Deref for Words {
    type Target = [AtomicU64];

    #[inline]
    fn deref(&self) -> &[AtomicU64] {
        self.0.borrow_dependent()
    }
}

impl Memory {
    fn of(len: usize) -> Self {
        match MmapMut::map_anon(len * size_of::<AtomicU64>()) {
            Ok(region) => {
                // A kernel without large pages serves as well, at half the speed.
                #[cfg(target_os = "linux")]
                drop(region.advise(memmap2::Advice::HugePage));
                Self::Mapped(MutBorrow::new(region))
            }
            Err(_) => Self::Allocated(zeroed_slice_box(len)),
        }
    }

    fn words(&self) -> &[AtomicU64] {
        match self {
            // A region begins at a page and was asked for as whole words, so none is left out.
            Self::Mapped(region) => {
                <[AtomicU64]>::mut_from_bytes(region.borrow_mut()).map_or(&[], |words| words)
            }
            Self::Allocated(words) => words,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::Words;

    #[test]
    fn words_begin_as_zero_and_keep_what_is_written() {
        for len in [1, 8, 1_000_003] {
            let words = Words::zeroed(len);
            assert_eq!(words.len(), len);
            assert!(words.iter().all(|word| word.load(Ordering::Relaxed) == 0));
            words[len - 1].store(7, Ordering::Relaxed);
            assert_eq!(words[len - 1].load(Ordering::Relaxed), 7);
        }
    }
}
