-- expect: allow: a policy may shadow a name for itself
return function(request)
  string = nil
  tostring = function() return "mine" end
  _G.deny = nil
end
