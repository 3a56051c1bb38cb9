-- expect: error: a chunk that returns no policy
local x = 1
