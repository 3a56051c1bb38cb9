-- expect: error: also for rawset
return function(request)
  rawset(request.labels, "team", "x")
end
