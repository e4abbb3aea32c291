-- The first schema. Instants are milliseconds since 1970, lives (_ttl) are milliseconds, positions (_seq, epoch)
-- are positions of the revocation log. Secrets stand here only as digests, or sealed.
-- The tables and columns are SQLite's. Texts are compared as bytes, as there, and trailing spaces count: which collation
-- does that differs between MySQL and MariaDB. A text that is part of a key has at the most 255 bytes.
--
-- Each statement is its own transaction here. A start that was cut off between two is gone on with by the next, which
-- passes over what is made already: no statement may harm when it is repeated.

-- Single facts: schema_version, cluster_id, key_check, boot_id, time_high_water.
CREATE TABLE meta (
    k VARCHAR(255) NOT NULL,
    v TEXT NOT NULL,
    CONSTRAINT meta_k_pk PRIMARY KEY (k)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};

-- The head of the log: one row, taken last by every transaction that ends something.
-- Rows at or before floor may have been removed.
CREATE TABLE rev_head (
    one BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    id BINARY(16) NOT NULL,
    floor BIGINT NOT NULL,
    CONSTRAINT rev_head_one_pk PRIMARY KEY (one),
    CONSTRAINT rev_head_one_check CHECK (one = 1)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};

-- The log. S a session, U a subject (but for those in keep: ids of 16 bytes each, one after the other), G everyone,
-- A what is cached of a session or a subject is stale, K an API key (whose id is in session_id).
CREATE TABLE rev_log (
    seq BIGINT NOT NULL,
    prev_seq BIGINT NOT NULL,
    id BINARY(16) NOT NULL,
    kind VARCHAR(255) NOT NULL,
    session_id BINARY(16),
    subject VARCHAR(255),
    keep VARBINARY(128),
    at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    CONSTRAINT rev_log_seq_pk PRIMARY KEY (seq),
    CONSTRAINT rev_log_kind_check CHECK (kind IN ('S', 'U', 'G', 'A', 'K'))
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};

-- The newest cut of everyone: one row. Its epoch is the position of its row in the log; zero: there was none.
CREATE TABLE global_epoch (
    one BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    epoch_at BIGINT NOT NULL,
    epoch_reason TEXT NOT NULL,
    CONSTRAINT global_epoch_one_pk PRIMARY KEY (one),
    CONSTRAINT global_epoch_one_check CHECK (one = 1)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};

-- Subjects, made before their first session and kept: the newest cut of each, and whether it is banned
-- (banned_until: null not banned, the greatest number without end).
CREATE TABLE subjects (
    subject VARCHAR(255) NOT NULL,
    epoch BIGINT NOT NULL,
    epoch_at BIGINT NOT NULL,
    epoch_reason TEXT NOT NULL,
    claims_version BIGINT NOT NULL,
    claims TEXT,
    banned_until BIGINT,
    CONSTRAINT subjects_subject_pk PRIMARY KEY (subject)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};

-- Cuts whose sessions are not all marked as ended yet: a subject, or the empty text for everyone.
CREATE TABLE sweeps (
    subject VARCHAR(255) NOT NULL,
    CONSTRAINT sweeps_subject_pk PRIMARY KEY (subject)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};

-- Accounts, only for the built-in log-in. A subject has one at the most.
CREATE TABLE accounts (
    account VARCHAR(255) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    password_phc TEXT NOT NULL,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    password_changed_at BIGINT NOT NULL,
    CONSTRAINT accounts_account_pk PRIMARY KEY (account),
    CONSTRAINT accounts_subject_key UNIQUE (subject)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};

-- Failures in a row, by a keyed sum of the name: known and unknown names alike.
CREATE TABLE throttle (
    throttle_key BINARY(16) NOT NULL,
    fails BIGINT NOT NULL,
    next_try_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT throttle_throttle_key_pk PRIMARY KEY (throttle_key)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};
CREATE INDEX throttle_updated_at_idx ON throttle (updated_at);

