no mount namespace
