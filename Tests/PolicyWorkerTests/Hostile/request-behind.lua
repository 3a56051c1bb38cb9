-- expect: error: nor read
return function(request)
  getmetatable(request).__index.command = "sh"
end
