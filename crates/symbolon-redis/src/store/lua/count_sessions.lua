-- How many sessions are alive at an instant.
return count_live(take())
