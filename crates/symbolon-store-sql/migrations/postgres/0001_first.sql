-- The first schema. Instants are milliseconds since 1970, lives (_ttl) are milliseconds, positions (_seq, epoch)
-- are positions of the revocation log. Secrets stand here only as digests, or sealed.
-- The tables and columns are SQLite's. Texts are compared as bytes, as there.

-- Single facts: schema_version, cluster_id, key_check, boot_id, time_high_water.
CREATE TABLE meta (
    k TEXT COLLATE "C" NOT NULL,
    v TEXT COLLATE "C" NOT NULL,
    CONSTRAINT meta_k_pk PRIMARY KEY (k)
);

-- The head of the log: one row, taken last by every transaction that ends something.
-- Rows at or before floor may have been removed.
CREATE TABLE rev_head (
    one BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    id BYTEA NOT NULL,
    floor BIGINT NOT NULL,
    CONSTRAINT rev_head_one_pk PRIMARY KEY (one),
    CONSTRAINT rev_head_one_check CHECK (one = 1)
);

-- The log. S a session, U a subject (but for those in keep: ids of 16 bytes each, one after the other), G everyone,
-- A what is cached of a session or a subject is stale, K an API key (whose id is in session_id).
CREATE TABLE rev_log (
    seq BIGINT NOT NULL,
    prev_seq BIGINT NOT NULL,
    id BYTEA NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    session_id BYTEA,
    subject TEXT COLLATE "C",
    keep BYTEA,
    at BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    CONSTRAINT rev_log_seq_pk PRIMARY KEY (seq),
    CONSTRAINT rev_log_kind_check CHECK (kind IN ('S', 'U', 'G', 'A', 'K'))
);

-- The newest cut of everyone: one row. Its epoch is the position of its row in the log; zero: there was none.
CREATE TABLE global_epoch (
    one BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    epoch_at BIGINT NOT NULL,
    epoch_reason TEXT COLLATE "C" NOT NULL,
    CONSTRAINT global_epoch_one_pk PRIMARY KEY (one),
    CONSTRAINT global_epoch_one_check CHECK (one = 1)
);

-- Subjects, made before their first session and kept: the newest cut of each, and whether it is banned
-- (banned_until: null not banned, the greatest number without end).
CREATE TABLE subjects (
    subject TEXT COLLATE "C" NOT NULL,
    epoch BIGINT NOT NULL,
    epoch_at BIGINT NOT NULL,
    epoch_reason TEXT COLLATE "C" NOT NULL,
    claims_version BIGINT NOT NULL,
    claims TEXT COLLATE "C",
    banned_until BIGINT,
    CONSTRAINT subjects_subject_pk PRIMARY KEY (subject)
);

-- Cuts whose sessions are not all marked as ended yet: a subject, or the empty text for everyone.
CREATE TABLE sweeps (
    subject TEXT COLLATE "C" NOT NULL,
    CONSTRAINT sweeps_subject_pk PRIMARY KEY (subject)
);

-- Accounts, only for the built-in log-in. A subject has one at the most.
CREATE TABLE accounts (
    account TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    password_phc TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    password_changed_at BIGINT NOT NULL,
    CONSTRAINT accounts_account_pk PRIMARY KEY (account),
    CONSTRAINT accounts_subject_key UNIQUE (subject)
);

-- Failures in a row, by a keyed sum of the name: known and unknown names alike.
CREATE TABLE throttle (
    throttle_key BYTEA NOT NULL,
    fails BIGINT NOT NULL,
    next_try_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT throttle_throttle_key_pk PRIMARY KEY (throttle_key)
);
CREATE INDEX throttle_updated_at_idx ON throttle (updated_at);

