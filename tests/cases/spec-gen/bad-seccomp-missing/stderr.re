\.request\.security\.seccompProfile: is missing
