-- expect: error: a callable table is no function
return { decide = setmetatable({}, { __call = function() end }) }
