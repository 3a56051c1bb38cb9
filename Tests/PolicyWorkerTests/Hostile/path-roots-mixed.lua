-- expect: error: roots that are not text
return function(request)
  return path.within("/a", { "/b", 5 })
end
