invalid signal: BOGUS
