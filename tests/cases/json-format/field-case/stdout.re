\Aabc abc one\n\Z
