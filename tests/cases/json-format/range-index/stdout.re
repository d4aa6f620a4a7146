\A0=a;1=b;\n\Z
