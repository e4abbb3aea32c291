-- Keys that sign access tokens, sealed with a key that is not in the store. The first schema had this table and nothing
-- ever wrote to it, so it is made anew. A key signs from active_from on until a newer one does; what a key with
-- revoked_at has signed is refused.
DROP TABLE signing_keys;
CREATE TABLE signing_keys (
    signing_key_id VARCHAR(255) NOT NULL,
    alg TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    active_from BIGINT NOT NULL,
    revoked_at BIGINT,
    CONSTRAINT signing_keys_signing_key_id_pk PRIMARY KEY (signing_key_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE {collation};
