-- expect: error: a weak table shows when the collector ran
return function(request)
  setmetatable({}, { __mode = "k" })
end
