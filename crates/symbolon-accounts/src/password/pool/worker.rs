//! One thread and its memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use argon2::Block;
use argon2::password_hash::phc::Output;

use super::queue::Queue;
use crate::password::cost::Cost;
use crate::password::phc::{Recipe, Uncomputable};

/// Takes jobs from the queue until it is closed.
pub(super) struct Worker {
    queue: Arc<Queue>,
    memory: Memory,
}

impl Worker {
    pub(super) fn new(queue: Arc<Queue>, cost: Cost) -> Self {
        Self {
            queue,
            memory: Memory {
                blocks: Vec::new(),
                kept: cost.memory_kib() as usize,
            },
        }
    }

    pub(super) fn run(mut self) {
        while let Some(job) = self.queue.begin() {
            // A fault in the computation fails this job, not the thread: the next one writes all
            // the memory anew before it reads any.
            let computed = catch_unwind(AssertUnwindSafe(|| {
                self.memory.compute(&job.recipe, job.password.as_str().as_bytes())
            }));
            match computed {
                Ok(Ok(output)) => job.answer(output),
                Ok(Err(Uncomputable)) | Err(_) => tracing::error!("a password hash could not be computed"),
            }
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

/// Blocks of zeros; an error, where `vec!` would end the process for want of memory.
fn blocks(count: usize) -> Result<Vec<Block>, Uncomputable> {
    let mut blocks = Vec::new();
    blocks.try_reserve_exact(count).map_err(|_| Uncomputable)?;
    blocks.resize(count, Block::new());
    Ok(blocks)
}
