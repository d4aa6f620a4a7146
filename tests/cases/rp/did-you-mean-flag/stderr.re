\AError: unknown flag: --formt \(did you mean --format\?\)\n
