\Aone created vol\n\Z
