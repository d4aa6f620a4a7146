\Aselinux-label: \.schema: expected
