-- expect: error: a policy that returns true may mean either
return function(request)
  return true
end
