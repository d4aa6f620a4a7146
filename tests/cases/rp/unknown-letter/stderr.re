\AError: unknown shorthand flag: 'Z' in -Z\n
