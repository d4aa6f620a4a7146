\.security\.labelType: expected string, got number
