//! One thread and its memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use argon2::Block;
use argon2::password_hash::phc::Output;

use super::queue::{Job, Next, Queue};
use crate::password::cost::Cost;
use crate::password::phc::{Recipe, Uncomputable};

/// Takes jobs from the queue until it is closed.
pub(super) struct Worker {
    queue: Arc<Queue>,
    memory: Memory,
    keep_idle: Duration,
    /// Memory was given back a moment ago, and the allocator may still have it.
    freed: bool,
}

/// How long after memory was freed the allocator is given an occasion to hand it to the system: mimalloc
/// does so a second later at the earliest, and only when something large is freed then. On a server
/// without work nothing is.
const SETTLE_AFTER: Duration = Duration::from_secs(2);

/// What is freed then, in bytes: large enough for mimalloc to look, and small, since it takes this much
/// of the memory that is to be handed over and keeps it.
const SETTLE_LEN: usize = 1 << 20;

impl Worker {
    pub(super) fn new(queue: Arc<Queue>, cost: Cost, keep_idle: Duration) -> Self {
        Self {
            queue,
            memory: Memory {
                blocks: Vec::new(),
                kept: cost.memory_kib() as usize,
            },
            keep_idle,
            freed: false,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let held = self.memory.is_held();
            match self.queue.begin(self.patience()) {
                Next::Job(job) => self.work(job),
                Next::Idle if held => {
                    self.memory.give_back();
                    self.freed = true;
                }
                Next::Idle => {
                    settle();
                    self.freed = false;
                }
                Next::End => return,
            }
            if held != self.memory.is_held() {
                self.queue.holds_memory(!held);
            }
        }
    }

    /// How long this thread waits for work before it tidies up; `None`: there is nothing to tidy.
    fn patience(&self) -> Option<Duration> {
        if self.memory.is_held() {
            Some(self.keep_idle)
        } else {
            self.freed.then_some(SETTLE_AFTER)
        }
    }

    fn work(&mut self, job: Job) {
        // A fault in the computation fails this job, not the thread: the next one writes all the
        // memory anew before it reads any.
        let computed = catch_unwind(AssertUnwindSafe(|| {
            self.memory.compute(&job.recipe, job.password.as_str().as_bytes())
        }));
        match computed {
            Ok(Ok(output)) => job.answer(output),
            Ok(Err(Uncomputable)) | Err(_) => tracing::error!("a password hash could not be computed"),
        }
    }
}

/// The blocks that Argon2 works in.
struct Memory {
    blocks: Vec<Block>,
    /// How many are kept from one hash to the next.
    kept: usize,
}

impl Memory {
    fn is_held(&self) -> bool {
        self.blocks.capacity() > 0
    }

    fn give_back(&mut self) {
        self.blocks = Vec::new();
    }

    /// Computes in the kept blocks; a hash that needs more of them, made under another cost, gets its
    /// own for once, so that one such account does not make every thread larger for good.
    fn compute(&mut self, recipe: &Recipe, password: &[u8]) -> Result<Output, Uncomputable> {
        let needed = recipe.block_count();
        if needed > self.kept {
            return recipe.compute(password, &mut blocks(needed)?);
        }
        if self.blocks.len() < self.kept {
            self.blocks = blocks(self.kept)?;
        }
        recipe.compute(password, &mut self.blocks)
    }
}

/// Takes memory and frees it unused: the occasion on which the allocator hands what was freed before to
/// the system.
fn settle() {
    let mut unused: Vec<u8> = Vec::new();
    // Where there is none, none can be handed over either.
    let _none = unused.try_reserve_exact(SETTLE_LEN);
    drop(std::hint::black_box(unused));
}

/// Blocks of zeros; an error, where `vec!` would end the process for want of memory.
fn blocks(count: usize) -> Result<Vec<Block>, Uncomputable> {
    let mut blocks = Vec::new();
    blocks.try_reserve_exact(count).map_err(|_| Uncomputable)?;
    blocks.resize(count, Block::new());
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::phc::SALT_LEN;

    fn recipe(memory_kib: u32) -> Recipe {
        Recipe::new(Cost::new(memory_kib, 1).unwrap(), &[7; SALT_LEN]).unwrap()
    }

    fn memory(kept: usize) -> Memory {
        Memory {
            blocks: Vec::new(),
            kept,
        }
    }

    #[test]
    fn memory_is_taken_with_the_first_hash_and_kept() {
        let mut memory = memory(64);
        assert_eq!(memory.blocks.capacity(), 0);
        memory.compute(&recipe(64), b"x").unwrap();
        assert_eq!(memory.blocks.len(), 64);
        let place = memory.blocks.as_ptr();
        memory.compute(&recipe(32), b"x").unwrap();
        memory.compute(&recipe(64), b"y").unwrap();
        assert_eq!((memory.blocks.as_ptr(), memory.blocks.len()), (place, 64));
    }

    #[test]
    fn a_hash_that_needs_more_makes_the_thread_no_larger() {
        let mut memory = memory(64);
        memory.compute(&recipe(65 * 4), b"x").unwrap();
        assert_eq!(memory.blocks.capacity(), 0);
        memory.compute(&recipe(64), b"x").unwrap();
        memory.compute(&recipe(65 * 4), b"x").unwrap();
        assert_eq!(memory.blocks.len(), 64);
    }

    #[test]
    fn what_was_computed_before_leaves_no_trace_in_the_output() {
        let mut used = memory(64);
        used.compute(&recipe(64), b"another password").unwrap();
        let after = used.compute(&recipe(64), b"kelp anvil moth").unwrap();
        let fresh = memory(64).compute(&recipe(64), b"kelp anvil moth").unwrap();
        assert_eq!(after, fresh);
        let own = memory(8).compute(&recipe(64), b"kelp anvil moth").unwrap();
        assert_eq!(own, fresh);
    }
}
