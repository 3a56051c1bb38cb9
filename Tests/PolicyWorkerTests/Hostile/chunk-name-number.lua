-- expect: error: whose name is text
return { name = 5, decide = function() end }
