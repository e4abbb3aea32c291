-- A ban is a row of its own, so that those before it can be looked up. Nothing has written the table before.
DROP TABLE bans;

-- Why and by whom a subject was banned. seq is the position of the cut that ended its sessions. banned_until is the end
-- that the ban was given (null: none), ends_at the end that it has: the same, or the instant at which it was lifted, or
-- the greatest number. Whether a subject is banned now stands in subjects.banned_until.
CREATE TABLE bans (
    seq BIGINT NOT NULL,
    subject VARCHAR(255) NOT NULL,
    banned_at BIGINT NOT NULL,
    banned_until BIGINT,
    ends_at BIGINT NOT NULL,
    note TEXT NOT NULL,
    actor TEXT NOT NULL,
    lifted_at BIGINT,
    lifted_by TEXT,
    CONSTRAINT bans_seq_pk PRIMARY KEY (seq)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};
-- The newest ban of a subject.
CREATE INDEX bans_subject_idx ON bans (subject, seq);
-- Those in force, and those that ended long ago.
CREATE INDEX bans_ends_at_idx ON bans (ends_at, seq);
