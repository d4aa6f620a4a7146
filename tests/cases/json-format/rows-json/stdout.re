\A\[\n    \{\n        "Id": "full"\n    \}\n\]\n\Z
