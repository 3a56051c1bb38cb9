-- expect: error: the chain of coroutine.close that crashes Lua 5.4.4
return function(request)
  local last
  for _ = 1, 20000 do
    local previous = last
    last = coroutine.create(function()
      local guard <close> = setmetatable({}, { __close = function() coroutine.close(previous) end })
      coroutine.yield()
    end)
    coroutine.resume(last)
  end
  coroutine.close(last)
end
