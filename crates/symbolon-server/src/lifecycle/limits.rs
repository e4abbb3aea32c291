use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises how many files the process may open to the most that it may ask for, and answers that number; `None`: without
/// end. Each connection is a file; shells start programs with 1024 of them.
pub(crate) fn raise_open_files() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return limit.current;
    }
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, files = limit.current, "the limit of open files cannot be raised");
            limit.current
        }
    }
}

/// Leaves no core file behind and lets no other process of this user read this one's memory: tokens and keys are in it.
pub(crate) fn forbid_core_dumps() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "core dumps cannot be turned off");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
    {
        tracing::warn!(%error, "the process cannot be made unreadable for others");
    }
}
