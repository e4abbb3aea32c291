-- The first schema. Instants are milliseconds since 1970, lives (_ttl) are milliseconds, positions (_seq, epoch)
-- are positions of the revocation log. Secrets stand here only as digests, or sealed.

-- Single facts: schema_version, cluster_id, key_check, boot_id, time_high_water.
CREATE TABLE meta (
    k TEXT NOT NULL,
    v TEXT NOT NULL,
    CONSTRAINT meta_k_pk PRIMARY KEY (k)
) STRICT, WITHOUT ROWID;

-- The head of the log: one row, taken last by every transaction that ends something.
-- Rows at or before floor may have been removed.
CREATE TABLE rev_head (
    one INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    floor INTEGER NOT NULL,
    CONSTRAINT rev_head_one_pk PRIMARY KEY (one),
    CONSTRAINT rev_head_one_check CHECK (one = 1)
) STRICT;

-- The log. S a session, U a subject (but for those in keep: ids of 16 bytes each, one after the other), G everyone,
-- A what is cached of a session or a subject is stale, K an API key (whose id is in session_id).
CREATE TABLE rev_log (
    seq INTEGER NOT NULL,
    prev_seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    session_id BLOB,
    subject TEXT,
    keep BLOB,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    CONSTRAINT rev_log_seq_pk PRIMARY KEY (seq),
    CONSTRAINT rev_log_kind_check CHECK (kind IN ('S', 'U', 'G', 'A', 'K'))
) STRICT;

-- The newest cut of everyone: one row. Its epoch is the position of its row in the log; zero: there was none.
CREATE TABLE global_epoch (
    one INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    epoch_at INTEGER NOT NULL,
    epoch_reason TEXT NOT NULL,
    CONSTRAINT global_epoch_one_pk PRIMARY KEY (one),
    CONSTRAINT global_epoch_one_check CHECK (one = 1)
) STRICT;

-- Subjects, made before their first session and kept: the newest cut of each, and whether it is banned
-- (banned_until: null not banned, the greatest number without end).
CREATE TABLE subjects (
    subject TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    epoch_at INTEGER NOT NULL,
    epoch_reason TEXT NOT NULL,
    claims_version INTEGER NOT NULL,
    claims TEXT,
    banned_until INTEGER,
    CONSTRAINT subjects_subject_pk PRIMARY KEY (subject)
) STRICT, WITHOUT ROWID;

-- Cuts whose sessions are not all marked as ended yet: a subject, or the empty text for everyone.
CREATE TABLE sweeps (
    subject TEXT NOT NULL,
    CONSTRAINT sweeps_subject_pk PRIMARY KEY (subject)
) STRICT, WITHOUT ROWID;

-- Accounts, only for the built-in log-in. A subject has one at the most.
CREATE TABLE accounts (
    account TEXT NOT NULL,
    subject TEXT NOT NULL,
    password_phc TEXT NOT NULL,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    password_changed_at INTEGER NOT NULL,
    CONSTRAINT accounts_account_pk PRIMARY KEY (account),
    CONSTRAINT accounts_subject_key UNIQUE (subject)
) STRICT, WITHOUT ROWID;

