the true cause
