-- expect: error: decide is read raw
return setmetatable({}, { __index = { decide = function() end } })
