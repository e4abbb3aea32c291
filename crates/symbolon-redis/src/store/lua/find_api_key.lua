return found_api_key(take())
