\.ociVersion: version "2\.0\.0" is not supported
