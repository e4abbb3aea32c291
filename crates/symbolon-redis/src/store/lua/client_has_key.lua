return call('SISMEMBER', clients_with_keys(), take())
