\Acgroup-scope: \.unit: expected string, got number