-- One row is one session. live_until is the smaller of expires_at and idle_expires_at, zero when revoked. ends_by is
-- the same with idle_expires_at rounded up to six hours: a bound that seldom moves, for the indexes.
-- A fifth of each page stays free: a refresh or a use changes no indexed column, and its new row finds room beside the
-- old one, so that no index is written.
CREATE TABLE sessions (
    session_id BYTEA NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    epoch BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    revoked_seq BIGINT,
    revoked_at BIGINT,
    revoked_reason TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    live_until BIGINT NOT NULL,
    ends_by BIGINT NOT NULL,
    access_ttl BIGINT NOT NULL,
    refresh_ttl BIGINT,
    idle_ttl BIGINT NOT NULL,
    absolute_ttl BIGINT NOT NULL,
    token_style TEXT COLLATE "C" NOT NULL,
    device_id TEXT COLLATE "C",
    device_kind TEXT COLLATE "C",
    device_name TEXT COLLATE "C",
    device_os TEXT COLLATE "C",
    device_browser TEXT COLLATE "C",
    ip BYTEA,
    user_agent TEXT COLLATE "C",
    audience TEXT COLLATE "C",
    scope TEXT COLLATE "C",
    claims TEXT COLLATE "C" NOT NULL,
    kid BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    generation_floor BIGINT NOT NULL,
    access_digest BYTEA NOT NULL,
    access_expires_at BIGINT NOT NULL,
    prev_access_digest BYTEA,
    prev_access_expires_at BIGINT,
    refresh_digest BYTEA,
    refresh_expires_at BIGINT,
    prev_refresh_digest BYTEA,
    rotation_nonce BYTEA,
    rotated_at BIGINT NOT NULL,
    successor_used_at BIGINT,
    CONSTRAINT sessions_session_id_pk PRIMARY KEY (session_id),
    CONSTRAINT sessions_state_check CHECK (state IN ('active', 'revoked'))
) WITH (fillfactor = 80);
-- A subject's live sessions: counted and replaced at each log-in, listed by their owner.
CREATE INDEX sessions_subject_idx ON sessions (subject, ends_by, epoch, session_id);
-- What may be removed: sessions that ended by themselves, by their end; revoked ones, by the instant of that.
CREATE INDEX sessions_ends_by_idx ON sessions (ends_by, revoked_at, epoch);

-- API keys. The secret stands here as its digest.
CREATE TABLE api_keys (
    api_key_id BYTEA NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    CONSTRAINT api_keys_api_key_id_pk PRIMARY KEY (api_key_id)
);

-- Keys that sign JWTs, sealed with a key that is not in the store.
CREATE TABLE signing_keys (
    signing_key_id TEXT COLLATE "C" NOT NULL,
    alg TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    CONSTRAINT signing_keys_signing_key_id_pk PRIMARY KEY (signing_key_id)
);

-- Why and by whom a subject is banned; that it is stands in subjects.banned_until.
CREATE TABLE bans (
    subject TEXT COLLATE "C" NOT NULL,
    banned_at BIGINT NOT NULL,
    banned_until BIGINT,
    note TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    CONSTRAINT bans_subject_pk PRIMARY KEY (subject)
);

-- The nodes that share the store, one row for each incarnation.
CREATE TABLE nodes (
    node_id TEXT COLLATE "C" NOT NULL,
    inc BYTEA NOT NULL,
    lease_ms BIGINT NOT NULL,
    hb BIGINT NOT NULL,
    applied BIGINT NOT NULL,
    evicted BIGINT NOT NULL,
    may_fall_back BIGINT NOT NULL,
    addr TEXT COLLATE "C",
    seen_at BIGINT NOT NULL,
    CONSTRAINT nodes_node_id_inc_pk PRIMARY KEY (node_id, inc)
);

-- What happened, written in the transaction of the change. It is appended to, and removed from its beginning.
CREATE TABLE audit (
    audit_id BIGINT GENERATED BY DEFAULT AS IDENTITY NOT NULL,
    at BIGINT NOT NULL,
    event TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    ip BYTEA,
    user_agent TEXT COLLATE "C",
    subject TEXT COLLATE "C",
    session_id BYTEA,
    detail TEXT COLLATE "C",
    CONSTRAINT audit_audit_id_pk PRIMARY KEY (audit_id)
);
