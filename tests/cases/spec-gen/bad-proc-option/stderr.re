\.request\.security\.procOptions: "a,b" is no mount option
