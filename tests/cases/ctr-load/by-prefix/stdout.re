"detach":true
"interactive":false
