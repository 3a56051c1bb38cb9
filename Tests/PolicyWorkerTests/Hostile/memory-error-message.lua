-- expect: killed or error: an error message that nearly fills the memory
return function(request)
  error(("x"):rep(5 << 20))
end
