-- expect: error: nor a table without decide
return { name = "x" }
