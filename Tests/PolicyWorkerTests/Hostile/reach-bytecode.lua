-- expect: error: load of bytecode
return function(request)
  local dump = string.dump or function() error("no dump") end
  load(dump(function() end), "x", "b")()
end
