\Aone Created\n\Z
