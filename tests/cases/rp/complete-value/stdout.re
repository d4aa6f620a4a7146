\Aalways\nmissing\nnever\nnewer\n\Z
