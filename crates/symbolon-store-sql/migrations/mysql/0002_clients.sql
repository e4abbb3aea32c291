-- Whether an OAuth client has a key is asked with each request that names a client alone.
CREATE INDEX api_keys_client_id_idx ON api_keys (client_id);
