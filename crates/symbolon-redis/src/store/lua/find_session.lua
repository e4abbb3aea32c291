return found(take())
