index needs
