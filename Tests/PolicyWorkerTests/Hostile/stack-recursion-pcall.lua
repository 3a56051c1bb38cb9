-- expect: error: recursion caught at every level
return function(request)
  local function down()
    local ok, message = pcall(down)
    if not ok then error(message, 0) end
    down()
  end
  down()
end
