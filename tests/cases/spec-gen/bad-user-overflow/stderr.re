\.image\.config\.User: "4294967296" is no user
