-- expect: error: arguments that double
return function(request)
  local function grow(...)
    local t = { ... }
    table.move(t, 1, #t, #t + 1)
    return grow(table.unpack(t))
  end
  grow(1)
end
