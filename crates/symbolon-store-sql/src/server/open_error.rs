//! Why a store on a server was not opened, and what to do about it.

/// Why a store on a server was not opened. Nothing was changed in it. The text says what to do; it never
/// holds the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenServerError {
    /// The address is not understood.
    #[error("store.url is not understood: {detail}")]
    Address {
        /// What is wrong with it.
        detail: String,
    },
    /// The server does not answer.
    #[error("cannot reach {server} at {place}: {detail}; {remedy}")]
    Unreachable {
        /// What kind of server it is.
        server: &'static str,
        /// Host, port and database.
        place: String,
        /// What the system said.
        detail: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The way there cannot be trusted.
    #[error("{server} at {place} cannot be reached over TLS: {detail}; {remedy}")]
    Tls {
        /// What kind of server it is.
        server: &'static str,
        /// Host, port and database.
        place: String,
        /// What was wrong.
        detail: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The server does not accept the user.
    #[error("{server} at {place} refuses the log-in: {detail}; {remedy}")]
    Refused {
        /// What kind of server it is.
        server: &'static str,
        /// Host, port and database.
        place: String,
        /// What it said.
        detail: String,
        /// What to do.
        remedy: &'static str,
    },
    /// There is no such database.
    #[error("{server} at {place} says: {detail}; {remedy}")]
    NoDatabase {
        /// What kind of server it is.
        server: &'static str,
        /// Host, port and database.
        place: String,
        /// What it said.
        detail: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The server is set so that it could lose a commit, or cannot hold the store.
    #[error("{server} at {place} has {setting} = {found}: {why}; {remedy}")]
    Setting {
        /// What kind of server it is.
        server: &'static str,
        /// Host, port and database.
        place: String,
        /// The setting, by its name in the server.
        setting: &'static str,
        /// Its value.
        found: String,
        /// What follows from it.
        why: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The user may not do what the store needs.
    #[error("at {place} the user of store.url lacks a right: {detail}; {remedy}")]
    Privilege {
        /// Host, port and database.
        place: String,
        /// What the server said.
        detail: String,
        /// What to do.
        remedy: String,
    },
    /// The schema holds something else.
    #[error("at {place} {schema} is not a store of symbolon: {detail}; give symbolon {remedy}")]
    Foreign {
        /// Host, port and database.
        place: String,
        /// The schema or the database.
        schema: String,
        /// What was found.
        detail: String,
        /// What to give it.
        remedy: &'static str,
    },
    /// It is a store and cannot be read.
    #[error("the store at {place} is damaged: {detail}; restore the newest backup")]
    Damaged {
        /// Host, port and database.
        place: String,
        /// What was found.
        detail: String,
    },
    /// A newer release has written it.
    #[error(
        "the store at {place} has schema version {found}, and this release knows versions up to {known}: \
         start the newer release"
    )]
    NewerSchema {
        /// Host, port and database.
        place: String,
        /// Its version.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// Its secrets were made with another master key.
    #[error(
        "the store at {place} belongs to another master key (it wants the one whose check begins with {wanted}, \
         and was given {given}): every node of a store needs the master.key that it was made with; \
         copy it here, or set keys.master_file to it"
    )]
    OtherKey {
        /// Host, port and database.
        place: String,
        /// The first bytes of the check that it holds.
        wanted: String,
        /// The first bytes of the check that was given.
        given: String,
    },
    /// The operating system gave no thread or no randomness.
    #[error("cannot start the store: {detail}")]
    NoResources {
        /// What was missing.
        detail: String,
    },
}

impl OpenServerError {
    /// A way there that cannot be trusted.
    pub(crate) fn tls(server: &'static str, place: String, detail: String) -> Self {
        Self::Tls {
            server,
            place,
            detail,
            remedy: "set sslrootcert in store.url to the certificate of its authority, \
                     or sslmode=disable if the way there is trusted",
        }
    }
}
