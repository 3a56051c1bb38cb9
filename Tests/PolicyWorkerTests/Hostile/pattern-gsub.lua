-- expect: killed: each start of gsub backtracks
return function(request)
  return ("a"):rep(3000):gsub(".-.-.-.-b", "")
end
