\AIMAGE ID    CREATED\nx           2 years ago\ny           now\n\Z
