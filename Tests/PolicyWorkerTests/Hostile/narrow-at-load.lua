-- expect: error: narrowing while the chunk is loaded
narrow { permission_mode = "plan" }
return function() end
