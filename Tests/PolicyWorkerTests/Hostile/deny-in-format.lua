-- expect: deny: a __tostring that denies
return function(request)
  deny("outer", "%s", setmetatable({}, { __tostring = function()
    deny("inner", "x")
    return "y"
  end }))
end
