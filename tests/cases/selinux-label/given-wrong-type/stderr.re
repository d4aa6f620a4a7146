\Aselinux-label: \.selinux\.mountLabel: expected string
