\Aselinux-label: standard input: not valid JSON
