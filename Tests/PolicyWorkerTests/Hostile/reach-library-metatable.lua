-- expect: error: its metatable cannot be replaced
return function(request)
  setmetatable(table, { __index = {} })
end