-- One row is one session. live_until is the smaller of expires_at and idle_expires_at, zero when revoked. ends_by is
-- the same with idle_expires_at rounded up to six hours: a bound that seldom moves, for the indexes.
-- A refresh or a use changes no indexed column.
CREATE TABLE sessions (
    session_id BINARY(16) NOT NULL,
    subject VARCHAR(255) NOT NULL,
    client_id VARCHAR(255) NOT NULL,
    epoch BIGINT NOT NULL,
    state TEXT NOT NULL,
    revoked_seq BIGINT,
    revoked_at BIGINT,
    revoked_reason TEXT,
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
    token_style TEXT NOT NULL,
    device_id TEXT,
    device_kind TEXT,
    device_name TEXT,
    device_os TEXT,
    device_browser TEXT,
    ip VARBINARY(16),
    user_agent TEXT,
    audience TEXT,
    scope TEXT,
    claims TEXT NOT NULL,
    kid BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    generation_floor BIGINT NOT NULL,
    access_digest BINARY(32) NOT NULL,
    access_expires_at BIGINT NOT NULL,
    prev_access_digest BINARY(32),
    prev_access_expires_at BIGINT,
    refresh_digest BINARY(32),
    refresh_expires_at BIGINT,
    prev_refresh_digest BINARY(32),
    rotation_nonce BINARY(32),
    rotated_at BIGINT NOT NULL,
    successor_used_at BIGINT,
    CONSTRAINT sessions_session_id_pk PRIMARY KEY (session_id),
    CONSTRAINT sessions_state_check CHECK (state IN ('active', 'revoked'))
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};
-- A subject's live sessions: counted and replaced at each log-in, listed by their owner.
CREATE INDEX sessions_subject_idx ON sessions (subject, ends_by, epoch, session_id);
-- What may be removed: sessions that ended by themselves, by their end; revoked ones, by the instant of that.
CREATE INDEX sessions_ends_by_idx ON sessions (ends_by, revoked_at, epoch);

-- API keys. The secret stands here as its digest.
CREATE TABLE api_keys (
    api_key_id BINARY(16) NOT NULL,
    name TEXT NOT NULL,
    digest BINARY(32) NOT NULL,
    scopes TEXT NOT NULL,
    client_id VARCHAR(255),
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    CONSTRAINT api_keys_api_key_id_pk PRIMARY KEY (api_key_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};

-- Keys that sign JWTs, sealed with a key that is not in the store.
CREATE TABLE signing_keys (
    signing_key_id VARCHAR(255) NOT NULL,
    alg TEXT NOT NULL,
    state TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    CONSTRAINT signing_keys_signing_key_id_pk PRIMARY KEY (signing_key_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};

-- Why and by whom a subject is banned; that it is stands in subjects.banned_until.
CREATE TABLE bans (
    subject VARCHAR(255) NOT NULL,
    banned_at BIGINT NOT NULL,
    banned_until BIGINT,
    note TEXT NOT NULL,
    actor TEXT NOT NULL,
    CONSTRAINT bans_subject_pk PRIMARY KEY (subject)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};

-- The nodes that share the store, one row for each incarnation.
CREATE TABLE nodes (
    node_id VARCHAR(255) NOT NULL,
    inc BINARY(16) NOT NULL,
    lease_ms BIGINT NOT NULL,
    hb BIGINT NOT NULL,
    applied BIGINT NOT NULL,
    evicted BIGINT NOT NULL,
    may_fall_back BIGINT NOT NULL,
    addr TEXT,
    seen_at BIGINT NOT NULL,
    CONSTRAINT nodes_node_id_inc_pk PRIMARY KEY (node_id, inc)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};

-- What happened, written in the transaction of the change. It is appended to, and removed from its beginning.
CREATE TABLE audit (
    audit_id BIGINT NOT NULL AUTO_INCREMENT,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    actor TEXT NOT NULL,
    ip VARBINARY(16),
    user_agent TEXT,
    subject VARCHAR(255),
    session_id BINARY(16),
    detail TEXT,
    CONSTRAINT audit_audit_id_pk PRIMARY KEY (audit_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};

-- Which run of the server this is: gone whenever it stops. Compared with boot_id in meta wherever a position is taken.
CREATE TABLE boot (
    one BIGINT NOT NULL,
    id VARCHAR(255) NOT NULL,
    CONSTRAINT boot_one_pk PRIMARY KEY (one)
) ENGINE = MEMORY DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};
