-- expect: error: a reason too long
return function(request)
  deny("rule", ("x"):rep(3000))
end
