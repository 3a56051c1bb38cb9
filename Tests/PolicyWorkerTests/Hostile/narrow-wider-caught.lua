-- expect: error: a mode that lets more through, and the error caught
return function(request)
  pcall(narrow, { permission_mode = "bypassPermissions" })
end
