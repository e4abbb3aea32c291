//! What one password hash costs.

use argon2::Params;

/// The most memory of one hash, in KiB (1 GiB): what libsodium calls *sensitive*. A stored hash that
/// asks for more is damaged, not strong.
pub const MEMORY_KIB_MAX: u32 = 1024 * 1024;

/// The most work of one hash: memory in KiB times iterations, a few seconds of one core. It keeps a
/// damaged hash or a slip in the configuration from occupying a thread for hours.
pub const WORK_MAX: u64 = 4 * MEMORY_KIB_MAX as u64;

/// The parameters of Argon2id (RFC 9106) with one lane. The default is OWASP's: 19 MiB, 2 iterations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    memory_kib: u32,
    iterations: u32,
}

/// Parameters that cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CostError {
    /// Less than the eight blocks that one lane needs (RFC 9106, section 3.1).
    #[error("argon2 needs at least {min} KiB of memory", min = Params::MIN_M_COST)]
    MemoryTooLittle,
    /// More than [`MEMORY_KIB_MAX`].
    #[error("argon2 may have at most {MEMORY_KIB_MAX} KiB of memory")]
    MemoryTooMuch,
    /// No iteration at all.
    #[error("argon2 needs at least one iteration")]
    NoIteration,
    /// More than [`WORK_MAX`].
    #[error("argon2 may have at most {WORK_MAX} KiB of memory times iterations")]
    WorkTooMuch,
}

impl Cost {
    /// A cost of `memory_kib` KiB and `iterations` passes over it.
    ///
    /// # Errors
    /// When Argon2 cannot work with them or a hash would take too long.
    pub fn new(memory_kib: u32, iterations: u32) -> Result<Self, CostError> {
        if memory_kib < Params::MIN_M_COST {
            Err(CostError::MemoryTooLittle)
        } else if memory_kib > MEMORY_KIB_MAX {
            Err(CostError::MemoryTooMuch)
        } else if iterations == 0 {
            Err(CostError::NoIteration)
        } else if u64::from(memory_kib) * u64::from(iterations) > WORK_MAX {
            Err(CostError::WorkTooMuch)
        } else {
            Ok(Self {
                memory_kib,
                iterations,
            })
        }
    }

    /// Its memory, in KiB.
    #[must_use]
    pub fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Its passes over the memory.
    #[must_use]
    pub fn iterations(self) -> u32 {
        self.iterations
    }
}

impl Default for Cost {
    fn default() -> Self {
        Self {
            memory_kib: Params::DEFAULT_M_COST,
            iterations: Params::DEFAULT_T_COST,
        }
    }
}