-- Failures in a row, by a keyed sum of the name: known and unknown names alike.
CREATE TABLE throttle (
    throttle_key BLOB NOT NULL,
    fails INTEGER NOT NULL,
    next_try_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT throttle_throttle_key_pk PRIMARY KEY (throttle_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX throttle_updated_at_idx ON throttle (updated_at);

-- One row is one session. live_until is the smaller of expires_at and idle_expires_at, zero when revoked. ends_by is
-- the same with idle_expires_at rounded up to six hours: a bound that seldom moves, for the indexes.
-- The table has a rowid of its own: rows of this width are appended to it half as fast again as to a tree of their ids.
CREATE TABLE sessions (
    session_id BLOB NOT NULL,
    subject TEXT NOT NULL,
    client_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    state TEXT NOT NULL,
    revoked_seq INTEGER,
    revoked_at INTEGER,
    revoked_reason TEXT,
    created_at INTEGER NOT NULL,
    authenticated_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    idle_expires_at INTEGER NOT NULL,
    live_until INTEGER NOT NULL,
    ends_by INTEGER NOT NULL,
    access_ttl INTEGER NOT NULL,
    refresh_ttl INTEGER,
    idle_ttl INTEGER NOT NULL,
    absolute_ttl INTEGER NOT NULL,
    token_style TEXT NOT NULL,
    device_id TEXT,
    device_kind TEXT,
    device_name TEXT,
    device_os TEXT,
    device_browser TEXT,
    ip BLOB,
    user_agent TEXT,
    audience TEXT,
    scope TEXT,
    claims TEXT NOT NULL,
    kid INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    generation_floor INTEGER NOT NULL,
    access_digest BLOB NOT NULL,
    access_expires_at INTEGER NOT NULL,
    prev_access_digest BLOB,
    prev_access_expires_at INTEGER,
    refresh_digest BLOB,
    refresh_expires_at INTEGER,
    prev_refresh_digest BLOB,
    rotation_nonce BLOB,
    rotated_at INTEGER NOT NULL,
    successor_used_at INTEGER,
    CONSTRAINT sessions_session_id_pk PRIMARY KEY (session_id),
    CONSTRAINT sessions_state_check CHECK (state IN ('active', 'revoked'))
) STRICT;
-- A subject's live sessions: counted and replaced at each log-in, listed by their owner.
CREATE INDEX sessions_subject_idx ON sessions (subject, ends_by, epoch, session_id);
-- What may be removed: sessions that ended by themselves, by their end; revoked ones, by the instant of that.
CREATE INDEX sessions_ends_by_idx ON sessions (ends_by, revoked_at, epoch);

-- API keys. The secret stands here as its digest.
CREATE TABLE api_keys (
    api_key_id BLOB NOT NULL,
    name TEXT NOT NULL,
    digest BLOB NOT NULL,
    scopes TEXT NOT NULL,
    client_id TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    CONSTRAINT api_keys_api_key_id_pk PRIMARY KEY (api_key_id)
) STRICT, WITHOUT ROWID;

-- Keys that sign JWTs, sealed with a key that is not in the store.
CREATE TABLE signing_keys (
    signing_key_id TEXT NOT NULL,
    alg TEXT NOT NULL,
    state TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER,
    CONSTRAINT signing_keys_signing_key_id_pk PRIMARY KEY (signing_key_id)
) STRICT, WITHOUT ROWID;

-- Why and by whom a subject is banned; that it is stands in subjects.banned_until.
CREATE TABLE bans (
    subject TEXT NOT NULL,
    banned_at INTEGER NOT NULL,
    banned_until INTEGER,
    note TEXT NOT NULL,
    actor TEXT NOT NULL,
    CONSTRAINT bans_subject_pk PRIMARY KEY (subject)
) STRICT, WITHOUT ROWID;

-- The nodes that share the store, one row for each incarnation.
CREATE TABLE nodes (
    node_id TEXT NOT NULL,
    inc BLOB NOT NULL,
    lease_ms INTEGER NOT NULL,
    hb INTEGER NOT NULL,
    applied INTEGER NOT NULL,
    evicted INTEGER NOT NULL,
    may_fall_back INTEGER NOT NULL,
    addr TEXT,
    seen_at INTEGER NOT NULL,
    CONSTRAINT nodes_node_id_inc_pk PRIMARY KEY (node_id, inc)
) STRICT, WITHOUT ROWID;

-- What happened, written in the transaction of the change. It is appended to, and removed from its beginning.
CREATE TABLE audit (
    audit_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    actor TEXT NOT NULL,
    ip BLOB,
    user_agent TEXT,
    subject TEXT,
    session_id BLOB,
    detail TEXT,
    CONSTRAINT audit_audit_id_pk PRIMARY KEY (audit_id)
) STRICT;
